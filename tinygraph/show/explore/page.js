"use strict";
// The page: `content` (JSON, from Python) says what the nodes are and what each step does; the SVG is Graphviz's.
// Text from the user's program gets onto the page as text nodes and attributes alone, never as HTML.

const { nodes, edges, boxes, items, steps } = JSON.parse(document.getElementById("content").textContent);
const $ = (id) => document.getElementById(id);
const FORWARD = steps.filter((step) => step.kind === "forward").length;
const READABLE = 0.7; // the least scale that a drawing is shown in, unasked
const GAP = 60; // what is left of a gap in the drawing when closed layers made it

function make(tag, attributes = {}, ...children) {
  const space = ["svg", "g", "path", "rect", "line", "text", "marker", "defs", "title"].includes(tag) ? "2000/svg" : "1999/xhtml";
  const element = document.createElementNS(`http://www.w3.org/${space}`, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}
const list = (words) => words.slice(0, -1).join(", ") + (words.length > 1 ? " and " : "") + words.slice(-1);

// ---- what the drawing holds

const svg = document.querySelector("#pane > svg");
const camera = make("g", { id: "camera" });
const graph = svg.querySelector("g.graph");
for (const name of ["width", "height", "viewBox"]) svg.removeAttribute(name);
graph.removeAttribute("transform");
svg.append(camera);
camera.append(graph);
svg.prepend(make("defs", {}, make("marker",
  { id: "arrow", viewBox: "0 0 10 10", refX: 8, refY: 5, markerWidth: 5, markerHeight: 5, orient: "auto-start-reverse" },
  make("path", { d: "M0,0 10,5 0,10z" }))));
for (const [name, value] of Object.entries({ role: "group", "aria-label": "Graph: each node is a button" }))
  svg.setAttribute(name, value);

const pairs = /(-?[\d.]+),(-?[\d.]+)/g;
function extent(shape) { // [left, right, top, bottom]
  const at = (name) => Number(shape.getAttribute(name));
  if (shape.tagName === "ellipse")
    return [at("cx") - at("rx"), at("cx") + at("rx"), at("cy") - at("ry"), at("cy") + at("ry")];
  const points = [...(shape.getAttribute("d") || shape.getAttribute("points")).matchAll(pairs)];
  const xs = points.map((p) => Number(p[1])), ys = points.map((p) => Number(p[2]));
  return [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
}
const SHAPES = "path, polygon, ellipse, polyline";
for (const g of svg.querySelectorAll("g.node, g.edge, g.cluster")) {
  const title = g.querySelector("title");
  const name = title.textContent;
  title.remove(); // it would be a tooltip, and says n7
  if (g.classList.contains("edge")) {
    const [line, tip] = g.querySelectorAll("path, polygon");
    const edge = edges[g.id.slice(1) - 1];
    Object.assign(edge, { g, line, tip, d: line.getAttribute("d"), points: tip.getAttribute("points"), extent: extent(tip) });
    edge.turned = !name.startsWith(`n${edge.tail + 1}->`); // drawn from head to tail
    g.classList.toggle("turned", edge.turned);
    g.setAttribute("aria-hidden", "true");
  } else {
    const thing = g.classList.contains("node") ? nodes[name.slice(1) - 1] : boxes[name.slice(8) - 1];
    Object.assign(thing, { g, extent: extent(g.querySelector(SHAPES)) });
  }
}
nodes.forEach((node) => { node.from = []; });
edges.forEach((edge) => nodes[edge.head].from.push(edge.tail));
items.forEach((item) => Object.assign(item, { nodes: [], made: 0, reached: Infinity, arrivals: [] }));
nodes.forEach((node, k) => items[node.item].nodes.push(k));
steps.forEach((step, k) => {
  const own = nodes[step.op].item;
  if (step.kind === "forward") items[own].made = k + 1;
  else items[step.into].arrivals.push(k + 1);
});
for (const item of items) {
  item.reached = item.arrivals[0] ?? Infinity;
  const titles = item.nodes.map((k) => nodes[k]).filter((node) => node.kind !== "op").map((node) => node.title);
  item.label = titles.length && titles[0] !== item.name && titles[0] !== "result" ? titles[0] : item.name;
}
nodes.forEach((node, k) => {
  const item = items[node.item];
  const label = [node.kind, node.title === item.label ? "" : node.title, item.label, item.shape, item.dtype];
  const attributes = { role: "button", tabindex: -1, "aria-label": label.filter(Boolean).join(" ") };
  for (const [name, value] of Object.entries(attributes)) node.g.setAttribute(name, value);
  node.g.addEventListener("click", () => dragged || visit(k));
  node.g.prepend(make("title", {}, label.slice(1).filter(Boolean).join(" ")));
});

// ---- layers: a closed one is its title in a small box, and the room that it took is taken out of the drawing

const closed = new Set();
for (const box of boxes) {
  box.title ||= "(no name)";
  const texts = [...box.g.querySelectorAll("text")];
  const long = texts.map((line) => line.getComputedTextLength() || line.textContent.length * 6.6);
  texts.forEach((line, k) => Object.entries({ x: 8, y: 15 + 11 * k, "text-anchor": "start" })
    .forEach(([name, value]) => line.setAttribute(name, value)));
  box.outline = box.g.querySelector(SHAPES);
  box.width = Math.max(long[0] + 34, ...long.map((length) => length + 16));
  box.height = 10 + 12 * texts.length;
  box.mark = make("text", { x: long[0] + 14, y: 15, class: "mark" });
  box.handle = make("g", { class: "handle", role: "button", "aria-label": box.title }, ...texts, box.mark);
  box.g.append(box.handle);
  box.handle.addEventListener("click", () => dragged || toggle(box));
  box.outline.addEventListener("click", () => dragged || (closed.has(box) && toggle(box)));
}
const around = (thing) => boxes[thing.box ?? thing.parent ?? -1];
function cover(thing) { // the outermost closed box that hides a node or box, or that it is; else itself
  let found = thing;
  for (let box = thing; box; box = around(box)) if (closed.has(box)) found = box;
  return found;
}
function squeeze(spans) { // a map of the axis that keeps these spans as long as they are, and shortens long gaps
  const gaps = [];
  let end = Infinity;
  for (const [low, high] of spans.sort((a, b) => a[0] - b[0])) {
    if (low - end > GAP) gaps.push([end, low]);
    end = end === Infinity ? high : Math.max(end, high);
  }
  if (!closed.size) gaps.length = 0;
  return (x) => gaps.reduce((y, [a, b]) => y - (b - a - GAP) * Math.min(Math.max((x - a) / (b - a), 0), 1), x);
}
function layout() {
  const shown = [...nodes, ...boxes].filter((thing) => cover(thing) === thing);
  const xs = [], ys = [];
  for (const thing of shown) {
    let [left, right, top, bottom] = thing.extent;
    if (closed.has(thing)) {
      const x = (left + right) / 2, y = (top + bottom) / 2;
      [left, right, top, bottom] = [x - thing.width / 2, x + thing.width / 2, y - thing.height / 2, y + thing.height / 2];
    } else if (boxes.includes(thing)) { // its title and its border keep their room
      xs.push([left, left + thing.width], [right - 8, right]);
      ys.push([top, top + thing.height], [bottom - 8, bottom]);
      thing.now = [left, right, top, bottom];
      continue;
    }
    thing.now = [left, right, top, bottom];
    xs.push([left, right]);
    ys.push([top, bottom]);
  }
  const fx = squeeze(xs), fy = squeeze(ys);
  for (const thing of shown) {
    const [left, right, top, bottom] = thing.now;
    thing.now = [fx(left), fx(right), fy(top), fy(bottom)];
    if (nodes.includes(thing)) {
      thing.g.setAttribute("transform", `translate(${thing.now[0] - left} ${thing.now[2] - top})`);
      continue;
    }
    const [a, b, c, d] = thing.now, isClosed = closed.has(thing);
    thing.outline.setAttribute("d", `M${a + 6},${c}H${b - 6}q6,0 6,6V${d - 6}q0,6 -6,6H${a + 6}q-6,0 -6,-6V${c + 6}q0,-6 6,-6z`);
    thing.handle.setAttribute("transform", `translate(${a} ${c})`);
    thing.handle.setAttribute("aria-expanded", !isClosed);
    thing.mark.textContent = isClosed ? "▸" : "▾";
    thing.g.classList.toggle("closed", isClosed);
  }
  for (const thing of [...nodes, ...boxes]) thing.g.classList.toggle("hidden", cover(thing) !== thing);
  for (const edge of edges) {
    const ends = [nodes[edge.tail], nodes[edge.head]], covers = ends.map(cover);
    edge.g.classList.toggle("hidden", covers[0] === covers[1]);
    if (covers[0] === ends[0] && covers[1] === ends[1]) {
      const moved = (text) => text.replace(pairs, (_, x, y) => `${fx(Number(x))},${fy(Number(y))}`);
      edge.line.setAttribute("d", moved(edge.d));
      edge.g.classList.toggle("turned", edge.turned);
      edge.tip.setAttribute("points", edge.points);
      const [left, right, top, bottom] = edge.extent, x = (left + right) / 2, y = (top + bottom) / 2;
      edge.tip.setAttribute("transform", `translate(${fx(x) - x} ${fy(y) - y})`);
    } else { // a new line, from the middle of a side to that of another
      const [from, to] = covers.map((thing) => thing.now);
      edge.g.classList.remove("turned");
      const x = from[1], y = (from[2] + from[3]) / 2, u = to[0], v = (to[2] + to[3]) / 2, bend = Math.max((u - x) / 2, 20);
      edge.line.setAttribute("d", `M${x},${y}C${x + bend},${y} ${u - 7 - bend},${v} ${u - 7},${v}`);
      edge.tip.setAttribute("points", `${u - 7},${v - 2.5} ${u},${v} ${u - 7},${v + 2.5}`);
      edge.tip.removeAttribute("transform");
    }
  }
  const all = shown.map((thing) => thing.now);
  whole = [0, 1, 2, 3].map((k) => Math[k % 2 ? "max" : "min"](...all.map((rectangle) => rectangle[k])));
}
function toggle(...which) { // open them if all are closed; else close them
  const open = which.every((box) => closed.has(box));
  for (const box of which) closed[open ? "delete" : "add"](box);
  layout();
  show();
}

// ---- pan and zoom

let whole = [0, 1, 0, 1], dragged = false;
const view = { x: 0, y: 0, scale: 1 };
function place(smooth = false) {
  svg.classList.toggle("smooth", smooth);
  camera.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.scale})`;
}
const pane = () => svg.getBoundingClientRect();
function zoom(factor, x = pane().width / 2, y = pane().height / 2) { // (x, y) stays where it is
  const scale = Math.min(Math.max(view.scale * factor, 0.02), 8), real = scale / view.scale;
  Object.assign(view, { scale, x: x - (x - view.x) * real, y: y - (y - view.y) * real });
  place();
}
function fit(all) {
  const { width, height } = pane(), [left, right, top, bottom] = whole, margin = 24;
  const scale = Math.min((width - 2 * margin) / (right - left), (height - 2 * margin - 30) / (bottom - top), 1.6);
  const start = scale < READABLE && !all; // a large drawing is shown in a size to read, from where the steps begin
  view.scale = start ? 1 : Math.max(scale, 0.02);
  view.x = start ? margin - left * view.scale : width / 2 - ((left + right) / 2) * view.scale;
  view.y = height / 2 - ((top + bottom) / 2) * view.scale;
  place(true);
  if (start) follow(lit(steps[Math.max(at - 1, 0)]), 0.2);
}
function follow(things, where = 0.5) { // bring them there, the middle, if they are not well inside already
  const { width, height } = pane(), all = things.map((thing) => cover(thing).now);
  const bound = (k) => Math[k % 2 ? "max" : "min"](...all.map((rectangle) => rectangle[k])) * view.scale;
  for (const [axis, size, low, high, k] of [["x", width, bound(0), bound(1), 0], ["y", height, bound(2), bound(3), 2]])
    if (whole[k] * view.scale + view[axis] >= 0 && whole[k + 1] * view.scale + view[axis] <= size) continue; // all is seen
    else if (low + view[axis] < size * 0.08 || high + view[axis] > size * 0.92) view[axis] = size * (axis === "x" ? where : 0.5) - (low + high) / 2;
  place(true);
}
const fingers = new Map();
svg.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  fingers.set(event.pointerId, event);
  if (fingers.size === 1) dragged = false;
});
window.addEventListener("pointermove", (event) => {
  const before = fingers.get(event.pointerId);
  if (!before) return;
  const dx = event.clientX - before.clientX, dy = event.clientY - before.clientY;
  if (!dragged && Math.hypot(dx, dy) < 5) return;
  dragged = true;
  const still = [...fingers.values()].find((other) => other.pointerId !== event.pointerId);
  fingers.set(event.pointerId, event);
  if (still) { // two fingers: what their distance does
    const apart = (finger) => Math.hypot(finger.clientX - still.clientX, finger.clientY - still.clientY);
    const { left, top } = pane();
    zoom(apart(event) / Math.max(apart(before), 1), still.clientX - left, still.clientY - top);
  } else {
    view.x += dx;
    view.y += dy;
    place();
  }
});
for (const kind of ["pointerup", "pointercancel"]) window.addEventListener(kind, (event) => fingers.delete(event.pointerId));
svg.addEventListener("wheel", (event) => {
  if (window.top !== window && !event.ctrlKey) return; // inside a notebook the wheel scrolls the notebook
  event.preventDefault();
  const { left, top } = pane();
  zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), event.clientX - left, event.clientY - top);
}, { passive: false });

// ---- steps

let at = 0, chosen = null, timer = null; // the step shown (0: none yet), the item looked at, the clock of "play"
function go(step, item = null) {
  at = Math.min(Math.max(step, 0), steps.length);
  const now = steps[at - 1];
  chosen = item ?? (now ? now.into ?? nodes[now.op].item : null);
  show();
  if (now) follow(lit(now));
  $("live").textContent = now ? `Step ${at} of ${steps.length}, ${now.kind}: ${now.formula}` : "Start";
}
const holder = (item) => nodes[items[item].nodes.at(-1)]; // the node that shows it: of an op and its result, the result
const lit = (step) => [...items[nodes[step.op].item].nodes.map((k) => nodes[k]), ...(step.into == null ? [] : [holder(step.into)])];
function visit(k) { // the step of a node: where it is made or first used; in the backward pass, where its gradient begins
  for (let box = around(nodes[k]); box; box = around(box)) closed.delete(box);
  layout();
  const item = items[nodes[k].item], back = at > FORWARD && item.arrivals.length;
  const use = steps.findIndex((step) => nodes[step.op].from.some((tail) => nodes[tail].item === nodes[k].item));
  go(back ? item.reached : item.made || use + 1, nodes[k].item);
}
function show() {
  const step = steps[at - 1], backward = at > FORWARD;
  document.body.dataset.pass = step ? step.kind : "none";
  const op = step && step.op, own = step && nodes[op].item, into = step ? step.into : undefined;
  const now = step ? lit(step) : [], states = new Map();
  const mark = (thing, name, on) => {
    const element = cover(thing);
    states.set(element, { ...states.get(element), [name]: on || states.get(element)?.[name] });
  };
  nodes.forEach((node) => {
    const item = items[node.item];
    mark(node, "done", !at || (item.made <= at && (item.made || cover(node) === node)));
    mark(node, "reached", backward && item.reached <= at);
    mark(node, "current", now.includes(node));
    mark(node, "target", backward && node === now.at(-1));
    mark(node, "chosen", chosen !== null && node === holder(chosen));
  });
  for (const thing of [...nodes, ...boxes]) { // of a closed layer: what is so of one of its nodes
    const names = states.get(thing) ?? { done: true };
    for (const name of ["reached", "current", "target", "chosen"]) thing.g.classList.toggle(name, Boolean(names[name]));
    thing.g.classList.toggle("todo", !names.done);
  }
  for (const edge of edges) {
    const [tail, head] = [nodes[edge.tail].item, nodes[edge.head].item];
    const inner = edge.tail === op; // from the op to its own result
    const on = step && ((inner && head === own) || (edge.head === op && (!backward || tail === into)));
    edge.g.classList.toggle("lit", Boolean(on));
    edge.g.classList.toggle("todo", at > 0 && items[head].made > at);
    if (on) edge.g.parentNode.append(edge.g); // on top
  }
  const stop = cover(step ? holder(into ?? own) : nodes[0]); // the tab key's one stop in the drawing
  for (const thing of [...nodes, ...boxes]) (thing.handle ?? thing.g).setAttribute("tabindex", thing === stop ? 0 : -1);
  $("slider").value = at;
  $("slider").setAttribute("aria-valuetext", step ? `${at} of ${steps.length}, ${step.kind}: ${step.formula}` : "start");
  $("where").replaceChildren(make("b", {}, `${at}`), ` / ${steps.length}`);
  for (const [id, off] of [["first", !at], ["back", !at], ["next", at === steps.length], ["last", at === steps.length]])
    $(id).disabled = off;
  $("layers").textContent = boxes.some((box) => !closed.has(box)) ? "Close layers" : "Open layers";
  $("panel").replaceChildren(...(step ? panel(step) : start()));
}
function play(on = timer === null) {
  clearInterval(timer);
  timer = null;
  if (on) {
    if (at === steps.length) go(0);
    timer = setInterval(() => (at < steps.length ? go(at + 1) : play(false)), 1200);
    go(at + 1);
  }
  $("play").classList.toggle("playing", on);
  $("play").setAttribute("aria-label", on ? "Pause" : "Play");
}
const walk = (step) => { play(false); go(step); };

// ---- the panel

const kinds = new Map(items.flatMap((item) => [[item.gradientName, "gradient"], [item.name, item.kind]]));
function formula(text) { // names in the colours of the drawing
  return text.split(/([^\W\d]\w*)/).map((word) => (kinds.has(word) ? make("span", { class: kinds.get(word) }, word) : word));
}
function start() {
  const key = (...names) => names.map((name) => make("kbd", {}, name));
  const legend = [["parameter", "parameter"], ["data", "data"], ["op", "operation"], ["result", "named result"]];
  return [
    make("h2", {}, "From data to loss, and back"),
    make("p", {}, `${FORWARD} operations compute ${items[nodes[nodes.length - 1].item].label}. ${steps.length - FORWARD} steps of ` +
      "the chain rule then bring its gradient back to every parameter. Press play, take single steps, or choose a node."),
    make("ul", { class: "legend" }, ...legend.map(([kind, words]) => make("li", {}, make("i", { class: kind }), words))),
    make("dl", { class: "keys" },
      ...[[["←", "→"], "step"], [["space"], "play, pause"], [["Home"], "start"], [["End"], "last step"], [["/"], "search"],
        [["L"], "close or open this layer"], [["+", "−", "0"], "zoom, fit"], [["↑", "↓", "Enter"], "on a node: the others, go there"]]
        .flatMap(([names, words]) => [make("dt", {}, ...key(...names)), make("dd", {}, words)])),
  ];
}
function panel(step) {
  const own = nodes[step.op], made = items[own.item], into = step.into == null ? null : items[step.into], box = around(own);
  const inputs = own.from.map((k) => items[nodes[k].item]);
  const count = into ? into.arrivals.length : 0, turn = into ? into.arrivals.indexOf(at) + 1 : 0;
  const words = step.kind === "forward"
    ? `${made.op} takes ${list(inputs.map((item) => item.label))}, and gives ${made.label}.`
    : into === made
      ? `The walk back begins here: ${made.label} grows with itself one for one.`
      : `The gradient of ${made.label} goes back through ${made.op}` + (inputs.length > 1 ? ` to ${into.label}` : "") +
        `. This is added to ${into.gradientName}` + (count > 1 ? `: part ${turn} of ${count}.` : ".");
  const operands = [...new Set([into ?? made, made, ...inputs])];
  const item = items[chosen];
  const value = card(item.label === item.name ? item.name : `${item.label} = ${item.name}`, "value", item, item.value);
  const gradient = item.gradient && card(item.gradientName, "gradient", item, item.gradient, count > 1 && item === into ? "all parts together" : "");
  const part = step.part && item === into && card(`added to ${into.gradientName}`, "gradient", item, step.part, `part ${turn} of ${count}`);
  return [
    make("p", { class: "pass" }, make("b", {}, step.kind), box ? make("button",
      { type: "button", "aria-expanded": String(!closed.has(box)), title: "Close or open this layer (L)", onclick: () => toggle(box) }, box.title) : null),
    make("p", { class: "formula" }, make("code", {}, ...formula(step.formula)),
      step.number ? make("span", { title: `Equation ${step.number} of the lesson` }, step.number) : null),
    make("p", { class: "shapes" }, make("code", {}, step.shapes)),
    make("p", {}, words),
    ...(step.note ? [make("p", { class: "shapes" }, `Note: ${step.note}.`)] : []),
    make("div", { class: "choices", role: "group", "aria-label": "Look at" }, ...operands.map((operand) => make("button",
      { type: "button", class: operand.kind, "aria-pressed": operand === item, onclick: () => choose(operand) }, operand.label))),
    ...(step.kind === "forward" ? [value, gradient] : [part, gradient, value]).filter(Boolean),
  ];
}
function choose(item) {
  chosen = items.indexOf(item);
  show();
  document.querySelector(".choices [aria-pressed=true]")?.focus();
}
function card(name, kind, item, summary, note = "") {
  const title = `${kind} ${name}`;
  return make("section", { class: `card ${kind}`, "aria-label": title },
    make("h3", {}, name, make("small", {}, [note, item.shape, item.dtype].filter(Boolean).join(" · "))),
    !summary ? single(item.name) : summary.rows ? table(summary.rows, title) : histogram(summary, title));
}
const number = (text) => ({ inf: Infinity, "-inf": -Infinity, True: 1, False: 0 })[text] ?? Number(text);
function single(text) {
  return make("p", {}, make("code", { class: Number.isFinite(number(text)) ? "single" : "single odd" }, text.replace("-", "−")));
}
function table(rows, title) {
  const numbers = rows.flat().map(number), largest = Math.max(...numbers.map(Math.abs).filter(Number.isFinite)) || 1;
  const cell = (text) => {
    const x = number(text), td = make("td", { class: Number.isFinite(x) ? (x < 0 ? "minus" : "plus") : "odd" }, text.replace("-", "−"));
    td.style.setProperty("--share", Number.isFinite(x) ? Math.abs(x) / largest : 1);
    return td;
  };
  if (!numbers.length) return make("p", { class: "empty" }, "no entries");
  if (numbers.length === 1) return single(rows[0][0]);
  const head = make("tr", {}, make("th"), ...rows[0].map((_, k) => make("th", { scope: "col" }, k)));
  const body = rows.map((row, k) => make("tr", {}, make("th", { scope: "row" }, k), ...row.map(cell)));
  return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": title }, make("table", {}, head, ...body));
}
function histogram({ bins, facts }, title) {
  const low = number(facts.min), high = number(facts.max), most = Math.max(...bins), wide = 240 / bins.length;
  const bound = (k) => low + (high - low) * (k / bins.length);
  const bars = bins.map((count, k) => make("rect", {
    x: k * wide + 0.5, width: wide - 1, y: 80 - (78 * count) / most, height: (78 * count) / most,
    class: bound(k + 0.5) < 0 ? "minus" : "plus",
  }, make("title", {}, `${bound(k).toPrecision(3)} to ${bound(k + 1).toPrecision(3)}: ${count}`)));
  const zero = low < 0 && high > 0 ? (-low / (high - low)) * 240 : null;
  const label = `Histogram of ${title}, from ${facts.min} to ${facts.max}`;
  return make("div", { class: "histogram" },
    bins.length ? make("svg", { viewBox: "0 0 240 82", role: "img", "aria-label": label, preserveAspectRatio: "none" }, ...bars,
      make("line", { x1: 0, x2: 240, y1: 80.5, y2: 80.5 }),
      zero === null ? null : make("line", { x1: zero, x2: zero, y1: 0, y2: 82, class: "zero" })) : null,
    bins.length ? make("p", { class: "ends", "aria-hidden": "true" }, make("span", {}, facts.min), make("span", {}, facts.max)) : null,
    make("dl", {}, ...Object.entries(facts).map(([name, text]) =>
      make("div", { class: name === "NaN" || name === "Inf" ? "odd" : "" }, make("dt", {}, name), make("dd", {}, text.replace("-", "−"))))));
}

// ---- search

let matches = [];
function search() {
  const query = $("query").value.trim().toLowerCase();
  const texts = (node) => {
    const item = items[node.item];
    return [node.title, item.name, item.gradientName, around(node)?.title].filter(Boolean).map((text) => text.toLowerCase());
  };
  const rank = (node) => (texts(node).includes(query) ? 0 : texts(node).some((text) => text.startsWith(query)) ? 1 : 2);
  matches = query ? [...nodes.keys()].filter((k) => texts(nodes[k]).some((text) => text.includes(query))) : [];
  matches.sort((a, b) => rank(nodes[a]) - rank(nodes[b]) || a - b);
  nodes.forEach((node, k) => node.g.classList.toggle("match", matches.includes(k)));
  $("found").textContent = query ? `${matches.length || "nothing"} found` : "";
}
$("query").addEventListener("input", search);
$("search").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!matches.length) return;
  const [k] = matches;
  matches.push(matches.shift()); // the next Enter goes to the next one
  play(false);
  visit(k);
});

// ---- buttons and keys

const actions = {
  first: () => walk(0), back: () => walk(at - 1), next: () => walk(at + 1), last: () => walk(steps.length), play: () => play(),
  fit: () => fit(true), in: () => zoom(1.25), out: () => zoom(0.8),
  layers: () => { toggle(...boxes.filter((box) => boxes.every((other) => closed.has(other)) || !closed.has(box))); fit(false); },
};
for (const [id, action] of Object.entries(actions)) $(id).addEventListener("click", action);
$("slider").max = steps.length;
$("slider").style.setProperty("--split", `${(100 * FORWARD) / steps.length}%`);
$("slider").addEventListener("input", () => walk(Number($("slider").value)));
const keys = {
  ArrowRight: actions.next, ArrowLeft: actions.back, Home: actions.first, End: actions.last, " ": actions.play,
  "+": actions.in, "=": actions.in, "-": actions.out, 0: actions.fit, "/": () => $("query").focus(),
  l: () => { const box = at && around(nodes[steps[at - 1].op]); if (box) toggle(box); },
};
document.addEventListener("keydown", (event) => {
  const { target, key } = event, node = nodes.findIndex((one) => one.g === target);
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (target === $("query")) {
    if (key === "Escape") { target.value = ""; search(); target.blur(); }
    return;
  }
  if (node >= 0 && (key === "Enter" || key === " ")) { play(false); visit(node); }
  else if (target.matches(".handle") && (key === "Enter" || key === " ")) toggle(boxes.find((box) => box.handle === target));
  else if (node >= 0 && (key === "ArrowUp" || key === "ArrowDown")) {
    const seen = [...nodes.keys()].filter((k) => cover(nodes[k]) === nodes[k]);
    const other = seen[(seen.indexOf(node) + (key === "ArrowUp" ? seen.length - 1 : 1)) % seen.length];
    follow([nodes[other]]);
    nodes[other].g.focus();
  } else {
    const own = target.matches("button") ? [" "] : target.matches("input") ? Object.keys(keys).slice(0, 4)
      : target.matches(".scroll") ? ["ArrowLeft", "ArrowRight", "Home", "End"] : [];
    const action = keys[key.length === 1 ? key.toLowerCase() : key];
    if (!action || own.includes(key)) return;
    action();
    if (svg.contains(target)) svg.querySelector("[tabindex='0']")?.focus(); // whoever steps in the graph stays in it
  }
  event.preventDefault();
});

$("layers").hidden = !boxes.length;
$("facts").textContent = `${FORWARD} operations forward, ${steps.length - FORWARD} steps back`;
layout();
go(0);
fit(false);
svg.classList.remove("smooth");
new ResizeObserver(() => at || fit(false)).observe(svg);

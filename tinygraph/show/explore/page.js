"use strict";
// The page: `content` (JSON, from Python) says what the nodes are and what each step does; the SVG is Graphviz's.
// Text from the user's program gets onto the page as text nodes and attributes alone, never as HTML.

const { nodes, edges, boxes, items, steps } = JSON.parse(document.getElementById("content").textContent);
const $ = (id) => document.getElementById(id);
const FORWARD = steps.filter((step) => step.kind === "forward").length;
const SMALLEST = 11; // pixels of text: a drawing is not shown smaller, unasked
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
for (const node of nodes) {
  const [left, right] = node.extent, room = (right - left) * 0.9;
  node.texts = [...node.g.querySelectorAll("text")];
  node.first = node.texts[0].textContent;
  for (const text of node.texts) { // the browser's font may be wider than Graphviz's
    const squeezed = text.getComputedTextLength() > room ? { textLength: room, lengthAdjust: "spacingAndGlyphs" } : {};
    for (const [name, value] of Object.entries({ x: (left + right) / 2, "text-anchor": "middle", ...squeezed })) text.setAttribute(name, value);
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

// ---- the overview: all of a drawing that does not fit

const plan = make("svg", { preserveAspectRatio: "none" }), here = make("rect", { class: "here" }), seen = make("rect", { class: "seen" });
for (const thing of [...boxes, ...nodes]) plan.append(thing.dot = make("rect", { class: thing.kind ? `node ${thing.kind}` : "box" }, make("title", {}, thing.title)));
plan.append(here, seen);
$("map").append(plan);
function put(rectangle, [left, right, top, bottom]) {
  for (const [name, value] of Object.entries({ x: left, width: right - left, y: top, height: bottom - top })) rectangle.setAttribute(name, value);
}
$("map").addEventListener("click", ({ clientX, clientY }) => { // to the step of the nearest node
  const { left, top, width, height } = plan.getBoundingClientRect();
  const x = whole[0] + ((clientX - left) / width) * (whole[1] - whole[0]), y = whole[2] + ((clientY - top) / height) * (whole[3] - whole[2]);
  const far = ([a, b, c, d]) => Math.hypot((Math.max(a - x, x - b, 0) * width) / (whole[1] - whole[0]), (Math.max(c - y, y - d, 0) * height) / (whole[3] - whole[2]));
  const away = nodes.map((node) => far(cover(node).now));
  play(false);
  visit(away.indexOf(Math.min(...away)));
});

// ---- layers: a closed one is its title in a small box, and the room that it took is taken out of the drawing

const closed = new Set();
for (const box of boxes) {
  box.title ||= "(no name)";
  const texts = [...box.g.querySelectorAll("text")];
  const long = texts.map((line) => line.getComputedTextLength() || line.textContent.length * 6.6);
  texts.forEach((line, k) => Object.entries({ x: 8, y: 15 + 13 * k, "text-anchor": "start" })
    .forEach(([name, value]) => line.setAttribute(name, value)));
  box.outline = box.g.querySelector(SHAPES);
  box.width = Math.max(long[0] + 34, ...long.map((length) => length + 16));
  box.height = 8 + 13 * texts.length;
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
    thing.handle.setAttribute("transform", `translate(${a} ${c}) scale(${heat ? SHRUNK : 1})`);
    thing.handle.setAttribute("aria-expanded", !isClosed);
    thing.mark.textContent = isClosed ? "▸" : "▾";
    thing.g.classList.toggle("closed", isClosed);
  }
  for (const thing of [...nodes, ...boxes]) {
    for (const element of [thing.g, thing.dot]) element.classList.toggle("hidden", cover(thing) !== thing);
    if (cover(thing) === thing) put(thing.dot, thing.now);
  }
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
  plan.setAttribute("viewBox", `${whole[0]} ${whole[2]} ${whole[1] - whole[0]} ${whole[3] - whole[2]}`);
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
  const { width, height } = pane(), inside = (k, x) => Math.min(Math.max(x, whole[k]), whole[k + 1]);
  put(seen, [inside(0, -view.x / view.scale), inside(0, (width - view.x) / view.scale), inside(2, -view.y / view.scale), inside(2, (height - view.y) / view.scale)]);
}
const pane = () => svg.getBoundingClientRect();
function zoom(factor, x = pane().width / 2, y = pane().height / 2) { // (x, y) stays where it is
  const scale = Math.min(Math.max(view.scale * factor, 0.02), 8), real = scale / view.scale;
  Object.assign(view, { scale, x: x - (x - view.x) * real, y: y - (y - view.y) * real });
  place();
}
const texts = [...graph.querySelectorAll("text")].map((text) => parseFloat(getComputedStyle(text).fontSize));
const readable = () => SMALLEST / Math.min(...texts) / (heat ? SHRUNK : 1); // the scale at which no text is too small
const margin = 24;
function fitting() { // the scale that shows all
  const { width, height } = pane(), [left, right, top, bottom] = whole;
  return Math.min((width - 2 * margin) / (right - left), (height - 2 * margin - 30) / (bottom - top), Math.max(1.6, readable()));
}
function overview() {
  $("map").hidden = true;
  $("map").hidden = fitting() >= readable();
}
function fit(all) {
  overview();
  const { width, height } = pane(), [left, right, top, bottom] = whole, scale = fitting();
  const start = scale < readable() && !all; // a large drawing is shown in a size to read, from where the steps begin
  view.scale = start ? readable() : Math.max(scale, 0.02);
  view.x = start ? margin - left * view.scale : width / 2 - ((left + right) / 2) * view.scale;
  view.y = height / 2 - ((top + bottom) / 2) * view.scale;
  place(true);
  if (start) follow(lit(steps[Math.max(at - 1, 0)]), at ? 0.5 : 0.2);
}
function follow(things, where = 0.5) { // bring them there, the middle, if they are not well inside already
  const { width, height } = pane(), all = things.map((thing) => cover(thing).now);
  const bound = (k) => Math[k % 2 ? "max" : "min"](...all.map((rectangle) => rectangle[k])) * view.scale;
  for (const [axis, size, low, high, k] of [["x", width, bound(0), bound(1), 0], ["y", height, bound(2), bound(3), 2]])
    if (whole[k] * view.scale + view[axis] >= 0 && whole[k + 1] * view.scale + view[axis] <= size) continue; // all is seen
    else if (low + view[axis] < size * 0.08 || high + view[axis] > size * 0.92) {
      const middle = size * (axis === "x" ? where : 0.5) - (low + high) / 2, [first, last] = [whole[k], whole[k + 1]].map((end) => end * view.scale);
      view[axis] = last - first < size ? middle : Math.max(Math.min(middle, margin - first), size - margin - last); // no empty side
    }
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
  address();
}
let rest = 0; // when the address last changed
function address() { // #step=7; the back button leads to steps that were looked at for a second, not to each one passed
  const hash = `#step=${at}`, [before, now] = [rest, performance.now()];
  if (location.hash === hash || (!at && !location.hash) || window.top !== window) return; // a notebook's frame has no address
  rest = now;
  if (timer === null && now - before > 1000) location.hash = hash;
  else location.replace(hash);
}
const addressed = () => Number(/^#step=(\d+)$/.exec(location.hash)?.[1] ?? 0);
window.addEventListener("hashchange", () => addressed() === at || walk(addressed()));
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
    thing.dot.classList.toggle("reached", Boolean(names.reached));
  }
  const places = now.map((node) => cover(node).now);
  if (step) put(here, [Math.min(...places.map((place) => place[0])), Math.max(...places.map((place) => place[1])), whole[2], whole[3]]);
  here.classList.toggle("hidden", !step);
  legend();
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

// ---- heat maps: on demand, the numbers of each tensor in its node

const LEVELS = "0ABCDEFGH?hgfedcba"; // as summary.py writes them: up to the largest, not finite, from the least
const SHRUNK = 0.5; // the text of a node, which is drawn larger then
let heat = ""; // or "value" or "gradient"
function range(summary) { // [lowest, highest] of the finite entries, and if others are among them
  const numbers = (summary.rows ?? [[summary.facts.min ?? "nan", summary.facts.max ?? "nan"]]).flat().map(number), finite = numbers.filter(Number.isFinite);
  return [Math.min(...finite), Math.max(...finite), finite.length < numbers.length || Boolean(summary.facts?.NaN || summary.facts?.Inf)];
}
const plusMinus = (...sizes) => `±${Number(Math.max(...sizes).toPrecision(2))}`.replace(/^±0$/, "0").replace("-", "−");
const pin = ({ kind, extent }) => extent[2] + (kind === "data" ? 6 : 0); // from here text shrinks: below the lid of a drum
function cells(node, item) {
  const middle = (node.extent[0] + node.extent[1]) / 2, [, , top, bottom] = node.extent, round = node.kind === "op" ? 0.1 * (bottom - top) : 0;
  const width = (node.extent[1] - node.extent[0]) * (round ? 0.66 : 0.86), left = middle - width / 2, low = bottom - 7.3 - round;
  const high = pin(node) + (node.texts[0].getAttribute("y") - pin(node)) * SHRUNK + 2, rows = item.heat[heat], [least, most, odd] = range(item[heat]);
  if (rows.length === 1 && rows[0].length === 1)
    return make("g", { class: "cells" }, make("text", { x: middle, y: (high + bottom - round) / 2 + 3, class: "number" }, item[heat].rows[0][0].replace("-", "−")));
  const paths = {}, w = width / (rows[0] ?? "").length, h = (low - high) / rows.length, cut = (x) => x.toFixed(2);
  rows.forEach((row, i) => [...row].forEach((letter, j) => {
    const corner = `M${cut(left + j * w)},${cut(high + i * h)}`;
    paths[letter] = (paths[letter] ?? "") + corner + (letter === "?" ? `l${cut(w)},${cut(h)}m${cut(-w)},0l${cut(w)},${cut(-h)}` : `h${cut(w)}v${cut(h)}h${cut(-w)}z`);
  }));
  const path = (letter) => make("path", letter === "?" ? { d: paths["?"], class: "strange" }
    : { d: paths[letter], class: letter < "a" ? "plus" : "minus", "fill-opacity": (LEVELS.indexOf(letter.toUpperCase())) / 8 });
  const text = `${most < least ? "" : plusMinus(-least, most)}${odd ? " NaN" : ""}`;
  return make("g", { class: "cells" }, make("rect", { x: left, y: high, width, height: low - high }), ...Object.keys(paths).map(path),
    make("text", { x: middle, y: bottom - 1.8 - round }, text));
}
function warm(kind) {
  heat = kind;
  svg.dataset.heat = heat;
  nodes.forEach((node) => {
    const item = items[node.item], on = heat && item[heat] && node === holder(node.item), [left, right, top, bottom] = node.extent;
    node.g.querySelector(".cells")?.remove();
    node.g.classList.toggle("warm", Boolean(on));
    const x = (left + right) / 2, y = on ? pin(node) : (top + bottom) / 2;
    for (const text of node.texts) text.setAttribute("transform", heat ? `translate(${x} ${y}) scale(${SHRUNK}) translate(${-x} ${-y})` : "");
    node.texts[0].textContent = on && heat === "gradient" ? item.gradientName : node.first;
    if (on) node.g.append(cells(node, item));
  });
  $("heat").textContent = $("live").textContent = `Heat maps: ${heat ? `${heat}s` : "off"}`;
  layout();
  show();
  fit(false);
}
function legend() { // of the item looked at
  $("legend").hidden = !heat;
  const item = items[chosen ?? nodes.find((node) => node.g.classList.contains("warm"))?.item];
  if (!heat || !item) return;
  const words = [heat === "value" ? "" : at && at <= FORWARD ? "Gradients appear as the walk back reaches them. " : "", "Colours: each node by its own largest entry."];
  const shown = item.heat?.[heat]?.join("").length, all = (item.shape?.match(/\d+/g) ?? []).reduce((n, length) => n * length, 1);
  const [least, most, odd] = shown ? range(item[heat]) : [], largest = `${Number(Math.max(-least, most).toPrecision(3))}`;
  $("legend").replaceChildren(...words, make("br"),
    make("code", {}, heat === "value" ? item.label : item.gradientName ?? item.label), !shown ? `: no ${heat}` : most < least ? ": nothing finite" : make("span", {}, ` −${largest}`, make("i"), largest),
    shown && shown < all ? ` · ${shown} of ${all.toLocaleString("en")} entries, evenly spaced` : "", odd ? make("b", {}, " × NaN or infinite") : "");
}

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
        ...(boxes.length ? [[["P", "N"], "layer before, next layer"], [["L"], "close or open this layer"]] : []),
        [["H"], "heat maps"], [["+", "−", "0"], "zoom, fit"], [["↑", "↓"], "from node to node"], [["Enter"], "the step of this node"]]
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
  heat: () => warm({ "": "value", value: "gradient", gradient: "" }[heat]),
  layers: () => { toggle(...boxes.filter((box) => boxes.every((other) => closed.has(other)) || !closed.has(box))); fit(false); },
};
for (const [id, action] of Object.entries(actions)) $(id).addEventListener("click", action);
$("slider").max = steps.length;
$("slider").style.setProperty("--split", `${(100 * FORWARD) / steps.length}%`);
$("slider").addEventListener("input", () => walk(Number($("slider").value)));
function layer(way) { // to the first step of the next layer, or of this one or the one before
  if (!boxes.length) return;
  const own = (k) => (steps[k - 1] ? around(nodes[steps[k - 1].op]) : null);
  let k = Math.min(Math.max(at + way, 0), steps.length);
  if (way > 0) while (k < steps.length && own(k) === own(at)) k += 1;
  else while (k > 1 && own(k - 1) === own(k)) k -= 1;
  walk(k);
}
const keys = {
  ArrowRight: actions.next, ArrowLeft: actions.back, Home: actions.first, End: actions.last, " ": actions.play,
  h: actions.heat, n: () => layer(1), p: () => layer(-1),
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
go(addressed());
fit(false);
svg.classList.remove("smooth");
new ResizeObserver(() => { // the window has another size
  if (!at) return fit(false);
  overview();
  follow(lit(steps[at - 1]));
  svg.classList.remove("smooth");
}).observe(svg);

"""What makes a large diagram small: a run of alike boxes shown once, and deep boxes shown as one node each."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import Any

from . import Box, Diagram, Edge, Node, Note
from .notes import sizes

FEWEST = 3  # boxes that make a run
BACKWARD = ("backward", "gradient")


# --- a run of alike boxes


def fold_alike(d: Diagram) -> Diagram:
    """Show a run of alike boxes once, as "layers 2 to 49: LINEAR -> RELU, x 48".

    Alike are those with the same ops, options, dtypes, shapes and wiring, each fed by the one before it in the same
    way, and for the rest by the same nodes. So the first and the last of a net stay, if they are fed by something else.
    """
    depths = _depths(d)
    for depth in range(max(depths.values(), default=0), 0, -1):  # the inner go first
        boxes = [box for box in d.boxes if depths[box] == depth and not box.is_backward]
        d = _Level(d, boxes).folded() if len(boxes) >= FEWEST else d
    return d


def _depths(d: Diagram) -> dict[Box, int]:
    depths: dict[Box, int] = {}
    for box in d.boxes:
        depths[box] = 1 if box.parent is None else depths[box.parent] + 1
    return depths


class _Level:
    """The boxes of one depth, and what each of them holds, the boxes within it included."""

    def __init__(self, d: Diagram, boxes: list[Box]) -> None:
        self.d, self.boxes = d, boxes
        self.home: dict[Any, Box | None] = {box: box for box in boxes}
        for box in d.boxes:
            self.home.setdefault(box, self.home.get(box.parent))
        self.inside: dict[Any, list[Any]] = defaultdict(list)
        for part in (*d.boxes, *d.nodes):
            if isinstance(part, Node):
                self.home[part] = self.home.get(part.box)
            self.inside[self.home[part]].append(part)
        self.index = {part: k for parts in self.inside.values() for k, part in enumerate(parts)}
        self.edges: dict[Box, list[Edge]] = defaultdict(list)
        users: dict[Node, set[Any]] = defaultdict(set)
        for edge in d.edges:
            homes = [self.home[edge.tail], self.home[edge.head]]
            users[edge.tail].add(homes[1])
            for home in {id(home): home for home in homes if home}.values():
                self.edges[home].append(edge)
        # a step's own data is alike to that of the next
        self.own = {node for node in d.nodes if node.kind == "data" and not node.box and len(users[node]) == 1}

    def folded(self) -> Diagram:
        places: dict[Any, Any] = {}  # what stands for each part of a run
        gone: set[Edge] = set()
        siblings: dict[Any, list[Box]] = defaultdict(list)
        for box in self.boxes:
            siblings[box.parent].append(box)
        for boxes in siblings.values():
            for run in self._runs(boxes):
                self._fold(run, boxes, places, gone)
        if not places:
            return self.d
        edges = [
            replace(e, tail=places.get(e.tail, e.tail), head=places.get(e.head, e.head))
            for e in self.d.edges
            if e not in gone
        ]
        nodes, boxes = (list(dict.fromkeys(places.get(x, x) for x in xs)) for xs in (self.d.nodes, self.d.boxes))
        return Diagram(nodes, edges, boxes)

    def _runs(self, boxes: list[Box]) -> list[list[Box]]:
        """The runs among the boxes around which is the same box."""
        runs: list[list[Box]] = []
        keys = [
            (self._signature(box), self._links(box, {*boxes[max(k - 1, 0) : k], *boxes[k + 1 : k + 2]}))
            for k, box in enumerate(boxes)
        ]
        wiring: Any = None
        for k, box in enumerate(boxes):
            between = self._between(boxes[k - 1], box) if k else None
            if k and keys[k] == keys[k - 1] and (len(runs[-1]) == 1 or between == wiring):
                runs[-1].append(box)
                wiring = between
            else:
                runs.append([box])
        return [run for run in runs if len(run) >= FEWEST]

    def _signature(self, box: Box) -> Any:
        parts = [
            (self.index.get(part.parent if isinstance(part, Box) else part.box), _facts(part))
            for part in self.inside[box]
        ]
        inner = [(self.index[e.tail], self.index[e.head], e.kind) for e in self.edges[box] if self._is_inner(e)]
        return parts, inner

    def _is_inner(self, e: Edge) -> bool:
        return self.home[e.tail] is self.home[e.head]

    def _links(self, box: Box, neighbours: set[Box]) -> Any:
        """Where edges cross the frame, but for those to the box before and the one after."""
        links = []
        for e in self.edges[box]:
            far = e.head if self.home[e.tail] is box else e.tail
            if not self._is_inner(e) and self.home[far] not in neighbours:
                near = e.tail if far is e.head else e.head
                links.append((self.index[near], far is e.head, e.kind, _facts(far) if far in self.own else far))
        return links

    def _between(self, a: Box, b: Box) -> Any:
        crossing = [e for e in self.edges[b] if a in (self.home[e.tail], self.home[e.head])]
        return [(self.index[e.tail], self.index[e.head], e.kind, self.home[e.head] is b) for e in crossing]

    def _fold(self, run: list[Box], boxes: list[Box], places: dict[Any, Any], gone: set[Edge]) -> None:
        first, last = run[0], run[-1]
        words = _Words(first.title, last.title)
        after = boxes[boxes.index(last) + 1 :][:1]
        columns = [*zip(*(self.inside[box] for box in run), strict=True)]
        feeds = [[e.tail for e in self.edges[box] if e.tail in self.own] for box in run]
        columns += [*zip(*feeds, strict=True)]
        for parts in columns:
            new = words.box(parts, first) if isinstance(parts[0], Box) else words.node(parts)
            for part in parts:
                places[part] = new
        for parts in columns:  # the frame around each is the new one
            new = places[parts[0]]
            if isinstance(new, Box):
                new.parent = places.get(new.parent, new.parent)
            else:
                new.box = places.get(new.box, new.box)
        in_run = set(run)
        for box in run:
            for e in self.edges[box]:
                far = self.home[e.head if self.home[e.tail] is box else e.tail]
                leaves = box is last and far in after
                between = far is not box and far in in_run
                if between or not (leaves or (box is first and far not in after)):
                    gone.add(e)


def _facts(part: Node | Box) -> Any:
    """What alike parts have in common; names may differ in their numbers."""
    if isinstance(part, Box):
        return _numberless(part.title), part.is_backward, part.count
    x = part.value
    if part.kind == "constant":
        return part.kind, part.title, *part.details
    options = [(key, repr(option)) for key, option in (getattr(x, "options", None) or {}).items()]
    words = [_numberless(text) for text in (part.title, *part.details)]
    return part.kind, getattr(x, "op", None), options, getattr(x, "shape", None), getattr(x, "dtype", None), *words


def _numberless(text: str) -> str:
    return re.sub(r"\d+", "0", text)


class _Words:
    """Names for what stands for a run: W[l] for W2 ... W49, where the boxes' titles count from 2 to 49."""

    def __init__(self, first: str, last: str) -> None:
        pairs = [(a, b) for a, b in zip(re.split(r"(\d+)", first), re.split(r"(\d+)", last), strict=True) if a != b]
        self.ends = (int(pairs[0][0]), int(pairs[0][1])) if pairs else None

    def both(self, first: str, last: str) -> str:
        """One text for a first and a last that differ in their numbers."""
        parts = [*zip(re.split(r"(\d+)", first), re.split(r"(\d+)", last), strict=True)]
        return "".join(a if a == b else self._index(int(a), int(b)) for a, b in parts)

    def _index(self, a: int, b: int) -> str:
        if self.ends and (offset := a - self.ends[0]) == b - self.ends[1]:
            return f"[l{offset:+}]" if offset else "[l]"
        return f"{a}…{b}"

    def box(self, boxes: tuple[Box, ...], outermost: Box) -> Box:
        """The box of a run, or one within it, for the same of each."""
        first, last = boxes[0], boxes[-1]
        title = self.both(first.title, last.title)
        if self.ends and "[l]" in title:
            before, after = title.split("[l]", 1)
            plural = f"{before[:-1]}s " if re.search(r"[a-z] $", before) else before
            title = f"{plural}{self.ends[0]} to {self.ends[1]}{after}"
        sums = {name: sum(getattr(box, name) for box in boxes) for name in ("count", "ops", "parameters", "bytes")}
        if first is outermost or (first.is_backward and first.parent is outermost):
            title += f", x {len(boxes)}"
        return replace(first, title=title, **sums)

    def node(self, nodes: tuple[Node, ...]) -> Node:
        first, last = nodes[0], nodes[-1]
        alarms = [f"{node.title}: {node.alarm}" for node in nodes if node.alarm]
        more = f", and {len(alarms) - 1} more" if len(alarms) > 1 else ""
        return replace(
            first,
            title=self.both(first.title, last.title),
            details=[*map(self.both, first.details, last.details)],
            notes=[self._note(a, b) for a, b in zip(first.notes, last.notes, strict=False) if a.kind == b.kind],
            alarm=alarms[0] + more if alarms else "",
        )

    def _note(self, first: Note, last: Note) -> Note:
        label = self.both(first.label, last.label)
        return Note(first.kind, label, first.number, [f"{label} {first.number:.3g} … {last.number:.3g}"])


# --- boxes that are too deep


def fold_depth(d: Diagram, depth: int) -> Diagram:
    """Show each box deeper than `depth` as one node, and what it does backwards as another."""
    depths = _depths(d)
    outermost: dict[Any, Box] = {}
    for box in d.boxes:
        if box.parent in outermost:
            outermost[box] = outermost[box.parent]
        elif depths[box] > depth and not box.is_backward:
            outermost[box] = box
    beside: dict[Any, Box] = {box.parent: box for box in d.boxes if box.is_backward}
    made: dict[Any, Node] = {}
    places: dict[Node, Node] = {}
    for node in d.nodes:
        if node.box in outermost:
            box = outermost[node.box]
            if node.kind in BACKWARD:
                new = Node("backward", f"{box.title}, backward", [], beside.get(box.parent), box)
            else:
                details = [text for text in (f"{box.ops} ops", sizes(box)) if text]
                new = Node("folded", box.title, details, box.parent, box)
            place = made.setdefault((box, new.kind), new)
            place.alarm = place.alarm or (node.alarm and f"{node.title}: {node.alarm}")
            places[node] = place
    edges: dict[Any, Edge] = {}
    for e in d.edges:
        tail, head = places.get(e.tail, e.tail), places.get(e.head, e.head)
        if tail is not head:
            key = (tail, head, e.kind) if e.tail in places or e.head in places else e
            edges.setdefault(key, replace(e, tail=tail, head=head))
    nodes = list(dict.fromkeys(places.get(node, node) for node in d.nodes))
    return Diagram(nodes, list(edges.values()), [box for box in d.boxes if box not in outermost])

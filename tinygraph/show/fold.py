"""Make a large diagram small: show a run of equal boxes once, and deep boxes as one node each."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from typing import Any

from .diagram import BACKWARD, Box, Diagram, Edge, Node, Note, path, sizes

FEWEST = 3  # the least number of boxes in a run


def fold_alike(d: Diagram) -> Diagram:
    """Show a run of equal boxes once, as "layers 2 to 49: LINEAR -> RELU, x 48".

    Boxes are equal if they have the same ops, options, dtypes, shapes and wiring. Each must be
    joined to the one before it in the same way, and otherwise to the same nodes. A first or last
    box that is joined to something else therefore stays.
    """
    for depth in range(max((len(path(box)) for box in d.boxes), default=0), 0, -1):  # inner boxes first
        level = _Level(d, [box for box in d.boxes if len(path(box)) == depth and not box.backward_of])
        d = level.folded()
    return d


class _Level:
    """The boxes of one depth, the parts of each (inner boxes included), and the edges at these."""

    def __init__(self, d: Diagram, boxes: list[Box]) -> None:
        self.d, self.boxes = d, boxes
        home: dict[Any, Any] = {box: box for box in boxes}
        for box in d.boxes:
            home.setdefault(box, home.get(box.backward_of or box.box))
        self.home = home | {node: home.get(node.box) for node in d.nodes}
        users: dict[Node, set[Any]] = defaultdict(set)
        for e in d.edges:
            users[e.tail].add(self.home[e.head])
        for node, boxes_around in users.items():  # data that one box alone takes are a part of it
            if node.kind == "data" and not node.box and len(boxes_around) == 1:
                (self.home[node],) = boxes_around
        self.inside: dict[Any, list[Any]] = defaultdict(list)
        for part, around in self.home.items():
            self.inside[around].append(part)
        self.index = {part: k for parts in self.inside.values() for k, part in enumerate(parts)}
        self.edges: dict[Any, list[tuple[Edge, Node, Node]]] = defaultdict(list)  # with their near and far ends
        for e in d.edges:
            self.edges[self.home[e.tail]].append((e, e.tail, e.head))
            self.edges[self.home[e.head]].append((e, e.head, e.tail))

    def folded(self) -> Diagram:
        """The diagram with each run as one box."""
        siblings: dict[Any, list[Box]] = defaultdict(list)
        for box in self.boxes:
            siblings[box.box].append(box)
        places: dict[Any, Any] = {}  # the replacement of each part of a run
        gone: set[Edge] = set()
        for row in siblings.values():
            for start, end in self._runs(row):
                self._fold(row[start:end], row[end : end + 1], places, gone)

        def now(part: Any) -> Any:
            return places.get(part, part)

        edges = [replace(e, tail=now(e.tail), head=now(e.head)) for e in self.d.edges if e not in gone]
        nodes, boxes = (list(dict.fromkeys(map(now, parts))) for parts in (self.d.nodes, self.d.boxes))
        for part in (*nodes, *boxes):
            part.box = now(part.box)
        for box in boxes:
            box.backward_of = now(box.backward_of)
        return Diagram(nodes, edges, boxes)

    def _runs(self, row: list[Box]) -> list[tuple[int, int]]:
        """The start and end of each run in a row of neighbouring boxes."""
        keys = [self._key(box, row[max(k - 1, 0) : k + 2]) for k, box in enumerate(row)]
        wiring = [self._between(a, b) for a, b in pairwise([row[0], *row])]  # of each box to the one before it
        starts = [0]
        for k in range(1, len(row)):
            if keys[k] != keys[k - 1] or (k - starts[-1] > 1 and wiring[k] != wiring[k - 1]):
                starts.append(k)
        return [(start, end) for start, end in pairwise([*starts, len(row)]) if end - start >= FEWEST]

    def _key(self, box: Box, neighbours: list[Box]) -> Any:
        """The key that equal boxes share: parts, wiring, and edges to all but their neighbours."""
        parts = [(self.index.get(part.box), _facts(part)) for part in self.inside[box]]
        links = [
            (self.index[near], self.index[far] if self.home[far] is box else far, near is e.head, e.kind)
            for e, near, far in self.edges[box]
            if self.home[far] is box or self.home[far] not in neighbours
        ]
        return parts, links

    def _between(self, a: Box, b: Box) -> Any:
        ends = [(e, near, far) for e, near, far in self.edges[b] if self.home[far] is a]
        return [(self.index[near], self.index[far], near is e.head, e.kind) for e, near, far in ends]

    def _fold(self, run: list[Box], after: list[Box], places: dict[Any, Any], gone: set[Edge]) -> None:
        first, last = run[0], run[-1]
        merged = _Merged(first, last, len(run))
        for parts in zip(*(self.inside[box] for box in run), strict=True):
            places |= dict.fromkeys(parts, merged.box(parts) if isinstance(parts[0], Box) else merged.node(parts))
        for box in run:
            for e, _, far in self.edges[box]:
                there = self.home[far]
                if not (box is last if there in after else box is first and there not in run[1:]):
                    gone.add(e)


def _facts(part: Node | Box) -> Any:
    """The facts that equal parts share; their names may differ in numbers."""
    if isinstance(part, Box):
        return re.sub(r"\d+", "0", part.title), part.ops
    x = part.value
    if part.kind == "constant":
        return part.title, *part.details
    options = [(name, repr(option)) for name, option in (getattr(x, "options", None) or {}).items()]
    texts = () if part.kind in BACKWARD else (part.title, *part.details)
    words = [re.sub(r"_?\d+", "", text) for text in texts]  # W and W_1 count as one name too
    return part.kind, *(getattr(x, name, None) for name in ("op", "shape", "dtype")), options, *words


class _Merged:
    """Replacements of a run's parts: W[l] for W2 ... W49 if box titles count from 2 to 49."""

    def __init__(self, first: Box, last: Box, count: int) -> None:
        numbers = zip(re.findall(r"\d+", first.title), re.findall(r"\d+", last.title), strict=True)
        self.ends = next(((int(a), int(b)) for a, b in numbers if a != b), (0, 0))
        self.first, self.count = first, count

    def text(self, first: str, last: str) -> str:
        """One text for the first and last texts of a run, which differ in their numbers."""
        a, b = re.split(r"(\d+)", first), re.split(r"(\d+)", last)
        if a[::2] != b[::2]:
            return f"{first} … {last}"
        return "".join(x if x == y else self._index(int(x), int(y)) for x, y in zip(a, b, strict=True))

    def _index(self, a: int, b: int) -> str:
        offset = a - self.ends[0]
        if offset != b - self.ends[1]:
            return f"{a}…{b}"
        return f"[l{offset:+}]" if offset else "[l]"

    def box(self, boxes: tuple[Box, ...]) -> Box:
        """The box of a run, or of the boxes inside it."""
        title = self.text(boxes[0].title, boxes[-1].title)
        title = re.sub(r"(?<=[a-z]) \[l\]", "s [l]", title, count=1).replace("[l]", "{} to {}".format(*self.ends), 1)
        if self.first in (boxes[0], boxes[0].backward_of):
            title += f", x {self.count}"
        sums = {name: sum(getattr(box, name) for box in boxes) for name in ("ops", "parameters", "bytes")}
        return replace(boxes[0], title=title, **sums)

    def node(self, nodes: tuple[Node, ...]) -> Node:
        """The node that replaces one node of each box; it keeps the alarm of any of them."""
        first, last = nodes[0], nodes[-1]
        alarms = [f"{node.title}: {node.alarm}" for node in nodes if node.alarm]
        return replace(
            first,
            title=self.text(first.title, last.title),
            details=[*map(self.text, first.details, last.details)],
            notes=[self._made_at(a, b) for a in first.notes for b in last.notes if a.kind == b.kind],
            alarm=f"{alarms[0]}{f', and {len(alarms) - 1} more' if alarms[1:] else ''}" if alarms else "",
        )

    def _made_at(self, first: Note, last: Note) -> Note:
        label = self.text(first.label, last.label)
        return replace(first, label=label, lines=[f"{label} {first.number:.3g} … {last.number:.3g}"])


def fold_depth(d: Diagram, depth: int) -> Diagram:
    """Show each box deeper than `depth` as one node, and its backward pass as another."""
    made: dict[Any, Node] = {}
    places: dict[Node, Node] = {}
    for node in d.nodes:
        around = path(node.box)
        if len(around) > depth:
            box = around[depth]
            if node.kind in BACKWARD:
                new = Node("backward", f"{(box.backward_of or box).title}, backward", [], box.box, box)
            else:
                details = [text for text in (f"{box.ops} ops", sizes(box)) if text]
                new = Node("folded", box.title, details, box.box, box)
            place = places[node] = made.setdefault((box, new.kind), new)
            place.alarm = place.alarm or (node.alarm and f"{node.title}: {node.alarm}")
    edges: dict[Any, Edge] = {}
    for e in d.edges:
        tail, head = places.get(e.tail, e.tail), places.get(e.head, e.head)
        if tail is not head:
            key = (tail, head, e.kind) if e.tail in places or e.head in places else e
            edges.setdefault(key, replace(e, tail=tail, head=head))
    nodes = list(dict.fromkeys(places.get(node, node) for node in d.nodes))
    return Diagram(nodes, list(edges.values()), [box for box in d.boxes if len(path(box)) <= depth])

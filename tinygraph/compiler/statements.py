"""The lines and comments of a function that is written to be read, part by part."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..graph.expression import Expressions, Text, array, literal
from ..graph.names import called, result_names
from ..graph.nodes import Graph, Node, is_elementwise, ordered
from ..graph.numbers import ASARRAY
from ..ops.shapes import _getitem_row
from ..transforms import tree
from .buffers import source_of
from .inputs import BACKWARD, COST, FORWARD, UPDATE, Inputs, Order, dict_text, is_data, wrapped

LONGEST = 80  # characters of an expression that may stand within another


class Statements:
    """The `lines` of a graph. `obstacles` says what NumPy alone cannot hold, and why."""

    expressions = Expressions  # the writer of nodes

    def __init__(self, graph: Graph, order: Order, inputs: Inputs) -> None:
        self.graph, self._order, self._inputs = graph, order, inputs
        self.lines: list[str] = []
        self.obstacles: dict[str, str] = inputs.obstacles
        self.cost = ""
        self._heading = ""
        self._forced: set[Any] = {u.gradient for u in graph.updates}  # nodes that always have a line
        self._forced.update(x for node in order.nodes if node.op and node.op.graph for x in node.nodes())
        moving = {*ordered([new for _, new in graph.replaced])}  # what else reads a statistic reads the old one
        self._forced.update(x for old, _ in graph.replaced for x in order.uses[old] if x not in moving)
        self._expressions = self._with_examples()
        cost = graph.outputs[0] if graph.updates else None
        if cost is not None:
            self._forced.add(cost)
        self._new_states, self._results = self._find_new_states(), result_names(graph)
        for node in order.nodes:
            if node.op is not None:
                self._write(node)
            elif node.kind == "constant" or is_data(node):
                self._write_constant(node)
        if cost is not None:
            self._write_updates(cost)

    def _with_examples(self) -> Expressions:
        """The writer of expressions. In a training step, the number of examples has a name."""
        matrices = [x.shape[1] for x in self._inputs.arguments.values() if len(x.shape) == 2]
        if not self.graph.updates or not matrices or matrices[0] == 1:
            return self.expressions(self._inputs.written, 0, "", set())
        averaged = {node for node, part in self._order.part.items() if part in (COST, BACKWARD)}
        return self.expressions(self._inputs.written, matrices[0], self._inputs.names.of("m", "m"), averaged)

    def examples(self) -> list[str]:
        """The line for the number of examples, if it is used."""
        matrices = [name for name, x in self._inputs.arguments.items() if len(x.shape) == 2]
        return [f"{self._inputs.names.of('m', 'm')} = {matrices[0]}.shape[1]"] if self._expressions.uses_m else []

    # --- one node

    def _write(self, node: Node) -> None:
        written, names = self._inputs.written, self._inputs.names
        if node.op.graph is not None:
            self._loop(node)
        if node in written:  # also a part of a loop's results
            return
        text = self._expressions.of(node) or self._call(node)
        if node not in self._new_states and self._is_inline(node, text.text):
            written[node] = text
            return
        self._begin(self._title(node))
        variable = self._new_states.get(node) or names.of(node, node.name or self._results.get(node))
        if node.op.in_lines:
            self.lines += self._expressions.lines(variable, node)
        else:
            copied = node in self._forced and source_of(node).kind == "parameter"
            self.lines.append(f"{variable} = {f'np.array({text})' if copied else text}{_numbered(node)}")
        written[node] = Text(variable)

    def _is_inline(self, node: Node, text: str) -> bool:
        """Whether a value needs no line: it is used once, or short and used once in each part."""
        uses, part = self._order.uses[node], self._order.part
        if part[node] == UPDATE and node in self._order.changes:
            return not uses
        if node in self._forced or node.name is not None or node.op.in_lines or len(text) > LONGEST:
            return False
        parts = [part[x] for x in uses]
        short = is_elementwise(node) and len(text) < LONGEST // 2 and len(set(parts)) == len(parts)
        outputs = sum(x is node for x in self.graph.outputs)
        return len(uses) + outputs <= 1 or (short and not outputs) or node.op in (ops.transpose, ASARRAY)

    def _begin(self, title: str) -> None:
        """Begin the part with this title, with a heading if it is a new part."""
        if title != self._heading:
            self._heading = title
            self.lines += [f"# {title}"] if title else []
            self.lines += self._inputs.number_lines if title == "update" else []

    def _title(self, node: Node) -> str:
        part = self._order.part[node]
        title = " ".join(repr(node.scope).split()) if node.scope is not None else ""  # a comment has one line
        if not self.graph.updates:
            return title
        if part == FORWARD:
            return f"forward: {title}" if title else "forward"
        if part == COST and self.graph.outputs[0].equation == "(7)":
            is_lesson = any(x.equation == "(4)" for x in self._order.nodes)
            return "cost (7)" if is_lesson else "cost"
        return ("forward", "cost", "backward", "update")[part]

    def _call(self, node: Node) -> Text:
        name = called(node.op)
        if name not in self.obstacles:
            self.obstacles[name] = "an op of your own (written in NumPy functions of Tensors, it could)"
            self.lines.append(f"# {name}: an op of your own, which is to be defined beside this function")
        return self._expressions.call(name, node)

    def _write_constant(self, node: Node) -> None:
        value = np.asarray(node.value._data if node.kind == "parameter" else node.value)
        text = array(value)
        if text is not None and len(text) <= LONGEST // 2:
            self._inputs.written[node] = Text(text)
            return
        name = self._inputs.names.of(node, node.name, "c")
        if text is None:
            self.obstacles[name] = f"a constant of shape {value.shape}: too large, so make it an argument"
            self.lines.append(f"# {name}: an array of shape {value.shape}, as it was when the function was traced")
        else:
            self.lines.append(f"{name} = {text}")
        self._inputs.written[node] = Text(name)

    # --- loops

    def _loop(self, node: Node) -> None:
        """Write a loop as a `for` with the lines of one step."""
        op, inputs, lines = node.op, self._inputs, self.lines
        (n, end, _), given = op.counts, [*map(inputs.text, node.inputs)]
        k = inputs.names.of((node, "k"), "k")
        parts, body, made = self._step(node, [f"{x}[{k}]" for x in given[n:end]])
        starts = [x if "(" in x else f"np.array({x})" for x in given[:n]]
        starts += [f"np.empty({shape}, {dtype.name!r})".replace(", 'float64'", "") for _, shape, dtype in op.parts[n:]]
        lines += [f"{part} = {start}" for part, start in zip(parts, starts, strict=True)]
        body += [f"{part}[{k}] = {x}" for part, x in zip(parts[n:], made[n:], strict=False)]
        body += [f"{', '.join(parts[:n])} = {', '.join(made[:n])}"] if n else []
        steps = f"range({len(op.ks)})" if op.ks.step > 0 else f"reversed(range({len(op.ks)}))"
        lines += [f"for {k} in {steps}:", *(f"    {line}" for line in body or ["pass"])]

    def _step(self, node: Node, rows: list[str]) -> tuple[list[str], list[str], list[str]]:
        """A loop: the names of its results, the lines of a step on `rows` of xs, their results.

        What reads the results from the flat array reads these.
        """
        op, inputs, uses, (n, end, n_kept) = node.op, self._inputs, self._order.uses, node.op.counts
        names, written, sources, made = inputs.names, inputs.written, op.graph.arguments, op.graph.outputs
        self._begin(self._title(node))
        carries = [names.of(x, x.name, "c") for x in sources[:n]]
        parts = [*carries, *(names.of((node, i), f"{c}s") for i, c in enumerate(carries[:n_kept]))]
        parts += [names.of((node, i), "ys") for i in range(len(parts), len(op.parts))]
        for name, (place, shape, _) in zip(parts, op.parts, strict=True):
            taken = [x for x in uses[node] if x.op is _getitem_row and x.options["index"] == (place,)]
            shaped = [x for y in taken for x in (y, *uses[y]) if x.shape == shape and (x is y or x.op is ops.reshape)]
            written.update((x, Text(f"{name}.ravel()")) for x in taken)
            written.update((x, Text(name)) for x in shaped)
        for x in op.graph.nodes():  # which the lines of another loop with the same step may have written
            written.pop(x, None)
        texts = [*carries, *rows, *map(inputs.text, node.inputs[end:])]
        written.update((x, Text(text)) for x, text in zip(sources, texts, strict=True))
        body = type(self)(op.graph, Order(op.graph), inputs)
        written[node] = Text(f"np.concatenate([{', '.join(parts)}], axis=None)")
        return parts, body.lines, [*map(inputs.text, (*made[:n], *sources[:n_kept], *made[n:]))]

    # --- updates

    def _find_new_states(self) -> dict[Node, str]:
        """New states that take the old one's name, because nothing reads the old one any more."""
        names: dict[Node, str] = {}
        for u in self.graph.updates:
            for old, new in zip(u.state, u.new_state, strict=True):
                free = set(ordered([new])).issuperset(self._order.uses.get(old, ()))
                if new.op is not None and new.name is None and new not in names and free:
                    names[new] = self._inputs.text(old)
        return names

    def _write_updates(self, cost: Node) -> None:
        text = self._inputs.text
        self.cost = text(cost)
        if cost.kind == "parameter":  # the update is about to change it
            self.cost = self._inputs.names.of("cost", "cost")
            self.lines.append(f"{self.cost} = {text(cost)}.copy()")
        self._begin("update")
        later = []
        for u in self.graph.updates:
            for old, new in zip(u.state, u.new_state, strict=True):
                name = text(old)
                if self._new_states.get(new) != name:
                    self.lines.append(f"new_{name} = np.array({text(new)})")
                    later.append(f"{name} = new_{name}")
        parameters = {u.parameter for u in self.graph.updates}
        for u in self.graph.updates:
            of_update = [x for x in ordered([u.change]) if self._order.part[x] == UPDATE]
            read = {u.change, *(y for node in of_update for y in node.nodes())}
            if read & (parameters - {u.parameter}):  # it reads another parameter, which has changed by then
                self.lines.append(f"change_{text(u.parameter)} = np.array({text(u.change)})")
                self._inputs.written[u.change] = Text(f"change_{text(u.parameter)}")
        for u in self.graph.updates:
            is_plain = u.change.op is ops.multiply and u.change.inputs[1] is u.gradient
            self.lines.append(f"{text(u.parameter)} -= {text(u.change)}{_numbered(u.parameter) if is_plain else ''}")
        self.lines += [*later, *self._moved()]

    def _moved(self, in_place: str = "") -> list[str]:
        """The lines that give running statistics their new values."""
        text = self._inputs.text
        return [f"{text(running)}{in_place} = {text(new)}" for running, new in self.graph.replaced]

    # --- the last line

    def give(self, result: Any) -> list[str]:
        """Add the return line: of the result, a nest with a leaf for each output, or of a step.

        Returns the names of what stands before it.
        """
        handed = self._handed_on()
        following = iter(self.graph.outputs)

        def written(x: Any) -> Any:
            node = next(following)
            if isinstance(node, Node):
                return Text(self._inputs.text(node))
            if x is not None and type(x) not in (bool, int, float, str):
                self.obstacles[f"the result {x!r}"] = "which is no array"
            return Text(literal(x)) if type(x) is float else x

        text = self.cost if self.graph.updates else repr(tree.map(result, written))
        self.lines.append(f"return {', '.join([*handed, text])}")
        return handed

    def _handed_on(self) -> list[str]:
        """What is returned before the result. Outside of a step, statistics change in place."""
        inputs = self._inputs
        if not self.graph.updates:
            self.lines += self._moved("[...]")
            return []
        self.lines += wrapped("parameters = " + dict_text({key: v for v, key in inputs.keys.items()}))
        if inputs.state:
            self.lines += wrapped("state = " + inputs.state_text(inputs.count, inputs.state))
        return ["parameters", *["state"] * bool(inputs.state)]


def _numbered(node: Node) -> str:
    """The comment with the number of the lesson's equation; (7) stands in the heading."""
    return f"  # {node.equation}" if node.equation not in (None, "(7)") else ""

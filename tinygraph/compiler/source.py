"""A graph as the NumPy that one would have written: to be read, and to be kept as a module that needs NumPy alone.

What is here is the function around the expressions: its parts, names, lines and comments, and what it takes and gives.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

import numpy as np

from .. import ops
from ..files import replacing
from ..graph.expression import LARGEST_CONSTANT, Expressions, Text, array, literal
from ..graph.names import Names, called, result_names
from ..graph.nodes import Graph, Node, is_elementwise, ordered
from ..graph.numbers import ASARRAY
from ..optim.optimizers import Adam, Optimizer
from ..transforms import tree
from .buffers import source_of

WIDTH = 120
LONGEST = 80  # characters of an expression that is written within another

FORWARD, COST, BACKWARD, UPDATE = range(4)


def parameter_names(f: Any, args: Any, kwargs: Any) -> list[tuple[str | None, Any]]:
    """Each argument of a call of f with the name of the parameter that takes it, where f tells its parameters."""
    try:
        bound = inspect.signature(f).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return [*((None, x) for x in args), *kwargs.items()]
    names: list[str | None] = []
    for name in bound.arguments:
        kind = bound.signature.parameters[name].kind
        many = kind is inspect.Parameter.VAR_POSITIONAL
        if kind is not inspect.Parameter.VAR_KEYWORD:
            names += [name] * (len(bound.arguments[name]) if many else 1)
    return [*zip(names[: len(args)], args, strict=True), *kwargs.items()]


class Source:
    """The text of a graph. `text` is the function to read; `obstacles` what NumPy alone cannot hold, and why."""

    def __init__(self, graph: Graph, result: Any, name: str, optimizer: Optimizer | None, numbers: Any) -> None:
        self.graph, self.optimizer = graph, optimizer
        self.name = name
        self.obstacles: dict[str, str] = {}
        self._names = Names({"np", "float", "parameters", "state", name})
        self._written: dict[Node, Text] = {}  # how a node is written where it is used
        self._lines: list[str] = []
        self._order_nodes()
        self._name_sources(numbers)
        self._find_m()
        self._is_lesson = any(node.equation == "(4)" for node in self._order)
        self._write()
        self._return(result)
        self.text = self._function()

    # --- what comes when, and under which name

    def _order_nodes(self) -> None:
        """The nodes part by part; backward, the gradients of the last layer come first."""
        graph = self.graph
        everything = graph.nodes()
        of_outputs = ordered([x for x in graph.outputs if isinstance(x, Node)])
        gradients = [u.gradient for u in graph.updates]
        self._part = dict.fromkeys(everything, UPDATE)
        self._part.update((node, BACKWARD) for node in ordered(gradients))
        self._part.update((node, COST if graph.updates else FORWARD) for node in of_outputs)
        named = [x for x in of_outputs if x.name and x.op and x is not graph.outputs[0]]
        self._part.update((x, FORWARD) for x in ordered([*(x for x in everything if x.scope and x.op), *named]))

        def behind(gradient: Node) -> int:
            return sum(self._part[x] == BACKWARD and x.name is not None for x in ordered([gradient]))

        nodes = ordered([*of_outputs, *sorted(gradients, key=behind), *everything])
        self._order = sorted((n for n in nodes if n in self._part), key=lambda node: self._part[node])
        self._uses: dict[Node, list[Node]] = {node: [] for node in self._order}
        for node in self._order:
            for x in node.nodes():
                self._uses[x].append(node)

    def _name_sources(self, numbers: Any) -> None:
        graph = self.graph
        self._arguments = {self._source(node, node.name, "x"): node for node in graph.arguments}
        keys: dict[Node, str | None] = {u.parameter: u.name for u in graph.updates}
        used = [x for node in self._order for x in node.nodes()]
        found = dict.fromkeys([*(u.parameter for u in graph.updates), *used, *self._order])
        self.parameters = {
            self._source(node, keys.setdefault(node, node.name), "p"): node
            for node in found
            if node.kind == "parameter" and not _is_data(node)
        }
        self._keys: dict[str, str] = {}
        for variable, node in self.parameters.items():
            key = keys[node]
            self._keys[variable] = variable if key is None or key in self._keys.values() else key
        self.state: list[str] = []
        for u in graph.updates:
            self.state += [self._source(node, node.name) for node in u.state]
        self._name_numbers(numbers)

    def _text(self, node: Node) -> str:
        return self._written[node].text

    def _source(self, node: Node, wanted: str | None, otherwise: str = "t") -> str:
        name = self._names.of(node, wanted, otherwise)
        self._written[node] = Text(name)
        return name

    def _name_numbers(self, numbers: Any) -> None:
        """Those that an optimizer gives: the learning rate, or what Adam makes of it in its step t.

        What an optimizer of one's own makes of it stays with the caller, as arguments.
        """
        self.number_lines: list[str] = []
        self.options: list[str] = []
        self._t = ""
        optimizer: Any = self.optimizer
        makes = getattr(type(optimizer), "numbers", None)
        rate = ""
        if makes in (Adam.numbers, Optimizer.numbers):
            rate = self._names.of("rate", "learning_rate")
            self.options.append(f"{rate}={float(optimizer.learning_rate)!r}")
        latest = max((steps for _, steps, _ in numbers), default=0)
        for k, steps, node in numbers:
            if node not in self._part:
                continue
            if makes is Optimizer.numbers:
                self._written[node] = Text(rate)
            elif makes is Adam.numbers:
                self._t = self._names.of("t", "t")
                t = self._t if steps == latest else f"({self._t} - {latest - steps})"
                text = (
                    f"{rate} / (1 - {optimizer.beta1!r}**{t})",
                    f"(1 - {optimizer.beta2!r}**{t}) ** 0.5",
                    f"{rate} * {optimizer.weight_decay!r}",
                )[k]
                self._number_line(node, self._names.of((k, steps), ("rate", "root", "decay")[k]), text)
            else:
                name = self._names.of(("number", k), f"number_{k}")
                self._written[node] = Text(name)
                self.options += [] if name in self.options else [name]

    def _number_line(self, node: Node, name: str, text: str) -> None:
        self._written[node] = Text(name)
        line = f"{name} = {text}"
        self.number_lines += [] if line in self.number_lines else [line]

    def _find_m(self) -> None:
        """The number of examples, which are columns, and what to divide by."""
        m, name, averaged = 0, "", set()
        matrices = [(argument, x.shape[1]) for argument, x in self._arguments.items() if len(x.shape) == 2]
        if self.graph.updates and matrices and matrices[0][1] > 1:
            argument, m = matrices[0]
            name = self._names.of("m", "m")
            averaged = {node for node, part in self._part.items() if part in (COST, BACKWARD)}
            self._m_line = f"{name} = {argument}.shape[1]"
        self._expressions = Expressions(self._written, m, name, averaged)

    # --- lines

    def _write(self) -> None:
        forced: set[Any] = {u.gradient for u in self.graph.updates}
        changes = {x for u in self.graph.updates for x in (u.change, *u.new_state)}
        if self.graph.updates:
            forced.add(self.graph.outputs[0])
        new_states, results = self._new_states(), result_names(self.graph)
        heading = ""
        for node in self._order:
            if node.op is None:
                if node.kind == "constant" or _is_data(node):
                    self._constant(node)
                continue
            title = self._heading(node)
            text = self._expressions.of(node) or self._own(node)
            if self._part[node] == UPDATE and node in changes:
                inline = not self._uses[node]
            else:
                inline = node not in forced and node.name is None and self._is_inline(node, text.text)
            if inline and node not in new_states:
                self._written[node] = text
                continue
            if title != heading:
                heading = title
                self._lines += [f"# {heading}"] if heading else []
                if self._part[node] == UPDATE:
                    self._lines += self.number_lines
            variable = new_states[node] if node in new_states else self._names.of(node, node.name or results.get(node))
            if node.op is ops.shapes._scatter_row:
                self._lines += self._expressions.scatter(variable, node)
            else:
                copied = node in forced and source_of(node).kind == "parameter"
                self._lines.append(f"{variable} = {f'np.array({text})' if copied else text}{_numbered(node)}")
            self._written[node] = Text(variable)
        if self.graph.updates:
            self._cost = self._text(self.graph.outputs[0])
            if self.graph.outputs[0].kind == "parameter":  # it is about to be written to
                self._cost, cost = self._names.of("cost", "cost"), self._cost
                self._lines.append(f"{self._cost} = {cost}.copy()")
            if heading != "update":
                self._lines += ["# update", *self.number_lines]
            self._updates(new_states)

    def _heading(self, node: Node) -> str:
        part, title = self._part[node], _title(node)
        if not self.graph.updates:
            return title
        if part == FORWARD:
            return f"forward: {title}" if title else "forward"
        if part == COST and self._is_lesson and self.graph.outputs[0].equation == "(7)":
            return "cost (7)"
        return ("forward", "cost", "backward", "update")[part]

    def _is_inline(self, node: Node, text: str) -> bool:
        """Whether a value without a name is written where it is used: once, or once in each part if it is short."""
        uses = self._uses[node]
        if node.op is ops.shapes._scatter_row or len(text) > LONGEST:
            return False
        parts = [self._part[x] for x in uses]
        short = is_elementwise(node) and len(text) < LONGEST // 2 and len(set(parts)) == len(parts)
        outputs = sum(x is node for x in self.graph.outputs)
        return len(uses) + outputs <= 1 or (short and not outputs) or node.op in (ops.transpose, ASARRAY)

    def _new_states(self) -> dict[Node, str]:
        """New states under the old one's name, where nothing reads the old one any longer."""
        names: dict[Node, str] = {}
        for u in self.graph.updates:
            for old, new in zip(u.state, u.new_state, strict=True):
                free = set(ordered([new])).issuperset(self._uses.get(old, ()))
                if new.op is not None and new.name is None and new not in names and free:
                    names[new] = self._text(old)
        return names

    def _updates(self, new_states: dict[Node, str]) -> None:
        later = []
        for u in self.graph.updates:
            for old, new in zip(u.state, u.new_state, strict=True):
                name = self._text(old)
                if new_states.get(new) != name:
                    self._lines.append(f"new_{name} = np.array({self._text(new)})")
                    later.append(f"{name} = new_{name}")
        parameters = {u.parameter for u in self.graph.updates}
        for u in self.graph.updates:
            of_update = [x for x in ordered([u.change]) if self._part[x] == UPDATE]
            read = {u.change, *(y for node in of_update for y in node.nodes())}
            if read & (parameters - {u.parameter}):  # another one, which has changed by then
                self._lines.append(f"change_{self._text(u.parameter)} = np.array({self._text(u.change)})")
                self._written[u.change] = Text(f"change_{self._text(u.parameter)}")
        for u in self.graph.updates:
            variable = self._text(u.parameter)
            is_plain = u.change.op is ops.multiply and u.change.inputs[1] is u.gradient
            self._lines.append(f"{variable} -= {self._text(u.change)}{_numbered(u.parameter) if is_plain else ''}")
        self._lines += later

    def _own(self, node: Node) -> Text:
        name = called(node.op)
        if name not in self.obstacles:
            self.obstacles[name] = "an op of your own (written in NumPy functions of Tensors, it could)"
            self._lines.append(f"# {name}: an op of your own, which is to be defined beside this function")
        return self._expressions.call(name, node)

    def _constant(self, node: Node) -> None:
        value = np.asarray(node.value._data if node.kind == "parameter" else node.value)
        text = array(value)
        if text is not None and len(text) <= LONGEST // 2:
            self._written[node] = Text(text)
            return
        name = self._names.of(node, node.name, "c")
        if text is None:
            self.obstacles[name] = f"a constant of shape {value.shape}: too large, so make it an argument"
            self._lines.append(f"# {name}: an array of shape {value.shape}, as it was when the function was traced")
        else:
            self._lines.append(f"{name} = {text}")
        self._written[node] = Text(name)

    # --- the function

    def _return(self, result: Any) -> None:
        if self.graph.updates or self.optimizer is not None:
            state = ["state"] if self.state else []
            self._lines += _wrapped("parameters = " + _dict({key: v for v, key in self._keys.items()}))
            if state:
                self._lines += _wrapped("state = " + self._state_dict(self._t, self.state))
            self._lines.append(f"return {', '.join(['parameters', *state, self._cost])}")
            return
        following = iter(self.graph.outputs)

        def written(x: Any) -> Any:
            node = next(following)
            if isinstance(node, Node):
                return Text(self._text(node))
            if x is not None and type(x) not in (bool, int, float, str):
                self.obstacles[f"the result {x!r}"] = "which is no array"
            return Text(literal(x)) if type(x) is float else x

        self._lines.append(f"return {tree.map(result, written)!r}")

    def _state_dict(self, count: str, values: list[str]) -> str:
        return _dict({**({"t": count} if self._t else {}), **dict(zip(self.state, values, strict=True))})

    def _function(self) -> str:
        head = ["parameters"] if self.parameters else []
        head += ["state"] if self.state else []
        lines = [f"def {self.name}({', '.join([*head, *self._arguments, *self.options])}):"]
        body = _unpacked([*self._keys], [*self._keys.values()], "parameters", ".copy()" if self.graph.updates else "")
        body += _unpacked(self.state, self.state, "state", "")
        if self._t:
            body.append(f'{self._t} = state["t"] + 1')
        if self._expressions.uses_m:
            body.append(self._m_line)
        body += self._lines
        return "\n".join([*lines, *(f"    {line}" for line in body)]) + "\n"

    # --- the module

    def save(self, path: Any) -> None:
        """Write the function as a module; ValueError where it needs more than NumPy."""
        if self.obstacles:
            what = "; ".join(f"{name}, {why}" for name, why in self.obstacles.items())
            raise ValueError(f"a module of NumPy alone cannot hold {what}; nothing was written")
        with replacing(path) as file:
            file.write(self.module().encode())

    def module(self) -> str:
        """The text of the module, with the shapes in its docstring."""
        first = "A training step" if self.graph.updates else "A function"
        shapes = [f"    {name}: {_type(node)}" for name, node in self._arguments.items()]
        for variable, node in self.parameters.items():
            shapes.append(f"    parameters[{dumps(self._keys[variable])}]: {node.shape} {node.dtype}")
        gives = "the new parameters (those given stay as they are), "
        gives += "the new state, " if self.state else ""
        text = f'"""{first} in NumPy alone, written by tinygraph for these shapes.\n\n{self.name} takes\n'
        text += "\n".join(shapes) + "\n"
        if self.state:
            text += "    state: what the step before gave; at first start(parameters)\n"
        text += f"and gives {gives}and the cost.\n" if self.graph.updates else ""
        text += f'"""\n\nimport numpy as np\n\n\n{self.text}'
        if self.state:
            keys = [self._keys[self._text(u.parameter)] for u in self.graph.updates for _ in u.state]
            pairs = [(x.dtype, u.parameter.dtype) for u in self.graph.updates for x in u.state]
            other = ["" if a == b else f", {str(a)!r}" for a, b in pairs]  # float16 has its state in float32
            zeros = [f"np.zeros_like(parameters[{dumps(k)}]{dtype})" for k, dtype in zip(keys, other, strict=True)]
            state = _wrapped("state = " + self._state_dict("0", zeros))
            lines = [f"    {line}" for line in (*state, "return state")]
            text += "\n\ndef start(parameters):\n" + '    """The state before the first step."""\n'
            text += "\n".join(lines) + "\n"
        return text


def _type(node: Node) -> str:
    return "a float" if node.value is float else f"{node.shape} {node.dtype}"


def dumps(text: str) -> str:
    """A key as Python writes it, in double quotes."""
    import json  # here, as few ask for the source

    return json.dumps(text, ensure_ascii=False)


def _dict(entries: dict[str, str]) -> str:
    return "{" + ", ".join(f"{dumps(key)}: {value}" for key, value in entries.items()) + "}"


def _unpacked(names: list[str], keys: list[str], where: str, copy: str) -> list[str]:
    if not names:
        return []
    if len(names) == 1:
        return [f"{names[0]} = {where}[{dumps(keys[0])}]{copy}"]
    listed = ", ".join(map(dumps, keys))
    return _wrapped(f"{', '.join(names)} = ({where}[name]{copy} for name in [{listed}])")


def _wrapped(line: str) -> list[str]:
    """A list of names, which goes on in the next line where it is long."""
    left, right = line.split(" = ", 1)
    if len(line) + 4 > WIDTH and "," in left:
        line = f"({left}) = {right}"
    lines = [""]
    for piece in re.split(r"(?<=, )", line):
        if len(lines[-1]) + len(piece) + 4 > WIDTH:
            lines.append("    ")
        lines[-1] += piece
    return [part.rstrip() for part in lines]


def _is_data(node: Node) -> bool:
    """Whether this is a small Tensor without a name that wants no gradient: it is written out, as constants are."""
    is_small = node.kind == "parameter" and node.size <= LARGEST_CONSTANT
    return is_small and node.name is None and not node.value.requires_grad


def _numbered(node: Node) -> str:
    """The comment with the number of the lesson's equation; (7) stands in the heading."""
    return f"  # {node.equation}" if node.equation not in (None, "(7)") else ""


def _title(node: Node) -> str:
    titles = []
    scope = node.scope
    while scope is not None:
        titles.append(scope.name)
        scope = scope.parent
    return " ".join(" / ".join(reversed(titles)).split())  # a comment has one line

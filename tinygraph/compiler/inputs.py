"""The names of the inputs of a function that is written to be read."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ..graph.expression import LARGEST_CONSTANT, Text, array
from ..graph.names import Names
from ..graph.nodes import Graph, Node, ordered
from ..graph.trace import Draw
from ..optim import Adam, Optimizer
from .step import TrainingStep

WIDTH = 120
FORWARD, COST, BACKWARD, UPDATE = range(4)


class Order:
    """The nodes of a graph in the order of the source, with the part and the uses of each.

    In the backward part, the gradients of the last layer come first. `changes` are the nodes that
    the updates compute from the gradients.
    """

    def __init__(self, graph: Graph) -> None:
        everything = graph.nodes()
        of_outputs = ordered([x for x in graph.outputs if isinstance(x, Node)])
        gradients = [u.gradient for u in graph.updates]
        self.part = part = dict.fromkeys(everything, UPDATE)
        part.update((node, BACKWARD) for node in ordered(gradients))
        part.update((node, COST if graph.updates else FORWARD) for node in of_outputs)
        named = [x for x in of_outputs if x.name and x.op and x is not graph.outputs[0]]
        part.update((x, FORWARD) for x in ordered([*(x for x in everything if x.scope and x.op), *named]))

        def behind(gradient: Node) -> int:
            return sum(part[x] == BACKWARD and x.name is not None for x in ordered([gradient]))

        nodes = ordered([*of_outputs, *sorted(gradients, key=behind), *everything])
        self.nodes = sorted((n for n in nodes if n in part), key=lambda node: part[node])
        self.uses: dict[Node, list[Node]] = {node: [] for node in self.nodes}
        for node in self.nodes:
            for x in node.nodes():
                self.uses[x].append(node)
        self.changes = {x for u in graph.updates for x in (u.change, *u.new_state)}


class Inputs:
    """The function's inputs by name: `arguments`, `parameters`, entries of `state`, `options`.

    `generators` has the names of those that `draw_lines` draw from.
    `keys` has each parameter's key in the dict of parameters. `count` is the name of the number of
    steps, or empty. `number_lines` are the lines that compute the numbers of a step. `written` has
    the text that stands for each node in expressions.
    """

    def __init__(self, graph: Graph, order: Order, step: TrainingStep | None, name: str) -> None:
        self.names = Names({"np", "jnp", "jax", "scipy", "float", "int", "parameters", "state", name})
        self.written: dict[Node, Text] = {}
        self.obstacles: dict[str, str] = {}  # what NumPy alone cannot hold, and why
        draws = [node for node in graph.arguments if isinstance(node.value, Draw)]
        self.arguments = {self._source(x, x.name, "x"): x for x in graph.arguments if x not in draws}
        self.generators: dict[Any, str] = {}
        self.draw_lines = [line for node in draws for line in self._draw(node, node.value)]
        keys: dict[Node, str | None] = {u.parameter: u.name for u in graph.updates}
        others = {} if step is None else {id(t): name for name, t in step.optimizer.others.items()}
        keys |= {node: others[id(node.value)] for node, _ in graph.replaced if id(node.value) in others}
        nodes = dict.fromkeys([*keys, *(x for node in order.nodes for x in node.nodes()), *order.nodes])
        found = [node for node in nodes if node.kind == "parameter" and not is_data(node)]
        self.parameters = {self._source(node, keys.setdefault(node, node.name), "p"): node for node in found}
        self.keys: dict[str, str] = {}
        for variable, node in self.parameters.items():
            key = keys[node]
            self.keys[variable] = variable if key is None or key in self.keys.values() else key
        self.state = [self._source(x, x.name) for u in graph.updates for x in u.state]
        self.options: list[str] = []
        self.number_lines: list[str] = []
        self.count = ""
        if step is not None:
            self._name_numbers(order, step, step.optimizer)

    def text(self, node: Node) -> str:
        """The text that stands for a node in expressions."""
        return self.written[node].text

    def state_text(self, count: str, values: list[str]) -> str:
        """The text of the dict of the state."""
        counted = {"t": count} if self.count else {}
        return dict_text({**counted, **dict(zip(self.state, values, strict=True))})

    def _source(self, node: Node, wanted: str | None, otherwise: str = "t") -> str:
        name = self.names.of(node, wanted, otherwise)
        self.written[node] = Text(name)
        return name

    def _draw(self, node: Node, draw: Draw) -> list[str]:
        """The line of a random draw."""
        which = draw.generator if type(draw.generator) is int else id(draw.generator)
        rng = self.generators.setdefault(which, self.names.of(("generator", which), draw.name))
        args = [*map(self._option, draw.args), *(f"{key}={self._option(x)}" for key, x in draw.options.items())]
        return [f"{self._source(node, node.name, 'u')} = {rng}.{draw.method}({', '.join(args)})"]

    def _option(self, x: Any) -> str:
        if isinstance(x, (type, np.dtype)):
            return repr(np.dtype(x).name)
        text = array(x) if isinstance(x, np.ndarray) else repr(x)
        if text is None:
            self.obstacles[f"an array of shape {x.shape}"] = "too large, so make it an argument"
        return text or "..."

    def _name_numbers(self, order: Order, step: TrainingStep, optimizer: Any) -> None:
        """Name the optimizer's numbers: the learning rate, or Adam's numbers of step t.

        The numbers of a user-defined optimizer are arguments.
        """
        makes = type(optimizer).numbers
        rate = ""
        latest = max((step.steps[parameter] for _, parameter, _ in step.numbers), default=0)
        for k, parameter, node in step.numbers:
            if node not in order.part:
                continue
            by = optimizer._of(parameter)
            if makes in (Adam.numbers, Optimizer.numbers):
                rate = self.names.of(("rate", by), "learning_rate")
                option = f"{rate}={float(by.learning_rate)!r}"
                self.options += [] if option in self.options else [option]
            if makes is Optimizer.numbers:
                name = rate
            elif makes is Adam.numbers:
                self.count = self.names.of("t", "t")
                before = latest - step.steps[parameter]
                t = f"({self.count} - {before})" if before else self.count
                text = (
                    f"{rate} * (1 - {optimizer.beta2!r}**{t}) ** 0.5 / (1 - {optimizer.beta1!r}**{t})",
                    f"{optimizer.eps!r} * (1 - {optimizer.beta2!r}**{t}) ** 0.5",
                    f"{rate} * {by.weight_decay!r}",
                )[k]
                name = self.names.of((k, before, by), ("rate", "eps", "decay")[k])
                line = f"{name} = {text}"
                self.number_lines += [] if line in self.number_lines else [line]
            else:
                name = self.names.of(("number", k), f"number_{k}")
                self.options += [] if name in self.options else [name]
            self.written[node] = Text(name)


def is_data(node: Node) -> bool:
    """Whether the node is a small Tensor without name or gradient, to be written as a constant."""
    is_small = node.kind == "parameter" and node.size <= LARGEST_CONSTANT
    return is_small and node.name is None and not node.value.requires_grad


def key_text(text: str) -> str:
    """A key as a Python string in double quotes."""
    import json  # imported here, because few programs ask for the source

    return json.dumps(text, ensure_ascii=False)


def dict_text(entries: dict[str, str]) -> str:
    """The text of a dict with these texts as its values."""
    return "{" + ", ".join(f"{key_text(key)}: {value}" for key, value in entries.items()) + "}"


def wrapped(line: str) -> list[str]:
    """An assignment with a list of names, broken into several lines if it is long."""
    left, right = line.split(" = ", 1)
    if len(line) + 4 > WIDTH and "," in left:
        line = f"({left}) = {right}"
    lines = [""]
    for piece in re.split(r"(?<=, )", line):
        if len(lines[-1]) + len(piece) + 4 > WIDTH:
            lines.append("    ")
        lines[-1] += piece
    return [part.rstrip() for part in lines]

"""A graph as NumPy code for readers, which can be saved as a module that needs NumPy alone."""

from __future__ import annotations

from typing import Any

from ..errors import hook
from ..files import replacing
from ..graph.nodes import Graph
from .inputs import Inputs, Order, key_text, wrapped
from .statements import Statements
from .step import TrainingStep


class Source:
    """A graph as `text`, a function; `obstacles` says what NumPy alone cannot hold, and why."""

    inputs: Any = Inputs
    statements, libraries, generator = Statements, "NumPy alone", "a NumPy Generator"

    def __init__(self, graph: Graph, result: Any, name: str, step: TrainingStep | None) -> None:
        self.graph = graph
        self.name = "step" if step is not None else name if name.isidentifier() else "function"
        order = Order(graph)
        self._inputs = self.inputs(graph, order, step, self.name)
        statements = self.statements(graph, order, self._inputs)
        self._handed = statements.give(result)
        self.obstacles = statements.obstacles
        self.text = self._function(statements)
        if step is not None and step.between is not None:
            self.obstacles["reduce= or clip_norm="] = "which change the gradients before the update"
            note = "    # reduce= and clip_norm= change the gradients here\n    # update\n"
            self.text = self.text.replace("    # update\n", note, 1)

    def _function(self, statements: Statements) -> str:
        inputs = self._inputs
        head = [name for name in ("parameters", "state") if getattr(inputs, name)]
        lines = [*self._opening(), *unpacked({name: name for name in inputs.state}, "state")]
        lines += [f'{inputs.count} = state["t"] + 1'] if inputs.count else []
        lines += [*inputs.draw_lines, *statements.examples(), *statements.lines]
        takes = ", ".join([*head, *inputs.arguments, *inputs.generators.values(), *inputs.options])
        return "\n".join([f"def {self.name}({takes}):", *(f"    {line}" for line in lines)]) + "\n"

    def _opening(self) -> list[str]:
        """The first lines, which read the parameters."""
        return unpacked(self._inputs.keys, "parameters", "{}.copy()" if self.graph.updates else "{}")

    def check(self) -> None:
        """Raise ValueError if the function needs more than `libraries`."""
        if self.obstacles:
            what = "; ".join(f"{name}, {why}" for name, why in self.obstacles.items())
            raise ValueError(f"a module of {self.libraries} cannot hold {what}; nothing was written")

    def save(self, path: Any) -> None:
        """Write the function as a module."""
        text = self.module()
        with replacing(path) as file:
            file.write(text.encode())

    def module(self) -> str:
        """The text of the module, with the shapes in its docstring.

        Raises ValueError if the function needs more than `libraries`.
        """
        self.check()
        inputs = self._inputs
        first = "A training step" if self.graph.updates else "A function"
        takes = {x: "a float" if n.value is float else f"{n.shape} {n.dtype}" for x, n in inputs.arguments.items()}
        for variable, node in inputs.parameters.items():
            takes[f"parameters[{key_text(inputs.keys[variable])}]"] = f"{node.shape} {node.dtype}"
        takes |= dict.fromkeys(inputs.generators.values(), self.generator)
        if inputs.state:
            takes["state"] = "what the step before gave; at first start(parameters)"
        words = {"parameters": "the new parameters (those given stay as they are)", "state": "the new state"}
        gives = [words.get(name, f"a new {name}") for name in self._handed]
        libraries, imports = self._imports()
        text = f'"""{first} in {libraries}, written by tinygraph for these shapes.\n\n{self.name} takes\n'
        text += "\n".join(f"    {name}: {what}" for name, what in takes.items()) + "\n"
        last = "and the cost" if self.graph.updates else "and the result"
        text += f"and gives {', '.join([*gives, last])}.\n" if gives else ""
        text += f'"""\n\n{imports}\n\n{hook("checked")(self)}'
        return text + self._start() if inputs.state else text

    def _imports(self) -> tuple[str, str]:
        """The libraries that the module needs, in words, and the lines that import them."""
        scipy = [f"import {name}\n" for name in ("scipy.linalg", "scipy.special") if f"{name}." in self.text]
        return "NumPy and SciPy" if scipy else self.libraries, "".join(["import numpy as np\n", *scipy])

    def _start(self) -> str:
        """The function that gives the state before the first step."""
        pairs, zeros = [(u.parameter, x) for u in self.graph.updates for x in u.state], []
        for p, x in pairs:  # the state of a float16 parameter is float32
            of_p = f"parameters[{key_text(self._inputs.keys[self._inputs.text(p)])}]"
            zeros.append(f"np.zeros_like({of_p}{'' if x.dtype == p.dtype else f', {str(x.dtype)!r}'})")
        state = wrapped("state = " + self._inputs.state_text("0", zeros))
        lines = ['"""The state before the first step."""', *state, "return state"]
        return "\n\ndef start(parameters):\n" + "".join(f"    {line}\n" for line in lines)


def unpacked(keys: dict[str, str], where: str, form: str = "{}") -> list[str]:
    """The lines that assign the entries of a dict, each in this form, to names."""
    if len(keys) > 1:
        listed = ", ".join(map(key_text, keys.values()))
        return wrapped(f"{', '.join(keys)} = ({form.format(f'{where}[name]')} for name in [{listed}])")
    return [f"{name} = {form.format(f'{where}[{key_text(key)}]')}" for name, key in keys.items()]

"""A graph as NumPy code for readers."""

from __future__ import annotations

from typing import Any

from ..graph.nodes import Graph
from .inputs import Inputs, Order, key_text, wrapped
from .statements import Statements
from .step import TrainingStep


class Source:
    """A graph as `text`, a function; `obstacles` says what NumPy alone cannot hold, and why."""

    inputs: Any = Inputs
    statements: Any = Statements

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
            self.obstacles["a step with reduce= or clip_norm="] = "which change the gradients before the update"
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


def unpacked(keys: dict[str, str], where: str, form: str = "{}") -> list[str]:
    """The lines that assign the entries of a dict, each in this form, to names."""
    if len(keys) > 1:
        listed = ", ".join(map(key_text, keys.values()))
        return wrapped(f"{', '.join(keys)} = ({form.format(f'{where}[name]')} for name in [{listed}])")
    return [f"{name} = {form.format(f'{where}[{key_text(key)}]')}" for name, key in keys.items()]

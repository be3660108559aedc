"""An element-wise rule over the vectors of a step, as a list of calls of NumPy's functions.

C code walks the list, so that Ctrl-C cannot stop an update half-way.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from ..arrays import Array, assign, mark_modified
from ..graph.nodes import Graph, Node, Update, source
from ..optim.vectors import Vectors, aligned, block_length, same_memory
from ..tensor import _set_data
from .buffers import source_of
from .rule import Rule
from .step import TrainingStep

Fold: TypeAlias = Callable[[Rule], Rule]


class Plan:
    """A rule's `steps`: each a ufunc, its inputs and its output's place.

    The places are p, g and state_m, ... for the vectors, t1, t2, ... for temporary
    arrays, and c1, c2, ... for single numbers.
    """

    def __init__(self, rule: Rule, state_names: tuple[str, ...]) -> None:
        self._states = [f"state_{name}" for name in state_names]
        self.steps: list[tuple[Any, list[Any], str]] = []
        self._numbers: list[str] = []
        self._temporary: list[str] = []
        places: dict[Any, str] = {rule.p: "p", rule.g: "g", **dict(zip(rule.state, self._states, strict=True))}
        ops = [node for node in rule.order if node.op is not None]
        outputs = [x for x in (rule.change, *rule.new_state) if isinstance(x, Node)]
        last = {x: k for k, node in enumerate(ops) for x in node.nodes()} | dict.fromkeys(outputs, len(ops))
        states = [*zip(rule.new_state, rule.state, strict=True)]
        olds = dict(states)
        readers = {x: [n for n in ops if x in n.inputs] + [x] * (x in outputs) for x in ops}
        free = ["g"] if rule.g not in last else []  # the places that may be written over
        for k, node in enumerate(ops):
            inputs = [places.get(x, x) for x in node.inputs]
            ended = {places[x] for x in node.nodes() if x in rule.of_entries and last[x] == k}
            free += [place for place in sorted(ended) if place == "g" or place in self._temporary]
            old, next_old = olds.get(node), olds.get(readers[node][0]) if len(readers[node]) == 1 else None
            if node not in rule.of_entries:
                out = self._new("c", self._numbers)
            elif old is not None and last.get(old, -1) <= k:  # nothing reads the old state any more
                out = places[old]
            elif next_old is not None and last.get(next_old) == k:  # as b * m, of which the new state is made next
                out = places[next_old]
            else:
                out = free.pop() if free else self._new("t", self._temporary)
            places[node] = out
            self.steps.append((node.op.forward, inputs, out))
        for new, old in states:
            if places.get(new, new) != places[old]:
                self.steps.append((np.positive, [places.get(new, new)], places[old]))
        self.steps.append((np.subtract, ["p", places.get(rule.change, rule.change)], "p"))

    def _new(self, letter: str, places: list[str]) -> str:
        places.append(f"{letter}{len(places) + 1}")
        return places[-1]

    def calls(self, p: Array, g: Array, states: list[Array], cells: dict[Node, Array]) -> list[Any]:
        """The calls on these vectors, in blocks; `cells` have the numbers of a step."""
        vectors = {"p": p, "g": g, **dict(zip(self._states, states, strict=True))}
        size, dtype = p.size, p.dtype
        length = size if len(self.steps) == 1 else block_length(size, dtype)
        numbers = {place: np.empty((), dtype) for place in self._numbers}
        temporary = {place: aligned(min(length, size), dtype) for place in self._temporary}
        found = []
        for start in range(0, size, max(length, 1)):
            part = {place: x[start : start + length] for place, x in vectors.items()} | numbers
            part |= {place: x[: part["p"].size] for place, x in temporary.items()}
            for ufunc, inputs, out in self.steps:
                given = [part[x] if type(x) is str else _number(x, cells, dtype) for x in inputs]
                found.append(partial(ufunc, *given, part[out]))
        return found

    def lines(self) -> list[str]:
        """The calls as text."""
        return [f"{ufunc.__name__}({', '.join(map(_text, inputs))}, {out})" for ufunc, inputs, out in self.steps]


class Group:
    """The parameters of one dtype in a step, and how the optimizer updates them.

    `fold` makes the rule for gradients that come multiplied by a number, from the seed.

    `parts` are the parameters in the order of the vectors. `plan` updates all at once. Otherwise
    `by_parameter` has an update for each parameter.
    """

    def __init__(self, updates: list[Update], step: TrainingStep, fold: Fold | None, at_once: bool) -> None:
        self._blocks = [*dict.fromkeys(source_of(u.parameter) for u in updates)]
        tensors = [x.value if x.kind == "packed" else (x.value,) for x in self._blocks]
        self._vectors = Vectors([tuple([x.shape for x in block]) for block in tensors])
        self.tensors = [x for block in tensors for x in block]
        self.gradient = aligned(self._vectors.size, self._blocks[0].dtype)
        part_of = {part.parameter.value: part for part in step.parts}
        self.parts = [part_of[x] for x in self.tensors]
        self.gradients = dict(zip([part.name for part in self.parts], self._vectors.views(self.gradient), strict=True))
        matrices = dict(zip(self._blocks, self._vectors.matrices(self.gradient), strict=True))
        # an update is of [W b], or of a single parameter; each gradient is written to its part of
        # the vector
        self.written = [(u.change, matrices.get(u.parameter, self.gradients.get(u.name))) for u in updates]
        self.by_parameter: list[Update] = []
        self.plan: Plan | None = None
        self.numbers: list[Node] = []
        keys = {rule.key() for rule in {part.rule for part in self.parts}}
        if fold is not None or (at_once and len(keys) == 1 and None not in keys):
            rule = self.parts[0].rule
            rule = (rule if fold is None else fold(rule)).with_fewer_passes()
            self.plan, self.numbers = Plan(rule, step.optimizer.state_names), rule.numbers
        else:
            for part in self.parts:
                view = self.gradients[part.name]
                g = source(view, "gradient", view, part.gradient.name)
                self.by_parameter.append(part.update(g))

    def bind(self, optimizer: Any) -> None:
        """Make the parameters and the optimizer's state views of vectors."""
        vectors, state = self._vectors, optimizer._state
        self.parameters = vectors.joined([x._data for x in self.tensors])
        pairs = zip(self.tensors, vectors.views(self.parameters), strict=True)
        moved = [(tensor, view) for tensor, view in pairs if not same_memory(tensor._data, view)]
        mark_modified([tensor._data for tensor, _ in moved])  # tapes refuse the values that are about to change
        assign(map(_set_data, [tensor for tensor, _ in moved], [view for _, view in moved]))
        self.matrices = dict(zip(self._blocks, vectors.matrices(self.parameters), strict=True))
        self.states: list[Array] = []
        if state:
            names = [part.name for part in self.parts]
            self.states = [vectors.joined([*arrays]) for arrays in zip(*[state[name] for name in names], strict=True)]
            views = zip(names, zip(*map(vectors.views, self.states), strict=True), strict=True)
            # kept if they lie there already: another program, for other shapes, is bound to them
            assign(map(state.update, [{name: x for name, x in views if not all(map(same_memory, state[name], x))}]))

    def calls(self, cells: dict[Node, Array]) -> list[Any]:
        """The calls of the plan, on the vectors as they are now."""
        return self.plan.calls(self.parameters, self.gradient, self.states, cells) if self.plan is not None else []


def groups(graph: Graph, step: TrainingStep, fold: Fold | None, at_once: bool) -> list[Group]:
    """The parameters of a step by dtype."""
    by_dtype: dict[Any, list[Update]] = {}
    for u in graph.updates:
        by_dtype.setdefault(u.parameter.dtype, []).append(u)
    return [Group(updates, step, fold, at_once) for updates in by_dtype.values()]


def _number(x: Any, cells: dict[Node, Array], dtype: Any) -> Any:
    if not isinstance(x, Node):
        return np.array(x, dtype)
    return cells[x] if x in cells else np.asarray(x.value, dtype)


def _text(x: Any) -> str:
    if not isinstance(x, Node):
        return x if type(x) is str else repr(x)
    return x.name or "number" if x.kind == "number" else repr(x.value.item())

"""The names of a graph's nodes. Formulas, tables, pictures and emitted code take them from here."""

from __future__ import annotations

import keyword
import re
from itertools import chain, count
from typing import Any
from unicodedata import normalize

from ..ops.composed import log_loss, logistic_loss, softmax_loss
from ..tensor import Tensor
from .expression import literal
from .nodes import Graph, Node
from .recorded import identity

SHORT = 12  # entries of the longest index that is written out
LOSSES = (log_loss, logistic_loss, softmax_loss)
LETTERS = {"op": "t", "parameter": "p", "constant": "c"}  # made-up names are t1, p1, c1; x1 for any other kind


def identifier(text: str) -> str:
    """The text as a Python identifier, with _ for invalid characters; "" if it cannot be one."""
    text = normalize("NFKC", re.sub(r"\W", "_", text))  # as Python reads identifiers
    return text if text.isidentifier() and not keyword.iskeyword(text) and text != "__debug__" else ""


class Names:
    """A Python identifier for each thing: the name it wants, or one like it if that is taken."""

    def __init__(self, taken: Any = ()) -> None:
        self._taken = set(taken)
        self._of: dict[Any, str] = {}
        self._next: dict[str, int] = {}  # the last number in use, by the letters before it

    def of(self, key: Any, wanted: str | None, otherwise: str = "t") -> str:
        """The name of the thing that `key` stands for, made up at the first call."""
        if key not in self._of:
            name = base = identifier(wanted or "")
            while not name or name in self._taken:
                k = self._next[base or otherwise] = self._next.get(base or otherwise, 0) + 1
                name = f"{base}_{k}" if base else f"{otherwise}{k}"
            self._of[key] = name
            self._taken.add(name)
        return self._of[key]


def called(op: Any) -> str:
    """The name of the op in a call."""
    return re.sub(r"\W", "_", op.name)


def result_names(graph: Graph) -> dict[Node, str]:
    """The names of nameless results: y, or for the first `cost`, if it is a single number."""
    found = [x for x in graph.outputs if type(x) is Node and x.op is not None and x.name is None]
    return {x: "cost" if x is graph.outputs[0] and x.size == 1 else "y" for x in found}


class NodeNames:
    """One name for each node: the user's own name, `cost`, or a made-up one such as t1, p1 and x1.

    A number without a name is written as a number, and a short index is written out. If two nodes
    are named W, the second is W_1.
    """

    def __init__(self, graph: Graph) -> None:
        nodes, results = graph.nodes(), result_names(graph)
        self.is_lesson = any(node.equation == "(4)" for node in nodes)
        # the names of ops that stand alone in formulas, unlike those in x.sum() and np.mean(x)
        taken = {called(op) for op in {node.op for node in nodes} if op is not None and not op.as_numpy}
        self._names = Names({"np", "scipy", *(["m"] if self.is_lesson else []), *taken})
        values = [node.inputs[: node.op.picks or None] if node.op else node.inputs for node in nodes]  # without indices
        used = {_key(x) for x in (*chain(*values), *graph.outputs)}
        self._literals = {_key(node): text for node in nodes if (text := _literal(node, _key(node) not in used))}
        updated = {u.parameter: u.name for u in graph.updates}
        found = [(updated.get(node) or node.name or "", node) for node in nodes if _key(node) not in self._literals]
        self._shown: dict[Any, str] = {}
        spelt: set[str] = set()
        # the user's names come first, so that no made-up one takes them
        for own, node in sorted(found, key=lambda pair: (not pair[0], pair[1] not in graph.outputs[:1])):
            key, made_up = _key(node), ("losses" if "loss" in spelt else "loss") if node.op in LOSSES else None
            name = self._names.of(key, own or results.get(node, made_up), LETTERS.get(node.kind, "x"))
            shown = own or name
            if shown in spelt:  # as formulas number it, or otherwise
                alike = [own + name.removeprefix(identifier(own))] if identifier(own) else []
                shown = next(s for s in chain(alike, (f"{own}_{k}" for k in count(1))) if s not in spelt)
            spelt.add(shown)
            self._shown[key] = shown

    def of(self, x: Any) -> str:
        """The text for a node, its Tensor, or a number in formulas."""
        text = self.literal(x)
        return f"({text})" if text.startswith("-") else text or self._names.of(_key(x), None)

    def literal(self, x: Any) -> str:
        """The text of a number or of a short index; "" for a node with a name."""
        return self._literals.get(_key(x), "") if isinstance(x, (Node, Tensor)) else literal(x)

    def shown(self, x: Any) -> str:
        """The text in tables and pictures: a name in the user's own spelling."""
        return self.literal(x) or self._shown[_key(x)]

    def gradient(self, x: Any) -> str:
        """The lesson's name of a gradient: dW for the gradient with respect to W."""
        return self.more(("gradient", _key(x)), f"d{self.of(x)}")

    def more(self, key: Any, wanted: str) -> str:
        """The name of something else, this one if it is free."""
        return self._names.of(key, wanted)


def _key(x: Any) -> Any:
    """The thing that has the name: a Tensor's identity, or a node that stands for no Tensor."""
    x = x.value if type(x) is Node and type(x.value) is Tensor else x
    return identity(x) if type(x) is Tensor else x


def _literal(node: Node, is_index: bool) -> str:
    """The text of a number without a name, or of a short index; "" for anything else."""
    if node.kind not in ("constant", "data") or node.name:
        return ""
    value = getattr(node.value, "_data", node.value)
    if value.ndim == 0:
        return literal(value)
    return literal(value.tolist()) if is_index and value.size <= SHORT else ""

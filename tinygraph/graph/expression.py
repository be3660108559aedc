"""A node as a NumPy expression: operators and parentheses, calls, numbers, arrays, indices."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from .. import ops
from ..ops.products import _einsum_row
from ..ops.shapes import ARRAY, _cast, _cast_to_integers, _concatenate_row, _getitem_row, _stack_row
from .nodes import Node, is_elementwise, ordered
from .numbers import ASARRAY

LARGEST_CONSTANT = 4096  # entries of the largest array that is written out

# how tightly each operator binds; an operand that binds too loosely stands in parentheses
COMPARE, OR, AND, SUM, PRODUCT, UNARY, POWER, ATOM = range(8)
LEVELS = {"|": OR, "&": AND, "+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "@": PRODUCT, "**": POWER}
LEVELS |= {"%": PRODUCT, "//": PRODUCT}
LEVELS |= dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), COMPARE)


class Text(NamedTuple):
    """An expression, with the level of its outermost operator.

    Its repr is the text itself, so that it prints well within lists and dicts.
    """

    text: str
    level: int = ATOM

    def __repr__(self) -> str:
        return self.text


class Expressions:
    """The expression of each node, made from the texts that `written` has for its inputs.

    In an `averaged` node, the number m of examples reads as the variable `m_name`, also in 1 / m.
    """

    forms: Mapping[str, str] = {}  # other forms of the calls of ops

    def __init__(self, written: Any, m: int, m_name: str, averaged: set[Node]) -> None:
        self._written, self._m, self._m_name, self._averaged = written, m, m_name, averaged
        self.uses_m = False

    def of(self, node: Node) -> Text | None:
        """The node as a NumPy expression, or None for a user-defined op.

        An op that is `in_lines` has lines instead: see `lines`.
        """
        op: Any = node.op
        operands = [self._operand(x, node) for x in node.inputs]
        if op is ASARRAY:
            return _call(f"np.{node.dtype.type.__name__}", operands)
        squares = op is ops.power and isinstance(x := node.inputs[0], Node) and x.dtype.kind == "b"  # NumPy's **: int8
        if op.infix and not squares:
            return self._infix(op.infix, *operands)
        if op.prefix:
            return Text(op.prefix + _within(operands[0], UNARY), UNARY)
        name = op.name if op.builtin else getattr(op.forward, "__name__", "")  # np.abs is called absolute
        if isinstance(op.forward, np.ufunc) and getattr(np, name, None) is op.forward:
            return _call(f"np.{name}", operands)
        return self._function(node, operands) if op.builtin else None

    def call(self, name: str, node: Node) -> Text:
        """The node as a call of the function `name`, which takes its inputs and options."""
        return _call(name, [self._operand(x, node) for x in node.inputs], node.options)

    def lines(self, variable: str, node: Node) -> list[str]:
        """The lines that make `variable` from zeros or a copy, and put a value at its index."""
        operands, arrays = node.inputs[: node.op.picks], node.inputs[node.op.picks :]
        *copied, value = [self._operand(x, node) for x in operands]
        index, how = (
            self._index(node.options["index"], arrays),
            node.options.get("how", ops.add.name if arrays else "set"),
        )
        start = f"np.array({copied[0]})" if copied else _full(node.options["shape"], node.dtype.type(0))
        return [f"{variable} = {start}", self._put(variable, node, index, how, value)]

    def _put(self, variable: str, node: Node, index: str, how: str, value: Any) -> str:
        """The line that puts a value at an index of the variable."""
        if how == "set":
            return f"{variable}[{index}] = {value}"
        if ":" in index or len(node.options["index"]) > 1:
            index = f"np.s_[{index}]" if ":" in index else f"({index})"  # slices may stand only in brackets
        return f"np.{how}.at({variable}, {index}, {value})"

    def _operand(self, x: Any, beside: Node) -> Text:
        """The text of an input; a plain number, if NumPy gives it the right dtype there."""
        if isinstance(x, Node) and x.op is ASARRAY and _is_python(x.inputs[0]) and is_elementwise(beside):
            others = {y.dtype for y in beside.nodes() if y.op is not ASARRAY}
            becomes = x.dtype in others or (others and x.dtype == float and all(dtype.kind != "f" for dtype in others))
            if becomes and not self._written[x].text.isidentifier():
                return self._written[x.inputs[0]]
        if not isinstance(x, Node):
            return self._number(x, np.dtype(float), beside)
        is_number = x.kind == "constant" and x.shape == () and x.dtype.kind == "f" and is_elementwise(beside)
        arrays = [y for y in beside.nodes() if y.kind != "constant" and y.op is not ASARRAY]
        if is_number and any(y.dtype == x.dtype for y in arrays):
            return self._number(float(x.value), x.dtype, beside)
        return self._written[x]

    def _number(self, x: Any, dtype: Any, beside: Node) -> Text:
        by_examples = self._by_examples(x, dtype, beside) if beside in self._averaged else None
        if by_examples is not None:
            self.uses_m = True
            return by_examples
        text = literal(x)
        if type(x) is float and x.is_integer() and abs(x) < 1e6 and text != "-0.0":
            among_floats = is_elementwise(beside) and all(y.dtype.kind == "f" for y in beside.nodes())
            text = str(int(x)) if among_floats and beside.op is not ops.power else text  # 2.0 makes integers floats
        rest = round(1 - x, 9)
        if len(text) > 9 and abs(x) < 1 and 1 - rest == x:  # 1 - 0.9 differs from 0.1
            return Text(f"1 - {rest!r}", SUM)
        return Text(text, UNARY if text.startswith("-") else ATOM)

    def _by_examples(self, x: Any, dtype: Any, beside: Node) -> Text | None:
        """A mean's number, by the number m of examples: m or n * m after a sum, or k over these.

        n is 1, or the number of outputs; 2 / m is the slope of a mean of squared differences.
        """
        first, *_, other = beside.inputs
        is_mean = beside.op is ops.divide and isinstance(first, Node) and first.op is ops.sum
        is_slope = beside.op is ops.multiply and isinstance(other, Node) and other.op is ops.subtract
        of, outputs = first.inputs[0] if is_mean else other if is_slope else None, 1
        if of is not None and of.shape[-1:] == (self._m,) and any(y.kind == "argument" for y in ordered([of])):
            outputs = math.prod(of.shape) // self._m
        for n in dict.fromkeys((1, outputs)):
            count = Text(f"{n} * {self._m_name}", PRODUCT) if n > 1 else Text(self._m_name)
            for k in (1, -1, 2) if is_slope else (1, -1):
                if type(x) is float and x == dtype.type(k / (n * self._m)):
                    return Text(f"{k} / {_within(count, ATOM)}", PRODUCT)
            if x == n * self._m and beside.op is ops.divide and isinstance(first, Node):
                return count
        return None

    def _infix(self, sign: str, left: Text, right: Text) -> Text:
        level = LEVELS[sign]
        if sign == "*":
            for factor, other in ((left, right), (right, left)):
                found = re.fullmatch(rf"([12]) / ({self._m_name}|\(\d+ \* {self._m_name}\))", factor.text)
                if found and self._m_name:
                    product = other if found[1] == "1" else self._infix("*", Text(found[1]), other)
                    return self._infix("/", product, Text(found[2]))
        # a - b - c is (a - b) - c, whereas a < b < c and a ** b ** c are written with parentheses
        on_the_left = ATOM if level == POWER else OR if level == COMPARE else level
        on_the_right = ATOM if level == POWER else level + 1
        return Text(f"{_within(left, on_the_left, sign)} {sign} {_within(right, on_the_right)}", level)

    def _function(self, node: Node, operands: list[Text]) -> Text | None:
        """The expression of an op that is neither an operator nor a ufunc."""
        op: Any = node.op
        parameters = op.__signature__.parameters
        shown = {
            k: v is not None and (v is not False or parameters[k].default is True) for k, v in node.options.items()
        }
        options = {k: v for k, v in node.options.items() if shown[k] or k in op.states_none}
        if isinstance(options.get("axis"), tuple) and len(options["axis"]) == 1:
            options["axis"] = options["axis"][0]
        x, first = node.inputs[0], _within(operands[0], ATOM)
        if op is ops.transpose and "axes" not in options:
            return Text(f"{first}.T")
        if op is ops.broadcast_to and isinstance(x, Node):
            if x.kind == "constant" and x.shape == ():
                return Text(_full(node.shape, np.asarray(x.value)[()]))
            return Text(f"np.broadcast_to({operands[0]}, {node.shape!r})")
        if op is ops.reshape:
            return Text(f"{first}.reshape({', '.join(map(str, np.atleast_1d(options['shape']).tolist())) or '()'})")
        if op in (_cast, _cast_to_integers):
            return Text(f"{first}.astype({str(np.dtype(options['dtype']))!r})")
        if op in (_concatenate_row, _stack_row):
            return Text(f"np.{op}({operands!r}, axis={options.get('axis', 0)})")
        if op is _getitem_row:
            return Text(f"{first}[{self._index(options['index'], node.inputs[1:])}]")
        if op is _einsum_row:
            return _call("np.einsum", [Text(repr(options.pop("subscripts"))), *operands], options)
        if op.in_lines:  # as an error shows it
            index = self._index(options["index"], node.inputs[op.picks :])
            how = options.get("how", "").removesuffix("imum")
            return Text(f"{first}.at[{index}].{how}({operands[1]})" if op.picks > 1 else "")
        call = self.forms.get(op.as_numpy, op.as_numpy)
        if call.endswith(".reduce"):
            options = {"axis": None, **options}  # otherwise NumPy reduces axis 0
        if call.startswith("."):
            return _call(f"{first}{call}", [], options)
        if "%s" in call:
            return Text(call % _call("", operands, options).text[1:-1])
        return _call(call, operands, options) if call else None

    def _index(self, index: tuple[Any, ...], arrays: Iterable[Any]) -> str:
        following = iter(arrays)
        parts = [self._written[next(following)].text if part is ARRAY else _index_part(part) for part in index]
        return ", ".join(parts) or "()"


def array(value: np.ndarray[Any, Any]) -> str | None:
    """An array written out, or None if it is too large for that."""
    if value.size and value.shape and (value == value.flat[0]).all():
        return _full(value.shape, value.flat[0])
    if value.dtype == int and value.shape in ((n := value.size,), (n, 1)) and (value.ravel() == np.arange(n)).all():
        return f"np.arange({n}){'[:, None]' * (value.ndim - 1)}"
    if value.size > LARGEST_CONSTANT:
        return None
    text = f"np.array({literal(value.tolist())}{_dtype(value.dtype, value.size)})"
    return text if value.size else f"{text}.reshape({value.shape!r})"


def literal(x: Any) -> str:
    """The text of a number, or of a list of Python numbers."""
    return re.sub(r"\b(nan|inf)\b", r"np.\1", str(x))


def _is_python(x: Any) -> bool:
    """Whether the node's text is arithmetic of Python numbers alone."""
    if not isinstance(x, Node) or x.kind == "argument":
        return True
    return bool(x.op and (x.op.infix or x.op.prefix)) and all(map(_is_python, x.inputs))


def _call(name: str, operands: list[Text], options: Mapping[str, Any] | None = None) -> Text:
    keywords = [f"{key}={literal(repr(_plain(value)))}" for key, value in (options or {}).items()]
    return Text(f"{name}({', '.join([*(x.text for x in operands), *keywords])})")


def _within(operand: Text, level: int, sign: str = "") -> str:
    """The operand in parentheses, if its surroundings bind more tightly or @ meets * or /."""
    mixed = operand.level == level == PRODUCT and (sign == "@") != (" @ " in operand.text)
    return f"({operand})" if operand.level < level or mixed else operand.text


def _plain(x: Any) -> Any:
    """An option with Python's types in place of NumPy's, which print in another way."""
    if isinstance(x, (tuple, list)):
        return type(x)(_plain(y) for y in x)
    return x.tolist() if isinstance(x, (np.ndarray, np.generic)) else x


def _index_part(part: Any) -> str:
    if isinstance(part, slice):
        ends = ["" if x is None else str(x) for x in (part.start, part.stop)]
        return ":".join(ends + ([] if part.step is None else [str(part.step)]))
    return "..." if part is ... else repr(part) if isinstance(part, str) else str(part)


def _dtype(dtype: Any, is_known: Any = True) -> str:
    """The dtype as a last argument, or "" if NumPy takes it by default."""
    return "" if is_known and str(dtype) in ("float64", "int64", "bool") else f", {str(dtype)!r}"


def _full(shape: tuple[int, ...], value: Any) -> str:
    """The text of an array that is one number throughout."""
    if value.dtype.kind == "f" and value in (0, 1):
        return f"np.{'ones' if value else 'zeros'}({shape!r}{_dtype(value.dtype)})"
    return f"np.full({shape!r}, {literal(value.item())}{_dtype(value.dtype)})"

"""Matrix products, einsum, and products over axes: tensordot, inner, outer, kron, cross, vecdot.

Each multiplies as NumPy does, so that the last digits are NumPy's too.
"""

from __future__ import annotations

import math
from itertools import chain
from typing import Any

import numpy as np

from .elementwise import _as_wide, multiply
from .shapes import _cast_for, _normalised, _operand, _prepended
from .table import row


def _transposed(x: Any) -> Any:
    return x.T if x.ndim == 2 else np.swapaxes(x, -1, -2)


def _matmul(a: Any, b: Any) -> Any:
    """The matrix product, as numpy.matmul: of vectors, matrices, or stacks with batch axes."""
    # the method dot has less overhead than np.dot, this less than np.matmul; all call the same BLAS
    both_2d = type(a) is np.ndarray and type(b) is np.ndarray and a.ndim == 2 == b.ndim
    return a.dot(b) if both_2d else np.matmul(a, b)


def _matmul_left(g: Any, y: Any, a: Any, b: Any) -> Any:
    if a.ndim == 2 == b.ndim:
        return g.dot(b.T)
    if b.ndim == 1:
        return g[..., None] * b
    if a.ndim == 1:
        return b @ g if b.ndim == 2 else (b @ g[..., None])[..., 0]
    return g @ _transposed(b)


def _matmul_right(g: Any, y: Any, a: Any, b: Any) -> Any:
    if a.ndim == 2 == b.ndim:
        return a.T.dot(g)
    if a.ndim == 1:
        return a * g if b.ndim == 1 else a[:, None] * g[..., None, :]
    if b.ndim == 1:
        return a.T @ g if a.ndim == 2 else (_transposed(a) @ g[..., None])[..., 0]
    return _transposed(a) @ g


matmul = row("matmul", _matmul, _matmul_left, _matmul_right, numpy=np.matmul, infix="@", linear="one")


def _linear(W: Any, A: Any, b: Any) -> Any:
    """W A + b, lesson (4), with rules (8), (10), (9). W: (n, n_prev), A: (n_prev, m), b: (n, 1)."""
    Z = W.dot(A)
    if Z.dtype != getattr(b, "dtype", None):  # b has another dtype, or is a number
        return Z + b
    Z += b  # in place for arrays, which saves one array of Z's size
    return Z


linear = row(
    "linear",
    _linear,
    lambda g, y, W, A, b: g.dot(A.T),
    lambda g, y, W, A, b: W.T.dot(g),
    lambda g, y, W, A, b: g,  # the walk back sums it over the examples, along which b was broadcast
)


def dot(a: Any, b: Any) -> Any:
    """As numpy.dot: the product over the last axis of `a` and the second to last axis of `b`.

    Takes numbers, vectors, matrices and arrays with more axes.

    >>> import numpy as np, tinygraph as tg
    >>> tg.dot(np.array([1.0, 2.0]), np.array([3.0, 4.0])).item()
    11.0
    """
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return multiply(_operand(a, "dot"), _operand(b, "dot"))  # to np.dot, 2 is an array
    return matmul(a, b) if np.ndim(b) == 1 or np.ndim(a) <= 2 >= np.ndim(b) else np.tensordot(a, b, (-1, -2))


# --- einsum

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"  # sorted: as numbers are, in lists of axes


def _einsum(*operands: Any, subscripts: str, optimize: Any = False) -> Any:
    return np.einsum(subscripts, *operands, optimize=optimize)


def _einsum_rule(k: int) -> Any:
    """The rule for operand k: the einsum of g and the other operands with operand k's letters."""

    def rule(g: Any, y: Any, *operands: Any, subscripts: str, optimize: Any = False) -> Any:
        inputs, output = subscripts.split("->")
        words = [output, *inputs.split(",")]
        factors = [_as_wide(x) if x.dtype.kind == "f" else x for x in (g, *operands)]
        pairs, mine = [*zip(factors, words, strict=True)], words[k + 1]
        del pairs[k + 1]
        sizes, target, dtype = dict(zip(mine, operands[k].shape, strict=True)), "", factors[0].dtype
        for letter in mine:
            twin = letter
            if letter in target:  # a diagonal, as in "ii->i": an identity spreads g over it
                twin = next(c for c in _LETTERS if c not in subscripts + target)
                pairs.append((np.eye(sizes[letter], dtype=dtype), letter + twin))
            target += twin
        for letter in sizes:  # summed in this operand alone: a row of ones spreads g over it
            seen = {x.shape[word.index(letter)] for x, word in pairs if letter in word}
            if not seen - {1} and sizes[letter] not in seen:
                pairs.append((np.ones(sizes[letter], dtype=dtype), letter))
        full = f"{','.join(word for _, word in pairs)}->{target}"
        # a given order of contraction belongs to other operands than these
        return _einsum_row(*(x for x, _ in pairs), subscripts=full, optimize=bool(optimize))

    return rule


_einsum_row = row("einsum", _einsum, variadic=_einsum_rule, linear="one")


def einsum(subscripts: Any, *operands: Any, optimize: Any = False, dtype: Any = None, casting: Any = "safe") -> Any:
    """As numpy.einsum: subscripts before the operands, or a list of axes after each operand.

    >>> import numpy as np, tinygraph as tg
    >>> tg.einsum("ij,j->i", np.eye(2), np.array([3.0, 4.0]))
    array([3., 4.])
    """
    if not isinstance(subscripts, str):
        subscripts, operands = _from_lists((subscripts, *operands))
    operands = tuple([_operand(x, "einsum") for x in operands])  # to NumPy, 3 is an array here
    operands = operands if dtype is None else (*_cast_for("einsum", operands, dtype, casting),)
    full = _spelt_out(subscripts, [x.ndim for x in operands], bool(optimize))
    return _einsum_row(*operands, subscripts=full, **({} if optimize is False else {"optimize": optimize}))


def _from_lists(given: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """Subscripts and operands of a call with lists of axes: a, [0, 1], b, [1, 2], [0, 2]."""
    lists = [x for k, x in enumerate(given) if k % 2 or k == len(given) - 1]
    if not all(isinstance(axes, (list, tuple)) for axes in lists) or len(given) < 2:
        shape = f" of shape {given[0].shape}" if hasattr(given[0], "shape") else ""
        raise TypeError(
            "einsum() takes the subscripts as a string before the operands; "
            f"got {type(given[0]).__name__}{shape}: write einsum('ij,jk->ik', a, b), "
            "or a list of axes after each operand, as in einsum(a, [0, 1], b, [1, 2], [0, 2])"
        )
    for axis in chain(*lists):
        if axis is not ... and not (isinstance(axis, (int, np.integer)) and 0 <= axis < len(_LETTERS)):
            raise ValueError(f"einsum() takes numbers from 0 to 51, and `...`, in lists of axes; got {axis!r}")
    words = ["".join("..." if k is ... else _LETTERS[k] for k in axes) for axes in lists]
    count = len(given) // 2
    return ",".join(words[:count]) + "".join(f"->{word}" for word in words[count:]), given[: 2 * count : 2]


def _spelt_out(subscripts: str, ndims: list[int], sums_hidden: bool) -> str:
    """The subscripts with an explicit output and letters for `...`, aligned at the last axes.

    If the output lacks `...`, NumPy sums over these axes with optimize=True, and refuses otherwise.
    """
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    words = inputs.split(",")
    if len(words) != len(ndims):
        raise ValueError(f"einsum({subscripts!r}) names {len(words)} operands, got {len(ndims)}")
    if not arrow:
        once = sorted(c for c in set(inputs) - set(",.") if inputs.count(c) == 1)
        output = ("..." if "..." in inputs else "") + "".join(once)
    free = [c for c in _LETTERS if c not in inputs]
    hidden = [ndim - len(word) + 3 if "..." in word else 0 for word, ndim in zip(words, ndims, strict=True)]
    if min(hidden) < 0:
        raise ValueError(f"einsum({subscripts!r}) names more axes than an operand has: they have {ndims}")
    letters = "".join(free[: max(hidden)])
    if letters and "..." not in output and not sums_hidden:
        raise ValueError(
            f"einsum({subscripts!r}) has axes under `...` that its output leaves out: write -> ...{output}"
        )
    words = [word.replace("...", letters[len(letters) - n :]) for word, n in zip(words, hidden, strict=True)]
    return f"{','.join(words)}->{output.replace('...', letters)}"


# --- over chosen axes


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """As numpy.tensordot: summed over the last `axes` axes of a and first of b, or pairs of axes.

    >>> import numpy as np, tinygraph as tg
    >>> tg.tensordot(np.ones((2, 3)), np.ones((4, 2)), axes=(0, 1)).shape
    (3, 4)
    """
    a, b = _operand(a, "tensordot"), _operand(b, "tensordot")
    left, right = axes if np.iterable(axes) else (range(-axes, 0), range(axes))
    left = [_normalised("tensordot", k, a.ndim) for k in np.atleast_1d(left).astype(int)]
    right = [_normalised("tensordot", k, b.ndim) for k in np.atleast_1d(right).astype(int)]
    summed = [a.shape[k] for k in left]
    if summed != [b.shape[k] for k in right]:
        raise ValueError(
            f"tensordot() sums over axes of the same lengths, got {summed} of a {a.shape} and "
            f"{[b.shape[k] for k in right]} of b {b.shape}, with axes={axes}"
        )
    n, size = len(summed), math.prod(summed)
    a, b = np.moveaxis(a, left, range(-n, 0)), np.moveaxis(b, right, range(n))
    rows, columns = a.shape[: a.ndim - n], b.shape[n:]
    y = matmul(np.reshape(a, (math.prod(rows), size)), np.reshape(b, (size, math.prod(columns))))
    return np.reshape(y, rows + columns)


def inner(a: Any, b: Any) -> Any:
    """As numpy.inner: the sum over the last axes of a and b.

    >>> import numpy as np, tinygraph as tg
    >>> tg.inner(np.array([1.0, 2.0]), np.array([3.0, 4.0])).item()
    11.0
    """
    a, b = _operand(a, "inner"), _operand(b, "inner")
    return a * b if a.ndim == 0 or b.ndim == 0 else tensordot(a, b, (-1, -1))


def outer(a: Any, b: Any) -> Any:
    """As numpy.outer: the products of each entry of a with each of b, as a matrix.

    >>> import numpy as np, tinygraph as tg
    >>> tg.outer(np.array([1.0, 2.0]), np.array([3.0, 4.0])).tolist()
    [[3.0, 4.0], [6.0, 8.0]]
    """
    return np.ravel(_operand(a, "outer"))[:, None] * np.ravel(_operand(b, "outer"))


def kron(a: Any, b: Any) -> Any:
    """As numpy.kron: b times each entry of a, as blocks.

    >>> import numpy as np, tinygraph as tg
    >>> tg.kron(np.array([1.0, 2.0]), np.array([1.0, 1.0, 1.0]))
    array([1., 1., 1., 2., 2., 2.])
    """
    ndim = max(np.ndim(a), np.ndim(b))
    a, b = (_prepended("kron", x, ndim) for x in (a, b))
    sizes = [m * n for m, n in zip(a.shape, b.shape, strict=True)]
    blocks = np.expand_dims(a, tuple(range(1, 2 * ndim, 2))) * np.expand_dims(b, tuple(range(0, 2 * ndim, 2)))
    return np.reshape(blocks, sizes)


def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """As numpy.cross: the vector product of 3-d vectors; of 2-d ones, its last entry.

    >>> import numpy as np, tinygraph as tg
    >>> tg.cross(np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]))
    array([0., 0., 1.])
    """
    a, b = _operand(a, "cross"), _operand(b, "cross")
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis, axis, axis)
    a = np.moveaxis(a, _normalised("cross", axisa, a.ndim), -1)
    b = np.moveaxis(b, _normalised("cross", axisb, b.ndim), -1)
    if not {a.shape[-1], b.shape[-1]} <= {2, 3}:
        raise ValueError(f"cross() takes vectors of 2 or 3 entries, got {a.shape[-1]} and {b.shape[-1]}")
    if a.shape[-1] == b.shape[-1] == 2:
        return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    a, b = (np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, 3 - x.shape[-1])]) if x.shape[-1] == 2 else x for x in (a, b))
    after, before = [1, 2, 0], [2, 0, 1]
    return np.moveaxis(a[..., after] * b[..., before] - a[..., before] * b[..., after], -1, axisc)


def vdot(a: Any, b: Any) -> Any:
    """As numpy.vdot: the sum of the products of all entries.

    >>> import numpy as np, tinygraph as tg
    >>> tg.vdot(np.ones((2, 2)), np.ones((2, 2))).item()
    4.0
    """
    return dot(np.ravel(_operand(a, "vdot")), np.ravel(_operand(b, "vdot")))


# --- names that are new in NumPy 2


def vecdot(a: Any, b: Any, axis: int = -1) -> Any:
    """As numpy.vecdot of NumPy 2: the products of vectors, which lie along an axis.

    >>> import numpy as np, tinygraph as tg
    >>> tg.vecdot(np.ones((2, 3)), np.ones(3))
    array([3., 3.])
    """
    a, b = (np.moveaxis(_operand(x, "vecdot"), axis, -1) for x in (a, b))
    return matmul(a[..., None, :], b[..., None])[..., 0, 0]

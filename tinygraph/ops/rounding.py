"""Quotients and remainders, rounding, and signs.

Jumps: what rounds (floor_divide, round, rint, trunc, fix) has slope 0 everywhere; so has heaviside
in x. remainder and fmod have at their jumps the slope of the pieces: 1 in a, and minus the whole
quotient in b. modf has slope 1 in the fraction, but 0 at infinities, and 0 in the whole part.
Kinks: heaviside passes the gradient to h where x is 0. fabs'(0) = 0, and copysign has slope 0 in a
where a is 0, and in b everywhere. nan_to_num has slope 0 where it replaces an entry.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from . import table
from .elementwise import _keeping_integers
from .shapes import _operand, astype

row = partial(table.row, elementwise=True)


def _flat(g: Any, y: Any, *inputs: Any, **options: Any) -> Any:
    return np.zeros_like(g)  # of g, which may have an axis in front


floor_divide = row("floor_divide", np.floor_divide, _flat, _flat, infix="//")
remainder = mod = row("remainder", np.remainder, lambda g, y, a, b: g, lambda g, y, a, b: -g * (a // b), infix="%")
fmod = row("fmod", np.fmod, lambda g, y, a, b: g, lambda g, y, a, b: -g * np.rint((a - y) / b))


def divmod(a: Any, b: Any) -> tuple[Any, Any]:  # noqa: A001
    """The pair a // b and a % b, as numpy.divmod.

    >>> import tinygraph as tg
    >>> [part.tolist() for part in tg.divmod([7.0, -7.0], 2)]
    [[3.0, -4.0], [1.0, 1.0]]
    """
    return floor_divide(a, b), remainder(a, b)


round = around = row("round", np.round, lambda g, y, x, decimals=0: np.zeros_like(g), numpy=(np.round, np.around))  # noqa: A001
rint = row("rint", np.rint, _flat)
trunc = row("trunc", _keeping_integers(np.trunc), lambda g, y, x: np.zeros_like(g), numpy=np.trunc, as_numpy="np.trunc")
# np.trunc, because NumPy 2.5 deprecates calls of np.fix
fix = row("fix", _keeping_integers(np.trunc), lambda g, y, x: np.zeros_like(g), numpy=np.fix, as_numpy="np.trunc")


def modf(x: Any) -> tuple[Any, Any]:
    """The fraction and the whole part of x, both with its sign, as numpy.modf.

    >>> import tinygraph as tg
    >>> [part.tolist() for part in tg.modf([2.5, -0.25])]
    [[0.5, -0.25], [2.0, -0.0]]
    """
    x = _operand(x, "modf")
    x = x if x.dtype.kind == "f" else astype(x, np.modf(np.zeros(0, x.dtype))[0].dtype)
    return fmod(np.where(np.isinf(x), np.copysign(0.0, x), x), 1), trunc(x)


heaviside = row("heaviside", np.heaviside, _flat, lambda g, y, x, h: g * (x == 0))
copysign = row("copysign", np.copysign, lambda g, y, a, b: g * (np.sign(a) * np.copysign(1.0, b)), _flat)
fabs = row("fabs", np.fabs, lambda g, y, x: g * np.sign(x), latex=r"\left|%s\right|")


def _nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    if not copy:
        raise ValueError("nan_to_num() takes copy=True alone: the tape keeps what it has recorded")
    return np.nan_to_num(x, True, nan, posinf, neginf)


def _nan_to_num_rule(g: Any, y: Any, x: Any, **options: Any) -> Any:
    return np.where(np.isfinite(x), g, 0)


nan_to_num = row("nan_to_num", _nan_to_num, _nan_to_num_rule, numpy=np.nan_to_num)

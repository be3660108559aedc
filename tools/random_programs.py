"""Random programs over all ops, for tools/differential.py: from a seed, as text, made smaller."""

from __future__ import annotations

import importlib
import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
from references import NUMPY

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
op_table: Any = importlib.import_module("op_table")
tg: Any = importlib.import_module("tinygraph")

APART = 1 / 128
SHAPES = [(), (1,), (3,), (0,), (2, 3), (3, 1), (1, 3), (3, 3), (2, 0), (2, 3, 2), (3, 1, 2), (1, 2, 3)]
LAYOUTS = {
    "C": "{0}",
    "Fortran": "np.asfortranarray({0})",
    "gaps": "np.repeat({0}, 2, axis=-1)[..., ::2]",
    "negative": "np.flip(np.flip({0}).copy())",
    "repeated": "np.broadcast_to({0}[:1], {1})",
}

# --- the calls, from which steps are drawn

NAMES = "add subtract multiply divide power bitwise_and bitwise_or less less_equal greater greater_equal"
SYMBOLS = dict(zip(NAMES.split(), ["+", "-", "*", "/", "**", "&", "|", "<", "<=", ">", ">="], strict=True))
# Ops, their calls, and the shapes of the arguments in lengths n, m, k: "*" is any, "=" is like the
# first.
# A shape after "?" is that of booleans. WORDS and `choice` replace the words in capitals.
CALLS = """
sum mean prod max min var std logsumexp norm any all : tg.OP({0}, axis=AXES, keepdims=BOOL) : *
argmax argmin : tg.OP({0}, axis=AXIS, keepdims=BOOL) : *
sum max argmin norm std any logsumexp : tg.OP({0}) : *
var std : tg.OP({0}, axis=AXIS, ddof=1) : *
norm : tg.norm({0}, ord=ORD, axis=AXIS) : *
softmax log_softmax cumsum : tg.OP({0}, axis=AXIS) : *
cumprod : tg.OP({0}, axis=AXIS) : *
average diff gradient trapezoid : tg.OP({0}, axis=AXIS) : *
nansum nanprod nanmean nanvar nanstd nanmax nanmin median ptp : tg.OP({0}, axis=AXES, keepdims=BOOL) : *
quantile : tg.quantile({0}, 0.3, axis=AXES) : *
percentile : tg.percentile({0}, [20, 90], axis=AXES) : *
cov corrcoef : tg.OP({0}) : n 3
ediff1d : tg.ediff1d({0}) : *
unwrap : tg.unwrap({0}, axis=AXIS, period=100.0) : *
searchsorted : tg.searchsorted([-1.013, 0.107, 1.019], {0}) : *
digitize : tg.digitize({0}, [-1.013, 0.107, 1.019]) : *
interp : tg.interp({0}, [-1.013, 0.107, 1.019], {1}) : *, 3
convolve correlate : tg.OP({0}, {1}, "same") : n, m
polyval : tg.polyval({0}, {1}) : 3, n m
vander : tg.vander({0}) : n
linspace : tg.OP({0}, {1}, 3) : n, n
tensordot : tg.tensordot({0}, {1}, 1) : n m, m k
inner outer kron : tg.OP({0}, {1}) : n m, k m
cross : tg.cross({0}, {1}) : 3, n 3
vdot vecdot : tg.OP({0}, {1}) : n m, n m
sum prod mean nansum : tg.OP({0}, axis=AXES, where={1}) : *, ?==
var std any all : tg.OP({0}, axis=AXIS, keepdims=BOOL, where={1}) : *, ?==
sum prod : tg.OP({0}, axis=AXES, initial=1.5) : *
max : tg.max({0}, axis=AXES, where={1}, initial=-9) : *, ?==
min : tg.min({0}, axis=AXES, where={1}, initial=9) : *, ?==
sum mean cumsum trace : tg.OP({0}, dtype="float64") : *
var std : tg.OP({0}, axis=AXIS, correction=1) : *
logsumexp : tg.logsumexp({0}, axis=AXIS, b=tg.exp({1})) : *, ==
nansum nanprod nanmean nanvar nanstd nanmax nanmin : tg.OP(tg.where({1}, {0}, np.nan), axis=AXES) : *, ?==
average : tg.average({0}, axis=AXIS, weights=tg.exp({1})) : *, ==
cov : tg.cov({0}, {1}, rowvar=BOOL, bias=BOOL) : 3 3, 3 3
cov : tg.cov({0}, rowvar=False, fweights=[1, 2, 1], aweights=[0.5, 1, 2]) : 3 n
quantile : tg.quantile({0}, 0.4, axis=AXIS, method=METHOD) : *
diff : tg.diff({0}, 2, axis=AXIS) : *
diff : tg.diff({0}, prepend={1}, append=0.5) : *, -
gradient : tg.gradient({0}, 0.5, axis=AXIS, edge_order=2) : *
gradient : tg.gradient({0}, [0, 1, 3]) : 3
trapezoid : tg.trapezoid({0}, {1}) : n 3, 3
convolve correlate : tg.OP({0}, {1}, "full") : n, m
tensordot : tg.tensordot({0}, {1}, axes=((0, 1), (-1, 0))) : 2 n m, n k 2
divmod : tg.divmod({0}, {1})[BIT] : *, =
modf : tg.modf({0})[BIT] : *
copy flipud fliplr atleast_1d atleast_2d atleast_3d rot90 fftshift ifftshift : tg.OP({0}) : *
tril triu diag diagonal trace : tg.OP({0}, WAY) : *
diagonal trace : tg.OP({0}, WAY, AXIS, AXIS) : *
diagflat matrix_transpose : tg.OP({0}) : n m
roll : tg.roll({0}, -7, axis=AXES) : *
roll : tg.roll({0}, (1, -2), axis=(0, 1)) : *
repeat : tg.repeat({0}, 2, axis=AXIS) : *
repeat : tg.repeat({0}, [2, 0, 1], axis=-1) : n 3
tile : tg.tile({0}, (LENGTH, 2)) : *
rot90 : tg.rot90({0}, WAY, axes=(AXIS, AXIS)) : *
fftshift ifftshift : tg.OP({0}, axes=AXIS) : *
delete : tg.delete({0}, INDICES, axis=AXIS) : *
compress : tg.compress([True, False, True], {0}, axis=AXIS) : *
extract : tg.extract(MASK, {0}) : *
special.i0 : np.i0({0}) : *
rollaxis : tg.rollaxis({0}, AXIS, LENGTH) : *
sliding_window_view : tg.sliding_window_view({0}, 2, axis=AXIS) : *
sliding_window_view : tg.sliding_window_view({0}, (2, 2), axis=(0, 1)) : *
sort argsort : tg.OP({0}, axis=AXES) : *
partition : tg.partition({0}, BIT, axis=AXIS) : *
take_along_axis : tg.take_along_axis({0}, np.array([[0, -1, 0]]), axis=AXIS) : 3 3
take_along_axis : tg.take_along_axis({0}, np.array([1, 1]), axis=None) : *
take : tg.take({0}, [-1, 5], axis=AXIS, mode=TAKING) : *
pad : tg.pad({0}, ((1, 0), (2, 4)), mode=PADDING) : n m
pad : tg.pad({0}, (1, 2), mode="reflect", reflect_type="odd") : *
pad : tg.pad({0}, 1, constant_values={1}) : *, -
vstack hstack dstack column_stack : tg.OP([{0}, {1}]) : *, ==
append : tg.append({0}, {1}) : *, *
append : tg.append({0}, {1}, axis=AXIS) : *, ==
insert : tg.insert({0}, [1, 3, 3], {1}, axis=-1) : n 3, n 3
insert : tg.insert({0}, BIT, {1}, axis=AXES) : *, -
block : tg.block([[{0}, {1}], [{2}, {2}]]) : n m, n m, n m
array_split : tg.array_split({0}, 2, axis=AXIS)[BIT] : *
vsplit hsplit dsplit : tg.OP({0}, [1])[BIT] : *
unstack : tg.unstack({0}, axis=AXIS)[0] : *
broadcast_arrays : tg.multiply(*tg.broadcast_arrays({0}, {1})) : *, =
meshgrid : tg.multiply(*tg.meshgrid({0}, {1}, indexing="ij", sparse=BOOL)) : n, m
meshgrid : tg.multiply(*tg.meshgrid({0}, {1})) : n, m
select : tg.select([{2}, {3}], [{0}, {1}], 0.5) : *, =, ?==, ?==
array : tg.array([[{0}, 1.0], [0.5, {1}]]) : -, -
array : tg.array([[{0}, {0}], {1}]) : n, 2 n
at : AT({0}).at[INDEX].HOW({1}) : *, -
at : AT({0}).at[[1, 0, 2]].HOW({1}) : 3 n, 3 n
at : AT({0}).at[[0, -1, 0, 0]].SUM({1}) : 3 n, 2 2 n
at : AT({0}).at[[0, -1, 0, 0]].SUM({1}) : 3, 2 2
interp : tg.interp([0.103, 1.407, -9.0], tg.cumsum(tg.exp({0})), {1}, left=-2.0) : 3, 3
layer_norm : tg.layer_norm({0}, axis=AXIS, eps=0.1) : *
layer_norm : tg.layer_norm({0}, axis=(0, -1), eps=0.1) : n m
embedding : tg.embedding({0}, np.array([[0, 2], [2, 1]])) : 3 n
conv1d : tg.conv1d({0}, {1}, {2}, stride=STEP, padding=BIT) : 2 2 3, 2 2 2, 2
conv1d : tg.conv1d({0}, {1}, padding="same") : n 1 3, 3 1 3
conv2d : tg.conv2d({0}, {1}, stride=(STEP, 1), padding=(0, BIT)) : 2 2 3 3, 2 2 2 2
conv2d : tg.conv2d({0}, {1}, {2}, padding="same") : n 1 3 3, 2 1 3 2, 2
max_pool2d : tg.max_pool2d({0}, 2, stride=STEP, padding=BIT) : 2 1 3 3
avg_pool2d : tg.avg_pool2d({0}, (2, 1), stride=STEP, padding=(BIT, 0)) : 2 2 3 3
scan : tg.scan(lambda c, x: (tg.tanh(c * 0.5 + x), c * x), WIDE({0}), {1}, reverse=BOOL)[BIT] : n, m n
scan : tg.scan(lambda c, x, W={2}: (tg.tanh(tg.matmul(W, c) + x), c + x), WIDE({0}), {1})[BIT] : n, 3 n, n n
scan : tg.scan(lambda c, _, r={1}: (c * r + 0.25, tg.sin(c)), WIDE({0}), length=LENGTH)[BIT] : *, -
vmap : tg.vmap(lambda a: tg.softmax(a) * tg.sum(a))({0}) : 3 m
vmap : tg.vmap(tg.matmul, in_axes=(0, 2), out_axes=1)({0}, {1}) : 3 n m, m k 3
vmap : tg.vmap(lambda a, v={1}: tg.cumsum(a * v, axis=0), in_axes=AXIS)({0}) : 3 3, 3
vmap : tg.vmap(tg.vmap(tg.outer, (None, 0)), (0, None))({0}, {1}) : 2 3, 3 1
linalg.inv linalg.det linalg.cholesky linalg.eigvalsh linalg.pinv linalg.svdvals linalg.expm : tg.OP(SYMMETRIC) : 3 n
linalg.inv linalg.det linalg.cholesky linalg.eigvalsh linalg.pinv linalg.svdvals : tg.OP(SYMMETRIC) : 2 3 n
linalg.inv linalg.det linalg.pinv linalg.svdvals linalg.expm : tg.OP(REGULAR) : 3 3
linalg.pinv linalg.svdvals linalg.matrix_norm : tg.OP(REGULAR[:, :2]) : 3 3
linalg.solve : tg.linalg.solve(REGULAR, {1}) : 3 3, 3 n
linalg.solve : tg.linalg.solve(REGULAR, {1}) : 3 3, 3
linalg.solve : tg.linalg.solve(SYMMETRIC, {1}) : 2 3 n, 1 3 m
linalg.slogdet : tg.linalg.slogdet(REGULAR)[BIT] : 3 3
linalg.slogdet : tg.linalg.slogdet(SYMMETRIC)[BIT] : 2 3 n
linalg.qr : tg.linalg.qr(REGULAR)[BIT] : 3 3
linalg.qr : tg.linalg.qr(REGULAR[:, :2], mode="r") : 3 3
linalg.qr : tg.linalg.qr(REGULAR, mode="complete")[BIT] : 3 3
linalg.eigh : tg.square(tg.linalg.eigh(SYMMETRIC)[BIT]) : 3 n
linalg.eigh : tg.square(tg.linalg.eigh(SYMMETRIC, UPLO="U")[BIT]) : 2 3 n
linalg.svd : tg.square(tg.linalg.svd(REGULAR, full_matrices=False)[TRIPLE]) : 3 3
linalg.svd : tg.square(tg.linalg.svd(REGULAR[:2], full_matrices=False)[TRIPLE]) : 3 3
linalg.lstsq : tg.linalg.lstsq(REGULAR[:, :2], {1}, rcond=None)[TRIPLE] : 3 3, 3
linalg.lstsq : tg.linalg.lstsq(REGULAR, {1}, rcond=None)[TRIPLE] : 3 3, 3 2
linalg.matrix_power : tg.linalg.matrix_power(REGULAR, POWER) : 3 3
linalg.multi_dot : tg.linalg.multi_dot([{0}, {1}, {2}]) : n m, m k, k 2
linalg.norm : tg.linalg.norm({0}, ord=ORDERS, axis=AXIS, keepdims=BOOL) : *
linalg.norm linalg.matrix_norm : tg.OP(REGULAR, ord=MATRIX) : 3 3
linalg.vector_norm : tg.linalg.vector_norm({0}, ord=ORDERS, axis=AXES) : *
linalg.cross : tg.linalg.cross({0}, {1}) : n 3, 3
linalg.matmul : tg.linalg.matmul({0}, {1}) : n m, m k
linalg.tensordot : tg.linalg.tensordot({0}, {1}, axes=1) : n m, m k
linalg.vecdot : tg.linalg.vecdot({0}, {1}) : n m, n m
linalg.matrix_transpose : tg.OP({0}) : *
linalg.solve_triangular : tg.linalg.solve_triangular(REGULAR, {1}, lower=BOOL, trans=BIT) : 3 3, 3 n
linalg.cho_solve : tg.linalg.cho_solve((tg.linalg.cholesky(SYMMETRIC), True), {1}) : 3 n, 3
special.polygamma : tg.special.polygamma(BIT, {0}) : *
special.softmax special.log_softmax special.logsumexp : tg.OP({0}, axis=AXIS) : *
reshape : tg.reshape({0}, -1) : *
reshape : tg.reshape({0}, (2, -1)) : *
ravel transpose squeeze flip : tg.OP({0}) : *
transpose : tg.transpose({0}, axes=ORDER) : *
swapaxes moveaxis : tg.OP({0}, AXIS, AXIS) : *
expand_dims : tg.expand_dims({0}, axis=NEW) : *
expand_dims : tg.expand_dims({0}, axis=(0, -1)) : *
squeeze : tg.squeeze({0}, axis=AXIS) : *
broadcast_to : tg.broadcast_to({0}, (LENGTH, *{0}.shape)) : *
broadcast_to : tg.broadcast_to({0}, (2, 3, LENGTH)) : 3 1
flip : tg.flip({0}, axis=AXES) : *
astype : tg.astype({0}, DTYPE) : *
pad : tg.pad({0}, 1) : *
pad : tg.pad({0}, (0, 2), constant_values=5) : *
pad : tg.pad({0}, ((0, 1), (2, 0))) : n m
concatenate : tg.concatenate([{0}, {1}, {2}], axis=1) : n m, n k, n 1
concatenate : tg.concatenate([{0}, {1}], axis=None) : *, *
concatenate : tg.concatenate([{0}, {1}], axis=-1) : *, ==
stack : tg.stack([{0}, {1}], axis=NEW) : *, ==
stack : tg.stack([{0}, {1}, {2}], axis=NEW) : *, ==, ==
split : tg.split({0}, [1], axis=AXIS)[BIT] : *
split : tg.split({0}, [1, -1], axis=AXIS)[BIT] : *
split : tg.split({0}, 3, axis=AXIS)[BIT] : *
getitem : tg.getitem({0}, np.s_[INDEX]) : *
take : tg.take({0}, [0, -1, 0], axis=AXIS) : *
take : tg.take({0}, [[0, -1]]) : *
matmul dot : tg.OP({0}, {1}) : m, m
matmul dot : tg.OP({0}, {1}) : n m, m k
matmul dot : tg.OP({0}, {1}) : 2 n m, m
matmul : {0} @ {1} : n m, m
matmul : {0} @ {1} : m, 2 m k
matmul : {0} @ {1} : 2 1 n m, 3 m k
dot : tg.dot({0}, {1}) : -, n m
dot : tg.dot({0}, {1}) : 2 n m, 3 m k
linear : tg.linear({0}, {1}, {2}) : n m, m k, n 1
einsum : tg.einsum("ij,jk", {0}, {1}) : n m, m k
einsum : tg.einsum("ij,kj->i", {0}, {1}) : n m, k m
einsum : tg.einsum("ij,ij->j", {0}, {1}) : n 1, 1 m
einsum : tg.einsum(" i, j -> ij ", {0}, {1}) : n, m
einsum : tg.einsum("iij->ji", {0}) : n n m
einsum : tg.einsum("ii", {0}) : n n
einsum : tg.einsum("...i->...", {0}) : n m
einsum : tg.einsum("...ij,...jk->...ik", {0}, {1}) : 2 1 n m, 3 m k
einsum : tg.einsum("ij,jk,kl->il", {0}, {1}, {2}, optimize=BOOL) : n m, m k, k n
cross_entropy : tg.cross_entropy(tg.sigmoid({0}), np.array([[1.0, 0.0, 0.25]], "float32")) : 1 3
cross_entropy : tg.cross_entropy(tg.sigmoid({0}) * 0.5 + 0.25, np.array([[0.0], [1.0]], "float32")) : 2 1
cross_entropy_with_logits : tg.cross_entropy_with_logits(2*{0}, np.array([[1.0, 0.0, 0.25]], "float32")) : 1 3
cross_entropy : tg.cross_entropy(tg.sigmoid({0}), tg.sigmoid({1})) : n m, n m
cross_entropy_with_logits : tg.cross_entropy_with_logits(2*{0}, tg.sigmoid({1})) : n m, n m
mean_squared_error : tg.mean_squared_error({0}, {1}) : n m, n m
softmax_cross_entropy : tg.softmax_cross_entropy(2*{0}, np.array([[1.0, 0.0], [0.0, 0.5], [0.0, 0.5]], "float32")) : 3 2
"""
SHIFTED = 'tg.matmul({0}, tg.swapaxes({0}, -1, -2)) + np.array([[3, 0, 0], [0, 4, 0], [0, 0, 5]], "float32")'
WORDS = {
    "SYMMETRIC": f"({SHIFTED})",  # and positive definite
    "REGULAR": '(tg.tanh({0}) * 0.5 + np.array([[2, 0, 0], [0, 3, 0], [0, 0, 4]], "float32"))',
    "WIDE({0})": 'tg.astype({0}, "float64")',  # as a carry of scan keeps its dtype
    "AT": '(lambda t: t if hasattr(t, "at") else tg.Tensor(t))',
}
INDICES = """0 | -1 | 1: | ::-1 | ::-2, None | ..., 0 | () | None | [0, -1, 0] | [0, -1], 1: | 1:, [[0, -1], [-1, 0]]
| [0, -1], [-1, 0] | [0, -1], :, [0, -1] | MASK | [] | [True, False, True] | True | :, None, ::2 | ..., [0, 0]"""
COSTS = {"cross_entropy", "cross_entropy_with_logits", "softmax_cross_entropy", "mean_squared_error"}
DOMAINS = dict.fromkeys(["norm", "any", "all", "linalg.norm", "linalg.vector_norm", "divmod"], op_table.NONZERO)
DOMAINS |= {"modf": op_table.STEPS, "special.polygamma": op_table.POSITIVE}
BETWEEN = {"maximum", "minimum", "clip", "less", "less_equal", "greater", "greater_equal", "equal", "not_equal"}
BETWEEN |= {"fmax", "fmin"}
JUMPING = {"floor_divide", "remainder", "fmod", "round", "rint", "trunc", "fix", "divmod", "modf"}
# ops whose input's entries must differ
WITHIN = {
    "max",
    "min",
    "argmax",
    "argmin",
    "norm",
    "median",
    "quantile",
    "percentile",
    "ptp",
    "nanmax",
    "nanmin",
    "sort",
    "argsort",
    "partition",
}
WITHIN |= {"max_pool2d", "at", "linalg.norm", "linalg.vector_norm"}
ROOTS = {"std", "norm", "hypot", "arctan2", "nanstd", "corrcoef", "linalg.norm", "linalg.vector_norm"}


def choice(rng: np.random.Generator, token: str, x: Any) -> str:
    """A value for a word in capitals, in a call on x."""
    axes = [int(a) - (x.ndim if rng.random() < 0.5 else 0) for a in rng.permutation(x.ndim)]
    some = axes[: rng.integers(x.ndim + 1)]
    choices: dict[str, list[Any]] = {
        "AXIS": axes,
        "NEW": [*axes, -1],
        "AXES": [None, *axes, tuple(some)],
        "ORDER": [tuple(axes)],
        "BOOL": [True, False],
        "MASK": ["MASK"],
        "BIT": [0, 1],
        "STEP": [1, 2],
        "TRIPLE": [0, 1, 2],
        "WAY": [-1, 0, 1],
        "LENGTH": [0, 1, 3],
        "INDICES": [0, [0, -1], "slice(1, None, 2)"],
        "METHOD": ['"lower"', '"hazen"', '"median_unbiased"'],
        "TAKING": ['"wrap"', '"clip"'],
        "PADDING": ['"edge"', '"reflect"', '"symmetric"', '"wrap"'],
        "HOW": ["set", "add", "multiply", "min", "max"],
        "SUM": ["add", "multiply"],
        "POWER": [0, 1, 3],
        "MATRIX": ['"fro"', '"nuc"', 2, -2, 1, "-np.inf"],
        "ORDERS": [0.5, 1, 2, 3, "np.inf"],
        "ORD": ["1", "2", "np.inf", "-np.inf"],
        "DTYPE": ['"float64"', '"float32"', '"int32"'],
        "INDEX": [word.strip() for word in INDICES.split("|")],
    }
    if token not in choices:
        return token
    if not choices[token]:
        raise Unfit(token)
    picked = str(choices[token][rng.integers(len(choices[token]))])
    return picked.replace("MASK", f"np.array({(rng.random(x.shape) > 0.5).tolist()}, bool)")


def is_known(name: str) -> bool:
    """Whether there is a reference of this name."""
    try:
        return attrgetter(name)(NUMPY) is not None
    except AttributeError:
        return False


def calls() -> dict[str, list[tuple[str, list[Any], list[str]]]]:
    """For each op the ways to call it: text, domains, shapes; the table has the elementwise ops."""
    found: dict[str, list[Any]] = {}
    for line in op_table.LINES:
        if line.elementwise and (line.options is not None or line.name.startswith("special.")):
            places = iter(f"{{{k}}}" for k in range(9))
            domains = [d for d in line.inputs if isinstance(d, op_table.Domain)]
            inputs = [next(places) if isinstance(d, op_table.Domain) else repr(d) for d in line.inputs]
            options = [f"{name}={value}" for name, value in (line.options or {}).items()]
            rows = found.setdefault(line.name, [])
            rows.append((f"tg.{line.name}({', '.join(inputs + options)})", domains, ["*", *"=="][: len(domains)]))
            if line.name in SYMBOLS:
                rows.append((f" {SYMBOLS[line.name]} ".join(inputs), domains, rows[-1][2]))
    for row in CALLS.strip().splitlines():
        names, text, shapes = row.split(" : ")
        for word, meaning in WORDS.items():
            text = re.sub(rf"\b{re.escape(word)}", meaning, text)
        for name in filter(is_known, names.split()):  # not new in NumPy 2, nor SciPy's if it is not there
            words = shapes.split(", ")
            domains = [op_table.BOOL if w[0] == "?" else DOMAINS.get(name, op_table.REAL) for w in words]
            found.setdefault(name, []).append((re.sub(r"\bOP\b", name, text), domains, [w.strip("?") for w in words]))
    return found


OPS = calls()
# those of prod, of log(sigmoid), and of slogdet, qr and lstsq, if their other results are asked for
NOT_DRAWN = {
    "exponent",
    "ldexp",
    "log_loss",
    "linalg.logdet",
    "linalg.sign",
    "linalg.rank",
    "linalg.residuals",
    "linalg.sizes",
    "linalg.whole_q",
}
NOT_DRAWN |= {"apply_along_axis", "logspace", "special.multigammaln"}  # composed of ops that are drawn
NOT_DRAWN |= {"argpartition", "bincount", "unravel_index"}  # of places; tests/op_table.py has their lines
NOT_DRAWN |= {"astype_integer", "max_from", "prod_from", "central_differences"}
WANTED = sorted(({line.name for line in op_table.LINES} | set(tg.OPS) | set(OPS)) - NOT_DRAWN)


# --- programs


class Unfit(Exception):  # noqa: N818 (not an error: another step is drawn)
    """A step that cannot be taken with these arguments."""


@dataclass(frozen=True)
class Step:
    """A call as text, with places {0}, {1}, ... for arguments, and their domains and shapes."""

    op: str
    text: str
    args: tuple[str, ...]
    domains: tuple[Any, ...]
    shapes: tuple[Any, ...]


@dataclass(frozen=True)
class Program:
    """Inputs by name, as arrays and their layouts, and steps by name."""

    seed: int
    inputs: dict[str, tuple[Any, str]]
    steps: dict[str, Step]
    lines: dict[str, str] = field(default_factory=dict)  # the steps as Python
    values: dict[str, Any] = field(default_factory=dict)  # their results, in float64

    def built(self) -> Program:
        """The program with its lines and values; raises Unfit if a step cannot be taken."""
        values = {name: x.astype(float) for name, x in self.arrays().items()}
        lines: dict[str, str] = {}
        for name, step in self.steps.items():
            lines[name], values[name] = written(step, values, np.random.default_rng([self.seed, int(name[1:])]))
        return replace(self, lines=lines, values=values)

    @property
    def result(self) -> str:
        return [name for name, value in self.values.items() if value.dtype.kind == "f"][-1]

    def input_lines(self) -> dict[str, str]:
        lines = {}
        for name, (x, layout) in self.inputs.items():
            lines[name] = LAYOUTS[layout if x.ndim and x.size else "C"].format(literal(x), x.shape)
        return lines

    def arrays(self) -> dict[str, Any]:
        return {name: eval(line, {"np": np}) for name, line in self.input_lines().items()}

    def script(self) -> str:
        """The program as a function in Python, and its inputs."""
        body = [f"    {name} = {line}" for name, line in self.lines.items()]
        inputs = [f"    {line}," for line in self.input_lines().values()]
        head = ["import numpy as np", "import tinygraph as tg", "", f"def program({', '.join(self.inputs)}):"]
        return "\n".join([*head, *body, f"    return {self.result}", "", "xs = [", *inputs, "]"])

    def smaller(self) -> Iterator[Program]:
        """Programs simpler in one way: without a step or an input, or with a simpler input."""
        for name, step in reversed(self.steps.items()):
            steps = {other: s for other, s in self.steps.items() if other != name}
            for other, s in steps.items():
                steps[other] = replace(s, args=tuple(step.args[0] if arg == name else arg for arg in s.args))
            yield replace(self, steps=steps)
        used = {arg for step in self.steps.values() for arg in step.args}
        for name, (x, layout) in self.inputs.items():
            if name not in used and len(self.inputs) > 1:
                yield replace(self, inputs={other: i for other, i in self.inputs.items() if other != name})
            simple = x.astype("float64"), np.ones_like(x), np.round(x), np.round(x * 2) / 2
            candidates = [(x, "C"), *((y, layout) for y in simple)]
            for axis, length in enumerate(x.shape):
                candidates += [(np.take(x, range(n), axis), layout) for n in range(1, length)]
                candidates += [(np.take(x, 0, axis), layout)] if length else []
            for simpler, how in candidates:
                if how != layout or simpler.shape != x.shape or simpler.dtype != x.dtype or (simpler != x).any():
                    yield replace(self, inputs={**self.inputs, name: (simpler, how)})


def written(step: Step, values: dict[str, Any], rng: np.random.Generator) -> tuple[str, Any]:
    """The step as a line, and its value; its arguments are moved if compared numbers are equal."""
    for attempt in range(4):
        first = values[step.args[0]].shape
        parts = zip(step.args, step.domains, step.shapes, strict=True)
        arguments = [argument(rng, name, values, d, shape, first, attempt > 0) for name, d, shape in parts]
        compared = [evaluated(text, values) for text in arguments]
        value = evaluated(line := step.text.format(*arguments), values)
        if value.size > 64 or value.ndim > 4 or not np.all(np.isfinite(value)):
            break
        if are_apart(step, compared, value):
            return line, value
    raise Unfit(step)


def evaluated(text: str, values: dict[str, Any]) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(eval(widened(text), {**values, "tg": NUMPY, "np": np}))
    except (ValueError, IndexError, TypeError, ZeroDivisionError) as error:
        raise Unfit(text) from error


def widened(text: str) -> str:
    return re.sub("float16|float32", "float64", text)


def literal(array: Any) -> str:
    made = f"np.array({array.tolist()}" if array.size else f"np.zeros({array.shape}"
    return made + f', "{array.dtype}")'


def grid(rng: np.random.Generator, shape: Any, domain: Any = op_table.REAL) -> Any:
    """Entries of the domain that float32 holds exactly."""
    return np.round(domain(*shape).sample(rng, float) * 64) / 64


def shaped(name: str, x: Any, shape: Any, first: Any) -> str:
    """`name` brought to the shape: any for "*", one that fits `first` for "=", `first` for "=="."""
    if shape in ("=", "=="):
        shape = "*" if shape == "=" and fits(x.shape, first) else first
    if shape == "*" or x.shape == shape:
        return name
    places = np.arange(np.prod(shape, dtype=int)).reshape(shape) % max(x.size, 1)
    return f"tg.take({name}, {literal(places)})" if x.size else f"tg.reshape({name}, {shape})"


def argument(rng: Any, name: str, values: dict[str, Any], domain: Any, shape: Any, first: Any, move: bool) -> str:
    """The value `name`, brought to the shape and into the domain; `move`: also moved within it."""
    text, x = shaped(name, values[name], shape, first), values[name]
    if text != name:
        x = evaluated(text, values)
    if domain.dtype == "?":
        bound = grid(rng, ())
        if x.dtype.kind == "f" and np.min(np.abs(x - bound), initial=1) < APART:
            raise Unfit(name)
        return text if x.dtype.kind == "b" else f"({text} > {bound})"
    if x.dtype.kind != "f":
        return text
    largest = np.max(np.abs(x), initial=0)
    if largest > 4:
        scale = 2.0 ** -np.ceil(np.log2(largest / 2))
        text, x = f"({text} * {scale})", x * scale
    if move or not is_inside(x, domain):
        shift = grid(rng, x.shape, domain) - np.round(x * 64) / 64
        if not is_inside(x + shift, domain, 1 / 64):
            raise Unfit(name)
        text = f"({text} + {literal(shift)})"
    return text


def is_inside(x: Any, domain: Any, margin: float = 0) -> bool:
    return all(any(low - margin <= v <= high + margin for low, high in domain.intervals) for v in np.ravel(x))


def fits(a: Any, b: Any) -> bool:
    try:
        return bool(np.broadcast_shapes(a, b) is not None)
    except ValueError:
        return False


def are_apart(step: Step, arguments: list[Any], value: Any) -> bool:
    """Whether the numbers that the op compares differ clearly, and no root is taken of about 0."""
    op = step.op
    if "} ** {" in step.text and np.min(np.abs(arguments[1]), initial=1) < APART:
        return False  # PyTorch's ** has no second derivative at exponent 0; references.py spells out that of `power`
    if op == "corrcoef" and np.min(np.std(arguments[0], axis=-1), initial=1) < APART:
        return False  # of equal numbers it is rounding over rounding
    if op in JUMPING:
        number = re.match(r"tg\.\w+\(([\d.]+), ", step.text)
        arguments = [float(number[1]), *arguments] if number else arguments
        x = arguments[0] / arguments[1] if len(arguments) > 1 else 20 * arguments[0]  # round takes decimals=1 too
        return bool(np.min(np.abs(x - np.rint(x)), initial=1) > APART)
    if op in ROOTS and np.min(value, initial=1) < APART:
        return False
    if op in BETWEEN and len(arguments) > 1:
        return all(np.min(np.abs(arguments[0] - x), initial=1) > APART for x in arguments[1:])
    x = np.abs(arguments[0]) if "norm" in op else arguments[0]
    x = np.concatenate([x, arguments[1]], axis=None) if op == "at" else x
    return op not in WITHIN or bool(np.min(np.diff(np.sort(x, axis=None)), initial=1) > APART)


def drawn_inputs(seed: int, rng: np.random.Generator) -> Program:
    """A program without steps."""
    inputs: dict[str, Any] = {}
    narrow = rng.choice([0.0, 1.0, 0.5], p=[0.4, 0.3, 0.3])
    for k in range(rng.integers(1, 4)):
        x = grid(rng, SHAPES[rng.integers(len(SHAPES))]).astype("float32" if rng.random() < narrow else "float64")
        inputs[f"x{k}"] = (x, list(LAYOUTS)[rng.integers(len(LAYOUTS))])
    return Program(seed, inputs, {}).built()


def draw(seed: int) -> Program:
    """The program of the seed."""
    rng = np.random.default_rng(seed)
    program, ops = drawn_inputs(seed, rng), sorted(OPS)
    for _ in range(rng.integers(1, 9)):
        for _ in range(20):
            if (longer := with_step(program, rng, ops[rng.integers(len(ops))])) is not None:
                program = longer
                break
    return program


def draw_of(op: str) -> Program:
    """The first program whose one step is of this op."""
    for seed in range(1000):
        rng = np.random.default_rng(seed)
        if (program := with_step(drawn_inputs(seed, rng), rng, op)) is not None:
            return program
    raise ValueError(f"{op} is never drawn")


def with_step(program: Program, rng: np.random.Generator, op: str) -> Program | None:
    """The program with one step more, or None if the drawn one cannot be taken."""
    text, domains, shapes = OPS[op][rng.integers(len(OPS[op]))]
    kinds = {name: value.dtype.kind for name, value in program.values.items()}
    lengths = {**{letter: int(rng.choice([0, 1, 2, 3, 3])) for letter in "nmk"}, **{d: int(d) for d in "0123"}}
    args, wanted = [], []
    for k, (domain, shape) in enumerate(zip(domains, shapes, strict=True)):
        allowed = {"?": "fb", "f": "fib" if op in ("multiply", "add") and k else "f"}[domain.dtype]
        names = [name for name, kind in kinds.items() if kind in allowed]
        late = names[-1:] if rng.random() < 0.6 and not k else names
        args.append(late[rng.integers(len(late))])
        wanted.append(shape if shape[0] in "*=" else tuple(lengths[d] for d in shape.split() if d != "-"))
    try:
        text = re.sub(r"\b[A-Z]{3,}\b", lambda word: choice(rng, word[0], program.values[args[0]]), text)
        step = Step(op, text, tuple(args), tuple(domains), tuple(wanted))
        return replace(program, steps={**program.steps, f"v{len(program.steps)}": step}).built()
    except Unfit:
        return None

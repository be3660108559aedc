"""Make docs/numpy_coverage.md: which functions of NumPy and SciPy take a Tensor.

`python tools/numpy_coverage.py` prints the page, and --write writes it. The page is made on the
versions of NumPy and SciPy that it names.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import scipy.special

import tinygraph as tg
from tinygraph.ops.table import load_all, replacement

PAGE = Path(__file__).resolve().parent.parent / "docs" / "numpy_coverage.md"

# Why a function takes no Tensor, what to write instead, and the functions.
REASONS: list[tuple[str, str, str]] = [
    (
        "makes an array of plain numbers",
        "call it with plain numbers, and use the array next to Tensors",
        "arange bartlett blackman diag_indices empty eye fft.fftfreq fft.rfftfreq frombuffer "
        "from_dlpack fromfile fromfunction fromiter fromregex fromstring full genfromtxt hamming hanning identity "
        "indices ix_ kaiser load loadtxt mask_indices ones tri tril_indices triu_indices zeros",
    ),
    (
        "makes an array of its argument, which would drop the gradient",
        "`tg.array([t, u])` for a list of Tensors; `t.numpy()` for the values",
        "asanyarray asarray asarray_chkfinite ascontiguousarray asfortranarray asmatrix bmat require",
    ),
    (
        "has whole numbers, booleans or places as its values, so that there is no slope",
        "call it with `t.numpy()`",
        "array_equiv bitwise_count gcd histogram2d histogram_bin_edges histogramdd lcm lexsort packbits "
        "ravel_multi_index unpackbits",
    ),
    (
        "has values that jump with the entries that are equal",
        "`np.sort(t)`, or the function with `t.numpy()`",
        "intersect1d setdiff1d setxor1d sort_complex trim_zeros union1d unique unique_all unique_counts "
        "unique_inverse unique_values",
    ),
    (
        "writes into its argument",
        "`t.at[index].set(value)`",
        "copyto fill_diagonal place put put_along_axis putmask",
    ),
    (
        "has complex numbers as its values",
        "the formula with sines and cosines, in real numbers",
        "fft.fft fft.fft2 fft.fftn fft.hfft fft.ifft fft.ifft2 fft.ifftn fft.ihfft fft.irfft fft.irfft2 fft.irfftn "
        "fft.rfft fft.rfft2 fft.rfftn linalg.eig linalg.eigvals roots",
    ),
    (
        "is of NumPy's old interface to polynomials",
        "`np.polyfit` fits coefficients, and `np.polyval` takes Tensors; `np.convolve(t, u)` for polymul",
        "poly polyadd polyder polydiv polyint polymul polysub",
    ),
    (
        "calls a function on parts of an array",
        "`tg.vmap(f)(t)`, or `tg.stack([f(row) for row in t])`",
        "apply_over_axes frompyfunc nested_iters",
    ),
    (
        "has a new name",
        "`np.vstack`",
        "row_stack",
    ),
    (
        "is rarely asked for",
        "`np.where` or `np.select` for choose; `np.take(t, places, mode='wrap')` for resize; `t[~np.isnan(t.numpy())]` "
        "before median and quantile",
        "choose nanmedian nanpercentile nanquantile resize",
    ),
    (
        "is a line of others",
        "`np.cumsum(np.where(np.isnan(t), 0, t))` for nancumsum",
        "nancumprod nancumsum",
    ),
    (
        "is NumPy 2's name for what older functions do",
        "`np.cumsum` and `np.cumprod`; `(t @ v[..., None])[..., 0]` for matvec; `np.diagonal` and `np.trace` with "
        "`axis1=-2, axis2=-1`; `np.outer`",
        "cumulative_prod cumulative_sum linalg.diagonal linalg.outer linalg.trace matvec vecmat",
    ),
    (
        "is about dtypes, settings, texts, files or dates",
        "call it with what it asks for; Tensors have no part in it",
        "base_repr binary_repr broadcast_shapes busday_count busday_offset common_type datetime_as_string "
        "datetime_data einsum_path format_float_positional format_float_scientific get_include get_printoptions "
        "getbufsize geterr geterrcall info is_busday isdtype isfortran isnat isscalar issubdtype iterable "
        "min_scalar_type mintypecode printoptions promote_types save savetxt savez savez_compressed set_printoptions "
        "setbufsize seterr seterrcall show_config show_runtime typename",
    ),
    (
        "has no slope that helps: it counts in units of rounding, or splits a number into its bits",
        "`tg.op(name, function, rule)` with the rule that you want",
        "frexp modf nextafter spacing",
    ),
    (
        "solves an equation between arrays of many axes",
        "`np.linalg.solve` or `np.linalg.inv` on the reshaped arrays",
        "linalg.tensorinv linalg.tensorsolve",
    ),
]


def functions() -> Iterator[tuple[str, Any]]:
    """NumPy's public functions by their names, those of linalg and fft with these in front."""
    for prefix, module in (("", np), ("linalg.", np.linalg), ("fft.", np.fft)):
        for name in sorted(module.__all__):
            found = getattr(module, name)
            if callable(found) and not isinstance(found, type) and hasattr(found, "__name__"):
                yield prefix + name, found


def ufuncs() -> Iterator[tuple[str, Any]]:
    """SciPy's special functions that are ufuncs."""
    for name in sorted(set(scipy.special.__all__)):
        if isinstance(getattr(scipy.special, name), np.ufunc) and name != "jn":  # which is jv
            yield name, getattr(scipy.special, name)


def ours(name: str, function: Any) -> Any:
    """What a Tensor is handed to, or None; of `array` and the like, tinygraph's function alone takes one."""
    return replacement(function) or (None if isinstance(function, np.ufunc) else getattr(tg.ops, name, None))


def is_offered(name: str) -> bool:
    """Whether tinygraph has the function under the same name."""
    space, _, short = name.rpartition(".")
    return hasattr(tg.linalg if space == "linalg" else tg, short)


def has_slope(function: Callable[..., Any]) -> bool:
    """Whether it has gradients: an op with a rule, or a function that is made of ops."""
    if isinstance(function, tg.Op):
        return function.differentiable
    return not getattr(function, "__qualname__", "").startswith("_plain")


def sorted_out(found: Iterator[tuple[str, Any]]) -> tuple[list[str], list[str], list[str]]:
    """The names of functions with a slope, of those without one, and of those not here."""
    kinds: tuple[list[str], list[str], list[str]] = ([], [], [])
    for name, function in found:
        mine = ours(name, function)
        kinds[2 if mine is None else 0 if has_slope(mine) else 1].append(name)
    return kinds


def unexplained() -> list[str]:
    """Functions of NumPy that are not here, without a reason in REASONS."""
    known = {name for _, _, names in REASONS for name in names.split()}
    return [name for name in sorted_out(functions())[2] if name not in known]


def listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def page() -> str:
    """The text of the page."""
    load_all()
    slope, none, missing = sorted_out(functions())
    special_slope, special_none, special_missing = sorted_out(ufuncs())
    through_numpy = [name for name in slope + none if not is_offered(name)]
    rows = []
    for reason, instead, names in REASONS:
        here = [name for name in names.split() if name in missing]
        if here:
            rows.append(f"| {listed(here)} | {reason} | {instead} |")
    return f"""\
# NumPy's functions in tinygraph

`python tools/numpy_coverage.py --write` makes this page, here with NumPy {np.__version__} and SciPy
{scipy.__version__}. NumPy's functions in the first two lists take Tensors: `np.roll(t, 1)`. tinygraph has the
same functions, `tg.roll(t, 1)`; those of `np.linalg` as `tg.linalg.solve`.
Through NumPy alone: {listed(through_numpy)}. `tg.array` takes
the Tensors in a list, and NumPy's own `array` does not.

## With gradients: {len(slope)} functions

{listed(slope)}

## Without a slope: {len(none)} functions

Comparisons, places and questions about shapes. They take Tensors, and their results have no gradient.

{listed(none)}

## Not here: {len(missing)} functions

| functions | why | write |
| --- | --- | --- |
{chr(10).join(rows)}

## SciPy's special functions

Ufuncs of `scipy.special` with gradients: {len(special_slope)}. They dispatch by themselves, as `scipy.special.erf(t)`,
and are `tg.special.erf` too. `tg.special` also has `polygamma`, `logsumexp`, `softmax`, `log_softmax` and
`multigammaln`, which are no ufuncs.

{listed(special_slope)}

Without a slope: {listed(special_none) or "none"}.

The other {len(special_missing)} have no rule here. `tg.op(name, scipy.special.name, rule)` adds one:

{listed(special_missing)}
"""


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # of functions that NumPy is about to remove
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        print(page(), end="")
    if missing := unexplained():
        sys.exit(f"without a reason in REASONS: {' '.join(missing)}")

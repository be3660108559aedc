"""Options of NumPy's functions that few calls have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.arrays import NUMPY_1

X = np.array([[3.0, 1.0, 4.0, 1.0], [5.0, np.nan, 2.0, 6.0], [5.0, 3.0, 5.0, 8.0]])


def same(call: Any, *arrays: Any) -> None:
    """The call of Tensors gives NumPy's values and dtype, eager and compiled."""
    with np.errstate(all="ignore"):
        wanted, tensors = call(*arrays), [tg.Tensor(x) for x in arrays]
        for found in (call(*tensors), tg.compile(call)(*tensors)):
            assert found.dtype == wanted.dtype
            np.testing.assert_array_equal(found.numpy(), wanted)


@pytest.mark.parametrize("dtype", ["i1", "i8", "f2", "f4", "f8", "?"])
@pytest.mark.parametrize("given", ["i1", "f4", "f8"])
def test_dtype_of_reductions_without_nan(dtype: str, given: str) -> None:
    x = (X if given[0] == "f" else np.nan_to_num(X)).astype(given)
    for name in ("nansum", "nanprod"):
        if given[0] == "i" or dtype[0] == "f":  # NumPy makes an integer of nan only with a warning
            same(lambda x, name=name: getattr(np, name)(x, axis=1, dtype=dtype), x)
    if dtype[0] == "f" and dtype >= given:
        for name in ("nanmean", "nanvar", "nanstd"):
            y = getattr(np, name)(tg.Tensor(x), axis=0, dtype=dtype)
            assert y.dtype == np.dtype(dtype)
            np.testing.assert_allclose(y.numpy(), getattr(np, name)(x, axis=0, dtype=dtype), rtol=1e-3)


@pytest.mark.parametrize("dtype", ["i1", "i8", "?"])
def test_nan_is_left_out_before_a_cast_to_integers(dtype: str) -> None:
    for name in ("nansum", "nanprod"):
        for where in (True, [[True], [True], [False]]):
            same(lambda x, n=name, w=where: getattr(np, n)(x, axis=1, dtype=dtype, where=w), X)
    for name in ("nanmean", "nanvar", "nanstd"):
        with pytest.raises(TypeError, match=rf"{name}\(\) of floats takes a dtype of floats, got (int|bool)"):
            getattr(np, name)(tg.Tensor(X), dtype=dtype)
    with pytest.raises(TypeError, match=r"var\(\) takes a dtype of floats"):  # NumPy rounds in the midst of it
        np.var(tg.Tensor([1, 2, 4]), dtype=dtype)


def test_a_dtype_alone_is_one_cast() -> None:
    total = tg.compile(lambda x: np.nansum(x, axis=1, dtype="f4"))
    total(X)
    assert str(total.source).splitlines()[1].strip() == "return np.nansum(x.astype('float32'), axis=1)"


def test_reductions_without_nan_from_an_initial_value() -> None:
    where = np.array([[True, False, True, True]])
    for f in (np.nansum, np.nanprod, np.nanmax, np.nanmin):
        for initial in (2.5, np.nan, -np.inf):
            same(lambda x, f=f, initial=initial: f(x, axis=1, initial=initial, where=where), X)


def test_mean_and_correction_of_nanvar() -> None:
    """tg's functions have them on NumPy 1 too, where NumPy's own do not."""
    mean = np.nanmean(X, axis=1, keepdims=True) + 0.5  # not their own, which would be taken anyway
    count = np.sum(~np.isnan(X), axis=1)
    variance = np.nansum((X - mean) ** 2, axis=1) / (count - 1)
    for name, wanted in (("nanvar", variance), ("nanstd", np.sqrt(variance))):
        ours = getattr(tg, name)
        for f in (ours,) if NUMPY_1 else (ours, getattr(np, name)):
            found = f(tg.Tensor(X), axis=1, mean=mean, correction=1)
            np.testing.assert_allclose(np.asarray(found), wanted, rtol=1e-14)
            tg.check_gradients(lambda x, f=f: f(tg.where(np.isnan(X), np.nan, x), axis=1, mean=mean), np.nan_to_num(X))
        if not NUMPY_1:
            np.testing.assert_allclose(getattr(np, name)(X, axis=1, mean=mean, correction=1), wanted, rtol=1e-14)
        np.testing.assert_allclose(np.asarray(ours(X, 1, mean=mean, ddof=1)), wanted, rtol=1e-14)


@pytest.mark.parametrize("name", ["concatenate", "stack", "vstack", "hstack"])
def test_dtype_and_casting_of_joined_arrays(name: str) -> None:
    a, b = np.float32([1.5, 2]), np.array([1, -2])
    for options in ({"dtype": "f2"}, {"dtype": "f8"}, {"dtype": int, "casting": "unsafe"}, {"casting": "unsafe"}):
        same(lambda a, b, options=options: getattr(np, name)([a, b], **options), a, b)
    for options in ({"dtype": int}, {"dtype": "f4", "casting": "safe"}, {"casting": "no"}):
        for x in (a, tg.Tensor(a)):
            with pytest.raises(TypeError, match=r"(?i)cannot cast"):
                getattr(np, name)([x, b], **options)
    x = tg.Tensor([1.0, 2.0], requires_grad=True)
    getattr(np, name)([x, b], dtype=np.float32).sum().backward()
    assert x.grad.dtype == np.float64


def test_dtype_of_cov_corrcoef_and_einsum() -> None:
    x = np.nan_to_num(X)
    for dtype in ("f4", "f8"):
        same(lambda x, dtype=dtype: np.cov(x, dtype=dtype), x)
        same(lambda x, dtype=dtype: np.corrcoef(x, dtype=dtype), x)
    same(lambda x: np.einsum("ij,kj->ik", x, x, dtype="f8"), x.astype("f4"))
    for given in (x, tg.Tensor(x)):
        with pytest.raises(TypeError, match=r"(?i)cannot cast|could not be cast"):
            np.einsum("ij->i", given, dtype="f4")


def test_weights_of_quantiles_choose_entries() -> None:
    x = np.nan_to_num(X)
    if NUMPY_1:  # whose function has none
        with pytest.raises(TypeError, match=r"quantile\(\) got an unexpected keyword argument 'weights'"):
            tg.quantile(x, 0.5, weights=[1, 2, 1], axis=0)
        return
    for weights, axis in (([3.0, 1.0, 0.0, 2.0], 1), (np.arange(12.0).reshape(3, 4), None), ([1, 2, 1], 0)):
        options = {"axis": axis, "weights": weights, "method": "inverted_cdf"}
        for q in (0.0, 0.3, [0.1, 0.5, 1.0]):
            same(lambda x, q=q, options=options: np.quantile(x, q, **options), x)
    x = tg.Tensor([1.0, 2.0, 2.0, 5.0], requires_grad=True)
    np.quantile(x, 0.5, weights=[1.0, 1.0, 2.0, 1.0], method="inverted_cdf").backward()
    assert x.grad.tolist() == [0, 0.5, 0.5, 0]  # equal entries share
    x = tg.Tensor([[1.0, 1.0, 1.0]], requires_grad=True)
    np.quantile(x, [0.5, 0.9], axis=1, weights=[0, 2, 1], method="inverted_cdf").sum().backward()
    assert x.grad.tolist() == [[0, 1, 1]]  # but not what has no weight
    with pytest.raises(ValueError, match="Only method 'inverted_cdf' supports weights"):
        np.quantile(x, 0.5, weights=[1.0, 1.0, 2.0, 1.0])
    with pytest.raises(ValueError, match=r"tg.quantile\(the operand \(99,\), q=0.5, weights=\[...\]\): Only method"):
        np.quantile(tg.Tensor(np.ones(99)), 0.5, weights=np.ones(99))
    with pytest.raises(TypeError, match="takes weights as plain numbers"):
        tg.quantile(x, 0.5, weights=x, method="inverted_cdf")


@pytest.mark.parametrize("dtype", ["?", "i2", "i8", "f2", "f4"])
def test_pad_in_every_mode(dtype: str) -> None:
    x = np.arange(12).reshape(3, 4).astype(dtype)[:, ::-1]
    for mode in ("maximum", "mean", "median", "minimum"):
        for stat_length in (None, 1, 2, (1, 3), ((1, 2), (3, 9))):
            same(lambda x, m=mode, n=stat_length: np.pad(x, ((1, 2), (3, 0)), mode=m, stat_length=n), x)
    for end_values in (0, 5, (1, 2), ((1, 2), (3, 4))):
        same(lambda x, v=end_values: np.pad(x, ((1, 2), (3, 0)), mode="linear_ramp", end_values=v), x)
    for mode in ("mean", "linear_ramp"):
        same(lambda x, mode=mode: np.pad(x, ((0, 0), (1, 1)), mode=mode), x[:0])
        with pytest.raises(ValueError, match="can't extend empty axis 0"):
            np.pad(tg.Tensor(x[:0]), 1, mode=mode)
        with pytest.raises(TypeError, match="must be of integral type"):
            np.pad(tg.Tensor(x), 1.5, mode=mode)
        with pytest.raises(ValueError, match="can't contain negative values"):
            np.pad(tg.Tensor(x), (1, -1), mode=mode)
    with pytest.raises(TypeError, match=r"pad\(\) has no gradient for end_values"):
        tg.pad(x, 1, mode="linear_ramp", end_values=tg.Tensor(1.0, requires_grad=True))
    assert tg.pad(x, 1, "constant", 1)[0, 0] == 1
    assert tg.pad(x, {-1: (1, 2)}).shape == (3, 7)
    assert tg.pad(x, {0: 1, 1: 0}).shape == (5, 4)


def test_singular_values_of_symmetric_matrices() -> None:
    x = np.array([[1.0, 9.0], [2.0, -3.0]])  # read as [[1, 2], [2, -3]]
    for given in (x, tg.Tensor(x)):
        U, S, Vh = tg.linalg.svd(given, hermitian=True)
        np.testing.assert_allclose(np.asarray((U * S) @ Vh), [[1, 2], [2, -3]], atol=1e-14)
        np.testing.assert_array_equal(np.linalg.svd(given, compute_uv=False, hermitian=True), np.asarray(S))
    tg.check_gradients(lambda x: np.linalg.svd((x + x.T) / 2, hermitian=True).S ** 2, x)


def test_condition_of_singular_matrices_is_infinite() -> None:
    x = np.stack([np.ones((2, 2)), np.array([[2.0, 1.0], [0.0, 1.0]]), np.zeros((2, 2))])
    for p in (1, -1, "fro", np.inf):
        same(lambda x, p=p: np.linalg.cond(x, p), x)
    t = tg.Tensor(x, requires_grad=True)
    np.linalg.cond(t, 1)[1].backward()
    assert np.isfinite(t.grad).all()
    tg.check_gradients(lambda x: np.linalg.cond(x, "fro"), x[1])
    cond = tg.compile(lambda x: np.linalg.cond(x, np.inf))
    cond(x)
    names: dict[str, Any] = {"np": np}
    exec(str(cond.source), names)
    with np.errstate(all="ignore"):
        assert names["function"](x).tolist() == np.linalg.cond(x, np.inf).tolist()
    same(lambda x: np.linalg.cond(x, -1), np.array([[np.inf, 1.0], [1.0, 1.0]]))  # which is not singular
    assert np.isnan(np.linalg.cond(tg.Tensor([[np.nan, 1.0], [0.0, 0.0]]), 1).item())  # without a warning


def test_all_columns_of_q_span_what_the_first_do_not() -> None:
    x = np.random.default_rng(0).normal(size=(2, 4, 2))
    for found, wanted in zip(np.linalg.qr(tg.Tensor(x), "complete"), np.linalg.qr(x, "complete"), strict=True):
        np.testing.assert_array_equal(found.numpy(), wanted)

    def residual(x: Any) -> Any:  # least squares by the further columns: independent of their choice
        return np.sum(np.square(np.swapaxes(np.linalg.qr(x, "complete").Q[..., 2:], -1, -2) @ np.arange(4.0)))

    tg.check_gradients(residual, x, order=2)


@pytest.mark.parametrize("shape", [(2, 6), [2, -1], np.array([2, 6]), np.array([-1, 2]), -1, 12, np.array([12])])
def test_reshape_in_the_order_of_columns(shape: Any) -> None:
    x = np.arange(12.0).reshape(3, 4)
    same(lambda x: np.reshape(x, shape, order="F"), x)
    same(lambda x: x.reshape(shape, order="F"), x)
    tg.check_gradients(lambda x: x.reshape(shape, order="F"), x, order=2)


def test_further_options() -> None:
    x = tg.Tensor(np.nan_to_num(X))
    assert tg.array([x, x], ndmin=4).shape == (1, 2, 3, 4)
    assert tg.array([1.0], ndmin=2).shape == (1, 1)
    assert np.partition(x, 1, kind="introselect").shape == (3, 4)
    assert np.quantile(x, 0.5, overwrite_input=True).item() == 3.5
    found = np.apply_along_axis(lambda line, scale: line[0] * scale, 1, x, scale=2.0)
    assert found.tolist() == [6, 10, 10]


@pytest.mark.parametrize("given", ["i1", "u1", "i8", "f2", "f4", "f8", "?"])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i8", np.float32, None])
def test_dtype_of_ufuncs_is_the_one_to_compute_in(given: str, dtype: Any) -> None:
    x = np.array([[1, 2, 3], [4, 1, 2]]).astype(given)
    for f in (np.add, np.multiply, np.divide, np.power, np.exp, np.sqrt, np.arctan2, np.maximum, np.square):
        for others in ((x,), (x[:1],), *[(2,)] * (not NUMPY_1)) if f.nin == 2 else ((),):
            try:
                wanted = f(x, *others, dtype=dtype)
            except TypeError:
                with pytest.raises(TypeError):
                    f(tg.Tensor(x), *others, dtype=dtype)
                continue
            found = f(tg.Tensor(x), *others, dtype=dtype)
            assert found.dtype == wanted.dtype
            np.testing.assert_array_equal(found.numpy(), wanted)


def test_gradients_of_ufuncs_with_a_dtype() -> None:
    x = tg.Tensor(np.float32([0.5, 2.0]), requires_grad=True)
    y = np.multiply(x, x, dtype="f8")
    y.sum().backward()
    assert (y.dtype, x.grad.dtype, x.grad.tolist()) == (np.float64, np.float32, [1.0, 4.0])
    same(lambda x: np.exp(x, dtype="f8"), np.float32([0.1, 1.5]))


def test_logical_ufuncs_over_an_axis() -> None:
    x = np.array([[1.0, 0.0, 2.0], [3.0, 4.0, 0.0]])
    for f in (np.logical_and, np.logical_or):
        for axis in (0, 1):
            same(lambda x, f=f, axis=axis: f.reduce(x, axis=axis, keepdims=True), x)
            same(lambda x, f=f, axis=axis: f.accumulate(x, axis=axis), x)
    same(lambda x: np.divide.accumulate(x), np.array([8, 2, 3]))


@pytest.mark.parametrize("dtype", ["?", "i1", "u1", "f2", "f4"])
def test_dtypes_of_methods_of_ufuncs(dtype: str) -> None:
    x = np.array([[3, 100, 2], [9, 1, 7]]).astype(dtype)
    same(lambda x: np.multiply.accumulate(x, axis=1), x)
    for number in [] if NUMPY_1 else (2, 2.5, True, np.float32(2)):  # NumPy 1 asks for its value
        same(lambda x, number=number: np.multiply.outer(x, number), x)
        same(lambda x, number=number: np.add.outer(number, x), x)


def test_dtype_of_a_deviation_from_a_given_mean() -> None:
    x = np.float32([[1.0, 2.5], [4.0, 7.0]])
    for name in ("var", "std"):
        for mean, dtype in ((np.float64([3.0, 4.0]), "f8"), (np.float32(2.5), "f4"), (2.5, "f4")):
            for given in (x, tg.Tensor(x)):
                assert getattr(tg, name)(given, axis=0, mean=mean).dtype == dtype
        if not NUMPY_1:
            same(lambda x, name=name: getattr(np, name)(x, axis=0, mean=np.float64([3.0, 4.0])), x)


def test_methods_take_arguments_where_ndarrays_do() -> None:
    x = np.array([[3.0, 1.0, 0.0], [5.0, 0.0, 2.0]])
    t = tg.Tensor(x)
    for call in (
        lambda a: a.take([0, 4], None, None, "wrap"),
        lambda a: a.clip(1, 4, None),
        lambda a: a.argpartition(1),
        lambda a: a.argpartition(1, axis=0),
        lambda a: 1 << a.argsort(),
        lambda a: 8 >> a.argsort(),
    ):
        np.testing.assert_array_equal(call(t).numpy(), call(x))
    for found, wanted in zip(t.nonzero(), x.nonzero(), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_a_bound_is_given_by_one_name() -> None:
    for options in ({"a_min": 0, "min": 1}, {"a_max": 2, "min": 1}, {"a_min": 0, "max": 1}):
        with pytest.raises(ValueError, match="a_min and a_max, or min and max"):
            tg.clip(np.ones(3), **options)


def test_geometric_rows_are_numpys_to_the_bit() -> None:
    start, stop = np.array([1.1, -2.3, 1e-3]), np.array([97.0, -0.7, 3.3])
    for options in ({"num": 7}, {"num": 6, "endpoint": False, "axis": 1}, {"num": 1}, {"num": 0}, {"num": 2}):
        same(lambda a, b, options=options: np.geomspace(a, b, **options), start, stop)
        same(lambda a, options=options: np.geomspace(a, 3.0, **{**options, "axis": 0}), start[0])


def test_arguments_of_logsumexp_stand_as_in_scipy() -> None:
    special = pytest.importorskip("scipy.special")
    x = np.array([[1.0, 2.0], [0.5, -1.0]])
    for args in ((0, 2.0), (None, x), (1, None, True), (1, [1.0, 2.0], True)):
        for given in (x, tg.Tensor(x)):
            found, wanted = np.asarray(tg.special.logsumexp(given, *args)), special.logsumexp(x, *args)
            assert found.shape == np.shape(wanted)
            np.testing.assert_allclose(found, wanted, rtol=1e-15)


@pytest.mark.parametrize("dtype", ["i1", "u1"])
def test_integers_beyond_a_dtype_do_not_wrap_round(dtype: str) -> None:
    for number in (300, -1):
        for f in (np.divide, np.less, np.not_equal, np.arctan2):
            x = np.array([1, 44, 100], dtype)
            wanted = f(x.astype(float), number)
            np.testing.assert_allclose(f(tg.Tensor(x), number).numpy(), wanted, rtol=1e-3)
            np.testing.assert_allclose(tg.compile(lambda x, f=f, n=number: f(x, n))(x), wanted, rtol=1e-3)

"""step.report(): operations, bytes and rewrites."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg

STEP = """\
ops before and after each pass
  traced                      40
  algebra               40 -> 39  without 1 broadcast_to
                                  (x * 1, transposes of transposes and their like)
  cse                   39 -> 36  without 1 abs, 1 negative, 1 exp
                                  (the same op on the same inputs, computed once)
  fold_learning_rate    36 -> 32  without 4 multiply
                                  (the learning rate in the gradient's seed, not in a product for each parameter)
  mask                  32 -> 33  with 1 astype
                                  (a mask in the product's dtype, which NumPy would cast in each call)
  pack_bias             33 -> 33  without 2 add, 2 sum; with 1 positive, 2 with_ones, 1 getitem
                                  (W and b in one matrix: one product for both, and its columns as views)
  fewer_calls           33 -> 31  without 1 abs, 1 negative, 1 divide; with 1 minus_abs
                                  (small arrays: the masks of all layers at once, -|x| by one call, numbers by Python)
made stable, because these can overflow
  log_loss(sigmoid) became logistic_loss
dropped
  gradients that no parameter needs, such as those of X, Y
fused into one matrix
  W1, b1; W2, b2
memory
  1.414 KiB in 8 buffers, made once and shared by results that never live together
  2 KiB at eager's peak
  10 of 24 results written over an input that nothing needs any more
arithmetic
  969 floating-point operations a call, in 5 matrix products and 26 other ops"""
FUNCTION = """\
ops before and after each pass
  traced                      11
  algebra                11 -> 8  without 2 transpose, 1 multiply
                                  (x * 1, transposes of transposes and their like)
memory
  120 KiB in 3 buffers, made once and shared by results that never live together
  352 KiB at eager's peak
  4 of 7 results written over an input that nothing needs any more
arithmetic
  105,000 floating-point operations a call, in 0 matrix products and 8 other ops"""


def test_the_whole_report_of_a_step() -> None:
    mlp = tg.MLP([3, 4, 1], rng=0)
    step = tg.compile(lambda X, Y: tg.cross_entropy(mlp(X), Y), optimizer=tg.optim.SGD(mlp.parameters, 0.1))
    with pytest.raises(ValueError, match="nothing is compiled yet"):
        step.report()
    step(np.ones((3, 8)), np.ones((1, 8)))
    assert step.report() == STEP


def test_the_whole_report_of_a_function() -> None:
    f = tg.compile(lambda x: tg.concatenate([(x.T.T * 1 + tg.exp(-x) * 2.0 * x.max(axis=0)).sum(axis=1)]))
    f(np.ones((300, 50)))
    assert f.report() == FUNCTION


def test_a_report_without_buffers_or_rewrites() -> None:
    f = tg.compile(lambda x: x)
    f(np.ones(2))
    assert "0 bytes in 0 buffers" in f.report()
    assert "dropped" not in f.report()
    w = tg.Tensor(np.ones(3), requires_grad=True)
    step = tg.compile(lambda *xs: (w * w).sum(), optimizer=tg.optim.SGD([w], 0.1))
    step()
    assert "such as those of data\nmemory" in step.report()
    assert "became" not in step.report()


def test_operations_and_bytes() -> None:
    product = tg.compile(lambda a, b: a @ b)
    product(np.ones((2, 3)), np.ones((3, 5)))
    assert "60 floating-point operations a call, in 1 matrix product and 0 other ops" in product.report()
    of_all = tg.compile(lambda x, y: x.prod() + y.max())
    of_all(np.ones((2, 3)), np.ones(7))
    assert "14 floating-point operations a call, in 0 matrix products and 3 other ops" in of_all.report()


def test_each_rewrite_is_reported_once() -> None:
    w = tg.Tensor(2.0, requires_grad=True, name="w")
    step = tg.compile(lambda x: w**2 * x, optimizer=tg.optim.RMSProp([w]))
    step(np.array(3.0))
    report = step.report()
    assert report.count("\n  algebra") == 2
    assert report.count("(x * 1, transposes of transposes and their like)") == 1

"""What students write in place of an operator, a call or an expression: the rows of slips.py."""

from __future__ import annotations

import ast
from typing import Any

FUNCTIONS: tuple[tuple[str, ...], ...] = ("sigmoid", "relu", "np.tanh", "np.exp"), ("np.zeros", "np.ones")
FUNCTIONS += ("np.random.rand", "np.random.randn"), ("np.log", "np.log10", "np.log2")


def _of_both(kind: str, why: str, new: str) -> list[tuple[str, str, str]]:
    """A row for the one side of an operator, and the same for the other."""
    return [(kind, why, new), (kind, why.format(a="{b}", b="{a}"), new.format(a="{b}", b="{a}"))]


# What stands in place of `a op b`: the kind, why, the text. {a} and {b} are the two sides.
SIGNS = {ast.Mult: "*", ast.Div: "/", ast.Add: "+", ast.Sub: "-"}
OPERATORS: dict[Any, list[tuple[str, str, str]]] = {
    ast.Mult: [
        *_of_both("missing factor", "the factor {b} is missing", "{a}"),
        *_of_both("doubled factor", "the factor {a} is there twice", "({a}) * (({a}) * ({b}))"),
        *_of_both("upside down", "it is divided by {b}", "({a}) / ({b})"),
        ("wrong product", "a dot product stands in place of *", "({a}) @ ({b})"),
    ],
    ast.Div: [
        ("missing factor", "the division by {b} is missing", "{a}"),
        ("missing factor", "{a} is missing", "1 / ({b})"),
        ("doubled factor", "the division by {b} is there twice", "({a}) / ({b}) / ({b})"),
        ("upside down", "it is multiplied by {b}", "({a}) * ({b})"),
        ("upside down", "the fraction is upside down", "({b}) / ({a})"),
    ],
    ast.Add: [
        *_of_both("missing term", "{b} is missing", "{a}"),
        *_of_both("turned sign", "the sign of {b} is turned", "({a}) - ({b})"),
        *_of_both("number", "{b} is added twice", "({a}) + 2 * ({b})"),
    ],
    ast.Sub: [
        *_of_both("missing term", "{b} is missing", "{a}"),
        ("missing term", "{a} is missing", "-({b})"),
        ("turned sign", "the sign of {b} is turned", "({a}) + ({b})"),
        ("turned sign", "{b} - {a} is written where {a} - {b} belongs", "({b}) - ({a})"),
        ("turned sign", "the sign of {a} is turned", "-({a}) - ({b})"),
    ],
    ast.MatMult: [
        ("wrong product", "* stands in place of the dot product", "({a}) * ({b})"),
        ("product order", "the factors of the dot product are in the wrong order", "({b}) @ ({a})"),
        ("layer", "the sum leaves the last number out: a loop ends too early", "({a})[:, :-1] @ ({b})[:-1]"),
        ("layer", "the sum leaves the first number out: a loop starts too late", "({a})[:, 1:] @ ({b})[1:]"),
        ("layer", "only the last term of the sum is there: = stands in place of +=", "({a})[:, -1:] @ ({b})[-1:]"),
    ],
    ast.Pow: [("wrong power", "the power {b} is missing", "{a}")],
    ast.FloorDiv: [
        ("function", "the rounding down is missing", "({a}) / ({b})"),
        ("missing factor", "the division by {b} is missing", "{a}"),
    ],
}
for _op, _sign in SIGNS.items():
    OPERATORS[_op] += [("wrong operator", f"{x} stands in place of {_sign}", f"({{a}}) {x} ({{b}})") for x in "*/+-"]
# What stands in place of a call; {x} and {y} are its first two arguments.
_SUM = [
    ("wrong sum", "the sum is missing", "{x}"),
    ("layer", "the sum leaves the last number out: a loop ends too early", "np.sum(({x})[..., :-1], {rest})"),
    ("layer", "the sum leaves the first number out: a loop starts too late", "np.sum(({x})[..., 1:], {rest})"),
    ("layer", "only the last term of the sum is there: = stands in place of +=", "np.sum(({x})[..., -1:], {rest})"),
]
_POWER, _FUNCTION = [("wrong power", "{f} is missing", "{x}")], [("function", "{f} is missing", "{x}")]
CALLS: dict[str, list[tuple[str, str, str]]] = {
    "np.sum": [*_SUM, ("wrong sum", "a mean stands in place of the sum", "np.mean({args})")],
    "np.sum of each row": [
        *_SUM,
        ("wrong sum", "a mean stands in place of the sum: the division by m is there twice", "np.mean({args})"),
        ("wrong sum", "keepdims=True is missing", "np.sum({x}, axis=1)"),
        ("wrong sum", "the sum runs over axis=0", "np.sum({x}, axis=0, keepdims=True)"),
        ("wrong sum", "axis=1 is missing: the sum runs over all", "np.sum({x}, keepdims=True)"),
        ("wrong sum", "axis=1, keepdims=True is missing: the sum runs over all", "np.sum({x})"),
        ("wrong sum", "axis=1, keepdims=True is missing: the mean runs over all", "np.sum({x}) / len({x})"),
    ],
    "range": [
        ("layer", "the loop starts at 1", "range(1, {x})"),
        ("layer", "the loop ends too early", "range({x} - 1)"),
        ("layer", "the loop ends too late", "range({x} + 1)"),
    ],
    "np.where": [("missing factor", "the mask {x} is missing", "{y}")],
    "np.linalg.norm": [*_FUNCTION, ("function", "a sum stands in place of the norm", "np.sum({x})")],
    **dict.fromkeys(("np.sqrt", "np.square"), _POWER),
    **dict.fromkeys(("sigmoid", "relu", "np.tanh", "np.log"), _FUNCTION),
}

# What stands in place of an expression of the course, by its text. {x} is a name of one letter and
# a digit.
_SLOPE = "the slope {} is written where that {} belongs"
WHOLE: dict[str, list[tuple[str, str, str]]] = {
    "-(Y / AL - (1 - Y) / (1 - AL))": [("function", "AL - Y is dZ of the last layer, not dAL", "AL - Y")],
    "dA * s * (1 - s)": [("function", _SLOPE.format("of tanh", "of sigmoid"), "dA * (1 - s ** 2)")],
    "1 - {x} ** 2": [
        ("function", _SLOPE.format("of sigmoid", "of tanh"), "{x} * (1 - {x})"),
        ("function", _SLOPE.format("of relu", "of tanh"), "({x} > 0)"),
        ("function", "tanh is taken of {x}, which is a tanh", "1 - np.tanh({x}) ** 2"),
    ],
    "{x} > 0": [
        ("function", _SLOPE.format("of tanh", "of relu"), "1 - {x} ** 2"),
        ("function", _SLOPE.format("of sigmoid", "of relu"), "{x} * (1 - {x})"),
    ],
    "{x} - Y": [
        ("function", "the slope of sigmoid is there twice: {x} - Y contains it", "({x} - Y) * {x} * (1 - {x})")
    ],
    "np.where(Z > 0, dA, 0)": [
        ("missing factor", "the factor dA is missing", "np.where(Z > 0, 1.0, 0)"),
        ("function", "relu is written where its slope belongs", "dA * np.maximum(0, Z)"),
        (
            "function",
            "the slope of a leaky relu is written where that of relu belongs",
            "np.where(Z > 0, dA, 0.01 * dA)",
        ),
    ],
    "np.maximum(0, z)": [
        ("function", "np.abs is written where relu belongs", "np.abs(z)"),
        ("function", "np.minimum is written where np.maximum belongs", "np.minimum(0, z)"),
        ("function", "a leaky relu is written where relu belongs", "np.where(z > 0, z, 0.01 * z)"),
        ("function", "the slope of relu is written where relu belongs", "1.0 * (z > 0)"),
    ],
    "np.sum(np.square(W1)) + np.sum(np.square(W2)) + np.sum(np.square(W3))": [
        ("wrong sum", "the biases are counted too", "sum(np.sum(p ** 2) for p in parameters.values())"),
    ],
    "np.sum(np.square({x}))": [
        ("wrong power", "the norm is not squared", "np.linalg.norm({x})"),
        ("wrong power", "the sum is squared, not each number", "np.sum({x}) ** 2"),
    ],
    "np.log(1 - {x})": [("function", "1 - np.log({x}) is written where np.log(1 - {x}) belongs", "1 - np.log({x})")],
    "(A, (linear_cache, Z))": [
        (
            "wrong array",
            "the cache holds A, which is the layer's result, and not A_prev",
            "(A, ((A, *linear_cache[1:]), Z))",
        )
    ],
    "lambd / m": [
        ("doubled factor", "the penalty's lambd / (2 * m) is not derived", "lambd / (2 * m)"),
        ("doubled factor", "the factor 2 is too much", "2 * lambd / m"),
    ],
    "J_plus - J_minus": [
        (
            "missing factor",
            "the result is 1, as if J_plus equaled J_minus (is a copy missing?), or the numerator added both",
            "0.0",
        )
    ],
    "{x}[:, permutation]": [
        ("missing factor", "{x} is not shuffled", "{x}"),
        ("function", "{x} is shuffled in an order of its own", "{x}[:, np.random.permutation(m)]"),
    ],
    "k * mini_batch_size:(k + 1) * mini_batch_size": [
        ("missing factor", "the factor mini_batch_size is missing", "k:k + mini_batch_size")
    ],
}

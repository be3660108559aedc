"""The passes of tg.compile: each alone, as a function of a Graph, and in training steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.compiler.passes.cse import frozen
from tinygraph.compiler.passes.fold_learning_rate import seeded
from tinygraph.compiler.passes.table import PASSES
from tinygraph.graph.nodes import Graph, Node, Update, is_elementwise
from tinygraph.ops import OPS


def source(kind: str = "argument", shape: Any = (2, 3), value: Any = None) -> Node:
    return Node(None, (), {}, shape, np.dtype(float), kind, value, kind[0])


def node(op: Any, *inputs: Any, shape: Any = (2, 3), **options: Any) -> Node:
    return Node(OPS[op] if isinstance(op, str) else op, inputs, options, shape, np.dtype(float))


def after(name: str, root: Node) -> Node:
    return PASSES[name](Graph([root], [])).outputs[0]


def text(x: Any) -> str:
    if not isinstance(x, Node):
        return repr(x)
    return f"{x.op}({', '.join(map(text, x.inputs))})" if x.op else str(x.name)


class Run:
    """The same training, eager and compiled: parameters by name and shape, and their cost."""

    def __init__(self, cost: Callable[..., Any], learning_rate: float = 0.1, **shapes: Any) -> None:
        rng = np.random.default_rng(2)
        start = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
        self.a, self.b = (
            {name: tg.Tensor(x, requires_grad=True, name=name) for name, x in start.items()} for _ in range(2)
        )
        self.cost = cost
        self.of_a, self.of_b = tg.optim.SGD(self.a, learning_rate), tg.optim.SGD(self.b, learning_rate)
        self.step = tg.compile(lambda *xs: cost(self.a, *xs), optimizer=self.of_a)

    def compare(self, *xs: Any) -> str:
        """Compare three steps of each; returns the report of the compiled one."""
        for _ in range(3):
            cost = self.cost(self.b, *xs)
            expected = cost.numpy().copy()
            self.of_b.zero_grad()
            cost.backward()
            self.of_b.step()
            np.testing.assert_allclose(self.step(*xs).numpy(), expected, rtol=1e-12)
            for name, p in self.a.items():
                np.testing.assert_allclose(p.numpy(), self.b[name].numpy(), rtol=1e-12, err_msg=name)
        return str(self.step.report())


X = np.random.default_rng(0).standard_normal((3, 6))


# --- user-defined ops are not recognised by their names


opaque = tg.op("negative", lambda x: np.array([5 * float(v) for v in x]), lambda g, y, x: 5 * g)


def test_algebra_rewrites_only_ops_of_the_table() -> None:
    x = source(shape=(2,))
    assert after("algebra", node("negative", node("negative", x, shape=(2,)), shape=(2,))) is x
    twice = node(opaque, node(opaque, x, shape=(2,)), shape=(2,))
    assert after("algebra", twice) is twice
    wide = tg.op("wide", np.add, None, None)  # a ufunc that the table does not call element-wise
    spread = node(wide, node("broadcast_to", x, shape=(2, 2)), 1.0, shape=(2, 2))
    assert after("algebra", spread) is spread


NAMESAKES = [
    (tg.op("sigmoid", lambda x: np.minimum(x * 0.25 + 0.5, 0.9), lambda g, y, x: g * 0.25), tg.log, ()),
    (tg.op("softmax", lambda x: np.exp(x) / np.sum(np.exp(x)), lambda g, y, x: g), tg.log, ()),
    (tg.op("exp", lambda x: x * x + 1, lambda g, y, x: g * 2 * x), lambda y: tg.log(tg.sum(y)), ()),
    (tg.op("sum", lambda x: np.sum(x) * 2, lambda g, y, x: 2 * g * np.ones_like(x)), tg.positive, ()),
    (tg.op("max", lambda x: np.sqrt(np.sum(x * x)), lambda g, y, x: g * x / y), tg.positive, ()),
    (opaque, opaque, ()),
    (tg.op("log_loss", lambda a, y: -(y * np.log(a)), lambda g, r, a, y: -g * y / a, None), tg.positive, (1.0,)),
    (tg.op("log", lambda x, b: np.log(x) / np.log(b), lambda g, y, x, b: g / x, None), tg.positive, (10.0,)),
    (tg.op("with_ones", lambda x: x[::-1] * 1.0, lambda g, y, x: g[::-1]), tg.positive, ()),
    (tg.op("add", lambda x: x + 3, lambda g, y, x: g), tg.positive, ()),
    (tg.op("getitem", lambda x: x * 7, lambda g, y, x: g * 7), tg.positive, ()),
]


@pytest.mark.parametrize(("own", "then", "more"), NAMESAKES, ids=lambda x: str(x) if isinstance(x, tg.Op) else "")
def test_a_user_defined_op_may_have_any_name(own: Any, then: Any, more: Any) -> None:
    x = tg.Tensor([0.5, 1.0, 2.0])
    compiled = tg.compile(lambda x: then(own(tg.exp(x), *more)))
    for _ in range(2):
        np.testing.assert_allclose(compiled(x).numpy(), then(own(tg.exp(x), *more)).numpy(), rtol=1e-14)


# --- common sub-expressions


@pytest.mark.parametrize(
    ("a", "b", "merged"),
    [
        (0.0, -0.0, False),
        (1, True, False),
        (1, 1.0, False),
        (2.5, 2.5, True),
        ((0.0, 1), (-0.0, 1), False),
        ([1, {"a": 0.0}], [1, {"a": -0.0}], False),
        ({"a": 1, "b": 2, 3: 4}, {3: 4, "b": 2, "a": 1}, True),
        (slice(0, 1), slice(0, 1), True),
        (slice(0, 1), slice(0, True), False),
        (np.float64(0.0), np.float64(-0.0), False),
    ],
)
def test_only_equal_nodes_are_merged(a: Any, b: Any, merged: bool) -> None:
    assert (frozen(a) == frozen(b)) is merged
    x = source()
    for one, other in ((node("add", x, a), node("add", x, b)), (node("sum", x, by=a), node("sum", x, by=b))):
        both = after("cse", node("add", one, other))
        assert (both.inputs[0] is both.inputs[1]) is merged


def test_zero_and_minus_zero_are_different_constants() -> None:
    with np.errstate(divide="ignore"):
        plus, minus = tg.compile(lambda x: (x / 0.0, x / -0.0))(np.ones(1))
    assert (plus.item(), minus.item()) == (np.inf, -np.inf)


# --- the learning rate


def number(name: str, shape: Any = ()) -> Node:
    return Node(None, (), {}, shape, np.dtype(float), "number", None, name)


def constant(value: float) -> Node:
    return Node(None, (), {}, (), np.dtype(float), "constant", np.array(value), "c")


def step_graph(shape: Any, gradient_of_seed: Callable[[Node], Node]) -> Graph:
    w, seed, rate = source("parameter"), number("seed", shape), number("rate")
    g = gradient_of_seed(seed)
    change = node("multiply", rate, g, shape=g.shape)
    return Graph([source()], [], [Update("w", w, change, g, [], [])], seed)


LINEAR: dict[str, Callable[[Node], Node]] = {
    "itself": lambda g: g,
    "multiply": lambda g: node("multiply", source(), g),
    "divide": lambda g: node("divide", g, source()),
    "add": lambda g: node("add", g, node("negative", g)),
    "where": lambda g: node("where", source(), g, 0),
    "scatter": lambda g: node("scatter", g, index=(), shape=(2, 3)),
    "subtract": lambda g: node("subtract", node("negative", g), g),
    "less nought": lambda g: node("subtract", node("broadcast_to", g), node("broadcast_to", constant(0.0))),
    "matmul": lambda g: node("matmul", source(), node("broadcast_to", g, shape=(3, 2)), shape=(2, 2)),
    "einsum": lambda g: node("einsum", source(), g, subscripts="ij,->ij"),
    "concatenate": lambda g: node("concatenate", node("reshape", g), node("positive", g), shape=(4, 3)),
    "stack": lambda g: node("stack", g, constant(0.0), shape=(2,)),
    **{
        name: lambda g, name=name: node(name, g)
        for name in (
            *("sum", "cumsum", "reshape", "transpose", "swapaxes", "expand_dims"),
            *("squeeze", "broadcast_to", "flip", "astype", "getitem"),
        )
    },
}
NOT_LINEAR: dict[str, Callable[[Node], Node]] = {
    "square": lambda g: node("square", g),
    "with itself": lambda g: node("multiply", g, g),
    "below the line": lambda g: node("divide", 1.0, g),
    "and a number": lambda g: node("add", g, 1.0),
    "clipped": lambda g: node("minimum", g, 0.5),
    "chosen by": lambda g: node("where", g, g, 0),
    "or a number": lambda g: node("where", source(), g, 1.0),
    "a constant": lambda g: node("multiply", source(), 2.0),
    "less a number": lambda g: node("subtract", g, node("broadcast_to", constant(1.0))),
    "and an argument": lambda g: node("add", g, source()),
    "ones own": lambda g: node(opaque, g),
}


@pytest.mark.parametrize("name", LINEAR)
def test_fold_learning_rate_replaces_the_seed_by_the_rate(name: str) -> None:
    (update,) = PASSES["fold_learning_rate"](step_graph((), LINEAR[name])).updates
    assert text(update.change) == text(LINEAR[name](number("rate")))


@pytest.mark.parametrize("name", NOT_LINEAR)
def test_fold_learning_rate_leaves_gradients_that_are_not_linear_in_the_seed(name: str) -> None:
    graph = PASSES["fold_learning_rate"](step_graph((), NOT_LINEAR[name]))
    (update,) = graph.updates
    assert update.change.op is tg.multiply
    assert update.change.inputs[0].name == "rate"
    assert graph.seed is None
    assert "seed" not in text(update.change)


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
@pytest.mark.parametrize("substitute", [PASSES["fold_learning_rate"], seeded])
def test_the_replacement_of_the_seed_has_its_shape(substitute: Any, shape: Any) -> None:
    (update,) = substitute(step_graph(shape, lambda g: g)).updates
    assert update.gradient.shape == shape


RULES = {
    "clip": lambda g, y, x: np.clip(g, -0.5, 0.5),
    "sign": lambda g, y, x: np.sign(g),
    "normalise": lambda g, y, x: g / np.sqrt(np.sum(g * g)),
    "ignore": lambda g, y, x: np.ones_like(x),
    "threshold": lambda g, y, x: np.where(np.abs(g) > 0.5, g, 0),
    "opaque": lambda g, y, x: np.clip(getattr(g, "_data", g), -0.5, 0.5),
}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_that_is_not_linear_in_the_gradient_trains_as_in_eager(name: str) -> None:
    own = tg.op("own", lambda x: x * 1.0, RULES[name])
    Run(lambda p, x: (own(p["w"]) * x).sum(), w=(2,)).compare(np.array([3.0, 0.1]))


def test_a_linear_rule_of_a_user_defined_op_is_scaled() -> None:
    own = tg.op("own", lambda x: x * 2.0, lambda g, y, x: g * 2.0)
    report = Run(lambda p, x: (own(p["w"]) * x).sum(), w=(2,)).compare(np.array([3.0, 0.1]))
    assert "fold_learning_rate" in report


COSTS = {
    "a bias on the cost": lambda p, x: (p["w"] * x).sum() + p["c"].sum(),
    "itself": lambda p, x: p["c"],
    "plus": lambda p, x: +p["c"],
    "times 1": lambda p, x: p["c"] * 1,
    "twice negative": lambda p, x: tg.negative(-p["c"]),
    "of its shape": lambda p, x: p["c"] * x.sum() + 2 * p["c"],
    "a product": lambda p, x: tg.reshape(p["w"], (1, 2)) @ tg.reshape(x, (2, 1)),
}


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
@pytest.mark.parametrize("cost", COSTS)
def test_a_gradient_that_is_the_seed_and_a_cost_with_axes(cost: str, shape: Any) -> None:
    Run(COSTS[cost], w=(2,), c=shape).compare(np.array([3.0, 0.1]))


# --- pack


def layer(p: Any, W: str, b: str, A: Any) -> Any:
    return p[W] @ A + p[b]


@pytest.mark.parametrize("rows", [2, 5])
@pytest.mark.parametrize("hidden", ["argument", "tanh", "relu", "linear"])
def test_two_heads_on_one_activation(hidden: str, rows: int) -> None:
    """An activation with a row of ones is one array for all readers; equal heads stay distinct."""
    if hidden == "argument":
        under: Callable[..., Any] = lambda p, X: X  # noqa: E731
    else:
        under = lambda p, X: getattr(tg, hidden.replace("linear", "positive"))(layer(p, "W", "b", X))  # noqa: E731
    shapes: dict[str, Any] = {} if hidden == "argument" else {"W": (3, 3), "b": (3, 1)}

    def cost(p: Any, X: Any) -> Any:
        A = under(p, X)
        return tg.mean(layer(p, "V", "c", A) ** 2) + tg.mean(layer(p, "U", "d", A) ** 3)

    report = Run(cost, **shapes, V=(2, 3), c=(2, 1), U=(rows, 3), d=(rows, 1)).compare(X)
    assert "V, c" in report
    assert "U, d" in report


def test_mlps_are_scaled_and_packed() -> None:
    report = Run(
        lambda p, X: tg.mean(layer(p, "V", "c", tg.relu(layer(p, "W", "b", X))) ** 2),
        **dict(zip("WbVc", ((4, 3), (4, 1), (1, 4), (1, 1)), strict=True)),
    ).compare(X)
    assert "W, b; V, c" in report
    assert "the learning rate in the gradient's seed" in report


def test_two_steps_may_pack_the_same_two_in_opposite_order() -> None:
    x = np.random.default_rng(1).standard_normal((1, 4))
    run = Run(lambda p, x: tg.mean(layer(p, "W", "b", x) ** 2), W=(3, 1), b=(3, 1))
    turned = tg.compile(lambda x: tg.mean(layer(run.a, "b", "W", x) ** 2), optimizer=tg.optim.SGD(run.a, 0.1))
    for _ in range(2):
        run.compare(x)
        cost = tg.mean(layer(run.b, "b", "W", x) ** 2)
        run.of_b.zero_grad()
        cost.backward()
        run.of_b.step()
        np.testing.assert_allclose(turned(x).numpy(), cost.numpy(), rtol=1e-12)


# --- the other passes, alone


def test_constants_are_folded() -> None:
    three = node("add", source("constant", (), np.array(1.0)), 2.0, shape=())
    folded = after("fold_constants", node("multiply", source(), three))
    assert folded.inputs[1].value == 3.0


b = Node(None, (), {}, (2, 3), np.dtype(float), "argument", None, "b")
row, single = source(shape=(3,)), Node(None, (), {}, (2, 3), np.dtype("float32"), "argument", None, "s")
ALGEBRA: list[tuple[Node, str]] = [
    (node("multiply", 1, source()), "a"),
    (node("multiply", source(), 1.0), "a"),
    (node("multiply", constant(1.0), source()), "a"),
    (node("multiply", constant(2.0), source()), "multiply(c, a)"),
    (node("multiply", Node(None, (), {}, (1,), np.dtype(float), "constant", np.ones(1), "c"), b), "multiply(c, b)"),
    (node("multiply", 1, row), "multiply(1, a)"),
    (node("multiply", 1, single), "multiply(1, s)"),
    (node("multiply", source(), True), "multiply(a, True)"),
    (node("multiply", source(), b), "multiply(a, b)"),
    (node("add", 0, source()), "a"),
    (node("add", source(), 0.0), "a"),
    (node("add", source(), 0.5), "add(a, 0.5)"),
    (node("add", source(), node("negative", b)), "subtract(a, b)"),
    (node("add", node("negative", source()), b), "subtract(b, a)"),
    (node("subtract", source(), 0), "a"),
    (node("subtract", 0, source()), "subtract(0, a)"),
    (node("subtract", source(), node("negative", source())), "add(a, a)"),
    (node("subtract", node("negative", source()), b), "subtract(negative(a), b)"),
    (node("divide", source(), 1), "a"),
    (node("divide", 1, source()), "divide(1, a)"),
    (node("power", source(), 1), "a"),
    (node("power", source(), 2), "square(a)"),
    (node("power", source(), 3), "power(a, 3)"),
    (node("power", row, 2), "power(a, 2)"),
    (node("negative", node("negative", source())), "a"),
    (node("negative", node("reciprocal", source())), "negative(reciprocal(a))"),
    (node("reciprocal", node("reciprocal", source())), "reciprocal(reciprocal(a))"),
    (node("positive", source()), "a"),
    (node("transpose", row, shape=(3,)), "a"),
    (node("transpose", source(shape=(2, 2)), shape=(2, 2)), "transpose(a)"),
    (node("transpose", node("transpose", source(), shape=(3, 2))), "a"),
    (node("reshape", source()), "a"),
    (node("reshape", node("reshape", source(shape=(6,)), shape=(3, 2))), "reshape(a)"),
    (node("reshape", node("negative", source(), shape=(3, 2))), "reshape(negative(a))"),
    (node("broadcast_to", source()), "a"),
    (node("broadcast_to", row), "broadcast_to(a)"),
    (node("squeeze", source()), "a"),
    (node("astype", source()), "a"),
    (node("astype", single), "astype(s)"),
    (node("multiply", node("broadcast_to", row), b), "multiply(a, b)"),
    (node("multiply", node("broadcast_to", row), 2.0), "multiply(broadcast_to(a), 2.0)"),
    (node("matmul", node("broadcast_to", row), b), "matmul(broadcast_to(a), b)"),
    (node("sum", source(), axis=1, keepdims=True), "a"),
    (node("sum", source(), axis=1), "sum(a)"),
]


@pytest.mark.parametrize(("root", "becomes"), ALGEBRA, ids=[text(root) for root, _ in ALGEBRA])
def test_algebra_simplifies(root: Node, becomes: str) -> None:
    assert text(after("algebra", root)) == becomes


def test_algebra_merges_changes_of_axes_and_shapes() -> None:
    x = source(shape=(2, 3, 4))
    turned = node("transpose", node("transpose", x, shape=(4, 2, 3), axes=(-1, 0, 1)), shape=(4, 3, 2), axes=(0, 2, 1))
    assert after("algebra", turned).options == {"axes": (2, 1, 0)}
    assert after("algebra", turned).inputs == (x,)
    shaped = after("algebra", node("reshape", node("reshape", x, shape=(24,)), shape=(6, 4)))
    assert (shaped.inputs, shaped.options, shaped.shape) == ((x,), {"shape": (6, 4)}, (6, 4))


def test_the_replacement_of_an_op_takes_its_name_and_scope() -> None:
    root = node("subtract", source(), node("negative", source()))
    root.name, root.scope = "Z", tg.tensor.Scope("layer", None)
    new = after("algebra", root)
    assert (str(new.op), new.name, new.scope) == ("add", "Z", root.scope)


def test_a_mask_is_cast_before_its_product() -> None:
    def masked(g: Node, positive: Node) -> str:
        return text(after("mask", Node(OPS["multiply"], (g, positive), {}, (2, 3), g.dtype)))

    def booleans(*inputs: Any, test: str = "greater", shape: Any = (2, 3)) -> Node:
        return Node(OPS[test], inputs, {}, shape, np.dtype(bool))

    g, A = source("number"), node("maximum", source(), 0)
    assert masked(g, booleans(A, 0)) == "multiply(n, astype(greater(maximum(a, 0), 0)))"
    assert masked(g, booleans(A, 1, test="less")) == "multiply(n, astype(less(maximum(a, 0), 1)))"
    single, integers = (Node(None, (), {}, (2, 3), np.dtype(kind), "number", None, "n") for kind in ("f4", int))
    assert masked(single, booleans(A, 0)) == "multiply(n, astype(greater(maximum(a, 0), 0)))"
    argument = Node(None, (), {}, (2, 3), np.dtype(bool), "argument", None, "a")
    for other in (
        masked(g, booleans(row, 0, shape=(3,))),  # it is spread
        masked(g, argument),  # it has no buffer
        masked(integers, booleans(A, 0)),
        masked(g, A),
    ):
        assert "astype" not in other


# --- fewer calls


def net(p: Any, X: Any) -> Any:
    """Three layers of relu, of which the last reads a mask of the first."""
    A = tg.relu(layer(p, "W", "b", X))
    B = tg.relu(layer(p, "V", "c", A))
    C = tg.relu(layer(p, "U", "d", B) * (A > 0).astype(float) + A)
    return tg.mean(C**2) + tg.mean(B)


def test_the_masks_of_all_layers_are_made_at_once_unless_a_layer_reads_one() -> None:
    square, bias = (3, 3), (3, 1)
    run = Run(net, W=square, b=bias, V=square, c=bias, U=square, d=bias)
    report = run.compare(X)
    assert "1 joined" in report
    assert run.step.code.count("greater(") == 2  # of A and B, and of the third layer, which depends on that of A
    for _ in range(3):
        run.compare(np.random.default_rng(4).standard_normal(X.shape))
    deep = Run(lambda p, X: tg.mean(tg.relu(p["w"] * tg.relu(p["v"] * tg.relu(X * p["u"])))), w=(), v=(), u=())
    assert "joined" in deep.compare(abs(X))


def test_large_layers_keep_their_own_masks() -> None:
    X = np.random.default_rng(0).standard_normal((2, 20000))
    run = Run(
        lambda p, X: tg.mean(tg.relu(layer(p, "V", "c", tg.relu(layer(p, "W", "b", X))))),
        **dict(zip("WbVc", ((2, 2), (2, 1), (2, 2), (2, 1)), strict=True)),
    )
    assert "joined" not in run.compare(X)


def test_numbers_of_a_step_follow_the_learning_rate() -> None:
    run = Run(lambda p, X: tg.mean(tg.relu(p["w"] * X)), w=(3, 1))
    for rate in (0.1, 0.1, 0.3, 0.0, 1e-300):
        run.of_a.learning_rate = run.of_b.learning_rate = rate
        run.compare(X)


@pytest.mark.parametrize("kind", ["Adam", "AdamW"])
@pytest.mark.parametrize(
    ("betas", "weight_decay"), [((0.9, 0.999), 0.0), ((0.5, 0.9), 0.1), ((0.99999, 0.9), 0.0), ((0.0, 0.5), 0.0)]
)
def test_adams_factor_comes_with_the_gradients(kind: str, betas: Any, weight_decay: float) -> None:
    start = np.random.default_rng(1).standard_normal((3, 1))
    a, b = (tg.Tensor(start, requires_grad=True, name="w") for _ in range(2))
    of_a, of_b = (getattr(tg.optim, kind)([w], 0.1, betas=betas, weight_decay=weight_decay) for w in (a, b))
    step = tg.compile(lambda X: tg.mean(tg.relu(a * X) ** 2), optimizer=of_a)
    for k in range(6):
        cost = tg.mean(tg.relu(b * X * (k + 1)) ** 2)
        of_b.zero_grad()
        cost.backward()
        of_b.step()
        np.testing.assert_allclose(step(X * (k + 1)).numpy(), cost.numpy(), rtol=1e-12)
        for x, y in zip(of_a.state_dict().values(), of_b.state_dict().values(), strict=True):
            if not isinstance(x, str):
                np.testing.assert_allclose(x, y, rtol=1e-11)
    np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-12)
    if betas[0] > 0.5:  # 1 - beta1 is too small a factor where its square may be lost
        assert ("add(state_m, g, state_m)" in step.code) == (betas[0] == 0.9)


class OfAUser(tg.optim.Optimizer):
    """Rules that take the gradient multiplied by a number, and as it is; by name."""

    RULES: ClassVar[dict[str, Any]] = {
        "the gradient as state": lambda g, m: (0.1 * g, g),
        "the gradient as change": lambda g, m: (g, 0.9 * m + 0.1 * g),
        "a large factor": lambda g, m: (1e12 * g / np.sqrt(1 + np.square(1e12 * g)), np.square(g) + m),
        "a factor above 1 and a square": lambda g, m: (3 * g, np.square(g)),
    }

    def __init__(self, parameters: Any, name: str) -> None:
        super().__init__(parameters, 0.1, "m")
        self.of_gradient = self.RULES[name]

    def numbers(self, steps: int) -> Any:
        return np.array([self.learning_rate / steps])

    def rule(self, p: Any, g: Any, numbers: Any, state: Any) -> Any:
        change, m = self.of_gradient(g, state[0])
        return numbers[0] * change, (m,)


@pytest.mark.parametrize("name", OfAUser.RULES)
def test_a_rule_that_needs_the_gradient_itself_gets_no_factor(name: str) -> None:
    a, b = (tg.Tensor([[2.0], [1.0], [3.0]], requires_grad=True, dtype=np.float32) for _ in range(2))
    of_a, of_b = OfAUser([a], name), OfAUser([b], name)
    step = tg.compile(lambda: tg.mean(a**2), optimizer=of_a)
    for _ in range(3):
        of_b.zero_grad()
        tg.mean(b**2).backward()
        of_b.step()
        step()
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-5)
        for x, y in zip(of_a.state_dict().values(), of_b.state_dict().values(), strict=True):
            if not isinstance(x, str):
                np.testing.assert_allclose(x, y, rtol=1e-5)


class OwnList(tg.optim.Optimizer):
    """Its numbers are a list of its own, which it changes."""

    def __init__(self, parameters: Any) -> None:
        super().__init__(parameters, 0.1)
        self.own = [0.1]

    def numbers(self, steps: int) -> Any:
        self.own[0] = self.learning_rate
        return self.own

    def rule(self, p: Any, g: Any, numbers: Any, state: Any) -> Any:
        return numbers[0] * g, ()


def test_numbers_in_a_list_that_the_rule_changes_are_seen_to_change() -> None:
    w = tg.Tensor([1.0], requires_grad=True)
    optimizer = OwnList([w])
    step = tg.compile(lambda: (w * np.ones(1)).sum(), optimizer=optimizer)
    for rate, value in ((0.1, 0.9), (0.25, 0.65), (0.0, 0.65), (0.1, 0.55)):
        optimizer.learning_rate = rate
        step()
        np.testing.assert_allclose(w.numpy(), [value])


def test_labels_that_change_in_place_are_checked_again() -> None:
    mlp, Y = tg.MLP([3, 4, 1], rng=0), np.ones((1, 6))
    step = tg.compile(mlp.cost, optimizer=tg.optim.SGD(mlp, 0.1))
    step(X, Y), step(X, Y)
    Y[0, 1] = 2
    before = mlp.parameters["W1"].numpy().copy()
    for _ in range(2):
        with pytest.raises(ValueError, match=r"labels from 0 to 1, got 1\.0 to 2\.0"):
            step(X, Y)
    np.testing.assert_array_equal(mlp.parameters["W1"].numpy(), before)
    Y[0, 1] = 0
    step(X, Y)


# --- shapes, layers and options


@pytest.mark.parametrize("dtype", [float, np.float32, int])
@pytest.mark.parametrize(
    "shapes", [((3, 1), (3, 1), (3, 4)), ((1,), (1,), (3,)), ((), (1,), (2,)), ((3, 1), (1, 4), (3, 4))]
)
def test_a_broadcast_result_keeps_its_shape(shapes: Any, dtype: Any) -> None:
    of_a, of_b, of_y = shapes
    a, b = np.ones(of_a, dtype), np.ones(of_b, dtype)
    for f in (
        lambda a, b: tg.broadcast_to(a, of_y) + tg.broadcast_to(b, of_y),
        lambda a, b: (tg.broadcast_to(a, of_y) * tg.broadcast_to(b, of_y)).sum(),
        lambda a, b: tg.broadcast_to(a, of_y) > tg.broadcast_to(b, of_y),
    ):
        expected, found = f(a, b), tg.compile(f)(a, b)
        assert np.shape(found) == np.shape(expected)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("penalty", [(), ("W1", "W2"), ("W1",), ("b1", "W2")], ids=str)
@pytest.mark.parametrize("frozen_ones", [(), ("W1",), ("b2",)], ids=str)
@pytest.mark.parametrize("turned", [False, True])
def test_two_layers_that_read_one_value_are_packed_apart(penalty: Any, frozen_ones: Any, turned: bool) -> None:
    """W and b of each layer become one matrix, though both layers have one shape and input."""
    X = np.random.default_rng(9).standard_normal((3, 5))

    def trained(compiled: bool) -> dict[str, Any]:
        rng = np.random.default_rng(0)
        shapes = {"W1": (4, 3), "b1": (4, 1), "W2": (4, 3), "b2": (4, 1), "W3": (1, 4), "b3": (1, 1)}
        p = {
            name: tg.Tensor(rng.standard_normal(shape), requires_grad=True, name=name) for name, shape in shapes.items()
        }
        for name in frozen_ones:
            p[name].requires_grad = False
        optimizer = tg.optim.SGD({name: t for name, t in p.items() if t.requires_grad}, 0.1, momentum=0.9)

        def cost(X: Any) -> Any:
            A = tg.tanh(X)
            layers = [tg.linear(p["W1"], A, p["b1"]), tg.linear(p["W2"], A, p["b2"])]
            first, second = layers[::-1] if turned else layers
            y = tg.linear(p["W3"], tg.tanh(first) + tg.relu(second), p["b3"])
            return (y**2).mean() + sum(((p[name] ** 2).sum() for name in penalty), 0.0) * 0.1

        step = tg.compile(cost, optimizer=optimizer) if compiled else None
        for _ in range(3):
            if step is not None:
                step(X)
            else:
                optimizer.zero_grad()
                cost(X).backward()
                optimizer.step()
        return {name: t.data for name, t in p.items()}

    eager, compiled = trained(False), trained(True)
    for name, value in eager.items():
        np.testing.assert_allclose(compiled[name], value, rtol=1e-9, atol=1e-12, err_msg=name)


def test_ops_with_different_arrays_as_options_stay_distinct() -> None:
    scaled = tg.op("scaled", lambda x, by: np.asarray(x) * by, lambda g, y, x, by: g * by)
    one, two = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    found = tg.compile(lambda x: scaled(x, by=one) + 10 * scaled(x, by=two) + 100 * scaled(x, by=one))(np.ones(2))
    np.testing.assert_array_equal(found, [131, 242])


def test_a_user_defined_op_with_a_ufunc_on_whole_axes() -> None:
    product = tg.op("product", np.matmul, lambda g, y, a, b: g @ b.T, lambda g, y, a, b: a.T @ g)
    w, x = np.arange(9.0).reshape(3, 3), np.eye(3) + 1

    def f(x: Any) -> Any:
        return tg.tanh(product(product(w, tg.exp(x) * 0.1), tg.broadcast_to(x[:1], (3, 3))) * 0.01)

    np.testing.assert_allclose(tg.compile(f)(x), f(x), rtol=1e-12)
    slope = tg.grad(lambda x: f(x).sum())
    compiled = tg.compile(slope)
    np.testing.assert_allclose(compiled(x), slope(x), rtol=1e-12)
    for node in compiled._compiled().program.layout.order:
        assert node.op is not product or not is_elementwise(node)


@pytest.mark.parametrize("dtype", ["u1", "u4", "i1", "f2", "f4", "f8"])
def test_a_broadcast_number_times_a_number_keeps_its_dtype(dtype: str) -> None:
    """NumPy 1 gives arrays without axes other dtypes than those with axes."""

    def f(x: Any) -> Any:
        return tg.broadcast_to(x, (3,)) * 3

    x = np.array(1, dtype)
    np.testing.assert_array_equal(tg.compile(f)(x), f(x), strict=True)

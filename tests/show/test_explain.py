"""The explanation: each formula runs as NumPy and gives the result of the tape."""

from __future__ import annotations

import re
import sys
from typing import Any

import numpy as np
import pytest
from helpers.formulas import executed
from helpers.lines import by_op, smooth_lines, tensors
from helpers.programs import PROGRAMS, program_inputs, run_program
from hypothesis import given
from op_table import LINES, Line

import tinygraph as tg
from tinygraph.lesson import L_model_forward, compute_cost
from tinygraph.show.explain import explain
from tinygraph.show.latex import latex
from tinygraph.show.steps import Step, Steps

pytestmark = pytest.mark.usefixtures("explicit_names")  # tests/graph/test_variables.py has the others


def lesson(dims: Any = (7, 5, 1), m: int = 6) -> tuple[tg.MLP, tg.Tensor]:
    mlp = tg.MLP(dims, rng=0)
    X = np.random.default_rng(1).standard_normal((dims[0], m))
    return mlp, tg.cross_entropy(mlp(X), (X[:1] > 0) * 1.0)


def steps(loss: tg.Tensor) -> list[Step]:
    return list(Steps(loss))


def formulas(loss: tg.Tensor) -> list[str]:
    return [step.formula for step in steps(loss)]


# --- formulas from the ops and their rules


LONG = {"prod", "cumprod", "nanprod", "nanstd", "median", "quantile", "percentile"}
LONG |= {"gradient", "interp", "sinc"}
LONG |= {"pad", "at"}  # a border that is reflected in its point; the product of several


@smooth_lines
def test_formulas_of_every_op_give_the_results_of_the_tape_call_only_long_rules_and_are_latex(line: Line) -> None:
    y = line(*tensors(line.sample()))
    w = tg.Tensor(np.linspace(0.5, 1.5, y.size).reshape(y.shape), name="w")
    cost = tg.sum(y * w)
    assert_latex(explain(cost, format="latex"))
    for step in executed(cost):
        written = latex(step.formula)
        assert written.count("{") == written.count("}")
        if re.search(r"\.(rules|variadic)", step.formula):
            assert line.name in LONG or line.name.startswith("linalg.")
            assert "the product of the other entries" in step.note or str(step.tensor.op) != "prod"


@by_op([line for line in LINES if line.elementwise and line.smooth and len(line.inputs) > 1])
def test_sums_over_broadcast_axes_are_shown(line: Line) -> None:
    shapes = [(3, 1), (1, 4), (2, 1, 1)][: len(line.inputs)]
    executed(tg.sum(line(*tensors(line.sample(shapes=shapes)))))


@given(PROGRAMS, program_inputs())
def test_formulas_of_random_programs(program: Any, xs: Any) -> None:
    executed(run_program(program, *[tg.Tensor(x, requires_grad=True) for x in xs]))


def test_float32_is_cast_as_on_the_tape() -> None:
    x = tg.Tensor(np.ones(3, "float32"), requires_grad=True, name="x")
    assert formulas((x * np.arange(3.0)).sum())[-1] == "dx = (dt1 * x1).astype('float32')"
    executed((x * np.arange(3.0)).sum())


def test_index() -> None:
    x = tg.Tensor(np.arange(6.0).reshape(3, 2), requires_grad=True, name="x")
    y = x[[0, 0, 2], 1] * x[1:].sum() + x[0, 0]
    assert "dx = np.zeros((3, 2)); dx[0, 0] = dt5" in formulas(y.sum())
    assert "dx = np.array(dx); dx[1:] += dt2" in formulas(y.sum())
    assert "dt3 = (dt4 * t1).sum()" in formulas(y.sum())
    assert formulas(y.sum())[0] == "t1 = x[[0, 0, 2], 1]"
    assert "dx = np.array(dx); np.add.at(dx, ([0, 0, 2], 1), dt1)" in formulas(y.sum())
    executed(y.sum())


def test_a_second_gradient_has_formulas_too() -> None:
    x = tg.Tensor([0.5, 2.0], requires_grad=True, name="x")
    tg.sum(x[[0, 0]] * tg.exp(x)).backward(create_graph=True)
    executed(tg.sum(x.grad * x.grad))


def test_a_user_defined_op() -> None:
    cube = tg.op("cube", lambda x: x**3, lambda g, y, x: g * 3 * x**2)
    only_arrays = tg.op("own op", lambda x: x * 2, lambda g, y, x: np.asarray([float(v) for v in g]) * 2)
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    found = formulas(tg.sum(cube(x)))
    assert found[0] == "t1 = cube(x)"
    assert found[-1] == "dx = dt1 * 3 * np.square(x)"
    found = formulas(tg.sum(only_arrays(x)))
    assert found[0] == "t1 = own_op(x)"
    assert found[-1] == "dx = own_op.rules[0](dt1, t1, x)"
    executed(tg.sum(cube(x)))


def test_a_rule_that_returns_none_has_no_step_if_it_may_skip_and_is_an_error_otherwise() -> None:
    one_way = tg.op("one way", lambda a, b: a + b, lambda g, y, a, b: g, lambda g, y, a, b: None)
    a, b = (tg.Tensor(1.0, requires_grad=True, name=name) for name in "ab")
    with pytest.raises(TypeError, match="is a `return` missing"):
        steps(one_way(a, b))
    one_way.may_skip = True
    assert [step.target for step in steps(one_way(a, b))] == ["cost", "dcost", "da"]


# --- names


def test_names() -> None:
    odd = tg.Tensor([1.0], requires_grad=True, name="layer 1/W")
    same = [tg.Tensor([2.0], requires_grad=True, name="t1") for _ in range(2)]
    taken = tg.Tensor([2.0], requires_grad=True, name="np")
    loss = tg.sum(odd * same[0] * same[1] * taken * 2.0 * tg.Tensor(-1.5))
    found = formulas(loss)
    assert found[:6] == [
        "t2 = layer_1_W * t1",
        "t3 = t2 * t1_1",
        "t4 = t3 * np_1",
        "t5 = t4 * 2",
        "t6 = t5 * (-1.5)",
        "cost = t6.sum()",
    ]
    executed(loss)


def test_a_tensor_may_have_the_name_of_a_gradient() -> None:
    x = tg.Tensor(2.0, requires_grad=True, name="x")
    dx = tg.Tensor(3.0, requires_grad=True, name="dx")
    assert formulas(x * dx)[2:] == ["dx_1 = dcost * dx", "ddx = dcost * x"]
    executed(x * dx)


def test_one_input_twice_is_added_twice() -> None:
    x = tg.Tensor(3.0, requires_grad=True, name="x")
    assert formulas(x * x) == ["cost = x * x", "dcost = np.ones(())", "dx = dcost * x", "dx = dx + dcost * x"]


def test_shapes() -> None:
    _, cost = lesson(m=209)
    found = {step.target: step.shapes for step in steps(cost)}
    assert found["Z1"] == "(5, 209) = (5, 7) @ (7, 209) + (5, 1)"
    assert found["dW2"] == "(1, 5) = (1, 209) @ (209, 5)"
    assert found["A1"] == "each (5, 209)"


# --- the lesson


def test_the_lesson_reads_as_its_equations() -> None:
    _, cost = lesson()
    found = [(step.formula, step.number) for step in executed(cost)]
    assert found == [
        ("Z1 = W1 @ X + b1", "(4)"),
        ("A1 = relu(Z1)", None),
        ("Z2 = W2 @ A1 + b2", "(4)"),
        ("A2 = sigmoid(Z2)", None),
        ("loss = np.maximum(Z2, 0) - Y * Z2 + np.log1p(np.exp(-np.abs(Z2)))", "(7)"),
        ("cost = np.mean(loss)", "(7)"),
        ("dcost = np.ones(())", None),
        ("dloss = np.broadcast_to(dcost / m, (1, 6))", None),
        ("dA2 = dloss * (A2 - Y) / (A2 * (1 - A2))", None),
        ("dZ2 = dA2 * A2 * (1 - A2)", "(11)"),
        ("dW2 = dZ2 @ A1.T", "(8)"),
        ("dA1 = W2.T @ dZ2", "(10)"),
        ("db2 = dZ2.sum(axis=1, keepdims=True)", "(9)"),
        ("dZ1 = dA1 * (A1 > 0)", "(11)"),
        ("dW1 = dZ1 @ X.T", "(8)"),
        ("db1 = dZ1.sum(axis=1, keepdims=True)", "(9)"),
    ]


def numbers(loss: tg.Tensor) -> list[tuple[str, str]]:
    return [(step.target, step.number) for step in steps(loss) if step.number]


def test_titles_and_names_do_not_give_equation_numbers() -> None:
    W1 = tg.Tensor(np.ones((2, 3)), requires_grad=True, name="W1")
    with tg.scope("layer 1: LINEAR -> RELU"):
        Z1 = W1 @ np.ones((3, 4))
    Z1.name = "Z1"
    loss = tg.mean(tg.sigmoid(Z1))
    assert numbers(loss) == []
    assert not any(step.note for step in steps(loss))
    with tg.scope("LINEAR probe"):
        assert numbers(tg.sum(W1)) == []


def test_user_ops_next_to_an_mlp_get_no_equation_number() -> None:
    mlp, cost = lesson()
    of_lesson = numbers(cost)
    assert len(of_lesson) == 11
    dW1 = tg.Tensor(np.ones((5, 7)), requires_grad=True, name="dW1")
    penalty = 0.1 * (mlp.parameters["W1"] ** 2 * dW1).mean()
    penalty.name = "Z9"
    found = numbers(cost + penalty)
    assert [number for _, number in found] == [number for _, number in of_lesson]
    assert "Z9" not in dict(found)
    assert [step.number for step in steps(cost + penalty) if step.target == "dW1_1"] == [None, "(8)"]
    assert [step.number for step in steps(cost + penalty)][-1] == "(9)"
    assert [step.number for step in steps(cost * 0.5) if step.tensor is cost and step.kind == "forward"] == ["(7)"]


@pytest.mark.parametrize("dims", [[7, 5, 1], [7, 1]])
def test_every_cross_entropy_of_the_lessons_net_is_equation_7(dims: Any) -> None:
    X = np.random.default_rng(1).standard_normal((7, 6))
    Y, mlp = (X[:1] > 0) * 1.0, tg.MLP(dims, rng=0)
    AL = mlp(X)
    costs = [tg.cross_entropy(AL, Y), tg.cross_entropy(1 - AL, Y), tg.cross_entropy_with_logits(AL.inputs[0], Y)]
    costs.append(compute_cost(L_model_forward(X, mlp.parameters).AL, Y))
    for cost in costs:
        cost.name = "cost"
        assert dict(numbers(cost))["cost"] == "(7)"
        assert {number for _, number in numbers(cost)} >= {"(4)", "(8)", "(9)", "(11)"}
    assert "(7)" not in dict(numbers(tg.mean_squared_error(AL, Y))).values()


def test_only_the_number_of_examples_of_the_net_is_called_m() -> None:
    mlp, cost = lesson()
    loss = cost + (mlp.parameters["W2"] ** 2).mean()
    executed(loss)
    assert "m = 6" in explain(loss)


def test_notes_explain_differences_from_the_lesson() -> None:
    _, cost = lesson()
    notes = {step.target: step.note for step in steps(cost) if step.note}
    assert list(notes) == ["loss", "dloss", "dA2"]
    assert "-(Y * log(A2) + (1 - Y) * log(1 - A2))" in notes["loss"]
    assert "-(Y / A2 - (1 - Y) / (1 - A2))" in notes["dA2"]
    assert "dZ2 is (A2 - Y) * dloss" in notes["dA2"]


def test_a_rounded_sigmoid_is_explained() -> None:
    W = tg.Tensor([[1000.0]], requires_grad=True, name="W")
    cost = tg.cross_entropy(tg.sigmoid(W @ np.array([[1.0, -1.0]])), np.array([[0.0, 1.0]]))
    found = {step.formula: step.note for step in steps(cost)}
    assert any("where t2 rounds to 0 or 1, the slope of the log is kept finite" in note for note in found.values())
    (rest,) = [text for text, note in found.items() if "has left out of dt1" in note]
    assert rest == "s1 = dloss * (t2 - Y); dt1 = s1 - s1 / (t2 * (1 - t2)) * t2 * (1 - t2)"
    assert "e-" not in " ".join(found)


def test_a_net_of_fifty_layers_is_explained() -> None:
    _, cost = lesson([4] * 50 + [1])
    text = explain(cost, numbers=True)
    assert "dW50 = dZ50 @ A49.T" in text
    executed(cost)


def test_a_tape_beyond_the_recursion_limit_is_explained() -> None:
    x = y = tg.Tensor(1.0, requires_grad=True, name="x")
    for _ in range(length := 3 * sys.getrecursionlimit()):
        y = y * 0.5 + x
    walk = steps(y)
    assert len(walk) == 2 * length + 1 + 3 * length
    assert walk[-2].formula == "dx = dx + dt2"


# --- the three formats


def test_text() -> None:
    _, cost = lesson()
    lines = explain(cost).splitlines()
    assert "    Z1 = W1 @ X + b1  # (4)  (5, 6) = (5, 7) @ (7, 6) + (5, 1)" in lines
    assert "forward: layer 1: LINEAR -> RELU" in lines
    assert "    m = 6  # examples, the columns" in lines
    assert max(map(len, lines)) <= 120


def test_numbers() -> None:
    x = tg.Tensor(np.arange(40.0).reshape(8, 5), requires_grad=True, name="x")
    w = tg.Tensor([2.0, np.nan], requires_grad=True, name="w")
    text = explain((x * x).sum() * w.sum(), numbers=True)
    assert "# min 0, max 39, mean 19.5, norm 143.3" in text
    assert "# 1 NaN of 2, [ 2. nan]" in text
    assert "# dx: 40 NaN of 40" in text
    assert text.count("# dx: ") == 1  # shown once it is complete
    assert "# min" not in explain((x * x).sum())


def test_given_lists_the_names_that_formulas_use() -> None:
    x = tg.Tensor([1.0, 2.0, 3.0], requires_grad=True, name="x")
    given, *_ = explain((x[[0, 1]] * np.array([3.0, 4.0])).sum()).split("\n\n")
    assert given.splitlines() == ["given", "    x   # (3,) parameter", "    x1  # (2,) data"]


def test_values_are_the_recorded_ones() -> None:
    w = tg.Tensor([2.0], requires_grad=True, name="w")
    loss = (w * w).sum()
    w.data = np.array([5.0])
    assert "[2.]" in explain(loss, numbers=True)
    assert "[5.]" not in explain(loss, numbers=True)


def test_markdown_is_headings_and_fenced_code() -> None:
    x = tg.Tensor([1.0], requires_grad=True, name="x")
    with tg.scope("<b>a`b*c_d|e"):
        y = x * 2
    text = explain(y.sum(), format="markdown")
    assert r"#### forward: \<b\>a\`b\*c\_d\|e" in text
    parts = text.split("```")
    assert len(parts) % 2 == 1
    for code in parts[1::2]:
        assert code.startswith("python\n")
        compile(code.removeprefix("python\n"), "markdown", "exec")


def assert_latex(text: str) -> None:
    """Check that braces, brackets and environments are closed, and that text is not mathematics."""
    depth = 0
    for c in re.sub(r"\\[\\{}]", "", text):
        depth += (c == "{") - (c == "}")
        assert depth >= 0
    assert depth == 0
    assert text.count(r"\left") == text.count(r"\right")
    assert text.count(r"\begin{align*}") == text.count(r"\end{align*}")
    for row in re.split(r"\\\\\n|\n\n|align\*", text):
        assert len(re.findall(r"(?<!\\)&", row)) <= 3
        assert not re.search(r"(?<!\\)[#%~]", row)
        outside = re.sub(r"\\(text|texttt|paragraph)\{([^{}]|\\[{}])*\}", "", row)
        assert not re.search(r"(?<!\\)_(?!\{)", outside)


def test_latex() -> None:
    _, cost = lesson()
    text = explain(cost, format="latex", numbers=True)
    assert_latex(text)
    for equation in (
        r"Z^{[1]} &= W^{[1]} \, X + b^{[1]} && \text{(5, 6) = (5, 7) @ (7, 6) + (5, 1)} \tag{4}",
        r"dA^{[1]} &= W^{[2]T} \, dZ^{[2]}",
        r"dZ^{[1]} &= dA^{[1]} \odot \left(A^{[1]} > 0\right)",
        r"A^{[2]} &= \sigma(Z^{[2]})",
        r"db^{[2]} &= \sum_{\mathrm{axis} = 1} dZ^{[2]}",
    ):
        assert equation in text


def test_latex_is_escaped() -> None:
    odd = tg.op("a_b%c", lambda x, how=None: x, lambda g, y, x, how=None: np.linalg.inv(g + x))
    x = tg.Tensor(np.eye(2), requires_grad=True, name="50%_of{it}")
    with tg.scope(r"#1 & ~50% \_{x}^2"):
        y = odd(x, how="$&{#")
    text = explain(tg.sum(y), format="latex")
    assert_latex(text)
    assert r"\mathrm{50\_of}" not in text
    assert r"\#1 \& $\sim$50\%" in text
    named = tg.op("named", lambda x, how: x * 2, lambda g, y, x, how: g * 2)
    text = explain(named(x, how=type("How", (), {"__repr__": lambda _: "<so & so>"})()), format="latex")
    assert_latex(text)  # an option without a Python literal
    assert r"how=$<$so \& so$>$)" in text


def test_greek_letters_in_latex() -> None:
    a = tg.Tensor(2.0, requires_grad=True, name="σ1")  # noqa: RUF001
    assert latex(formulas(a * tg.Tensor(2.0, name="λ"))[0]) == r"\mathrm{cost} = {\sigma}_{1} \odot {\lambda}"


def test_stretched_numbers_in_latex() -> None:
    assert latex("dcost = np.ones(())") == r"\mathrm{dcost} = 1"
    assert latex("dt = np.broadcast_to(dcost / m, (1, 20))") == (r"dt = \frac{\mathrm{dcost}}{m}\text{ in each entry}")
    assert latex("dx = np.broadcast_to(g, (2,)) * x") == r"dx = \left(g\text{ in each entry}\right) \odot x"


def test_precedence_in_latex() -> None:
    a, b, c = (tg.Tensor(v, requires_grad=True, name=name) for v, name in ((2.0, "a"), (3.0, "b"), (0.5, "c")))
    found = {t: latex(s.formula) for s in steps(-(a - (b - c)) * (a / b) ** c) for t in [s.target]}
    assert list(found.values())[:6] == [
        "t_{1} = b - c",
        "t_{2} = a - t_{1}",
        "t_{3} = - t_{2}",
        r"t_{4} = \frac{a}{b}",
        "t_{5} = {t_{4}}^{c}",
        r"\mathrm{cost} = t_{3} \odot t_{5}",
    ]


# --- errors


def test_errors() -> None:
    x = tg.Tensor([1.0], requires_grad=True, name="x")
    with pytest.raises(TypeError, match=r"explain\(\) takes a Tensor .* got float"):
        explain(1.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'text', 'markdown', 'latex'; got 'html'"):
        explain(x * 2, format="html")
    with pytest.raises(ValueError, match=r"made the tensor x of shape \(1,\)"):
        explain(x)
    with pytest.raises(TypeError, match=r"tg\.explain"):
        tg.compile(lambda x: explain(x * 2) and x)(np.ones(2))


def test_a_rule_that_fails_is_named() -> None:
    bad = tg.op("bad", lambda x: x * 2, lambda g, y, x: np.ones((7, 7)))
    with pytest.raises(ValueError, match=r"bad\(x \(2,\)\), gradient rule of input 0: .*shape \(7, 7\)"):
        explain(tg.sum(bad(tg.Tensor([1.0, 2.0], requires_grad=True, name="x"))))


def test_explain_changes_nothing() -> None:
    mlp, cost = lesson()
    explain(cost, numbers=True)
    assert all(p.grad is None for p in mlp.parameters.values())


def test_without_gradients_there_is_only_a_forward_pass() -> None:
    with tg.no_grad():
        y = tg.sigmoid(tg.Tensor([0.0], name="z"))
    assert formulas(y) == ["cost = sigmoid(z)"]


def test_several_entries_start_from_ones() -> None:
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    assert formulas(x * 2) == ["y = x * 2", "dy = np.ones((2,))", "dx = dy * 2"]


def test_numbers_of_a_tape_after_its_parameters_changed() -> None:
    w = tg.Tensor([1.0, 2.0], requires_grad=True, name="w")
    loss = (w * w).sum()
    loss.backward()
    tg.optim.SGD([w], 0.5).step()
    for call in (lambda: explain(loss, numbers=True), lambda: tg.explore(loss)):
        with pytest.raises(ValueError, match=r"w of shape \(2,\) has been changed in place .* compute cost again"):
            call()
    assert "dw = " in explain(loss)


def test_numbers_if_no_rule_needs_the_changed_values() -> None:
    p = tg.Tensor([2.0, 3.0], requires_grad=True, name="p")
    loss = (p * 3.0).sum()
    p.data -= 1.0
    loss.backward()
    for call in (lambda: explain(loss, numbers=True), lambda: tg.explore(loss)):
        with pytest.raises(ValueError, match=r"p of shape .* since multiply took or made it.* compute cost again"):
            call()
    assert "dp = dt1 * 3" in explain(loss)


def test_formulas_run_if_gradients_share_an_array() -> None:
    h = tg.Tensor([1.0, 2.0], requires_grad=True, name="h")
    b = tg.Tensor([3.0, 4.0], requires_grad=True, name="b")
    t = h + b
    loss = tg.sum(h * b + t + h[:1])
    assert any(f.startswith("dh = dh + ") for f in formulas(loss))
    executed(loss)
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    executed(x.sum() + x.sum() + x[0])  # np.broadcast_to gives a read-only array
    assert formulas(x[0] - x[1])[-1] == "dx = np.array(dx); dx[0] += dt1"


def test_an_added_part_stands_in_parentheses_or_is_subtracted() -> None:
    x, y = (tg.Tensor(v, requires_grad=True, name=name) for v, name in ((2.0, "x"), (3.0, "y")))
    both = tg.op("both", lambda x, y: x * y + x, lambda g, y, a, b: g * b + g, lambda g, y, a, b: g * a)
    assert formulas(y * x - x)[-1] == "dx = dx + dt1 * y"
    assert formulas(x - (y - x))[-2:] == ["dy = dt1", "dx = dx - dt1"]
    assert formulas(x + both(x, y))[-2] == "dx = dx + (dt1 * y + dt1)"
    assert latex(formulas(x + both(x, y))[-2]) == r"dx = dx + \left(dt_{1} \odot y + dt_{1}\right)"
    executed(x + both(x, y))


def test_float32_starts_from_ones_of_float32() -> None:
    x = tg.Tensor(np.ones(3, "float32"), requires_grad=True, name="x")
    assert "dcost = np.ones((), 'float32')" in formulas((x * x).sum())
    executed((x * x).sum())


def test_latex_leaves_out_the_copy_before_an_addition() -> None:
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    assert latex(formulas(x[0] * x[1])[-1]).startswith(r"dx\left[")
    assert r"\mathrel{+}=" in latex(formulas(x[0] * x[1])[-1])


def test_numbers_is_true_or_false() -> None:
    x = tg.Tensor([1.0], requires_grad=True, name="x")
    with pytest.raises(TypeError, match=r"explain\(numbers=...\) takes True or False; got 3"):
        explain(x.sum(), numbers=3)  # type: ignore[arg-type]


def test_numbers_of_huge_values() -> None:
    x = tg.Tensor(np.full(100, 1e200), requires_grad=True, name="x")
    assert "min 1e+200, max 1e+200, mean 1e+200, norm 1e+201" in explain(x.sum(), numbers=True)

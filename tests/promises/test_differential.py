"""About a hundred random programs of tools/differential.py, which also finds planted bugs."""

from __future__ import annotations

import re
from typing import Any

import differential
import numpy as np
import pytest
import random_programs

import tinygraph as tg
from tinygraph.compiler.passes.algebra import like
from tinygraph.compiler.passes.table import PASSES


@pytest.mark.parametrize(("libraries", "programs"), [([], 60), (["torch"], 30), (["jax"], 5)], ids=str)
def test_random_programs(libraries: list[str], programs: int, capsys: Any) -> None:
    for library in libraries:
        pytest.importorskip(library)
    arguments = ["--programs", str(programs), "--against", ",".join(libraries)]
    assert differential.main(arguments) == 0, capsys.readouterr().out


@pytest.mark.skipif(np.__version__ < "2", reason="some references are new in NumPy 2")
def test_every_op_is_drawn() -> None:
    pytest.importorskip("scipy")
    drawn = differential.Differential([])
    with np.errstate(all="ignore"):
        for op in random_programs.OPS:
            case = differential.Case(random_programs.draw_of(op))
            drawn.note_ops(case, case.function(differential.OURS)(*[tg.Tensor(x, requires_grad=True) for x in case.xs]))
            drawn.ops[op] += 1
    assert "never drawn: none" in drawn.report(0, 0)


def is_found(kind: str, name: str, failure: str, capsys: Any) -> bool:
    """Whether a program with this op fails so, and the tool then returns 1."""
    seeds = (seed for seed in range(2000) if f"tg.{name}" in differential.KINDS[kind](seed).script())
    one = ["--programs", "1", "--against", "", "--kinds", kind, "--seed"]
    codes = (differential.main([*one, str(seed)]) for seed in seeds)
    return any(re.search(failure, capsys.readouterr().out) and code == 1 for code in codes)


def test_the_seed_determines_the_program() -> None:
    scripts = [random_programs.draw(seed).script() for seed in (1, 1, 2)]
    assert scripts[0] == scripts[1] != scripts[2]


def wrong_by_a_thousandth(op: Any) -> dict[str, Any]:
    return {"rules": tuple(lambda *args, rule=rule, **options: rule(*args, **options) * 1.001 for rule in op.rules)}


def wrong_in_the_second_order(op: Any) -> dict[str, Any]:
    right = op.rules[0]

    def rule(g: Any, y: Any, *inputs: Any) -> Any:
        return right(g, *[x.detach() if isinstance(x, tg.Tensor) else x for x in (y, *inputs)])

    return {"rules": (rule,)}


def too_wide(op: Any) -> dict[str, Any]:
    right = op.forward
    return {"forward": lambda *args, **options: np.asarray(right(*args, **options), np.float64)}


def wrong_for_reversed_arrays(op: Any) -> dict[str, Any]:
    right = op.forward
    return {"forward": lambda x: right(np.abs(x) if min(x.strides, default=0) < 0 else x)}


@pytest.mark.parametrize(
    ("name", "damage", "kind"),
    [
        ("tanh", wrong_by_a_thousandth, "gradient, differences"),
        ("tanh", wrong_in_the_second_order, "second, differences"),
        pytest.param("square", too_wide, "dtype", marks=pytest.mark.skipif(np.__version__ < "2", reason="for NumPy 2")),
        ("sin", wrong_for_reversed_arrays, "value|compiled|jvp"),
    ],
)
def test_a_planted_bug_is_found_and_made_small(
    name: str, damage: Any, kind: str, monkeypatch: Any, capsys: Any
) -> None:
    rng = np.random.default_rng(0)
    drawn = [random_programs.drawn_inputs(seed, rng) for seed in range(25)]
    drawn += [random_programs.draw(seed) for seed in range(25)]
    longer = [random_programs.with_step(program, rng, name) for program in drawn]
    programs = [program for program in longer if program is not None]
    for attribute, value in damage(tg.OPS[name]).items():
        monkeypatch.setattr(tg.OPS[name], attribute, value)
    for program in programs:
        if (failure := differential.Differential([]).check(program)) is not None:
            break
    else:
        pytest.fail("not found")
    program, failure = differential.shrunk(program, failure, [])
    assert re.search(kind, failure.kind)
    text = differential.script(program, failure)
    assert len(program.steps) <= 2, text
    assert name in [step.op for step in program.steps.values()], text
    exec(text, {})
    assert "gradient" in capsys.readouterr().out


def test_an_exception_is_a_failure_and_exits_with_1(monkeypatch: Any, capsys: Any) -> None:
    def broken(*args: Any, **options: Any) -> Any:
        raise ZeroDivisionError("as if")

    monkeypatch.setattr(tg.OPS["exp"], "forward", broken)
    assert is_found("floats", "exp(", r"(?s)# ZeroDivisionError.*tg\.exp\(", capsys)


def test_a_difference_from_another_library_is_found(monkeypatch: Any) -> None:
    """The library has NumPy's values and tinygraph's derivatives, with one of them wrong."""

    def wrong() -> Any:
        def derivatives(f: Any, xs: Any, w: Any, vs: Any) -> Any:
            y, pullback = tg.vjp(f, *xs)
            second = tg.hvp(lambda xs: tg.sum(f(*xs) * w), xs, vs)
            return y, [g * (1 + 1e-9) for g in pullback(w)], second

        return differential.OURS, derivatives

    monkeypatch.setattr(differential.references, "torch", wrong)
    program = random_programs.Program(0, {"x0": (np.array([0.5, 1.0]), "C")}, {})
    failure = differential.Differential(["torch"]).check(program.built())
    assert failure is not None
    assert failure.kind == "gradient, torch"


# in NumPy 1, dtypes depend on values, so it is no reference for them
of_dtypes = pytest.mark.skipif(np.__version__ < "2", reason="NumPy 1 has other dtypes")


@pytest.mark.parametrize(
    ("kind", "programs"), [pytest.param("dtypes", 40, marks=of_dtypes), ("loops", 8), ("steps", 15)]
)
def test_random_programs_of_other_kinds(kind: str, programs: int, capsys: Any) -> None:
    arguments = ["--programs", str(programs), "--against", "", "--kinds", kind]
    assert differential.main(arguments) == 0, capsys.readouterr().out


def a_thousandth_lost(graph: Any) -> Any:
    for update in graph.updates:
        update.change = like(update.change, tg.multiply, update.change, 0.999)
    return graph


@pytest.mark.parametrize(
    ("kind", "name", "damage", "found"),
    [
        pytest.param("dtypes", "square", too_wide, "dtype", marks=of_dtypes),
        pytest.param("dtypes", "mean_squared_error", None, "(value|dtype)", marks=of_dtypes),
        ("loops", "tanh", wrong_by_a_thousandth, "loop, differences"),
        ("steps", "", None, "step, update"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore:numpy.fix")  # of a mean of nothing; NumPy 2.5
def test_other_kinds_find_a_planted_bug(
    kind: str, name: str, damage: Any, found: str, monkeypatch: Any, capsys: Any
) -> None:
    if damage is not None:
        for attribute, value in damage(tg.OPS[name]).items():
            monkeypatch.setattr(tg.OPS[name], attribute, value)
    elif kind == "dtypes":  # computed in the integers' own dtype
        monkeypatch.setattr(tg, name, lambda A, Y: tg.mean(tg.square(A - Y)))
    else:
        monkeypatch.setitem(PASSES, "mask", a_thousandth_lost)
    assert is_found(kind, name, f"# {found}", capsys)

"""How often the tutor is right: wrong solutions are made of right ones, and lesson.check judges them.

    python tools/tutor_hit_rate.py              # on the mutants that the tutor was developed on, with its misses
    python tools/tutor_hit_rate.py --write      # on all, into docs/tutor.md

A mutant is one change to one place of a source in tutor_solutions.py. It is judged through the
outermost function that uses it, so that the tutor has to find the function. A third of the mutants,
by a seed, and all of `optimization` are held out: --write alone shows them.
"""

from __future__ import annotations

import argparse
import copy
import math
import random
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tutor_solutions import OTHERWISE, RIGHT

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from tinygraph.lesson import tutor  # noqa: E402

SEED = 22
# what kind of slip, the text of the line that it changes, and the changed text
NAME = r"[A-Za-z_]\w*"
SLIPS = [
    ("missing factor", r"1 / m \* ", ""),
    ("missing factor", r"-1 / m \* ", "-"),
    ("missing factor", r" / m\b", ""),
    ("missing factor", r" / keep_prob$", ""),
    ("missing factor", r" \* \(1 - [^()]*\)", ""),
    ("missing factor", r" \* \(1 - np\.power\(A1, 2\)\)", ""),
    ("missing factor", r" \* s\b", ""),
    ("missing factor", r"\(1 - Y\) \* ", ""),
    ("missing factor", r", 1 - Y\)", ", 1)"),
    ("missing factor", r"\blambd / m \* ", ""),
    ("missing factor", r"learning_rate \* ", ""),
    ("missing factor", r" \* (0\.01|10)$", ""),
    ("missing factor", r" \* np\.sqrt\([^()]*\)", ""),
    ("missing factor", r"np\.multiply\((\w+), np\.int64\(\w+ > 0\)\)", r"\1"),
    ("missing factor", r"\(2 \* (m|epsilon)\)", r"\1"),
    ("missing factor", r"\(2 \* (m|epsilon)\)", "2"),
    ("missing factor", r" / \(2 \* epsilon\)", ""),
    ("missing factor", r"beta\d? \* ", ""),
    ("missing factor", r"\(1 - beta\d?\) \* ", ""),
    ("missing factor", r" / \(1 - np\.power\(beta\d, t\)\)", ""),
    ("missing factor", r"decay_rate \* ", ""),
    ("doubled factor", r"1 / m \* ", "1 / m * 1 / m * "),
    ("doubled factor", r" / m\b", " / m / m"),
    ("doubled factor", r" / keep_prob$", " / keep_prob / keep_prob"),
    ("doubled factor", r"learning_rate \* ", "learning_rate * learning_rate * "),
    ("upside down", r" / keep_prob$", " * keep_prob"),
    ("upside down", r"1 / m \* ", "m * "),
    ("upside down", r"\blambd / m \*", "lambd * m *"),
    ("upside down", r"np\.divide\(([^(),]*), ([^(),]*)\)", r"np.divide(\2, \1)"),
    ("missing term", r" \+ b\d?\b", ""),
    ("missing term", r" \+ lambd / m \* W\d", ""),
    ("missing term", r" \+ \(1 - Y\) \* np\.log\(1 - AL?\)", ""),
    ("missing term", r" \+ np\.multiply\(.*$", ""),
    ("missing term", r" \+ np\.sum\(np\.square\(W3\)\)", ""),
    ("missing term", r" \+ L2_regularization_cost", ""),
    ("missing term", r" - np\.divide\(1 - Y, 1 - AL\)", ""),
    ("missing term", r"beta\d? \* \w\[[^]]*\] \+ ", ""),
    ("missing term", r"\(1 \+ ", "("),
    ("missing term", r" - [YW]\b", ""),
    ("missing term", r" \+ epsilon", ""),
    ("missing term", r"\b1 - (s|A\d|AL|Y)\b", r"\1"),
    ("wrong product", r"np\.dot\(([^(),]*|\(.*?\)\.T), ([^(),]*|\(.*?\)\.T)\)", r"(\1) * (\2)"),
    ("wrong product", r"\bY \* np\.log", "Y @ np.log"),
    ("product order", r"np\.dot\(([^(),]*|\(.*?\)\.T), ([^(),]*|\(.*?\)\.T)\)", r"np.dot(\2, \1)"),
    ("wrong transpose", r"\.T\b", ""),
    ("wrong transpose", r"np\.dot\((W\d?|parameters\S*), ", r"np.dot(\1.T, "),
    ("wrong sum", r", keepdims=True", ""),
    ("wrong sum", r"axis=1", "axis=0"),
    ("wrong sum", r"axis=1, keepdims=True", "keepdims=True"),
    ("wrong sum", r"axis=1, ", ""),
    ("wrong sum", r", axis=1, keepdims=True", ""),
    ("wrong sum", r"np\.sum\((\w+), axis=1, keepdims=True\)", r"\1"),
    ("wrong sum", r"np\.sum\(", "np.mean("),
    ("wrong sum", r"np\.nansum\(", "np.mean("),
    ("wrong sum", r"np\.sum\((A - Y|logprobs)\)", r"(\1)"),
    ("wrong sum", r"np\.sum\((np\.square\(W\d\))\)", r"np.mean(\1)"),
    ("axis", r"shape\[1\]", "shape[0]"),
    ("axis", r"shape\[0\]", "shape[1]"),
    ("turned sign", r"(?<= = )(?=[^=]*(\*|np\.dot|np\.divide|np\.sum|[a-zA-Z2] - ))(?!.*cache)([^=]*)$", r"-(\2)"),
    ("turned sign", r"(?<= = )-(?=[^=]*$)", ""),
    ("turned sign", r" - (?!1[\])])", " + "),
    ("turned sign", r" \+ (?!str)(?![12][\])])", " - "),
    ("turned sign", r"np\.exp\(-(\w)\)", r"np.exp(\1)"),
    ("turned sign", r"\b(A\d?|A3|AL) - Y\b", r"Y - \1"),
    ("mask", r"<= 0", "> 0"),
    ("mask", r" > 0\b(?!\.)", " <= 0"),
    ("mask", r" > 0\.5", " < 0.5"),
    ("mask", r" < keep_prob", " > keep_prob"),
    ("mask", r"np\.int64\((A\d) > 0\)", r"\1"),
    ("number", r" > 0\.5", " > 0"),
    ("number", r"(?<= )0\.01\b", "0.1"),
    ("number", r"(?<= )10$", "100"),
    ("number", r"np\.sqrt\(2 /", "np.sqrt(1 /"),
    ("number", r"\(2 \* ", "(1 * "),
    ("number", r"% 100", "% 10"),
    ("number", r"seed\(\d\)", "seed(5)"),
    ("number", r"(?<== )4$", "3"),
    ("number", r"np\.maximum\(0,", "np.maximum(1,"),
    ("number", r"\(1 - beta(\d?)\)", r"(2 - beta\1)"),
    ("wrong power", r"np\.power\((\w+), 2\)", r"\1"),
    ("wrong power", r"np\.power\((\w+), t\)", r"\1"),
    ("wrong power", r"np\.square\(", "("),
    ("wrong power", r"np\.sqrt\(", "("),
    ("wrong power", r"np\.sqrt\(([^()]*)\) \+ epsilon", r"np.sqrt(\1 + epsilon)"),
    ("wrong power", r"np\.sqrt\((s_corrected\[.*?\])\) \+ epsilon", r"np.sqrt(\1 + epsilon)"),
    ("number", r"np\.power\((\w+), t\)", r"np.power(\1, t - 1)"),
    ("number", r"np\.power\((\w+), t\)", r"np.power(\1, t + 1)"),
    ("function", r"np\.tanh\(", "sigmoid("),
    ("function", r"\bsigmoid\(Z(?=\d?\))(?!.*:)", "np.tanh(Z"),
    ("function", r"\brelu\(Z(?=\d\))", "sigmoid(Z"),
    ("function", r"\brelu\((Z\d)\)", r"\1"),
    ("function", r"\"relu\"\)", '"sigmoid")'),
    ("function", r"\"sigmoid\"\)", '"relu")'),
    ("function", r"np\.zeros\(", "np.ones("),
    ("function", r"np\.random\.randn\(", "np.random.rand("),
    ("function", r"np\.random\.rand\(", "np.random.randn("),
    ("function", r"np\.log\((AL|A|A2|A3)\)", r"\1"),
    ("function", r"np\.linalg\.norm\((grad - gradapprox)\)", r"np.sum(\1)"),
    ("function", r"np\.floor\(", "("),
    ("layer", r"str\(l \+ 1\)\](?= = )", "str(l)]"),
    ("layer", r"(?<!\] = )grads\[\"dA\" \+ str\(l \+ 2\)\]", 'grads["dA" + str(l + 1)]'),
    ("layer", r"caches\[l\]", "caches[l + 1]"),
    ("layer", r"caches\[L - 1\]", "caches[L - 2]"),
    ("layer", r"range\(L - 1\)", "range(L - 2)"),
    ("layer", r"range\(1, L\)", "range(1, L - 1)"),
    ("layer", r"range\(1, L\)", "range(2, L)"),
    ("layer", r"range\(1, L \+ 1\)", "range(1, L)"),
    ("layer", r"range\(L\)", "range(L - 1)"),
    ("layer", r"layers_dims\[l - 1\]", "layers_dims[l]"),
    ("layer", r"grads\[\"d(\w)\" \+ str\(l \+ 1\)\]$", r'grads["d\1" + str(1)]'),
    ("wrong array", r"\bdZ(\d)\b(?!.*:)(?! = )", r"dA\1"),
    ("wrong array", r"(?<=[(,] )A1\.T", "X.T"),
    ("wrong array", r"A2\.T", "A1.T"),
    ("wrong array", r"A1\.T", "A2.T"),
    ("wrong array", r"X\.T", "A1.T"),
    ("wrong array", r"A1\.T", "Z1.T"),
    ("wrong array", r"A2\.T", "Z2.T"),
    ("wrong array", r"A_prev\.T", "W.T"),
    ("wrong array", r"W3\.T", "W2.T"),
    ("wrong array", r"W2\.T", "W1.T"),
    ("wrong array", r"W2\.T", "W3.T"),
    ("wrong array", r"np\.int64\(A2 > 0\)", "np.int64(A1 > 0)"),
    ("wrong array", r"np\.int64\(A(\d) > 0\)", r"np.int64(dA\1 > 0)"),
    ("wrong array", r"Z <= 0", "dA <= 0"),
    ("wrong array", r"dZ = np\.array\(dA,", "dZ = np.array(Z,"),
    ("wrong array", r"dA \* s", "Z * s"),
    ("wrong array", r"\* s \* \(1 - s\)", "* Z * (1 - Z)"),
    ("wrong array", r"A_prev = A$", "A_prev = X"),
    ("wrong array", r"np\.dot\(W2, A1\)", "np.dot(W2, Z1)"),
    ("wrong array", r"np\.dot\(W3, A2\)", "np.dot(W3, A1)"),
    ("wrong array", r"\b\+ b2$", "+ b1"),
    ("wrong array", r"\b\+ b3$", "+ b2"),
    ("wrong array", r"np\.power\(A1, 2\)", "np.power(Z1, 2)"),
    ("wrong array", r"lambd / m \* W3", "lambd / m * W2"),
    ("wrong array", r"lambd / m \* W2", "lambd / m * W3"),
    ("wrong array", r"lambd / m \* W(\d)", r"lambd / m * b\1"),
    ("wrong array", r"\* D2$", "* D1"),
    ("wrong array", r"\* D1$", "* D2"),
    ("wrong array", r"beta1\b", "beta2"),
    ("wrong array", r"beta2\b", "beta1"),
    ("wrong array", r"learning_rate \* v\[", "learning_rate * grads["),
    ("wrong array", r"v_corrected\[(?!.* = )", "v["),
    ("wrong array", r"s_corrected\[(?!.* = )", "s["),
    ("wrong array", r"\"(d?)W(\d)\": d?W\d", r'"\1W\2": \1b\2'),
    ("wrong array", r"\"dW2\": dW2", '"dW2": dW1'),
    ("wrong array", r"\"db1\": db1", '"db1": db2'),
    ("wrong array", r"parameters\[\"b2\"\]", 'parameters["b1"]'),
    ("wrong array", r"\"dW\" \+ str", '"db" + str'),
    ("wrong array", r"J_minus\[i\], ", "J_plus[i], "),
    ("wrong array", r"norm\(gradapprox\)", "norm(grad)"),
    ("wrong array", r"(?<=\(x, )thetaminus", "thetaplus"),
    ("wrong array", r"dtheta = x", "dtheta = theta"),
    ("wrong array", r"(?<=\()n_h, n_x", "n_x, n_h"),
    ("wrong array", r"(?<=\()n_y, n_h", "n_h, n_y"),
    ("wrong array", r"layers_dims\[l\], layers_dims\[l - 1\]", "layers_dims[l - 1], layers_dims[l]"),
    ("wrong array", r"return (\w+), (\w+)(?=$|, costs)", r"return \2, \1"),
    ("wrong array", r"return dA_prev, dW, db", "return dW, dA_prev, db"),
    ("missing line", r"^(    +)(A\d = A\d [*/]|dA\d = dA\d [*/]|dZ\[Z|A, activation|cost = np\.squeeze).*$", r"\1pass"),
    ("missing line", r"^(    +)(grads|parameters|[vs])\[\"\w+\" \+ str\(.*?\)\] = .*$", r"\1pass"),
    ("missing line", r"^(    +)([wb] = [wb] -|[Wb]\d = [Wb]\d -|thetaplus\[i\] = |np\.random\.seed).*$", r"\1pass"),
    ("missing line", r"^(    +)(mini_batches\.append|D\d = D\d <|caches\.append|costs\.append).*$", r"\1pass"),
    ("wrong array", r"shuffled_X\[:, (?=k|num)", "X[:, "),
    ("wrong array", r"shuffled_Y\[:, (?=k|num)", "Y[:, "),
    ("layer", r"\(k \+ 1\)", "(k + 2)"),
    ("layer", r"range\(0, num", "range(1, num"),
]
# helpers are judged through the function that uses them
OUTERMOST = {
    "lesson": {
        **dict.fromkeys(
            ("relu_backward", "sigmoid_backward", "linear_backward", "linear_activation_backward"), "L_model_backward"
        ),
        **dict.fromkeys(("sigmoid", "relu", "linear_forward", "linear_activation_forward"), "L_model_forward"),
    },
    "logistic": {"sigmoid": "propagate", "propagate": "optimize"},
    "one_hidden_layer": {"sigmoid": "forward_propagation"},
    "regularization": {
        **dict.fromkeys(("sigmoid", "relu"), "forward_propagation_with_dropout"),
        "compute_cost": "compute_cost_with_regularization",
    },
    "gradient_checking": {
        **dict.fromkeys(("sigmoid", "relu"), "forward_propagation_n"),
        **dict.fromkeys(("dictionary_to_vector", "vector_to_dictionary", "gradients_to_vector"), "gradient_check_n"),
    },
}


class Mutant(NamedTuple):
    week: str
    entry: str
    function: str
    line: int
    kind: str
    source: str
    text: str

    @property
    def name(self) -> str:
        return f"{self.week}.{self.function}: {self.kind}: {self.text}"


def mutants() -> Iterator[Mutant]:
    """All single changes; the same source comes once."""
    for week, source in RIGHT.items():
        lines, function, seen = source.split("\n"), "", {source}
        for number, line in enumerate(lines):
            if line.startswith("def "):
                function = line[4 : line.index("(")]
                continue
            entry = OUTERMOST.get(week, {}).get(function, function)
            if entry not in tutor.WEEKS[week]:
                continue
            for kind, old, new in SLIPS:
                for match in re.finditer(old, line):
                    changed = line[: match.start()] + match.expand(new) + line[match.end() :]
                    text = "\n".join([*lines[:number], changed, *lines[number + 1 :]])
                    if text not in seen:
                        seen.add(text)
                        what = f"{changed.strip()}, for {line.strip()}"
                        yield Mutant(week, entry, function, number, kind, text, what)


def namespace(source: str) -> dict[str, Any]:
    space: dict[str, Any] = {"np": np, "copy": copy, "math": math}
    exec(compile(source, "<solution>", "exec"), space)
    return space


def results(f: Any, week: str, entry: str, seed: int) -> list[Any]:
    """What a solution returns on the data sets of a seed; for an error, its type."""
    found = []
    with np.errstate(all="ignore"):
        for case in tutor.cases(week, entry, seed):
            try:
                np.random.seed(0)
                found.append(f(*copy.deepcopy(list(case.values()))))
            except Exception as error:
                found.append(type(error).__name__)
    return found


def digest(x: Any) -> Any:
    """The numbers of a result, rounded, so that equal results have equal digests."""
    if isinstance(x, dict):
        return tuple(sorted((str(key), digest(value)) for key, value in x.items()))
    if isinstance(x, (list, tuple)):
        return tuple(map(digest, x))
    if isinstance(x, (str, bool, type(None))):
        return x
    array = np.asarray(x, float)
    return array.shape, tuple(float(f"{v:.6g}") for v in (np.where(abs(array) < 1e-6, 0, array) + 0.0).ravel())


def live_mutants() -> tuple[list[Mutant], int, dict[Mutant, set[tuple[str, str]]]]:
    """The mutants that differ from the reference, the number of the others, and the kinds of equal ones."""
    right: dict[Any, Any] = {}
    live, equal, groups = [], 0, defaultdict(list)
    for mutant in mutants():
        key = mutant.week, mutant.entry
        if key not in right:
            right[key] = digest(results(namespace(RIGHT[mutant.week])[mutant.entry], *key, seed=101))
        got = digest(results(namespace(mutant.source)[mutant.entry], *key, seed=101))
        if got == right[key]:
            equal += 1
        else:
            live.append(mutant)
            groups[key, got].append(mutant)
    same = {
        mutant: {cause for other in group for cause in causes(other)} for group in groups.values() for mutant in group
    }
    return live, equal, same


def causes(mutant: Mutant) -> set[tuple[str, str]]:
    """The function and the kind. A missing line that applies a factor or a term is that missing factor or term."""
    kinds = {mutant.kind}
    line = mutant.text.split(", for ")[-1]
    if mutant.kind == "missing line" and re.match(r"(\S+( \+ str\(.*?\)\])?) = \1 [*/+-]|dZ\[Z", line):
        kinds |= {"missing factor", "missing term"}
    if mutant.kind == "missing line" and re.match(r"D\d = D\d <", line):
        kinds.add("mask")
    return {(mutant.function, kind) for kind in kinds}


def held_out(live: list[Mutant]) -> set[Mutant]:
    """A third of the mutants, by the seed."""
    return set(random.Random(SEED).sample(live, len(live) // 3))


def judged(source: str, week: str, entry: str) -> Any:
    return tutor.examine(namespace(source)[entry], week, entry)


def hits(mutant: Mutant, same: dict[Mutant, set[tuple[str, str]]]) -> tuple[bool, bool, Any]:
    """Whether the tutor names the function, and the cause too; and its verdict."""
    verdict = judged(mutant.source, mutant.week, mutant.entry)
    return verdict.where in {f for f, _ in same[mutant]}, (verdict.where, verdict.kind) in same[mutant], verdict


def pairs(chosen: list[Mutant], count: int) -> list[tuple[Mutant, Mutant, str]]:
    """Pairs of mutants of one function's source, the one that runs first in front, and their common source."""
    found: list[tuple[Mutant, Mutant, str]] = []
    draws = random.Random(SEED)
    while len(found) < count:
        a, b = draws.sample(chosen, 2)
        if (a.week, a.entry) == (b.week, b.entry) and a.line != b.line:
            lines = a.source.split("\n")
            lines[b.line] = b.source.split("\n")[b.line]
            order = lines_run(a.week, a.entry)
            if a.line in order and b.line in order:
                first, second = sorted((a, b), key=lambda mutant: order.index(mutant.line))
                found.append((first, second, "\n".join(lines)))
    return found


def lines_run(week: str, entry: str) -> list[int]:
    """The lines of the reference that run, in their order."""
    found: dict[int, None] = {}

    def trace(frame: Any, event: str, arg: Any) -> Any:
        if frame.f_code.co_filename == "<solution>":
            found.setdefault(frame.f_lineno - 1)
            return trace
        return None

    f, args = namespace(RIGHT[week])[entry], list(next(iter(tutor.cases(week, entry))).values())
    sys.settrace(trace)
    try:
        f(*copy.deepcopy(args))
    finally:
        sys.settrace(None)
    return list(found)


def changed_types(f: Any, how: str) -> Any:
    """The same solution in other types, or with its entries in another order."""

    def inner(*args: Any) -> Any:
        x = f(*(_each(a, np.float32) for a in args) if how == "float32" else args)
        if how == "reversed keys":
            return _reversed(x)
        if how == "extra keys":
            return {**x, "note": np.ones(3)} if isinstance(x, dict) else x
        return _each(x, np.asfortranarray) if how == "column by column" else x

    return inner


def _each(x: Any, f: Any) -> Any:
    if isinstance(x, dict):
        return {key: _each(value, f) for key, value in x.items()}
    if isinstance(x, (list, tuple)):
        parts = [_each(value, f) for value in x]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    return f(x) if isinstance(x, np.ndarray) and x.dtype.kind == "f" and x.ndim == 2 else x


def _reversed(x: Any) -> Any:
    if isinstance(x, dict):
        return {key: _reversed(x[key]) for key in reversed(x)}
    return tuple(map(_reversed, x)) if isinstance(x, tuple) else x


def right_solutions() -> Iterator[tuple[str, str, str, Any]]:
    """Right solutions written another way: by hand, and the references in other types."""
    for week, name, how, source in OTHERWISE:
        yield week, name, how, namespace(source.strip())["f"]
    for week, names in tutor.WEEKS.items():
        for name in names:
            for how in ("as the course", "float32", "reversed keys", "extra keys", "column by column"):
                if how != "float32" or not name.startswith("gradient_check"):  # differences need float64
                    yield week, name, how, changed_types(namespace(RIGHT[week])[name], how)


def accused() -> tuple[int, list[str]]:
    """The number of right solutions, and those that the tutor accuses."""
    count, found = 0, []
    for week, name, how, f in right_solutions():
        count += 1
        verdict = tutor.examine(f, week, name)
        if verdict.where:
            found.append(f"{week}.{name}, {how}: {verdict}")
    return count, found


def token_changes(count: int, seed: int) -> Iterator[tuple[str, str, str, str]]:
    """(week, entry, function, source): a random word, number or sign of a right solution is another one."""
    draws, right = random.Random(seed), {week: namespace(source) for week, source in RIGHT.items()}
    while count:
        week = draws.choice(list(RIGHT))
        lines = RIGHT[week].split("\n")
        at = draws.randrange(len(lines))
        heads = [line for line in lines[: at + 1] if line.startswith("def ")]
        function = heads[-1][4 : heads[-1].index("(")] if heads else ""
        entry = OUTERMOST.get(week, {}).get(function, function)
        tokens = list(re.finditer(r"[A-Za-z_]\w*|\d+\.?\d*|[*/+<>-]", lines[at]))
        if entry not in tutor.WEEKS[week] or not tokens or lines[at].startswith("def "):
            continue
        token = draws.choice(tokens)
        body = RIGHT[week].split(f"def {function}(")[1].split("\ndef ")[0]
        words = sorted(set(re.findall(r"[A-Za-z_]\w*", body)))
        others = (
            words if token.group()[0].isidentifier() else list("0123") if token.group()[0].isdigit() else list("*/+-")
        )
        source = "\n".join(
            [
                *lines[:at],
                lines[at][: token.start()] + draws.choice(others) + lines[at][token.end() :],
                *lines[at + 1 :],
            ]
        )
        try:
            got = results(namespace(source)[entry], week, entry, 101)
            wrong = digest(got) != digest(results(right[week][entry], week, entry, 101))
        except (SyntaxError, KeyError, TypeError, ValueError, RecursionError):  # it gives no arrays
            continue
        if wrong and not all(isinstance(x, str) for x in got):  # of errors alone, Python has said enough
            count -= 1
            yield week, entry, function, source


def of_tokens(count: int) -> str:
    """How often the tutor is right after a change of a random token."""
    where = why = 0
    for week, entry, function, source in token_changes(count, SEED):
        verdict = judged(source, week, entry)
        where += verdict.where == function
        why += bool(verdict.kind) and "several slips" not in verdict.why
    return f"the function is named in {where} of {count}, and a slip that gives the student's numbers in {why}"


class Rate:
    """The judgements of some mutants, by week."""

    def __init__(self, chosen: list[Mutant], same: dict[Mutant, set[tuple[str, str]]]) -> None:
        self.hits: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
        self.helpers: list[bool] = []  # whether the function is named, if it is not the one that was judged
        self.misses = []
        for mutant in chosen:
            function, cause, verdict = hits(mutant, same)
            self.hits[mutant.week].append((function, cause))
            self.helpers += [function] * (mutant.function != mutant.entry)
            if not cause:
                said = f"{verdict.kind or 'no'} slip" + f": {verdict.why}" * bool(verdict.why)
                self.misses.append((function, mutant.name, f"{verdict.where}, {said}"))

    def row(self, *weeks: str) -> str:
        found = [hit for week in weeks or self.hits for hit in self.hits[week]]
        if not found:
            return "| | | "
        function, cause = (f"{100 * sum(column) / len(found):.1f} %" for column in zip(*found, strict=True))
        return f"| {len(found)} | {function} | {cause} "


def first_of_pairs(chosen: list[Mutant], same: dict[Mutant, set[tuple[str, str]]], count: int) -> str:
    """How often the tutor names the function of the slip that runs first."""
    right = 0
    for first, _, source in pairs(chosen, count):
        right += judged(source, first.week, first.entry).where in {f for f, _ in same[first]}
    return f"{right} of {count}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true", help="judge all, and write docs/tutor.md")
    parser.add_argument("--weeks", default="", help="some of the modules alone")
    args = parser.parse_args()
    live, equal, same = live_mutants()
    out = held_out([m for m in live if m.week != "optimization"])
    wanted = args.weeks.split() or [week for week in RIGHT if week != "optimization"]
    developed = [m for m in live if m not in out and m.week in wanted]
    print(f"{len(live)} mutants; {equal} equal the reference; {len(out)} held out, and all of optimization")
    rate = Rate(developed, same)
    for _, name, verdict in rate.misses:
        print(f"{name}\n      {verdict}")
    for week in wanted:
        print(f"{week:18}{rate.row(week)}|")
    if not args.write:
        return
    unseen = [m for m in live if m in out]
    last = [m for m in live if m.week == "optimization"]
    count, found = accused()
    PAGE.write_text(
        page(rate, Rate(unseen, same), Rate(last, same), len(live), equal, count, found, same), encoding="utf-8"
    )


PAGE = ROOT / "docs" / "tutor.md"


def page(rate: Rate, unseen: Rate, last: Rate, live: int, equal: int, count: int, found: list[str], same: Any) -> str:
    """docs/tutor.md, with the text of its first part as it stands."""
    head = PAGE.read_text(encoding="utf-8").split(MARK)[0]
    lines = [
        MARK,
        "",
        f"{live} mutants differ from the right solution; {equal} more equal it on all data sets and are left out. A "
        f"third, drawn by the seed {SEED}, and all of `optimization` were held out while the tutor was written. The "
        "list of changes grew meanwhile and the third was drawn anew each time, so that some of its mutants were seen "
        "before; those of `optimization` were not.",
        "",
        "| module | developed on | function | and cause | held out | function | and cause |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for week in RIGHT:
        held = (last if week == "optimization" else unseen).row(week)
        lines.append(f"| `{week}` {rate.row(week) if week != 'optimization' else '| | | '}{held}|")
    both = Rate([], same)
    for part in (unseen, last):
        for week, pairs_of in part.hits.items():
            both.hits[week] += pairs_of
    lines.append(f"| all {rate.row()}{both.row()}|")
    helpers = [part.helpers for part in (rate, unseen)]
    named = " and in ".join(
        f"{sum(x)} of {len(x)} {part}" for x, part in zip(helpers, ("developed on", "held out"), strict=True)
    )
    lines += [
        "",
        f"Of the mutants of a helper, the helper is named in {named}. The others change the function that is judged.",
    ]
    singles = [m for m in same if m.week != "optimization"]
    drawn = held_out(singles)
    lines += [
        "",
        f"Of two slips at once, the function of the one that runs first is named in "
        f"{first_of_pairs([m for m in singles if m not in drawn], same, 100)} pairs developed on and in "
        f"{first_of_pairs([m for m in singles if m in drawn], same, 100)} held out.",
        "",
        "Beyond the list of changes in the tool: a random word, number or sign of a right solution is replaced by "
        f"another one of the same function. Then {of_tokens(200)}.",
        "",
        f"Of {count} right solutions written another way ({len(OTHERWISE)} by hand, the others in another order or "
        f"type), {len(found)} are accused{': ' * bool(found)}{'; '.join(found)}.",
        "",
        "### What is missed",
        "",
    ]
    for title, some in (("held out", unseen), ("held out, optimization", last), ("developed on", rate)):
        lines += [f"{title[0].upper()}{title[1:]}: {len(some.misses)}.", ""]
        lines += [f"- {name}. Said: {verdict}" for _, name, verdict in some.misses]
        lines += [""] * bool(some.misses)
    return head + "\n".join(lines).replace("\n\n\n", "\n\n").rstrip() + "\n"


MARK = "## The hit rate"


if __name__ == "__main__":
    main()

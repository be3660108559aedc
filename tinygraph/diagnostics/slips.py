"""Slips in a function's source: one change to one place, such as a missing factor or sign."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import combinations, permutations, product
from typing import Any, NamedTuple

from .slip_table import CALLS, FUNCTIONS, OPERATORS, WHOLE

# The kinds, the simplest first: of two slips that give the same numbers, the first is named.
KINDS = (
    "missing factor", "missing term", "turned sign", "wrong sum", "wrong transpose", "wrong product", "mask",
    "wrong power", "doubled factor", "upside down", "axis", "missing line", "layer", "product order", "function",
    "wrong array", "number", "line order", "wrong operator",
)  # fmt: skip
COUNTS = {"l", "L", "t", "k", "complete"}  # names of whole numbers: a slip adds or subtracts 1
ACTIVATIONS = "relu", "sigmoid"


class Edit(NamedTuple):
    """`new` in place of the node at `place`, in a line of a function."""

    tree: ast.FunctionDef
    line: ast.AST
    place: Any
    new: Any


class Slip:
    """One change, or the same in similar lines: `kind` is one of KINDS, `why` says it in words."""

    def __init__(self, kind: str, why: str, edits: list[Edit], rank: int = 0) -> None:
        self.function, self.kind, self.why, self.rank = edits[0].tree.name, kind, why, rank
        self.edits = sorted(edits, key=lambda x: isinstance(x.new, list), reverse=True)  # whole blocks first

    @contextmanager
    def _applied(self) -> Iterator[None]:
        """Meanwhile the slip is in the trees, which others share."""
        before = []
        try:
            for _, _, (owner, field, index), new in self.edits:
                whole = getattr(owner, field)
                before.append((owner, field, whole))
                new = _parsed(new) if isinstance(new, str) else new
                setattr(owner, field, new if index < 0 else [*whole[:index], new, *whole[index + 1 :]])
            yield
        finally:
            for place in reversed(before):
                setattr(*place)

    @cached_property
    def code(self) -> Any:
        """The functions with the slip, compiled at its first use."""
        with self._applied():
            return compile(ast.Module([*dict.fromkeys(x.tree for x in self.edits)], []), "<slip>", "exec")

    functions = property(
        lambda self: {x.tree.name for x in self.edits}, doc="The names of the functions that it changes."
    )

    def calls(self, functions: Any) -> bool:
        """Whether its line only hands arrays on to another of the course's functions."""
        return any(_called(x) in functions for x in ast.walk(self.edits[0].line))

    def and_(self, other: Slip) -> Slip | None:
        """Both at once; None if they change one place."""
        for a, b in product(self.edits, other.edits):
            if a.place[:2] == b.place[:2] and (a.place[2] == b.place[2] or -1 in (a.place[2], b.place[2])):
                return None
        return Slip(self.kind, "", self.edits + other.edits, 3)

    def __str__(self) -> str:
        lines = list(dict.fromkeys(x.line for x in self.edits))
        before = list(map(_text, lines))
        with self._applied():
            changed = [(x, after) for x, line in zip(before, lines, strict=True) if x != (after := _text(line))]
        if not changed or changed[0][1] in ("pass", "", "if 1:"):
            return self.why
        more = ", ".join(f"`{after}`" for _, after in changed[1:4]) + " ..." * (len(changed) > 4)
        return f"{self.why}: `{changed[0][1]}` in place of `{changed[0][0]}`" + f"; likewise {more}" * bool(more)


ANY = "the sign is turned", "the minus sign is missing"  # which fit everywhere, and many of which cancel out


def slips(tree: ast.FunctionDef) -> list[Slip]:
    """All slips of the kinds above in a function: in one place, or the same in several."""
    single: list[Slip] = []
    alike: dict[Any, list[Slip]] = {}
    lines: dict[ast.AST, str] = {}
    for slip, place, new in _single(tree):
        single.append(slip)
        line = lines.setdefault(slip.edits[0].line, "") or ast.unparse(slip.edits[0].line)
        lines[slip.edits[0].line] = line
        keys: list[Any] = [(slip.kind, place, _alike(line), _alike(new))]
        if slip.why not in ANY:
            keys.append((slip.kind, slip.why))
        if slip.kind not in ("wrong array", "number"):
            keys.append((slip.kind, place, *(re.sub(r"[A-Za-z_]\w*", "x", text) for text in (line, new))))
        for key in keys if slip.rank == 0 else ():
            alike.setdefault(key, []).append(slip)
    groups = {tuple(map(id, group)): group for group in alike.values() if len({*map(id, group)}) > 1}
    return single + list(map(_joined, groups.values()))


def _joined(group: list[Slip]) -> Slip:
    whys = [slip.why for slip in group if isinstance(slip.edits[0].new, ast.stmt)]  # of which no text is shown
    why = "; ".join(dict.fromkeys(whys[:4])) or group[0].why
    return Slip(group[0].kind, why, [edit for slip in group for edit in slip.edits], 1)


def _alike(text: str) -> str:
    """The text with W for b, A for X and Y, and without the layers' numbers."""
    text = re.sub(r"(?<=[A-Za-z])\d", "", text)
    return re.sub(r"(?<![A-Za-z])[XY](?![A-Za-z])", "A", re.sub(r"(?<![A-Za-z])(d?)b(?![A-Za-z])", r"\1W", text))


def _single(tree: ast.FunctionDef) -> Iterator[tuple[Slip, int, str]]:
    """The slips in one place, with the place's number in its line and the text there."""
    nodes, arguments = list(ast.walk(tree)), tree.args.args
    stored = [x.id for x in nodes if isinstance(x, ast.Name) and _is_stored(x)]
    names = list(dict.fromkeys([*(a.arg for a in arguments), *stored]))
    texts = list(dict.fromkeys(x.value for x in nodes if isinstance(x, ast.Constant) and isinstance(x.value, str)))
    for owner, field in [(x, field) for x in nodes for field in ("body", "orelse") if isinstance(x, ast.stmt)]:
        block = getattr(owner, field, [])
        for k, line in enumerate(block):
            for number, (place, node, inside) in enumerate(_places(line)):
                for kind, why, new in _at(node, names, texts, inside):
                    text = new if isinstance(new, str) else ast.unparse(new)
                    yield Slip(kind, why, [Edit(tree, line, place, new)]), number, text
            for kind, why, lines in _of_lines(block[k : k + 2], names):
                lines = list(map(ast.fix_missing_locations, lines))
                place, new = (owner, field, k), lines[0]
                if len(lines) != 1:
                    place, new = (owner, field, -1), [*block[:k], *lines, *block[k + len(lines) :]]
                yield Slip(kind, why, [Edit(tree, line, place, new)]), -1, " ".join(map(ast.unparse, lines))
    last: Any = tree.body[-1]
    for a in arguments if isinstance(last, ast.Return) else ():
        if a.arg in stored and a.arg in {x.id for x in ast.walk(last.value) if isinstance(x, ast.Name)}:
            old = ast.parse(f"old = {a.arg}").body
            body = [*old, *tree.body[:-1], _renamed(last, a.arg, "old")]
            why = f"{a.arg} is returned as it was: the new numbers are not stored in it"
            yield Slip("missing line", why, [Edit(tree, last, (tree, "body", -1), body)]), -1, ""
    loops = [k for k, line in enumerate(tree.body) if isinstance(line, ast.For)]
    if loops and "AL" in stored:
        body = [*tree.body[: loops[-1] + 1], _renamed(last, "AL", "A")]
        why = "the lines after the loop are missing: those of the last layer"
        yield Slip("missing line", why, [Edit(tree, last, (tree, "body", -1), body)]), -1, ""
    for a, b in combinations(arguments, 2):
        swapped = [b if x is a else a if x is b else x for x in arguments]
        why = f"{a.arg} and {b.arg} are swapped"
        yield Slip("wrong array", why, [Edit(tree, tree, (tree.args, "args", -1), swapped)], 2), -1, ""


def _of_lines(lines: list[Any], names: list[str]) -> Iterator[tuple[str, str, list[Any]]]:
    """(kind, why, the lines in their place) for slips in more than one place of a line."""
    line = lines[0]
    if isinstance(line, (ast.Assign, ast.Expr, ast.Return)):
        for name, count in Counter(x.id for x in ast.walk(line) if isinstance(x, ast.Name)).items():
            for kind, why, other in _instead("wrong array", name, names if count > 1 and name in names else ()):
                yield kind, f"{why} in `{_text(line)}`", [_renamed(line, name, other)]
    if isinstance(line, (ast.Assign, ast.Expr)):
        yield "missing line", f"the line `{_text(line)}` is missing", [ast.Pass()]
    mask = re.fullmatch(r"d(A(\d)) = d\1 \* (D\2)", _text(line))
    if mask:  # the A in the cache went through the mask too
        unmasked = ast.parse(f"if 1:\n    {mask[1]} = Z{mask[2]}").body
        yield "missing factor", f"the mask {mask[3]} is missing", unmasked
    if isinstance(line, ast.For):
        first, last = line.body[0], line.body[-1]
        before = ast.For(line.target, line.iter, line.body[1:] or [ast.Pass()], [])
        after = ast.For(line.target, line.iter, line.body[:-1] or [ast.Pass()], [])
        for moved, where, both in ((first, "before", [first, before]), (last, "after", [after, last])):
            why = f"`{_text(moved)}` stands {where} the loop, not in it"
            yield "line order", why, [ast.If(ast.Constant(1), both, [])]
    if isinstance(line, ast.If) and not line.orelse:
        test = ast.unparse(line.test)
        yield "missing line", f"the lines under `if {test}:` are missing", [ast.Pass()]
        yield "missing line", f"`if {test}:` is missing", [ast.If(ast.Constant(True), line.body, [])]
    if len(lines) == 2 and isinstance(line, ast.Expr) and isinstance(loop := lines[1], ast.For):
        inner = ast.For(loop.target, loop.iter, [line, *loop.body], [])
        yield "line order", f"`{_text(line)}` stands in the loop, not before it", [inner, ast.Pass()]
    if len(lines) == 2 and isinstance(line, ast.For) and isinstance(lines[1], ast.Return):
        inner = ast.For(line.target, line.iter, [*line.body, lines[1]], [])
        yield "line order", "return stands inside the loop, which ends in its first round", [inner]
    if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Tuple) and isinstance(line.value, ast.Name):
        for a, b in combinations([x.id for x in line.targets[0].elts if isinstance(x, ast.Name)], 2):
            new = ast.parse(re.sub(rf"\b({a}|{b})\b(?=.* = )", lambda x: b if x[0] == a else a, _text(line)))  # noqa: B023
            yield "wrong array", f"{a} and {b} are swapped", new.body
    if len(lines) == 2 and all(isinstance(x, ast.Assign) for x in lines):
        yield "line order", f"`{_text(line)}` comes too late, after `{_text(lines[1])}`", [lines[1], line]


def _renamed(line: Any, name: str, other: str) -> Any:
    copy = ast.parse(ast.unparse(line)).body[0]
    for x in ast.walk(copy):
        if isinstance(x, ast.Name) and x.id == name and not _is_stored(x):
            x.id = other
    return copy


def _at(node: Any, names: list[str], texts: list[str], inside: tuple[Any, ...]) -> Iterator[tuple[str, str, Any]]:
    """(kind, why, what stands in its place) for each slip at this node of a line."""
    text, parent = ast.unparse(node), inside[-1]
    result = isinstance(parent, ast.Return)
    names_in = re.findall(r"\b(?!np)[A-Z]\w?\b", text)[:1] or ["x"]
    for kind, why, new in WHOLE.get(re.sub(rf"\b{names_in[0]}\b", "{x}", text), WHOLE.get(text, ())):
        yield kind, why.replace("{x}", names_in[0]), new.replace("{x}", names_in[0])
    match node:
        case ast.BinOp():
            yield from _of_operator(node, inside)
            if isinstance(parent, ast.FormattedValue) and "L" in names:
                yield "layer", "every layer takes that of layer L", "L"
        case ast.UnaryOp():
            yield "turned sign", "the minus sign is missing", node.operand
        case ast.Subscript() if text.endswith(".shape[1]"):
            yield "missing factor", "the division by m is missing, or m is 1", "1"
        case ast.Attribute(attr="T"):
            yield "wrong transpose", f"the transpose .T of {ast.unparse(node.value)} is missing", node.value
        case ast.Call():
            yield from _of_call(node)
        case ast.Compare(ops=[ast.Gt() | ast.Lt() as sign]):
            left, right = ast.unparse(node.left), ast.unparse(node.comparators[0])
            turned = "<=" if isinstance(sign, ast.Gt) else ">="
            yield "mask", "the comparison is turned around", f"{left} {turned} {right}"
            yield "mask", "the comparison itself is missing", node.left
            yield "wrong operator", "- stands in place of a comparison", f"{left} - {right}"
        case ast.Constant(value=str(value)):
            kind = "function" if value in ACTIVATIONS else "wrong array"
            yield from _instead("layer", text, [repr(x) for x in texts if f"d{x}" == value or x == f"d{value}"])
            others = ACTIVATIONS if value in ACTIVATIONS else [x for x in texts if x not in ACTIVATIONS]
            yield from _instead(kind, text, map(repr, others))
        case ast.Constant(value=int(value) | float(value)):
            yield from _of_number(value, inside)
        case ast.Name():
            changed = [f"{text} - 1", f"{text} + 1"] if text in COUNTS else []
            changed += ["1", *["L"] * ("L" in names)] if isinstance(parent, ast.FormattedValue) else []
            yield from _instead("layer" if text in "lLk" else "number", text, changed)
            yield from _instead("wrong array", text, names)
            if re.match("keep_prob|beta", text):
                yield "number", f"1 - {text} is written where {text} belongs", f"(1 - {text})"
            if re.fullmatch(r"D\d", text):
                drawn = f"np.random.rand(*{text}.shape) < keep_prob"
                yield "mask", "a new mask is drawn in place of the one in the cache", f"({drawn})"
            if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.MatMult):
                yield "wrong transpose", f"{text} is transposed once too often", f"{text}.T"
        case ast.Tuple() if isinstance(inside[0], ast.Return) and len(node.elts) < 4:
            what = "the results are" if result else f"{text} is"
            for order in list(permutations(map(ast.unparse, node.elts)))[1:]:
                yield "wrong array", f"{what} in another order", f"({', '.join(order)})"
    single = result or (isinstance(parent, ast.Assign) and not isinstance(parent.targets[0], ast.Tuple))
    if single and isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Call)) and "//" not in text:
        yield "turned sign", "the sign is turned", f"-({text})"


def _instead(kind: str, text: str, others: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Another text in place of this one."""
    return ((kind, f"{other} is written where {text} belongs", other) for other in others if other != text)


def _of_operator(node: ast.BinOp, inside: tuple[Any, ...]) -> Iterator[tuple[str, str, str]]:
    a, b = ast.unparse(node.left), ast.unparse(node.right)
    literal = isinstance(node.left, ast.Constant) or isinstance(node.right, ast.Constant)
    indexed = any(isinstance(x, (ast.FormattedValue, ast.Subscript)) or _called(x) == "range" for x in inside)
    for kind, why, new in OPERATORS.get(type(node.op), ()):
        if (literal and kind == "doubled factor") or (a in ("-1", "1", "2") and new == "1 / ({b})"):
            continue  # that is a turned sign, or another number
        why = why.format(a=a, b=b).replace("the factor 1 / ", "the division by ")
        yield "layer" if indexed and a in COUNTS and literal else kind, why, new.format(a=a, b=b)
    match node:
        case ast.BinOp(ast.BinOp(x, ast.Mult(), y), ast.Add(), ast.BinOp(rest, ast.Mult(), z)):
            one, first, other, second = map(ast.unparse, (x, y, rest, z))
            if other == f"1 - {one}":
                yield "upside down", f"{one} and {other} are swapped", f"({other}) * {first} + {one} * {second}"
        case ast.BinOp(_, ast.Mult(), ast.Call(args=[ast.BinOp(x, ast.Add(), y)])) if "np.log" in b:
            for sign in "+-":
                new = f"{a} * np.sum({ast.unparse(x)}) {sign} np.sum({ast.unparse(y)})"
                yield "missing factor", f"{a} is missing in the second term", new
            for half in ("", " / 2"):
                new = f"np.sum(({re.findall(r'log.(.*?).$', ast.unparse(x))[0]} - Y) ** 2) / m{half}"
                yield "function", "the mean of the squared errors is written where the cross-entropy belongs", new
    if a.startswith("np.linalg.norm") and isinstance(node.op, ast.Add):
        yield "function", "the norm of the sum is written where the sum of the norms belongs", f"{a[:-1]} + {b[15:]}"
    if isinstance(node.op, ast.Div) and b == "m":
        yield "number", "2 * m is written where m belongs", f"{a} / (2 * m)"
    if isinstance(node.op, ast.Sub) and a == "1" and not b.isdigit():
        yield "missing term", f"{b} is written where 1 - {b} belongs", b
    if isinstance(node.left, ast.Call) and _called(node.left) == "np.random.randn":
        n = ast.unparse(node.left.args[1])
        for scale in ("0.01",) if "np.sqrt" in b else (f"np.sqrt(1 / {n})", f"np.sqrt(2 / {n})"):
            yield "function", f"{scale} is written where {b} belongs", f"{a} * {scale}"
    if _called(node.left) == "np.sqrt":
        yield "wrong power", f"{b} stands inside the root", f"{a[:-1]} + {b})"


def _of_call(node: ast.Call) -> Iterator[tuple[str, str, str]]:
    f, args = ast.unparse(node.func), [ast.unparse(x) for x in node.args]
    rest = [ast.unparse(x) for x in node.keywords]
    x, y = [*args, "", ""][:2]
    words = {"f": f, "x": x, "y": y, "args": ", ".join(args + rest), "rest": ", ".join(rest)}
    if f == "np.zeros" and isinstance(node.args[0], ast.Tuple):
        n, one = map(ast.unparse, node.args[0].elts)
        yield "axis", f"its shape is ({n},), not ({n}, {one})", f"np.zeros({n})"
        yield "axis", f"its shape is ({one}, {n}), not ({n}, {one})", f"np.zeros(({one}, {n}))"
        for scale in ("", " * 0.01"):
            drawn = f"np.random.randn({n}, {one}){scale}"
            yield "function", "np.random.randn is written where np.zeros belongs", drawn
        yield "axis", "np.zeros takes the shape as one tuple, not as two numbers", f"np.zeros({n}, {one})"
    if f == "np.random.randn":
        for other in ("np.zeros", "np.ones"):
            yield "function", f"{other} is written where {f} belongs: all units stay alike", f"{other}(({x}, {y}))"
        yield "axis", f"{f} takes two numbers, not one tuple", f"{f}(({x}, {y}))"
    if f == "np.sqrt" and " / " in x:
        yield "wrong power", "np.sqrt is taken of the numerator alone", "np.sqrt({}) / {}".format(*x.split(" / "))
    for kind, why, new in CALLS.get(f + " of each row" * bool(rest), ()) if f != "range" or not y else ():
        yield kind, why.format(**words), new.format(**words)
    for _, why, other in [slip for group in FUNCTIONS if f in group for slip in _instead("function", f, group)]:
        yield "function", why, f"{other}({words['args']})"
    if len(args) > 1 and f not in ("np.maximum", "np.where"):
        yield "wrong array", f"the arguments of {f} are in another order", f"{f}({', '.join(args[::-1] + rest)})"


def _of_number(value: float, inside: tuple[Any, ...]) -> Iterator[tuple[str, str, str]]:
    around = " ".join(ast.unparse(x) for x in inside if isinstance(x, (ast.Subscript, ast.Call, ast.FormattedValue)))
    if ".shape[" in around:
        return _instead("axis", f"{value}", [f"{1 - value}"])
    near = value - 1, value + 1
    if "range(" in around or "caches[" in around:
        return _instead("layer", f"{value}", map(str, near))
    seeds = range(10) if "np.random.seed" in around else ()
    others = [f"{x:g}" for x in (0, *near, 10 * value, value / 10, 0.01, *seeds)]
    return _instead("number", f"{value:g}", dict.fromkeys(others))


def _places(owner: ast.AST, *around: ast.AST) -> Iterator[tuple[Any, ast.AST, tuple[ast.AST, ...]]]:
    """Each expression of a statement: the place that holds it, itself, and what is around it."""
    inside = (*around, owner)
    for field, value in ast.iter_fields(owner):
        for index, node in enumerate(value) if isinstance(value, list) else [(-1, value)]:
            if isinstance(node, (ast.expr, ast.keyword)) and field != "func":
                written = isinstance(owner, ast.Subscript) and field == "value" and _is_stored(owner)
                if not written and not _is_stored(node):
                    yield (owner, field, index), node, inside
                yield from _places(node, *inside)


def _parsed(text: str) -> Any:
    """The syntax tree of an expression, or of a slice such as 1:3."""
    line: Any = ast.parse(f"x[{text}]").body[0]
    return line.value.slice


def _called(x: ast.AST) -> str:
    return ast.unparse(x.func) if isinstance(x, ast.Call) else ""


def _text(line: ast.AST) -> str:
    return ast.unparse(line).split("\n")[0]


def _is_stored(x: ast.AST) -> bool:
    return isinstance(getattr(x, "ctx", None), ast.Store)

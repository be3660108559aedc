"""Slips in a function's source: one change to one place, such as a factor left out or a sign turned."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import combinations, permutations
from typing import Any

# The kinds, the simplest first: of two slips that give the same numbers, the first is named.
KINDS = (
    "missing factor", "missing term", "turned sign", "wrong sum", "wrong transpose", "wrong product", "mask",
    "wrong power", "doubled factor", "upside down", "axis", "missing line", "layer", "product order", "function",
    "wrong array", "number", "line order", "wrong operator",
)  # fmt: skip
COUNTS = {"l", "L", "t", "k", "complete"}  # names of whole numbers: a slip adds or subtracts 1
ACTIVATIONS = "relu", "sigmoid"
FUNCTIONS = ("sigmoid", "relu", "np.tanh", "np.exp"), ("np.zeros", "np.ones"), ("np.random.rand", "np.random.randn")


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
    ],
    ast.Sub: [
        *_of_both("missing term", "{b} is missing", "{a}"),
        ("missing term", "{a} is missing", "-({b})"),
        ("turned sign", "the sign of {b} is turned", "({a}) + ({b})"),
        ("turned sign", "the two terms are in the wrong order", "({b}) - ({a})"),
        ("turned sign", "the sign of {a} is turned", "-({a}) - ({b})"),
    ],
    ast.MatMult: [
        ("wrong product", "* stands in place of the dot product", "({a}) * ({b})"),
        ("product order", "the factors of the dot product are in the wrong order", "({b}) @ ({a})"),
    ],
    ast.Pow: [("wrong power", "the power {b} is missing", "{a}")],
    ast.FloorDiv: [("function", "the rounding down is missing", "({a}) / ({b})")],
}
for _op, _sign in SIGNS.items():
    OPERATORS[_op] += [("wrong operator", f"{x} stands in place of {_sign}", f"({{a}}) {x} ({{b}})") for x in "*/+-"]
# What stands in place of a call; {x} and {y} are its first two arguments.
_SUM = ("wrong sum", "the sum is missing", "{x}")
_POWER, _FUNCTION = [("wrong power", "{f} is missing", "{x}")], [("function", "{f} is missing", "{x}")]
CALLS: dict[str, list[tuple[str, str, str]]] = {
    "np.sum": [_SUM, ("wrong sum", "a mean stands in place of the sum", "np.mean({args})")],
    "np.sum of each row": [
        _SUM,
        ("wrong sum", "a mean stands in place of the sum: the division by m is there twice", "np.mean({args})"),
        ("wrong sum", "keepdims=True is missing", "np.sum({x}, axis=1)"),
        ("wrong sum", "the sum runs over axis=0", "np.sum({x}, axis=0, keepdims=True)"),
        ("wrong sum", "axis=1 is missing: the sum runs over all", "np.sum({x}, keepdims=True)"),
        ("wrong sum", "axis=1, keepdims=True is missing: the sum runs over all", "np.sum({x})"),
    ],
    "np.where": [("missing factor", "the mask {x} is missing", "{y}")],
    "np.linalg.norm": [*_FUNCTION, ("function", "a sum stands in place of the norm", "np.sum({x})")],
    **dict.fromkeys(("np.sqrt", "np.square"), _POWER),
    **dict.fromkeys(("sigmoid", "relu", "np.tanh", "np.log"), _FUNCTION),
}


class Slip:
    """A change to one place of one function: `kind` is one of KINDS, `why` says it in words."""

    def __init__(self, tree: ast.FunctionDef, kind: str, why: str, line: ast.AST, place: Any, new: Any) -> None:
        self.function, self.kind, self.why = tree.name, kind, why
        self._tree, self._line, self._place, self._new = tree, line, place, new

    @cached_property
    def _made(self) -> tuple[Any, str]:
        """The function with the slip, compiled, and its line. Meanwhile the slip is in the tree, which others share."""
        owner, field, index = self._place
        whole = getattr(owner, field)
        new = ast.parse(self._new, mode="eval").body if isinstance(self._new, str) else self._new
        setattr(owner, field, new if index < 0 else [*whole[:index], new, *whole[index + 1 :]])
        try:
            module = ast.fix_missing_locations(ast.Module([self._tree], []))
            return compile(module, "<slip>", "exec"), _text(self._line)
        finally:
            setattr(owner, field, whole)

    code = property(lambda self: self._made[0], doc="The function with the slip, compiled at its first use.")

    def calls(self, functions: Any) -> bool:
        """Whether its line only hands arrays on to another of the course's functions."""
        return any(_called(x) in functions for x in ast.walk(self._line))

    def __str__(self) -> str:
        before, after = _text(self._line), self._made[1]
        return self.why if before == after or after in ("pass", "") else f"{self.why}: `{after}` in place of `{before}`"


def slips(tree: ast.FunctionDef) -> Iterator[Slip]:
    """All slips of the kinds above in a function."""
    nodes, arguments = list(ast.walk(tree)), tree.args.args
    stored = (x.id for x in nodes if isinstance(x, ast.Name) and _is_stored(x))
    names = list(dict.fromkeys([*(a.arg for a in arguments), *stored]))
    texts = list(dict.fromkeys(x.value for x in nodes if isinstance(x, ast.Constant) and isinstance(x.value, str)))
    for a, b in combinations(arguments, 2):
        swapped = [b if x is a else a if x is b else x for x in arguments]
        yield Slip(tree, "wrong array", f"{a.arg} and {b.arg} are swapped", tree, (tree.args, "args", -1), swapped)
    for owner, field in [(x, field) for x in nodes for field in ("body", "orelse") if isinstance(x, ast.stmt)]:
        block = getattr(owner, field, [])
        for k, line in enumerate(block):
            for place, node, inside in _places(line):
                for kind, why, new in _at(node, names, texts, inside):
                    yield Slip(tree, kind, why, line, place, new)
            for kind, why, lines in _of_lines(block[k : k + 2], names):
                rest = block[k + len(lines) :]
                yield Slip(tree, kind, why, line, (owner, field, -1), [*block[:k], *lines, *rest])


def _of_lines(lines: list[Any], names: list[str]) -> Iterator[tuple[str, str, list[Any]]]:
    """(kind, why, the lines in their place) for slips in more than one place of a line."""
    line = lines[0]
    if isinstance(line, (ast.Assign, ast.Expr, ast.Return)):
        for name, count in Counter(x.id for x in ast.walk(line) if isinstance(x, ast.Name)).items():
            for kind, why, other in _instead("wrong array", name, names if count > 1 and name in names else ()):
                yield kind, f"{why} in `{_text(line)}`", [_renamed(line, name, other)]
    if isinstance(line, (ast.Assign, ast.Expr)):
        yield "missing line", f"the line `{_text(line)}` is missing", [ast.Pass()]
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
    match node:
        case ast.BinOp():
            yield from _of_operator(node, inside)
        case ast.UnaryOp():
            yield "turned sign", "the minus sign is missing", node.operand
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
            others = [x for x in texts if (x in ACTIVATIONS) == (value in ACTIVATIONS)]
            yield from _instead(kind, text, map(repr, others))
        case ast.Constant(value=int(value) | float(value)):
            yield from _of_number(value, inside)
        case ast.Name():
            changed = [f"{text} - 1", f"{text} + 1"] if text in COUNTS else []
            changed += ["1"] * isinstance(parent, ast.FormattedValue)
            yield from _instead("layer" if text in "lLk" else "number", text, changed)
            yield from _instead("wrong array", text, names)
            if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.MatMult):
                yield "wrong transpose", f"{text} is transposed once too often", f"{text}.T"
        case ast.Tuple() if result:
            for order in list(permutations(map(ast.unparse, node.elts)))[1:]:
                yield "wrong array", "the results are in another order", f"({', '.join(order)})"
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
    if _called(node.left) == "np.sqrt":
        yield "wrong power", f"{b} stands inside the root", f"{a[:-1]} + {b})"


def _of_call(node: ast.Call) -> Iterator[tuple[str, str, str]]:
    f, args = ast.unparse(node.func), [ast.unparse(x) for x in node.args]
    rest = [ast.unparse(x) for x in node.keywords]
    x, y = [*args, "", ""][:2]
    words = {"f": f, "x": x, "y": y, "args": ", ".join(args + rest)}
    for kind, why, new in CALLS.get(f + " of each row" * bool(rest), ()):
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
    others = [f"{x:g}" for x in (*near, 10 * value, value / 10, *seeds)]
    return _instead("number", f"{value:g}", dict.fromkeys(others))


def _places(owner: ast.AST, *around: ast.AST) -> Iterator[tuple[Any, ast.AST, tuple[ast.AST, ...]]]:
    """Each expression of a statement: the place that holds it, itself, and all that is around it."""
    inside = (*around, owner)
    for field, value in ast.iter_fields(owner):
        for index, node in enumerate(value) if isinstance(value, list) else [(-1, value)]:
            if isinstance(node, (ast.expr, ast.keyword)) and field != "func":
                written = isinstance(owner, ast.Subscript) and field == "value" and _is_stored(owner)
                if not written and not _is_stored(node):
                    yield (owner, field, index), node, inside
                yield from _places(node, *inside)


def _called(x: ast.AST) -> str:
    return ast.unparse(x.func) if isinstance(x, ast.Call) else ""


def _text(line: ast.AST) -> str:
    return ast.unparse(line).split("\n")[0]


def _is_stored(x: ast.AST) -> bool:
    return isinstance(getattr(x, "ctx", None), ast.Store)

"""Translate a formula, written in Python, into LaTeX."""

from __future__ import annotations

import ast
import re
from typing import Any

from ..graph.expression import AND, ATOM, COMPARE, OR, POWER, PRODUCT, SUM, UNARY
from ..tensor import OPS

OPERATORS: dict[Any, tuple[str, int]] = {
    ast.Add: ("+", SUM), ast.Sub: ("-", SUM), ast.Mult: (r"\odot", PRODUCT), ast.MatMult: (r"\,", PRODUCT),
    ast.BitAnd: (r"\land", AND), ast.BitOr: (r"\lor", OR), ast.USub: ("-", UNARY), ast.UAdd: ("+", UNARY),
    ast.Invert: (r"\lnot", UNARY), ast.Lt: ("<", COMPARE), ast.LtE: (r"\leq", COMPARE), ast.Gt: (">", COMPARE),
    ast.GtE: (r"\geq", COMPARE), ast.Eq: ("=", COMPARE), ast.NotEq: (r"\neq", COMPARE), ast.Mod: (r"\bmod", PRODUCT),
    ast.FloorDiv: (r"\mathbin{//}", PRODUCT),
}  # fmt: skip
LETTERS = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau phi chi psi omega"
GREEK = {c: f"{{\\{name}}}" for c, name in zip("αβγδεζηθικλμνξπρστφχψω", LETTERS.split(), strict=True)}
SPECIAL = {"\\": r"$\backslash$", "~": r"$\sim$", "^": r"$\wedge$", "<": "$<$", ">": "$>$", "|": "$|$"}
EACH = r"\text{ in each entry}"  # next to it stands the shape
SPECIAL |= {c: f"\\{c}" for c in "&%$#_{}"}


def escaped(text: str) -> str:
    """Escape text for LaTeX, so that no character acts as a command."""
    return "".join(SPECIAL.get(c, c) for c in text)


def latex(formula: str) -> str:
    r"""A formula of formulas.py, statement by statement; W1 becomes the lesson's W^{[1]}.

    >>> latex("dW2 = dZ2 @ A1.T / m")
    'dW^{[2]} = \\frac{dZ^{[2]} \\, A^{[1]T}}{m}'
    """
    try:
        return r",\quad ".join(filter(None, map(_statement, ast.parse(formula).body)))
    except SyntaxError:  # a user's op may have an option whose repr is not Python
        target, _, value = formula.partition(" = ")
        return rf"{symbol(target)} = \texttt{{{escaped(value)}}}"


def symbol(name: str) -> str:
    """A name in LaTeX: dW1 as dW^{[1]}, t1 as t_{1}, x as x, longer names upright."""
    found = re.fullmatch(r"(d?[A-Za-zα-ω])(\d*)", name)  # noqa: RUF001
    text = found[1] if found else rf"\mathrm{{{escaped(name)}}}"
    if found and found[2]:
        text += f"^{{[{found[2]}]}}" if text[-1] in "WbZA" else f"_{{{found[2]}}}"
    return "".join(GREEK.get(c, c) for c in text)


def _statement(line: Any) -> str:
    if isinstance(line, ast.Assign):
        if ast.unparse(line.value) == f"np.array({ast.unparse(line.targets[0])})":
            return ""  # a copy changes no value
        return f"{_tex(line.targets[0])} = {_tex(line.value)}"
    if isinstance(line, ast.AugAssign):
        return rf"{_tex(line.target)} \mathrel{{+}}= {_tex(line.value)}"
    if isinstance(line.value, ast.Name):
        return symbol(line.value.id)
    target, index, value = line.value.args  # those of np.add.at
    index = index.slice if isinstance(index, ast.Subscript) else index  # np.s_[...]
    return rf"{_tex(target)}{_index(index)} \mathrel{{+}}= {_tex(value)}"


def _tex(e: Any, level: int = COMPARE) -> str:
    """An expression, in parentheses if it binds less tightly than `level`."""
    text, own = _parts(e)
    return text if own >= level else rf"\left({text}\right)"


def _parts(e: Any) -> tuple[str, int]:
    """An expression, and how tightly its outermost operator binds."""
    if isinstance(e, ast.Name):
        return symbol(e.id), ATOM
    if isinstance(e, ast.BinOp):
        return _binary(e)
    if isinstance(e, ast.UnaryOp):
        return f"{OPERATORS[type(e.op)][0]} {_tex(e.operand, UNARY)}", UNARY
    if isinstance(e, ast.Compare):
        return (f"{_tex(e.left, OR)} {OPERATORS[type(e.ops[0])][0]} {_tex(e.comparators[0], OR)}", COMPARE)
    if isinstance(e, ast.Call):
        text = _call(e)
        return text, COMPARE if text.endswith(EACH) else SUM if text.startswith(r"\sum") else ATOM
    if isinstance(e, ast.Attribute):
        if e.attr != "T":
            return (r"\infty" if e.attr == "inf" else rf"\mathrm{{{escaped(ast.unparse(e))}}}", ATOM)
        x = _tex(e.value, ATOM)
        return (f"{x[:-1]}T}}" if re.fullmatch(r"\w+\^\{\[\d+\]\}", x) else f"{{{x}}}^{{T}}"), ATOM
    if isinstance(e, ast.Subscript):
        return f"{_tex(e.value, ATOM)}{_index(e.slice)}", ATOM
    if isinstance(e, (ast.Tuple, ast.List)):
        left, right = "()" if isinstance(e, ast.Tuple) else "[]"
        return rf"\left{left}{', '.join(map(_tex, e.elts))}\right{right}", ATOM
    if isinstance(e, ast.Constant) and type(e.value) in (int, float):
        text = str(e.value) if isinstance(e.value, int) else format(e.value, ".6g")
        mantissa, _, exponent = text.partition("e")
        return mantissa + (rf" \cdot 10^{{{int(exponent)}}}" if exponent else ""), PRODUCT if exponent else ATOM
    return rf"\text{{{escaped(ast.unparse(e))}}}", ATOM


def _binary(e: Any) -> tuple[str, int]:
    if isinstance(e.op, ast.Div):
        return rf"\frac{{{_tex(e.left)}}}{{{_tex(e.right)}}}", POWER
    if isinstance(e.op, ast.Pow):
        return f"{{{_tex(e.left, ATOM)}}}^{{{_tex(e.right)}}}", POWER
    sign, level = OPERATORS[type(e.op)]
    if isinstance(e.op, ast.Mult) and any(isinstance(x, ast.Constant) for x in (e.left, e.right)):
        sign = r"\cdot"
    return (f"{_tex(e.left, level)} {sign} {_tex(e.right, POWER if level == PRODUCT else level + 1)}", level)


def _call(e: ast.Call) -> str:
    """A call of a NumPy or tinygraph function, or of a method, which is written like a function."""
    name, arguments = ast.unparse(e.func).removeprefix("np."), [*e.args]
    is_function = name.isidentifier() or name.startswith("linalg.") or ".rules" in name
    if isinstance(e.func, ast.Attribute) and not is_function:
        name, arguments = e.func.attr, [e.func.value, *e.args]
    options = [rf"\mathrm{{{escaped(x.arg or '')}}} = {_tex(x.value)}" for x in e.keywords if x.arg != "keepdims"]
    if name == "sum" and len(arguments) == 1:
        under = f"_{{{', '.join(options)}}}" if options else ""
        return rf"\sum{under} {_tex(arguments[0], PRODUCT)}"
    if name == "broadcast_to":
        return f"{_tex(arguments[0], SUM)}{EACH}"
    if name == "ones" and ast.unparse(arguments[0]) == "()":
        return "1"
    known: str = getattr(OPS.get(name), "latex", "")
    if "%s" in known and len(arguments) == 1:
        return known % _tex(arguments[0])
    head = known if known and "%s" not in known else rf"\operatorname{{{escaped(name)}}}"
    return rf"{head}\left({', '.join([*map(_tex, arguments), *options])}\right)"


def _index(e: Any) -> str:
    parts = e.elts if isinstance(e, ast.Tuple) else [e]
    texts = [_tex(x) if not isinstance(x, ast.Slice) else ast.unparse(x).replace(":", r"{:}") for x in parts]
    return rf"\left[{', '.join(texts)}\right]"

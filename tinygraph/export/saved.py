"""The source of a function as a module that is saved, with what it takes and gives."""

from __future__ import annotations

import ast
import inspect
import keyword
import os
import sys
from typing import Any

from ..compiler.inputs import key_text, wrapped
from ..compiler.source import Source
from ..files import replacing
from ..graph.nodes import Node

# Integers may become floats. What else would change values is refused; `casting` "no" refuses all.
CHECK = """\
def {check}(name, given, shape, dtype, casting="safe"):
    number = type(given) in (bool, int, float) or getattr(given, "weak_type", False)
    got = getattr(given, "shape", () if number else type(given).__name__)
    if got != shape:
        raise ValueError(f"{{name}} takes the shape {{shape}}, got {{got}}")
    if type(given).__name__ in ("MaskedArray", "matrix"):
        raise TypeError(f"{no}")
    x, wanted = np.asarray(given), np.result_type(dtype)
    if wanted.kind == "f" and casting == "safe" and (number or x.dtype.kind in "iub"):
        casting = "same_kind"
    if not np.can_cast(x.dtype, wanted, casting):
        raise ValueError(f"{{name}} takes {{wanted}}, got {{x.dtype}}: write {{name}}.astype('{{wanted}}')")
    return x if x.dtype == wanted else x.astype(wanted)


"""
NOT_PLAIN = "{} takes no masked arrays and no numpy.matrix: write .filled(value), or np.asarray(M)"


class SavedSource(Source):
    """A source that can be saved as a module of `libraries`."""

    libraries, generator = "NumPy alone", "a NumPy Generator"
    number = "    {} = {}.item()\n"  # a float's dtype adapts to arrays

    def check(self) -> None:
        """Raise ValueError if the function needs more than `libraries`."""
        if self.obstacles:
            what = "; ".join(f"{name}, {why}" for name, why in self.obstacles.items())
            raise ValueError(f"a module of {self.libraries} cannot hold {what}; nothing was written")

    def save(self, path: Any) -> None:
        """Write the function as a module."""
        module_name(path, "save()")
        text = self.module()
        with replacing(path) as file:
            file.write(text.encode())

    def module(self) -> str:
        """The text of the module, with the shapes in its docstring.

        Raises ValueError if the function needs more than `libraries`.
        """
        self.check()
        inputs = self._inputs
        first = "A training step" if self.graph.updates else "A function"
        takes = {x: "a float" if n.value is float else f"{n.shape} {n.dtype}" for x, n in inputs.arguments.items()}
        for variable, node in inputs.parameters.items():
            takes[f"parameters[{key_text(inputs.keys[variable])}]"] = f"{node.shape} {node.dtype}"
        takes |= dict.fromkeys(inputs.generators.values(), self.generator)
        if inputs.state:
            takes["state"] = "what the step before gave; at first start(parameters)"
        words = {"parameters": "the new parameters (those given stay as they are)", "state": "the new state"}
        gives = [words.get(name, f"a new {name}") for name in self._handed]
        libraries, imports = self._imports()
        text = f'"""{first} in {libraries}, written by tinygraph for these shapes.\n\n{self.name} takes\n'
        text += "\n".join(f"    {name}: {what}" for name, what in takes.items()) + "\n"
        last = "and the cost" if self.graph.updates else "and the result"
        text += f"and gives {', '.join([*gives, last])}.\n" if gives else ""
        text += f'"""\n\n{imports}\n\n{self._checked()}'
        return text + self._start() if inputs.state else text

    def _imports(self) -> tuple[str, str]:
        """The libraries that the module needs, in words, and the lines that import them."""
        scipy = [f"import {name}\n" for name in ("scipy.linalg", "scipy.special") if f"{name}." in self.text]
        return "NumPy and SciPy" if scipy else self.libraries, "".join(["import numpy as np\n", *scipy])

    def _start(self) -> str:
        """The function that gives the state before the first step."""
        pairs, zeros = [(u.parameter, x) for u in self.graph.updates for x in u.state], []
        for p, x in pairs:  # the state of a float16 parameter is float32
            of_p = f"parameters[{key_text(self._inputs.keys[self._inputs.text(p)])}]"
            zeros.append(f"np.zeros_like({of_p}{'' if x.dtype == p.dtype else f', {str(x.dtype)!r}'})")
        state = wrapped("state = " + self._inputs.state_text("0", zeros))
        lines = ['"""The state before the first step."""', *state, "return state"]
        return "\n\ndef start(parameters):\n" + "".join(f"    {line}\n" for line in lines)

    def _checked(self) -> str:
        """The text of the function, which first checks the shapes and dtypes of its arguments."""
        inputs, lines = self._inputs, ""
        check = inputs.names.of("check", "_checked")

        def checked(given: str, node: Node, casting: str = "") -> str:
            return f"{check}({given!r}, {given}, {node.shape}, {str(node.dtype)!r}{casting})"

        for x, node in inputs.arguments.items():
            lines += (self.number if node.value is float else "    {} = {}\n").format(x, checked(x, node))
        entries = {key_text(inputs.keys[x]): node for x, node in inputs.parameters.items()}
        checks = [f"        {x}: " + checked(f"parameters[{x}]", node, ', "no"') for x, node in entries.items()]
        if checks:
            lines += "\n".join(["    parameters = {", *(f"{line}," for line in checks), "    }\n"])
        if not lines:
            return self.text
        first = self.text[: self.text.index("\n") + 1]
        text = CHECK.format(check=check, no=NOT_PLAIN.format("{name}"))
        return text + replaced(self.text, first, first + lines)


def module_name(path: Any, writes: str) -> str:
    """The name of a module to write. Raises ValueError for one that cannot be imported."""
    file = os.path.basename(os.fsdecode(path))
    name = file.removesuffix(".py")
    if name == file:
        raise ValueError(f"{writes} writes a module: its path ends in .py, got {os.fsdecode(path)!r}")
    if not name.isidentifier() or keyword.iskeyword(name):
        wanted = "letters, digits and _, and no digit first"
        raise ValueError(f"{writes} writes a module to import: its name has {wanted}; got {name!r}")
    if name in {*sys.stdlib_module_names, "numpy", "scipy", "jax"}:
        raise ValueError(f"{writes} writes a module to import: {name} would stand in for Python's or a library's own")
    return name


def copied(module: Any, names: str) -> str:
    """The text of some functions and constants of a module."""
    source, text, missing = inspect.getsource(module), "", {*names.split()}
    for node in ast.parse(source).body:
        name = getattr(node, "name", ast.unparse(getattr(node, "targets", [ast.Pass()])[0]))
        if name in missing:
            missing.remove(name)
            text += "\n\n" * isinstance(node, ast.FunctionDef) + f"{ast.get_source_segment(source, node)}\n"
    if missing:
        raise AssertionError(f"{module.__name__} has no {', '.join(sorted(missing))}")
    return text


def replaced(text: str, old: str, new: str) -> str:
    """The text with `new` for the one place of `old`."""
    if text.count(old) != 1:
        raise AssertionError(f"{old!r} stands {text.count(old)} times in {text!r}")
    return text.replace(old, new)

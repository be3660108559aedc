"""Random draws in a traced function, found by the states of the generators that it reaches."""

from __future__ import annotations

import contextlib
import functools
import types
from collections.abc import Callable, Iterator
from itertools import islice, repeat
from typing import Any

import numpy as np

from ..graph.trace import TracedGenerator
from ..nn.model import Model
from ..transforms.tree import leaves
from .signature import parameter_names

GLOBAL: Any = np.random.get_state.__self__  # type: ignore[attr-defined]  # np.random.normal is a method of it
MOST = 1000  # objects that a search looks at, which takes milliseconds
CALLED = {"__call__", "__wrapped__", "forward", "rules"}  # attributes that a call uses without naming them
ATOMS = {str, bytes, int, float, bool, type(None), np.ndarray, np.dtype}  # they hold no generators
OURS = ("numpy", "tinygraph")  # their functions do not draw, but may call a function that they hold


class Draws:
    """The generators that a call of f reaches by name, with their states before the trace."""

    def __init__(self, f: Any, args: Any, kwargs: Any) -> None:
        self._f, self._names = f, parameter_names(f, args, kwargs)
        self._generators = {id(GLOBAL): ("np.random", GLOBAL)}
        self.of_models: list[tuple[dict[str, Any], str, Any]] = []  # a Model's attributes, a name among them, its rng
        self._find()
        self._before = self._latest = self._states()

    def _states(self) -> dict[int, Any]:
        return {key: _state(generator) for key, (_, generator) in self._generators.items()}

    def latest(self) -> set[int]:
        """The generators that were drawn from since the last call of this method."""
        before, self._latest = self._latest, self._states()
        return {key for key, x in self._latest.items() if not all(map(np.array_equal, leaves(x), leaves(before[key])))}

    def without(self, run: Callable[[], Any], error: Callable[[set[int]], TypeError]) -> Any:
        """What `run` gives; raises the error, after a reset of the generators, if it draws.

        Another thread may draw at the same time. So a generator counts only if a second run draws
        from it too.
        """
        drawn: set[int] = set()
        try:
            for _ in range(2):
                found = run()
                drawn = self.latest() & drawn if drawn else self.latest()
                if not drawn:
                    return found
            raise error(drawn)
        except BaseException:
            self.put_back()
            raise

    def put_back(self) -> None:
        """Set each generator back to the state from before the trace."""
        for key, (_, generator) in self._generators.items():
            if isinstance(generator, np.random.RandomState):
                generator.set_state(self._before[key])
            else:
                generator.bit_generator.state = self._before[key]

    def error(self, drawn: set[int]) -> TypeError:
        """The error that names these generators and shows what to write instead."""
        titles = [title for key, (title, _) in self._generators.items() if key in drawn]
        name = getattr(self._f, "__name__", "")
        name = name if name.isidentifier() else "step"
        given = [given or "x" for given, x in self._names if given != "self" and id(x) not in drawn]
        rng = titles[0].removeprefix("argument ")
        return TypeError(
            f"{name} draws random numbers from {' and '.join(titles)}. tg.compile traces it once, so every call would "
            f"use the same draw. Draw outside, at each call, and pass the result as an argument: "
            f"{name}({', '.join([*given, 'mask'])}) with mask = {rng}.random(shape) < keep. Or make a Generator an "
            "argument of the function, or use tg.dropout: then each call draws anew. Nothing was changed: the "
            "generator has the state that it had before"
        )

    # --- the search

    def _find(self) -> None:
        """Search f and its arguments, then the objects that these hold and name, nearest first."""
        names, asked = set(CALLED), set[str]()  # the names in all code found so far, and before this round
        seen: dict[int, tuple[str, Any]] = {}
        new = [("", self._f)]
        new += [(name if name == "self" else f"argument {name or ''}".rstrip(), x) for name, x in self._names]
        while new and len(seen) < MOST:
            queue, new, old = new, [], [*seen.values()]
            for title, x in queue:
                if isinstance(x, (np.random.Generator, np.random.RandomState)):
                    self._generators.setdefault(id(x), (title or "a generator", x))
                elif id(x) not in seen and type(x) not in ATOMS:
                    seen[id(x)] = (title, x)
                    for code in _codes(x):
                        names.update(code.co_names)
                    new += _held(title, x)
            fresh, asked = names - asked, {*names}
            found = [*seen.values()][len(old) :]
            for (title, x), wanted in [*zip(old if fresh else (), repeat(fresh)), *zip(found, repeat(names))]:
                for name, value in _attributes(x, wanted):
                    new.append((title if name in CALLED else f"{title or 'self'}.{name}", value))
                    if isinstance(x, Model) and isinstance(value, np.random.Generator) and name in vars(x):
                        self.of_models.append((vars(x), name, value))

    @contextlib.contextmanager
    def standing_in(self, trace: Any) -> Iterator[None]:
        """While f is traced, the draws of each Model's own generator are draws of every call."""
        try:
            for owner, name, rng in self.of_models:
                owner[name] = TracedGenerator(trace, rng, (owner, name), name)
            yield
        finally:
            for owner, name, rng in self.of_models:
                owner[name] = rng


def _state(generator: Any) -> Any:
    if isinstance(generator, np.random.RandomState):
        return generator.get_state(legacy=False)
    return generator.bit_generator.state


@functools.cache
def _is_ours(module: str | None) -> bool:
    return str(module).split(".")[0] in OURS


def _codes(x: Any) -> Iterator[types.CodeType]:
    """The code of a Python function and of the functions defined inside it."""
    codes = [x.__code__] if isinstance(x, types.FunctionType) else []
    for code in codes:
        codes += [c for c in code.co_consts if isinstance(c, types.CodeType)]
        yield code


def _held(title: str, x: Any) -> Iterator[tuple[str, Any]]:
    """The objects that a function, list, tuple or dict names or holds, each with its title."""
    if isinstance(x, types.FunctionType):
        code, defaults = x.__code__, x.__defaults__ or ()
        for name, cell in zip(code.co_freevars, x.__closure__ or (), strict=True):
            with contextlib.suppress(ValueError):  # an empty cell
                yield name, cell.cell_contents
        yield from zip(code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount], defaults, strict=True)
        yield from (x.__kwdefaults__ or {}).items()
        if not _is_ours(x.__globals__.get("__name__")):
            named = dict.fromkeys(name for code in _codes(x) for name in code.co_names)
            yield from ((name, x.__globals__[name]) for name in named if name in x.__globals__)
    elif isinstance(x, (types.MethodType, types.BuiltinMethodType)):
        yield from ((title, getattr(x, "__func__", None)), (title or "self", x.__self__))
    elif isinstance(x, functools.partial):
        yield from ((title, y) for y in (x.func, *x.args))
        yield from x.keywords.items()
    elif isinstance(x, (list, tuple, dict)):
        yield from ((title, y) for y in islice(x.values() if isinstance(x, dict) else x, MOST))
    elif isinstance(x, (staticmethod, classmethod, property)):
        yield title, x.fget if isinstance(x, property) else x.__func__


def _attributes(x: Any, names: set[str]) -> Iterator[tuple[str, Any]]:
    """The attributes of these names; a property is not asked for its value."""
    if isinstance(x, types.ModuleType) and _is_ours(x.__name__):
        return
    own = getattr(x, "__dict__", {}) if type(x).__dictoffset__ else {}  # which a C type may keep to itself
    yield from ((name, own[name]) for name in sorted(own.keys() & names))
    for cls in (x if isinstance(x, type) else type(x)).__mro__:
        if cls.__module__ != "builtins" and not _is_ours(cls.__module__):
            for name in sorted(vars(cls).keys() & names):
                value = vars(cls)[name]
                yield name, getattr(x, name, None) if isinstance(value, types.MemberDescriptorType) else value

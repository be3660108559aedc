"""A graph as a module on jax.numpy: the readable NumPy source, in JAX's forms.

JAX itself checks each node, by the shape and dtype that it gives the node's text. If it promotes
dtypes in another way than NumPy, the inputs are cast as NumPy casts them. What it lacks is refused.
"""

from __future__ import annotations

import math
import re
from collections import ChainMap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from .. import ops
from ..compiler.compile import Compiled, compile  # noqa: A004
from ..compiler.inputs import Inputs, dict_text, wrapped
from ..compiler.source import unpacked
from ..compiler.statements import Statements
from ..graph.expression import ATOM, Expressions, Text, _within, array
from ..graph.nodes import Node, is_elementwise
from ..ops.shapes import _getitem_row
from ..ops.windows import sliding_window_view
from ..transforms import tree
from .saved import SavedSource

# The names of NumPy and SciPy, after strings and comments, which stay as they are.
NAMES = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\#[^\n]*)|(?<![\w.])(np|scipy)\.""")

# A number as an array, whose dtype JAX would adapt to others.
NUMBER = re.compile(r"(jnp\.(?:array\(|full\(\([\d, ]*\), )(-?(?:[\d.e+-]+|jnp\.(?:nan|inf))))\)")

# The calls of ops that JAX has in another form.
FORMS = {
    "np.linalg.cholesky": "np.linalg.cholesky(%s, symmetrize_input=False)",  # one triangle, as in NumPy
    "np.linalg.eigh(%s)[0]": "np.linalg.eigh(%s, symmetrize_input=False)[0]",
    "np.linalg.eigh(%s)[1]": "np.linalg.eigh(%s, symmetrize_input=False)[1]",
    "np.linalg.eigvalsh": "np.linalg.eigvalsh(%s, symmetrize_input=False)",
    "np.partition": "np.sort",
    ".sum": "np.sum",  # the methods forget initial=
    ".prod": "np.prod",
    "scipy.special.psi": "scipy.special.digamma",
    "scipy.special.expm1": "np.expm1",
    "scipy.special.log1p": "np.log1p",
    "scipy.special.log_expit": "jax.nn.log_sigmoid",
    "scipy.special.erfcinv": "(scipy.special.ndtri(np.multiply(%s, 0.5)) / -(2**0.5))",
}
DROPPED = {"kind", "kth", "optimize"}  # options that change no value, or that another form does without
LISTS = {"np.quantile", "np.percentile", "np.cov", "np.repeat"}  # they take arrays for lists

# Random draws, with the usual options; a key, the shape and the dtype take the place of %s.
DRAWS: dict[str, tuple[str, dict[str, float]]] = {
    "random": ("jax.random.uniform(%s)", {}),
    "uniform": ("jax.random.uniform(%s, minval={low}, maxval={high})", {"low": 0.0, "high": 1.0}),
    "standard_normal": ("jax.random.normal(%s)", {}),
    "normal": ("{loc} + {scale} * jax.random.normal(%s)", {"loc": 0.0, "scale": 1.0}),
}
_Code: Any = type("_Code", (str,), {"__repr__": str.__str__})  # an option's text, which prints as it stands


def _jax(what: str) -> Any:
    """The package, or an ImportError that says what needs it."""
    try:
        import jax
    except ImportError:
        raise ImportError(f'{what} needs JAX: pip install ".[jax]"') from None
    return jax


class JaxExpressions(Expressions):
    """The expression of each node on jax.numpy. `inputs` knows what JAX makes of earlier ones."""

    inputs: JaxInputs
    forms = FORMS

    def of(self, node: Node) -> Text | None:
        """The node as an expression of NumPy's shape and dtype, or an obstacle."""
        if node.op.in_lines or super().of(node) is None:
            return super().of(node)
        dtypes = {x.dtype for x in node.nodes() if not self.inputs.is_weak(x)}
        wide, why = np.result_type(*dtypes) if dtypes else node.dtype, ""
        alike = not is_elementwise(node) or self.inputs.jax.numpy.result_type(*dtypes or [wide]) == wide
        for dtype in (None, node.dtype, node.dtype.str) if alike else (wide, None, node.dtype, node.dtype.str):
            try:
                text, found = self._text(node, dtype), self._found(node, dtype)
            except Exception as error:  # whatever JAX raises
                why = why or f"which JAX does not have in this form ({str(error).splitlines()[0]})"
                continue
            if type(dtype) is str and {found.dtype.kind, node.dtype.kind} <= {"i", "u"}:  # as of searchsorted
                text, found = _as(text, node.dtype), found.update(dtype=node.dtype)
            if (found.shape, found.dtype) == (node.shape, node.dtype):
                self.inputs.found[node] = found
                return text
            why = why or f"of which JAX makes {found.dtype} {found.shape} for {node.dtype} {node.shape}"
        self.inputs.obstacles[str(node.op)] = why
        return Text("...")

    @contextmanager
    def _named(self, names: dict[Node, Text]) -> Iterator[None]:
        """Let these texts stand for nodes inside."""
        before, self._written = self._written, ChainMap(names, self._written)
        try:
            yield
        finally:
            self._written = before

    def _text(self, node: Node, dtype: Any) -> Text:
        """The expression with inputs that are cast to a dtype."""
        cast = [x for x in node.nodes() if dtype is not None and x.dtype != dtype and not self.inputs.is_weak(x)]
        cast = [x for x in cast if np.can_cast(x.dtype, dtype, "same_kind")]  # no floats to integers
        with self._named({x: _as(self._written[x], np.dtype(dtype)) for x in cast}):
            return self._form(node)

    def _found(self, node: Node, dtype: Any) -> Any:
        """The shape and dtype of what JAX makes of the node."""
        jax = self.inputs.jax
        names = {y: Text(f"x{k}") for k, y in enumerate(y for x in node.nodes() for y in (x, *x.nodes()))}
        with self._named(names):
            text = in_jax(self._text(node, dtype).text)
        scope = {"jax": jax, "jnp": jax.numpy, self._m_name or "m": self._m}
        function = eval(f"lambda {', '.join(x.text for x in names.values())}: {text}", scope)  # a text of ours
        like = [jax.ShapeDtypeStruct(x.shape, x.dtype, weak_type=self.inputs.is_weak(x)) for x in names]
        return jax.eval_shape(function, *like)

    def _form(self, node: Node) -> Any:
        """The expression in a form that JAX has."""
        op, arrays, given = node.op, node.inputs[1:], node.options.items()
        options = {k: x for k, x in given if k not in DROPPED and (k, x) != ("edge_order", 1)}
        if op is _getitem_row and any(x.kind != "constant" for x in arrays):
            index = self._index(options["index"], arrays)  # outside: NaN, where JAX would take the nearest
            return Text(f"{_within(self._operand(node.inputs[0], node), ATOM)}.at[{index}].get(mode='fill')")
        if op is ops.floor_divide and node.dtype.kind in "iu" and isinstance(arrays[0], Node):
            return Text(f"np.where({self._written[arrays[0]]} == 0, 0, {super().of(node)})")  # as NumPy
        if op is sliding_window_view:
            return self._windows(node)
        if options.get("hermitian"):
            raise ValueError("it reads both triangles")
        if op.as_numpy == "np.linalg.pinv" and options.get("rcond") is None:
            options["rcond"] = 1e-15  # JAX has another default
        if op.as_numpy in LISTS:
            lists = {k: x for k, x in options.items() if np.ndim(x) and type(x) is not tuple}
            options |= {k: _Code(f"np.array({np.asarray(x).tolist()})") for k, x in lists.items()}
        if "repeats" in options:
            options["total_repeat_length"] = node.size if options.get("axis") is None else node.shape[options["axis"]]
        is_same = [*map(id, options.values())] == [*map(id, node.options.values())]
        return super().of(node if is_same else replace(node, options=options))

    def _windows(self, node: Node) -> Text:
        """All windows, as a stack of slices."""
        x, axes = node.inputs[0], node.options.get("axis")
        text, shape, k = _within(self._operand(x, node), ATOM), [*x.shape], self.inputs.names.of((node, "k"), "k")
        axes = range(len(shape)) if axes is None else np.atleast_1d(axes)
        for axis, n in zip(axes, np.atleast_1d(node.options["window_shape"]), strict=True):
            shape[axis] -= n - 1
            place = f"{':, ' * (axis % len(shape))}{k} : {k} + {shape[axis]}"
            text = f"np.stack([{text}[{place}] for {k} in range({n})], axis=-1)"
        return Text(text)

    def _index(self, index: tuple[Any, ...], arrays: Any) -> str:
        """The index, with the places of its entries for a mask."""
        masks = [x for x in arrays if x.dtype == bool and x.kind == "constant"]
        with self._named({x: Text(", ".join(map(str, map(array, np.nonzero(x.value))))) for x in masks}):
            return super()._index(index, arrays)

    def _put(self, variable: str, node: Node, index: str, how: str, value: Any) -> str:
        given = node.inputs[node.op.picks - 1]
        if node.dtype == bool and how != "set":
            self.inputs.obstacles[f"at[...].{how}"] = "which JAX does not have for booleans"
        value = _as(value, node.dtype) if isinstance(given, Node) and given.dtype != node.dtype else value
        return f"{variable} = {variable}.at[{index}].{how.removesuffix('imum')}({value})"


def _as(text: Text, dtype: Any) -> Text:
    return Text(f"{_within(text, ATOM)}.astype({dtype.name!r})")


class JaxInputs(Inputs):
    """The inputs of a function on JAX. `found` has what JAX makes of a node."""

    def __init__(self, *args: Any) -> None:
        self.jax = _jax("JAX")
        self.found: dict[Node, Any] = {}
        super().__init__(*args)

    def is_weak(self, x: Node) -> bool:
        """Whether JAX takes the node for a Python number, whose dtype adapts to arrays."""
        found = self.found.get(x)
        return found.weak_type if found is not None else x.value is float or x.kind == "number"

    def _draw(self, node: Node, draw: Any) -> list[str]:
        if draw.method not in DRAWS:
            self.obstacles[f"rng.{draw.method}"] = f"which is not among JAX's draws: {', '.join(DRAWS)}"
        form, usual = DRAWS.get(draw.method, ("", {}))
        key, now = self.generators.setdefault("key", self.names.of("key", "key")), self.names.of("now", "key_now")
        given = usual | dict(zip(usual, draw.args, strict=False)) | draw.options
        dtype = "" if node.dtype == float else f", {node.dtype.name!r}"
        drawn = form.format(**{name: self._option(given[name]) for name in usual})
        drawn = drawn.replace("%s", f"{now}, {node.shape}{dtype}")
        return [f"{key}, {now} = jax.random.split({key})", f"{self._source(node, node.name, 'u')} = {drawn}"]


class JaxStatements(Statements):
    """The lines of a graph on jax.numpy, which change nothing in place."""

    expressions: Any = JaxExpressions

    def _with_examples(self) -> Any:
        made: Any = super()._with_examples()
        made.inputs = self._inputs
        return made

    def _loop(self, node: Node) -> None:
        """A loop as jax.lax.scan, with one step as a function."""
        op, of, given = node.op, self._inputs.names.of, [*map(self._inputs.text, node.inputs)]
        n, end, _ = op.counts
        rows = [of(x, x.name, "x") for x in op.graph.arguments[n:end]]
        name, carry, row = (of((node, name), name) for name in ("one_step", "carry", "row"))
        parts, lines, made = self._step(node, rows)
        lines = [f"{_nest(x)} = {whole}" for x, whole in ((parts[:n], carry), (rows, row)) if x] + lines
        lines.append(f"return {_nest(made[:n])}, {_nest(made[n : len(parts)])}")
        self.lines += [f"def {name}({carry}, {row}):", *(f"    {line}" for line in lines)]
        more = f"length={len(op.ks)}{', reverse=True' * (op.ks.step < 0)}"
        call = f"jax.lax.scan({name}, {_nest(given[:n])}, {_nest(given[n:end])}, {more})"
        self.lines += wrapped(f"{_nest(parts[:n])}, {_nest(parts[n:])} = {call}")

    def _handed_on(self) -> list[str]:
        keys = [*self._inputs.generators.values()]
        if self.graph.updates or not self.graph.replaced:
            return [*super()._handed_on(), *keys]
        named = dict_text({key: name for name, key in self._inputs.keys.items()})
        self.lines += [*self._moved(), *wrapped(f"parameters = {named}")]
        return ["parameters", *keys]


def _nest(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"({', '.join(names)})"


class JaxSource(SavedSource):
    """A graph as a pure function on jax.numpy: parameters, state and keys go in and out."""

    _inputs: JaxInputs
    inputs, statements, libraries, generator = JaxInputs, JaxStatements, "JAX", "a key, as jax.random.key(0)"
    number = "    {1}\n"

    def __init__(self, *args: Any) -> None:
        with _jax('save(target="jax")').enable_x64(True):
            super().__init__(*args)
        self.text = in_jax(self.text)

    def _opening(self) -> list[str]:
        inputs = self._inputs
        arrays = [name for name, x in inputs.arguments.items() if x.value is not float]
        lines = wrapped(f"{', '.join(arrays)} = {', '.join(f'np.asarray({x})' for x in arrays)}") if arrays else []
        seen = (*inputs.arguments.values(), *inputs.parameters.values(), *self.graph.outputs)
        if any(isinstance(x, Node) and x.dtype == float and not inputs.is_weak(x) for x in seen):
            says = f"{self.name} computes in float64: write jax.config.update('jax_enable_x64', True) first"
            lines = ["if not jax.config.jax_enable_x64:", f'    raise ValueError("{says}")', *lines]
        return [*lines, *unpacked(inputs.keys, "parameters", "np.asarray({})")]

    def _imports(self) -> tuple[str, str]:
        return "JAX", "import jax\nimport jax.numpy as jnp\n"

    def module(self) -> str:
        return in_jax(super().module())


def in_jax(text: str) -> str:
    """Code with the namespaces of JAX and its default dtypes, which it takes without a warning."""
    # 1 - 0.999**t has four digits in float32, in which JAX may count t
    text = re.sub(
        r"\(1 - (0[.][0-9]*[1-9])\*\*t\)", lambda found: f"(-np.expm1({math.log(float(found[1]))!r} * t))", text
    )
    text = NAMES.sub(lambda found: found[1] or {"np": "jnp.", "scipy": "jax.scipy."}[found[2]], text)
    text = NUMBER.sub(lambda found: f"{found[1]}, {'int' if found[2].strip('-').isdigit() else 'float'})", text)
    return re.sub(r"(astype\(|dtype=|, )'(int|float)64'(?=[,)])", r"\1\2", text)


def to_jax(f: Callable[..., Any], *examples: Any, **more: Any) -> Any:
    """The function f, or a compiled step, as a pure function on JAX: for jax.jit, grad and vmap.

    It takes what `f.save(path, target="jax")` writes: the parameters that f reads, the state, the
    arrays, and a key if it draws. It has `parameters` and `state` as they are now, and `source`.
    examples: arguments to trace f with; no call runs on them. Without them, a compiled function has
    the shapes of its last call, and any other function those of each call, but it may read no
    parameters. Raises ImportError without JAX, and ValueError if JAX lacks an op of f.

    >>> import numpy as np, tinygraph as tg
    >>> f = tg.compile(lambda x: tg.tanh(x) * 2)
    >>> y = f(np.ones(3))  # and then tg.to_jax(f)
    >>> f.source.splitlines()[-1]  # on JAX with jnp for np
    '    return np.tanh(x) * 2'
    """
    if not callable(f):
        raise TypeError(f"tg.to_jax takes a function, got {f!r}")
    _jax("tg.to_jax")
    compiled = f if isinstance(f, Compiled) else compile(f)
    if examples or more:
        with compiled._lock:
            compiled._latest = compiled._runner(examples, more)
    return _made(compiled) if compiled._latest is not None else _at_each_call(compiled)


def _made(compiled: Compiled) -> Any:
    """The function for the latest signature."""
    source: Any = compiled._source(JaxSource)
    scope: dict[str, Any] = {}
    exec(source.module(), scope)  # a text of ours
    function, inputs = scope[source.name], source._inputs
    function.source = source.text
    function.parameters = {inputs.keys[name]: np.array(x.value._data) for name, x in inputs.parameters.items()}
    if inputs.state:
        optimizer, names = compiled._compiled().traced.step.optimizer, [u.name for u in source.graph.updates]
        values = [np.array(x) for name in names for x in optimizer._state[name]]
        function.state = {"t": max(optimizer._steps[name] for name in names)} if inputs.count else {}
        function.state |= dict(zip(inputs.state, values, strict=True))
    return function


def _example(x: Any) -> Any:
    """An array for a trace, in place of JAX's. Inside jax.jit, grad and vmap it has no values."""
    jax = _jax("tg.to_jax")
    if not isinstance(x, jax.core.Tracer):
        return np.asarray(x) if isinstance(x, jax.Array) else x
    number = x.weak_type and x.dtype.kind == "f" and not x.shape
    return 0.5 if number else np.random.default_rng(0).uniform(0.1, 0.9, x.shape).astype(x.dtype)


def _at_each_call(compiled: Compiled) -> Any:
    """The function for the shapes of each call."""
    made: dict[Any, Any] = {}
    arrays = (float, np.ndarray, np.generic, _jax("tg.to_jax").Array)

    def function(*args: Any, **kwargs: Any) -> Any:
        with compiled._lock:
            compiled._latest = runner = compiled._runner(*tree.map((args, kwargs), _example))
            if runner not in made:
                made[runner] = _made(compiled)
        given = [x for x in tree.leaves((args, kwargs)) if isinstance(x, arrays)]
        if made[runner].__code__.co_argcount != len(given):
            raise TypeError(
                f"{compiled._name} reads parameters, draws, or decides by the value of a float, so tg.to_jax needs an "
                f"example of its arguments: g = tg.to_jax({compiled._name}, x). The first line of g.source says what "
                "g takes"
            )
        return made[runner](*given)

    return function

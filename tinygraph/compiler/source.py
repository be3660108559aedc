"""A graph as the NumPy that one would have written: to be read, and to be kept as a module that needs NumPy alone."""

from __future__ import annotations

import inspect
import re
from json import dumps
from typing import Any

import numpy as np

from ..files import replacing
from ..ops.shapes import ARRAY
from ..optim import Adam, Optimizer
from ..tensor import OPS
from ..tree import rebuilt
from .code import Names
from .graph import Graph, Node, ordered
from .layout import REDUCTIONS, is_elementwise, is_view

WIDTH = 120
LONGEST = 80  # characters of an expression that is written within another
LARGEST_CONSTANT = 4096  # entries of an array that is written out

# how tightly each operator binds; what binds less than its surroundings wants stands in parentheses
COMPARE, OR, AND, SUM, PRODUCT, UNARY, POWER, ATOM = range(8)
INFIX = {
    "add": ("+", SUM), "subtract": ("-", SUM), "multiply": ("*", PRODUCT), "divide": ("/", PRODUCT),
    "matmul": ("@", PRODUCT), "power": ("**", POWER), "less": ("<", COMPARE), "less_equal": ("<=", COMPARE),
    "greater": (">", COMPARE), "greater_equal": (">=", COMPARE), "equal": ("==", COMPARE),
    "not_equal": ("!=", COMPARE), "bitwise_and": ("&", AND), "bitwise_or": ("|", OR),
}  # fmt: skip
PREFIX = {"negative": "-", "positive": "+", "invert": "~"}
AS_IN_NUMPY = {
    *("prod", "var", "std", "mean", "cumsum", "argmax", "argmin", "any", "all", "transpose", "swapaxes"),
    *("expand_dims", "squeeze", "broadcast_to", "flip", "pad", "where", "reshape"),
}
METHODS = {*REDUCTIONS, "any", "all", "argmax", "argmin"}

FORWARD, COST, BACKWARD, UPDATE = range(4)
# the lesson's numbers, where the layers are those of its network
EQUATIONS = {r"Z\d+": "(4)", r"dW\d+": "(8)", r"db\d+": "(9)", r"dA\d+": "(10)", r"dZ\d+": "(11)"}


def parameter_names(f: Any, args: Any, kwargs: Any) -> list[tuple[str | None, Any]]:
    """Each argument of a call of f with the name of the parameter that takes it, where f tells its parameters."""
    try:
        bound = inspect.signature(f).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return [*((None, x) for x in args), *kwargs.items()]
    names: list[str | None] = []
    for name in bound.arguments:
        kind = bound.signature.parameters[name].kind
        many = kind is inspect.Parameter.VAR_POSITIONAL
        if kind is not inspect.Parameter.VAR_KEYWORD:
            names += [name] * (len(bound.arguments[name]) if many else 1)
    return [*zip(names[: len(args)], args, strict=True), *kwargs.items()]


class Source:
    """The text of a graph. `text` is the function to read; `obstacles` what NumPy alone cannot hold."""

    def __init__(self, graph: Graph, result: Any, name: str, optimizer: Optimizer | None, numbers: Any) -> None:
        self.graph, self.optimizer = graph, optimizer
        self.name = name
        self.obstacles: list[str] = []
        self._names = Names({"np", "parameters", "state", name})
        self._done: dict[int, tuple[str, int]] = {}  # how a node is written where it is used
        self._lines: list[str] = []
        self._order_nodes()
        self._name_sources(numbers)
        self._find_m()
        self._is_lesson = any("LINEAR" in _title(node) for node in self._order)
        self._write()
        self._return(result)
        self.text = self._function()

    # --- what comes when, and under which name

    def _order_nodes(self) -> None:
        """The nodes part by part; backward, the gradients of the last layer come first."""
        graph = self.graph
        everything = graph.nodes()
        of_outputs = ordered([x for x in graph.outputs if isinstance(x, Node)])
        gradients = [u.gradient for u in graph.updates]
        self._part = {id(node): UPDATE for node in everything}
        self._part.update((id(node), BACKWARD) for node in ordered(gradients))
        self._part.update((id(node), COST if graph.updates else FORWARD) for node in of_outputs)
        named = [x for x in of_outputs if x.name and x.op and x is not graph.outputs[0]]
        self._part.update((id(x), FORWARD) for x in ordered([*(x for x in everything if x.scope and x.op), *named]))

        def behind(gradient: Node) -> int:
            return sum(self._part[id(x)] == BACKWARD and x.name is not None for x in ordered([gradient]))

        nodes = ordered([*of_outputs, *sorted(gradients, key=behind), *everything])
        self._order = sorted((n for n in nodes if id(n) in self._part), key=lambda node: self._part[id(node)])
        self._uses: dict[int, list[Node]] = {id(node): [] for node in self._order}
        for node in self._order:
            for x in {id(x): x for x in node.nodes()}.values():
                self._uses[id(x)] += [node] * sum(y is x for y in node.nodes())

    def _name_sources(self, numbers: Any) -> None:
        graph = self.graph
        self.arguments = [self._source(node, node.name, "x") for node in graph.arguments]
        updated = {id(u.parameter): u.name for u in graph.updates}
        used = [x for node in self._order for x in node.nodes()]
        found = {id(node): node for node in [*(u.parameter for u in graph.updates), *used, *self._order]}
        self.parameters = {
            self._source(node, updated.get(id(node)) or node.name, "p"): node
            for node in found.values()
            if node.kind == "parameter" and not _is_data(node)
        }
        self._keys: dict[str, str] = {}
        for variable, node in self.parameters.items():
            key = updated.get(id(node)) or node.name or variable
            self._keys[variable] = variable if key in self._keys.values() else key
        self._shapes = [(name, node) for name, node in zip(self.arguments, graph.arguments, strict=True)]
        self.state: list[str] = []
        for u in graph.updates:
            for kind, node in zip(self.optimizer.state_names if self.optimizer else (), u.state, strict=True):
                self.state.append(self._source(node, f"{kind}_{u.name}"))
        self._name_numbers(numbers)

    def _source(self, node: Node, wanted: str | None, otherwise: str = "t") -> str:
        name = self._names.of(node, wanted, otherwise)
        self._done[id(node)] = name, ATOM
        return name

    def _name_numbers(self, numbers: Any) -> None:
        """Those that an optimizer gives: the learning rate, or what Adam makes of it in its step t.

        What an optimizer of one's own makes of it stays with the caller, as arguments.
        """
        self.number_lines: list[str] = []
        self.options: list[str] = []
        self._t = ""
        optimizer: Any = self.optimizer
        makes = getattr(type(optimizer), "numbers", None)
        rate = ""
        if makes in (Adam.numbers, Optimizer.numbers):
            rate = self._names.of("rate", "learning_rate")
            self.options.append(f"{rate}={float(optimizer.learning_rate)!r}")
        latest = max((steps for _, steps, _ in numbers), default=0)
        for k, steps, node in numbers:
            if id(node) not in self._part:
                continue
            if makes is Optimizer.numbers:
                self._done[id(node)] = rate, ATOM
            elif makes is Adam.numbers:
                self._t = self._names.of("t", "t")
                t = self._t if steps == latest else f"({self._t} - {latest - steps})"
                text = (
                    f"{rate} / (1 - {optimizer.beta1!r}**{t})",
                    f"(1 - {optimizer.beta2!r}**{t}) ** 0.5",
                    f"{rate} * {optimizer.weight_decay!r}",
                )[k]
                self._number_line(node, self._names.of((k, steps), ("rate", "root", "decay")[k]), text)
            else:
                name = self._names.of(("number", k), f"number_{k}")
                self._done[id(node)] = name, ATOM
                self.options += [] if name in self.options else [name]

    def _number_line(self, node: Node, name: str, text: str) -> None:
        self._done[id(node)] = name, ATOM
        line = f"{name} = {text}"
        self.number_lines += [] if line in self.number_lines else [line]

    def _find_m(self) -> None:
        """The number of examples, which are columns, and what to divide by."""
        matrices = [
            (name, x) for name, x in zip(self.arguments, self.graph.arguments, strict=True) if len(x.shape) == 2
        ]
        self._m = matrices[0][1].shape[1] if matrices and self.graph.updates else 0
        self._m_from = f"{matrices[0][0]}.shape[1]" if self._m > 1 else ""
        self._m_name = self._names.of("m", "m") if self._m > 1 else ""
        self._uses_m = False

    # --- lines

    def _write(self) -> None:
        forced = {id(u.gradient): None for u in self.graph.updates}
        changes = {id(x) for u in self.graph.updates for x in (u.change, *u.new_state)}
        if self.graph.updates:
            cost = self.graph.outputs[0]
            forced[id(cost)] = None
            if cost.name is None and cost.op is not None:
                self._names.of(cost, "cost")
        new_states = self._new_states()
        heading = ""
        for node in self._order:
            if node.op is None:
                if node.kind == "constant" or _is_data(node):
                    self._constant(node)
                continue
            title = self._heading(node)
            text, level = self._expression(node)
            name = node.name
            if id(node) in new_states or (self._part[id(node)] == UPDATE and id(node) in changes):
                if id(node) not in new_states and len(self._uses[id(node)]) == 0:
                    self._done[id(node)] = text, level
                    continue
            elif id(node) not in forced and name is None and self._is_inline(node, text):
                self._done[id(node)] = text, level
                continue
            if title != heading:
                heading = title
                self._lines += [f"# {heading}"] if heading else []
                if self._part[id(node)] == UPDATE:
                    self._lines += self.number_lines
            variable = new_states[id(node)] if id(node) in new_states else self._names.of(node, name)
            if node.is_op("scatter"):
                self._scatter(variable, node)
            else:
                copied = id(node) in forced and _is_of_parameter(node)
                self._lines.append(f"{variable} = {f'np.array({text})' if copied else text}{self._equation(variable)}")
            self._done[id(node)] = variable, ATOM
        if self.graph.updates:
            if heading != "update":
                self._lines += ["# update", *self.number_lines]
            self._updates(new_states)

    def _heading(self, node: Node) -> str:
        part, title = self._part[id(node)], _title(node)
        if not self.graph.updates:
            return title
        if part == FORWARD:
            return f"forward: {title}" if title else "forward"
        if part == COST and self._is_lesson and any(n.is_op("log1p") for n in self._order):
            return "cost (7)"
        return ("forward", "cost", "backward", "update")[part]

    def _equation(self, variable: str) -> str:
        if not self._is_lesson:
            return ""
        return next((f"  # {number}" for pattern, number in EQUATIONS.items() if re.fullmatch(pattern, variable)), "")

    def _is_inline(self, node: Node, text: str) -> bool:
        """Whether a value without a name is written where it is used: once, or once in each part if it is short."""
        uses = self._uses[id(node)]
        if node.is_op("scatter") or len(text) > LONGEST:
            return False
        parts = [self._part[id(x)] for x in uses]
        short = is_elementwise(node) and len(text) < LONGEST // 2 and len(set(parts)) == len(parts)
        outputs = sum(x is node for x in self.graph.outputs)
        return len(uses) + outputs <= 1 or (short and not outputs) or node.is_op("transpose")

    def _new_states(self) -> dict[int, str]:
        """New states under the old one's name, where nothing reads the old one any longer."""
        names: dict[int, str] = {}
        for u in self.graph.updates:
            for old, new in zip(u.state, u.new_state, strict=True):
                behind = {id(x) for x in ordered([new])}
                free = all(id(x) in behind for x in self._uses.get(id(old), ()))
                if new.op is not None and new.name is None and id(new) not in names and free:
                    names[id(new)] = self._done[id(old)][0]
        return names

    def _updates(self, new_states: dict[int, str]) -> None:
        later = []
        for u in self.graph.updates:
            for old, new in zip(u.state, u.new_state, strict=True):
                name = self._done[id(old)][0]
                if new_states.get(id(new)) != name:
                    self._lines.append(f"new_{name} = np.array({self._done[id(new)][0]})")
                    later.append(f"{name} = new_{name}")
        parameters = {id(u.parameter) for u in self.graph.updates}
        for u in self.graph.updates:
            of_update = [x for x in ordered([u.change]) if self._part[id(x)] == UPDATE]
            read = {id(x) for x in (u.change, *(y for node in of_update for y in node.nodes()))}
            if read & (parameters - {id(u.parameter)}):  # another one, which has changed by then
                self._lines.append(f"change_{self._done[id(u.parameter)][0]} = np.array({self._done[id(u.change)][0]})")
                self._done[id(u.change)] = f"change_{self._done[id(u.parameter)][0]}", ATOM
        for u in self.graph.updates:
            variable = self._done[id(u.parameter)][0]
            plain = self._is_lesson and u.change.is_op("multiply") and u.change.inputs[1] is u.gradient
            plain = plain and re.fullmatch(r"[Wb]\d+", variable) is not None
            number = f"  # {'(16)' if variable[0] == 'W' else '(17)'}" if plain else ""
            self._lines.append(f"{variable} -= {self._done[id(u.change)][0]}{number}")
        self._lines += later

    def _scatter(self, variable: str, node: Node) -> None:
        g, *arrays = node.inputs
        index = self._index(node.options["index"], arrays)
        self._lines.append(
            f"{variable} = np.zeros({node.options['shape']!r}{_dtype(node.dtype, node.dtype.kind == 'f')})"
        )
        if arrays:
            index = f"({index})" if len(node.options["index"]) > 1 else index
            self._lines.append(f"np.add.at({variable}, {index}, {self._operand(g)[0]})")
        else:
            self._lines.append(f"{variable}[{index}] = {self._operand(g)[0]}")

    # --- expressions

    def _operand(self, x: Any, beside: Node | None = None) -> tuple[str, int]:
        """An input as text; the constant of no axes as a number, where that cannot change a dtype."""
        if isinstance(x, Node):
            if beside is None or not is_elementwise(beside) or x.kind != "constant":
                return self._done[id(x)]
            same = any(y.kind != "constant" and y.dtype == x.dtype for y in beside.nodes())
            as_number = same and x.shape == () and x.dtype.kind == "f"
            return self._number(float(x.value), x.dtype, beside) if as_number else self._done[id(x)]
        return self._number(x, np.dtype(float), beside)

    def _number(self, x: Any, dtype: Any, beside: Node | None) -> tuple[str, int]:
        text = repr(x) if np.isfinite(x) else repr(float(x)).replace("inf", "np.inf").replace("nan", "np.nan")
        if self._m_from and beside is not None and self._part[id(beside)] in (COST, BACKWARD):
            for k in (1, -1):
                if type(x) is float and x == dtype.type(k / self._m):
                    self._uses_m = True
                    return f"{k} / {self._m_name}", PRODUCT
            if x == self._m and beside.is_op("divide") and isinstance(beside.inputs[0], Node):
                self._uses_m = True
                return self._m_name, ATOM
        if type(x) is float and x.is_integer() and abs(x) < 1e6 and text != "-0.0" and beside is not None:
            text = text if beside.is_op("power") or not is_elementwise(beside) else str(int(x))
        rest = round(1 - x, 9)
        if len(text) > 9 and 1 - rest == x:  # 1 - 0.9 is no 0.1
            return f"1 - {rest!r}", SUM
        return text, UNARY if text.startswith("-") else ATOM

    def _expression(self, node: Node) -> tuple[str, int]:
        op: Any = node.op
        inputs = [self._operand(x, node) for x in node.inputs]
        texts = [text for text, _ in inputs]
        of_table: bool = OPS.get(op.name) is op
        if op.name in INFIX and of_table:
            return self._infix(op.name, inputs)
        if op.name in PREFIX and of_table:
            return f"{PREFIX[op.name]}{_within(inputs[0], UNARY)}", UNARY
        if getattr(np, getattr(op.forward, "__name__", ""), None) is op.forward and isinstance(op.forward, np.ufunc):
            name = "abs" if op.name == "abs" else op.forward.__name__
            return f"np.{name}({', '.join(texts)})", ATOM
        if of_table:
            text = self._call(node, inputs, texts)
            if text is not None:
                return text, ATOM
        name = re.sub(r"\W", "_", op.name)
        if not any(name in obstacle for obstacle in self.obstacles):
            self.obstacles.append(f"{name}, an op of your own (written in NumPy functions of Tensors, it could)")
            self._lines.append(f"# {name}: an op of your own, which is to be defined beside this function")
        return f"{name}({', '.join([*texts, *_keywords(node.options)])})", ATOM

    def _infix(self, name: str, inputs: list[tuple[str, int]]) -> tuple[str, int]:
        sign, level = INFIX[name]
        left, right = inputs
        if name == "multiply":  # by 1 / m
            share = f"1 / {self._m_name}" if self._m_name else ""
            for factor, other in ((left, right), (right, left)):
                if share and factor[0] == share:
                    return self._infix("divide", [other, (self._m_name, ATOM)])
        # a - b - c is (a - b) - c, whereas a < b < c and a ** b ** c are written with parentheses
        on_the_left = ATOM if level == POWER else OR if level == COMPARE else level
        on_the_right = ATOM if level == POWER else level + 1
        return f"{_within(left, on_the_left, sign)} {sign} {_within(right, on_the_right)}", level

    def _call(self, node: Node, inputs: list[tuple[str, int]], texts: list[str]) -> str | None:
        """What is neither an operator nor a ufunc, in NumPy's words."""
        op: Any = node.op
        name, options = op.name, {k: v for k, v in node.options.items() if v is not None and v is not False}
        if isinstance(options.get("axis"), tuple) and len(options["axis"]) == 1:
            options["axis"] = options["axis"][0]
        first = _within(inputs[0], ATOM) if isinstance(node.inputs[0], Node) else texts[0]
        if name in METHODS:
            return f"{first}.{name}({', '.join(_keywords(options))})"
        if name == "transpose" and "axes" not in options:
            return f"{first}.T"
        if name == "broadcast_to" and isinstance(node.inputs[0], Node):
            x = node.inputs[0]
            one = x.kind == "constant" and x.shape == ()
            return _full(node.shape, np.asarray(x.value)[()]) if one else f"np.broadcast_to({texts[0]}, {node.shape!r})"
        if name == "reshape":
            return f"{first}.reshape({', '.join(map(str, np.atleast_1d(options['shape']).tolist())) or '()'})"
        if name in ("astype", "astype_integer"):
            return f"{first}.astype({str(np.dtype(options['dtype']))!r})"
        if name in ("concatenate", "stack"):
            return f"np.{name}([{', '.join(texts)}], axis={options.get('axis', 0)})"
        if name == "getitem":
            return f"{first}[{self._index(options['index'], node.inputs[1:])}]"
        if name == "einsum":
            rest = [f"optimize={_plain(options['optimize'])!r}"] if options.get("optimize") else []
            return f"np.einsum({', '.join([repr(options['subscripts']), *texts, *rest])})"
        if name == "scatter":
            return ""  # in lines of its own
        if name == "norm":
            return f"np.linalg.norm({', '.join([texts[0], *_keywords(options)])})"
        return f"np.{name}({', '.join([*texts, *_keywords(options)])})" if name in AS_IN_NUMPY else None

    def _index(self, index: tuple[Any, ...], arrays: Any) -> str:
        following = iter(arrays)
        parts = [self._done[id(next(following))][0] if part is ARRAY else _index_part(part) for part in index]
        return ", ".join(parts) or "()"

    def _constant(self, node: Node) -> None:
        value = np.asarray(node.value._data if node.kind == "parameter" else node.value)
        if value.size and value.shape and (value == value.flat[0]).all():
            text = _full(value.shape, value.flat[0])
        elif value.size <= LARGEST_CONSTANT:
            text = f"np.array({_literal(value.tolist())}{_dtype(value.dtype, value.size)})"
            text += "" if value.size else f".reshape({value.shape!r})"
        else:
            name = self._names.of(node, node.name, "c")
            self.obstacles.append(f"{name}, a constant of shape {value.shape}: too large, so make it an argument")
            self._lines.append(f"# {name}: an array of shape {value.shape}, as it was when the function was traced")
            self._done[id(node)] = name, ATOM
            return
        if len(text) <= LONGEST // 2:
            self._done[id(node)] = text, ATOM
            return
        name = self._names.of(node, node.name, "c")
        self._lines.append(f"{name} = {text}")
        self._done[id(node)] = name, ATOM

    # --- the function

    def _return(self, result: Any) -> None:
        if self.graph.updates or self.optimizer is not None:
            cost = self._output(self.graph.outputs[0])
            state = ["state"] if self.state else []
            self._lines += _wrapped("parameters = " + _dict({key: v for v, key in self._keys.items()}))
            if state:
                self._lines += _wrapped(
                    "state = " + _dict(self._with_count(self._t, {name: name for name in self.state}))
                )
            self._lines.append(f"return {', '.join(['parameters', *state, cost])}")
            return
        following = iter(self.graph.outputs)

        def written(x: Any) -> Any:
            node = next(following)
            if isinstance(node, Node):
                return _Text(self._output(node))
            if x is not None and type(x) not in (bool, int, float, str):
                self.obstacles.append(f"the result {x!r}, which is no array")
            return _Text(_literal(x)) if type(x) is float else x

        self._lines.append(f"return {rebuilt(result, written)!r}")

    def _output(self, node: Node) -> str:
        return self._done[id(node)][0]

    def _with_count(self, count: str, state: dict[str, str]) -> dict[str, str]:
        return {"t": count, **state} if self._t else state

    def _function(self) -> str:
        head = ["parameters"] if self.parameters else []
        head += ["state"] if self.state else []
        lines = [f"def {self.name}({', '.join([*head, *self.arguments, *self.options])}):"]
        body = []
        body += _unpacked([*self._keys], [*self._keys.values()], "parameters", ".copy()" if self.graph.updates else "")
        body += _unpacked(self.state, self.state, "state", "")
        if self._t:
            body.append(f'{self._t} = state["t"] + 1')
        if self._uses_m:
            body.append(f"{self._m_name} = {self._m_from}")
        body += self._lines
        return "\n".join([*lines, *(f"    {line}" for line in body)]) + "\n"

    # --- the module

    def save(self, path: Any) -> None:
        """Write the function as a module; ValueError where it needs more than NumPy."""
        if self.obstacles:
            raise ValueError(f"a module of NumPy alone cannot hold {'; '.join(self.obstacles)}; nothing was written")
        with replacing(path) as file:
            file.write(self.module().encode())

    def module(self) -> str:
        """The text of the module, with the shapes in its docstring."""
        first = "A training step" if self.graph.updates else "A function"
        shapes = [f"    {name}: {node.shape} {node.dtype}" for name, node in self._shapes]
        for variable, node in self.parameters.items():
            shapes.append(f"    parameters[{dumps(self._keys[variable])}]: {node.shape} {node.dtype}")
        gives = "the new parameters (those given stay as they are), "
        gives += "the new state, " if self.state else ""
        text = f'"""{first} in NumPy alone, written by tinygraph for these shapes.\n\n{self.name} takes\n'
        text += "\n".join(shapes) + "\n"
        if self.state:
            text += "    state: what the step before gave; at first start(parameters)\n"
        text += f"and gives {gives}and the cost.\n" if self.graph.updates else ""
        text += f'"""\n\nimport numpy as np\n\n\n{self.text}'
        if self.state:
            zeros = {name: f"np.zeros_like(parameters[{dumps(key)}])" for name, key in self._states()}
            state = _wrapped(f"state = {_dict(self._with_count('0', zeros))}")
            lines = [f"    {line}" for line in (*state, "return state")]
            text += "\n\ndef start(parameters):\n" + '    """The state before the first step."""\n'
            text += "\n".join(lines) + "\n"
        return text

    def _states(self) -> list[tuple[str, str]]:
        """Each name of the state with the key of its parameter."""
        of = [self._keys[self._done[id(u.parameter)][0]] for u in self.graph.updates for _ in u.state]
        return list(zip(self.state, of, strict=True))


def _dict(entries: dict[str, str]) -> str:
    return "{" + ", ".join(f"{dumps(key)}: {value}" for key, value in entries.items()) + "}"


class _Text:
    """Prints as it is given, within lists and dicts too."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _unpacked(names: list[str], keys: list[str], where: str, copy: str) -> list[str]:
    if not names:
        return []
    if len(names) == 1:
        return [f"{names[0]} = {where}[{dumps(keys[0])}]{copy}"]
    listed = ", ".join(map(dumps, keys))
    return _wrapped(f"{', '.join(names)} = ({where}[name]{copy} for name in [{listed}])")


def _wrapped(line: str) -> list[str]:
    """A list of names, which goes on in the next line where it is long."""
    left, right = line.split(" = ", 1)
    if len(line) + 4 > WIDTH and "," in left:
        line = f"({left}) = {right}"
    lines = [""]
    for piece in re.split(r"(?<=, )", line):
        if len(lines[-1]) + len(piece) + 4 > WIDTH:
            lines.append("    ")
        lines[-1] += piece
    return [part.rstrip() for part in lines]


def _is_of_parameter(node: Node) -> bool:
    """Whether it may be a view of a parameter, which the update writes to."""
    while is_view(node):
        node = node.nodes()[0]
    return node.kind == "parameter"


def _is_data(node: Node) -> bool:
    """Whether this is a small Tensor without a name that wants no gradient: it is written out, as constants are."""
    if node.kind != "parameter" or node.size > LARGEST_CONSTANT:
        return False
    return node.name is None and not node.value.requires_grad


def _title(node: Node) -> str:
    titles = []
    scope = node.scope
    while scope is not None:
        titles.append(scope.name)
        scope = scope.parent
    return " ".join(" / ".join(reversed(titles)).split())  # a comment has one line


def _within(operand: tuple[str, int], level: int, sign: str = "") -> str:
    """The operand in its surroundings, in parentheses where these bind more tightly, or are a mix with @."""
    text, own = operand
    mixed = own == level == PRODUCT and (sign == "@") != (" @ " in text)
    return f"({text})" if own < level or mixed else text


def _keywords(options: dict[str, Any]) -> list[str]:
    return [f"{key}={_plain(value)!r}" for key, value in options.items()]


def _plain(x: Any) -> Any:
    """An option without NumPy's types, which print in another way."""
    if isinstance(x, (tuple, list)):
        return type(x)(_plain(y) for y in x)
    return x.tolist() if isinstance(x, (np.ndarray, np.generic)) else x


def _index_part(part: Any) -> str:
    if isinstance(part, slice):
        ends = ["" if x is None else str(x) for x in (part.start, part.stop)]
        return ":".join(ends + ([] if part.step is None else [str(part.step)]))
    return "..." if part is ... else str(part)


def _dtype(dtype: Any, is_known: Any = True) -> str:
    """The dtype as a last argument, where it is not the one that NumPy takes by itself."""
    return "" if is_known and str(dtype) in ("float64", "int64", "bool") else f", {str(dtype)!r}"


def _full(shape: tuple[int, ...], value: Any) -> str:
    """An array of one number."""
    if value.dtype.kind == "f" and value in (0, 1):
        return f"np.{'ones' if value else 'zeros'}({shape!r}{_dtype(value.dtype)})"
    return f"np.full({shape!r}, {_literal(value.item())}{_dtype(value.dtype)})"


def _literal(x: Any) -> str:
    return re.sub(r"\b(nan|inf)\b", r"np.\1", repr(x))

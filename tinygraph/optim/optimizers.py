"""The optimizers: their update rules, their state, and how a step changes all parameters or none."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..arrays import mark_modified
from ..files import short
from ..modes import refuse_traced
from ..ops.elementwise import _as_dtype, _as_wide
from ..tensor import Tensor, _set_grad, forget_gradients

if TYPE_CHECKING:
    from typing_extensions import Self

Parameters: TypeAlias = Mapping[str, Tensor] | Iterable[Tensor]
_BELOW_1 = {"momentum", "beta1", "beta2", "alpha"}
_NUMBERS = {*_BELOW_1, "learning_rate", "eps", "weight_decay"}
_FIXED = {*_NUMBERS, "nesterov", "parameters"} - {"learning_rate"}  # the state, and a compiled step, depend on them


class Optimizer:
    """What all optimizers share. `parameters`: a dict of names and Tensors, or an iterable of Tensors.

    One of your own is a subclass with a rule.

    >>> import tinygraph as tg
    >>> class SignDescent(tg.optim.Optimizer):
    ...     def rule(self, p, g, numbers, state):
    ...         (learning_rate,) = numbers
    ...         return learning_rate * np.sign(g), ()
    >>> w = tg.Tensor([1.0, 2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> SignDescent([w], learning_rate=0.5).step()
    >>> w.data
    array([0.5, 1.5])
    """

    def __init__(self, parameters: Parameters, learning_rate: float, *state_names: str) -> None:
        self.parameters = _named(parameters)
        self.learning_rate = learning_rate
        self.state_names = state_names
        wide = {name: _as_wide(p._data) for name, p in self.parameters.items()}
        zeros = {name: tuple(np.zeros_like(x) for _ in state_names) for name, x in wide.items()}
        # Each parameter counts its own steps, because one without a gradient is skipped.
        self._state = {name: (0, arrays) for name, arrays in zeros.items() if arrays}

    def __new__(cls, *args: Any, **options: Any) -> Self:
        if "lr" in options:
            raise TypeError(f"{cls.__name__}() takes learning_rate=, not lr=")
        return super().__new__(cls)

    def __setattr__(self, name: str, value: Any) -> None:
        """Check what is set, at the start and later; of the options, only the learning rate can be set later."""
        if name == "lr":
            raise AttributeError(f"{type(self).__name__} has learning_rate, and no lr")
        if name == "nesterov" and not isinstance(value, (bool, np.bool_)):
            raise TypeError(f"nesterov is True or False, got {value!r}")
        if name in _FIXED and name in vars(self):
            raise AttributeError(f"{name} is fixed when {type(self).__name__} is made; learning_rate can change later")
        if name == "learning_rate" and name in vars(self):
            refuse_traced("assigning to optimizer.learning_rate")
        super().__setattr__(name, _number(name, value) if name in _NUMBERS else value)

    def __repr__(self) -> str:
        options = [f"{key}={value!r}" for key, value in vars(self).items() if key in {*_NUMBERS, "nesterov"}]
        return f"{type(self).__name__}({', '.join(options)})"

    def rule(self, p: Any, g: Any, numbers: tuple[Any, ...], state: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        """(change, new state), where p is to become p - change; writes on nothing that it is handed.

        The state is one array for each of `state_names`, like p, at first zeros. A float16 parameter and its
        gradient come as float32, and so does its state: an eps of 1e-8 is 0 in float16.
        """
        raise NotImplementedError(f"{type(self).__name__} has no rule")

    def numbers(self, steps: int) -> tuple[float, ...]:
        """What the rule takes beside arrays at step 1, 2, ... of a parameter (always 1 where no state is kept)."""
        return (self.learning_rate,)

    def step(self) -> None:
        """Change each parameter that has a gradient, in its own array. Ctrl-C or an error on the way changes none."""
        refuse_traced("optimizer.step()")
        rule, old, first = self.rule, self._state, self.numbers(1)
        values, changes, new = [], [], {}
        for name, p in self.parameters.items():
            g = p._grad
            if g is None:
                continue
            if type(g) is Tensor:  # left by backward(create_graph=True)
                g = g._data
            value = wide = p._data
            if value.itemsize < 4:
                wide, g = _as_wide(value), _as_wide(g)
            if old:
                steps, state = old[name]
                change, state = rule(wide, g, self.numbers(steps + 1), state)
                self._check_answer(name, wide, change, state)
                # NumPy 1 makes float64 of a float32 array without axes. A tuple made of a generator would be
                # cut to size, and CPython keep 2,000 of these: memory would not look flat.
                new[name] = steps + 1, tuple([np.asarray(array, wide.dtype) for array in state])
            else:
                change, _ = rule(wide, g, first, ())
                self._check_answer(name, wide, change, ())
            if not value.flags.writeable:  # would stop the writing below half-way
                raise ValueError(_no_update(name, value, "its array is read-only"))
            values.append(value)
            changes.append(change)
        mark_modified(values)
        write: Iterator[Any] = map(np.subtract, values, changes, values)
        if new:
            write = chain(write, map(old.update, [new]))
        with np.errstate(all="ignore"):  # an error of arithmetic would stop it half-way
            list(write)  # One call in C writes it all: Python looks for Ctrl-C only between its own instructions.

    def _check_answer(self, name: str, p: Any, change: Any, state: Any) -> None:
        """Raise where a rule's answer does not fit the parameter: the writing would stop half-way."""
        for what, x in zip(("change", *self.state_names), (change, *state), strict=False):
            if type(x) is np.ndarray and x.shape == p.shape and x.dtype is p.dtype:
                continue  # the usual case, and quick
            shape, dtype = getattr(x, "shape", None), getattr(x, "dtype", np.dtype(object))
            if shape != p.shape or dtype.kind not in "fiub":
                is_array = f"type {type(x).__name__}" if shape is None else f"shape {shape} and dtype {dtype}"
                raise ValueError(_no_update(name, p, f"its {what} has {is_array}"))
        if len(state) != len(self.state_names):
            raise ValueError(_no_update(name, p, f"its rule gave {len(state)} states, not {len(self.state_names)}"))

    def _check_eps(self) -> None:
        """Raise if eps is 0 in a parameter's dtype: an entry without a gradient would become 0 / 0."""
        eps = vars(self)["eps"]
        for name, p in self.parameters.items():
            dtype = np.promote_types(p.dtype, np.float32)  # in which the rule computes
            if eps and not dtype.type(eps):
                raise ValueError(f"eps={eps!r} is 0 in {dtype}, the dtype of parameter {name}; 1e-8 is the usual one")

    def zero_grad(self) -> None:
        """Forget the gradients: `.grad` of every parameter is None again."""
        forget_gradients(self.parameters.values())

    def state_dict(self) -> dict[str, Any]:
        """A copy of all that changes with the steps; `np.savez(file, **state)` keeps it without pickle.

        >>> import tinygraph as tg
        >>> w = tg.Tensor([1.0, 2.0], requires_grad=True, name="w")
        >>> list(tg.optim.SGD([w], 0.1, momentum=0.9).state_dict())
        ['optimizer', 'learning_rate', 'w.steps', 'w.velocity']
        """
        state: dict[str, Any] = {"optimizer": type(self).__name__, "learning_rate": self.learning_rate}
        for name, (steps, arrays) in self._state.items():
            state[f"{name}.steps"] = np.int64(steps)
            state.update((f"{name}.{key}", array.copy()) for key, array in zip(self.state_names, arrays, strict=True))
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from where `state_dict()` was called. A state that does not fit is refused, and nothing changes."""
        refuse_traced("optimizer.load_state_dict()")
        if not isinstance(state, Mapping):
            raise TypeError(f"load_state_dict() takes the dict that state_dict() gave, got {type(state).__name__}")
        own, state = self.state_dict(), dict(state)
        for key in sorted(own.keys() | state.keys(), key=str):
            here, there = (_description(d[key]) if key in d else "missing" for d in (own, state))
            if here != there:
                what = f"{short(key)} is {short(there)}"
                raise ValueError(f"{what} in this state, but {here} in this optimizer; nothing was loaded")
        given = {key: np.array(state[key]) for key in state}
        steps = {name: int(_number(f"{name}.steps", given[f"{name}.steps"].item())) for name in self._state}
        numbers = {"learning_rate": _number("learning_rate", given["learning_rate"].item())}
        loaded = {name: (n, tuple([given[f"{name}.{key}"] for key in self.state_names])) for name, n in steps.items()}
        list(chain(map(vars(self).update, [numbers]), map(self._state.update, [loaded])))  # in C: all or none


class SGD(Optimizer):
    """Gradient descent, the lesson's (16) and (17): p - learning_rate * g; with momentum, also Nesterov's.

    Sutskever et al. (2013), "On the importance of initialization and momentum in deep learning", with PyTorch's place
    for the learning rate: v = momentum * v + g, then p - learning_rate * v. Weight decay adds weight_decay * p to g.

    >>> import tinygraph as tg
    >>> w = tg.Tensor([1.0, 2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> tg.optim.SGD([w], learning_rate=0.25).step()
    >>> w.data
    array([0.5, 1. ])
    """

    def __init__(
        self,
        parameters: Parameters,
        learning_rate: float,
        momentum: float = 0,
        nesterov: bool = False,
        weight_decay: float = 0,
    ) -> None:
        super().__init__(parameters, learning_rate, *["velocity"] if momentum else [])
        self.momentum, self.nesterov, self.weight_decay = momentum, nesterov, weight_decay
        if nesterov and not momentum:
            raise ValueError("nesterov=True takes a momentum above 0, such as momentum=0.9")

    def rule(self, p: Any, g: Any, numbers: tuple[Any, ...], state: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        (learning_rate,) = numbers
        if self.weight_decay:
            g = g + self.weight_decay * p
        if not state:
            return learning_rate * g, ()
        v = self.momentum * state[0] + g
        return learning_rate * (g + self.momentum * v if self.nesterov else v), (v,)


class Adam(Optimizer):
    """Kingma & Ba (2015), "Adam: a method for stochastic optimization", Algorithm 1, in its letters.

    Weight decay adds weight_decay * p to g, as in PyTorch; AdamW keeps it apart.

    >>> import tinygraph as tg
    >>> w = tg.Tensor([1.0, 2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> tg.optim.Adam([w], learning_rate=0.25).step()  # the first step is learning_rate long
    >>> w.data.round(6)
    array([0.75, 1.75])
    """

    decoupled = False

    def __init__(
        self,
        parameters: Parameters,
        learning_rate: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
    ) -> None:
        super().__init__(parameters, learning_rate, "m", "v")
        if not isinstance(betas, (tuple, list)) or len(betas) != 2:
            raise TypeError(f"betas are a pair of numbers such as (0.9, 0.999), got {betas!r}")
        self.beta1, self.beta2 = betas
        self.eps, self.weight_decay = eps, weight_decay
        self._check_eps()

    def numbers(self, steps: int) -> tuple[float, ...]:
        """The learning rate over the bias of m, the root of the bias of v, and the decay of p where decoupled."""
        rate = self.learning_rate / (1 - self.beta1**steps)
        return rate, math.sqrt(1 - self.beta2**steps), self.learning_rate * self.weight_decay

    def rule(self, p: Any, g: Any, numbers: tuple[Any, ...], state: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        (rate, root, decay), (m, v) = numbers, state
        if self.weight_decay and not self.decoupled:
            g = g + self.weight_decay * p
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * np.square(g)
        change = rate * m / (np.sqrt(v) / root + self.eps)
        return change + decay * p if self.decoupled else change, (m, v)


class AdamW(Adam):
    """Loshchilov & Hutter (2019), "Decoupled weight decay regularization": p decays beside Adam, not through it.

    As in PyTorch, by learning_rate * weight_decay * p.
    """

    decoupled = True

    def __init__(
        self,
        parameters: Parameters,
        learning_rate: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(parameters, learning_rate, betas, eps, weight_decay)


class RMSProp(Optimizer):
    """Tieleman & Hinton (2012), "Neural networks for machine learning", lecture 6e: g over the root of its mean square.

    As in PyTorch, eps stands outside the root, and momentum is that of SGD, on this quotient.
    """

    def __init__(
        self,
        parameters: Parameters,
        learning_rate: float = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        momentum: float = 0,
        weight_decay: float = 0,
    ) -> None:
        super().__init__(parameters, learning_rate, "mean_square", *["velocity"] if momentum else [])
        self.alpha, self.eps, self.momentum, self.weight_decay = alpha, eps, momentum, weight_decay
        self._check_eps()

    def rule(self, p: Any, g: Any, numbers: tuple[Any, ...], state: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        (learning_rate,), (s, *velocity) = numbers, state
        if self.weight_decay:
            g = g + self.weight_decay * p
        s = self.alpha * s + (1 - self.alpha) * np.square(g)
        change = g / (np.sqrt(s) + self.eps)
        if not velocity:
            return learning_rate * change, (s,)
        v = self.momentum * velocity[0] + change
        return learning_rate * v, (s, v)


def clip_by_norm(parameters: Parameters, max_norm: float) -> float:
    """Scale all gradients together, in place, to a common norm of at most `max_norm`; returns the norm before.

    Pascanu et al. (2013), "On the difficulty of training recurrent neural networks", Algorithm 1; as in PyTorch, by
    max_norm / (norm + 1e-6). Where the norm is not finite, that is an error, and the gradients stay as they are.

    >>> import tinygraph as tg
    >>> w = tg.Tensor([0.0, 0.0], requires_grad=True)
    >>> w.grad = [3.0, 4.0]
    >>> tg.optim.clip_by_norm([w], max_norm=1)
    5.0
    >>> w.grad.round(3)
    array([0.6, 0.8])
    """
    refuse_traced("clip_by_norm()")
    max_norm = _number("max_norm", max_norm)
    found = {name: p for name, p in _named(parameters).items() if p._grad is not None}
    norms = {name: _norm(p._grad) for name, p in found.items()}
    norm = math.hypot(*norms.values())
    if not math.isfinite(norm):
        worst = ", ".join(name for name in norms if not math.isfinite(norms[name]))
        raise ValueError(f"the norm of the gradients is {norm}, because of {worst}; nothing was scaled: skip this step")
    scale = max_norm / (norm + 1e-6)
    if scale < 1:
        old: list[Any] = [p._grad for p in found.values()]
        # a Tensor was left by backward(create_graph=True)
        new = [_as_dtype(_as_wide(g) * scale, g.dtype) if type(g) is Tensor else g for g in old]
        arrays = [g for g in old if type(g) is not Tensor]
        # in float16, a small scale is 0; NumPy 1 would take a scale without axes for a float16
        scales = [np.full((1,) * g.ndim, scale, np.promote_types(g.dtype, np.float32)) for g in arrays]
        with np.errstate(all="ignore"):  # and in C, as in step: all or none
            list(chain(map(np.multiply, arrays, scales, arrays), map(_set_grad, found.values(), new)))
    return norm


def _norm(gradient: Any) -> float:
    """Its 2-norm, in float64: the squares of an exploding float32 gradient overflow."""
    array = gradient._data if type(gradient) is Tensor else gradient
    return float(np.linalg.norm(array.ravel().astype(np.float64, copy=False)))


def _named(parameters: Parameters) -> dict[str, Tensor]:
    """Parameters by name, checked: the dict's names; of a list, the tensors' names where all differ, else places."""
    if isinstance(parameters, Mapping):
        named = dict(parameters)
    elif isinstance(parameters, Iterable) and not isinstance(parameters, Tensor):
        tensors = list(parameters)
        places = [str(k) for k in range(len(tensors))]
        given = [getattr(p, "name", None) for p in tensors]
        names = [place if name is None else name for name, place in zip(given, places, strict=True)]
        named = dict(zip(names if len(set(names)) == len(names) else places, tensors, strict=True))
    else:
        raise TypeError(f"parameters are a dict of Tensors by name, or a list of them, got {type(parameters).__name__}")
    if not named:
        raise ValueError("there are no parameters; give a dict such as mlp.parameters, or a list of Tensors")
    first: dict[int, str] = {}
    for name, p in named.items():
        if not isinstance(name, str) or not isinstance(p, Tensor):
            raise TypeError(f"a parameter is a Tensor with a string for a name, got {name!r}: {type(p).__name__}")
        if p.op is not None or not p._requires_grad:
            what = f"was made by {p.op}" if p.op else f"of dtype {p.dtype} requires no gradient"
            raise ValueError(f"parameter {name} {what}; make it a leaf of floats: tg.Tensor(data, requires_grad=True)")
        if first.setdefault(id(p), name) != name:
            raise ValueError(f"parameters {first[id(p)]} and {name} are the same Tensor; give it once")
    return named


def _number(what: str, value: Any) -> float:
    """`value` in its range, as a Python float, which leaves float32 arrays float32."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{what} is a number, got {value!r}")
    number, below = float(value), 1 if what in _BELOW_1 else math.inf
    if not 0 <= number < below:
        raise ValueError(f"{what} is at least 0 and {'below 1' if below == 1 else 'finite'}, got {value!r}")
    return number


def _no_update(name: str, p: Any, why: str) -> str:
    return f"parameter {name} of shape {p.shape} cannot be updated: {why}; none was changed"


def _description(value: Any) -> str:
    """What a state and an optimizer must have in common."""
    if isinstance(value, np.ma.MaskedArray) or (hasattr(value, "__array__") and type(value).__module__ != "numpy"):
        return f"a {type(value).__name__}"
    array = np.asarray(value)
    return str(array) if array.dtype.kind == "U" else f"{array.dtype} {array.shape}"

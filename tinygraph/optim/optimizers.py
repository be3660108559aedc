"""The optimizers: update rules, state, and a step that changes all parameters or none."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, repeat
from operator import attrgetter, is_
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..arrays import assign, mark_modified
from ..errors import hook
from ..files import short
from ..frames import guarded, warn
from ..modes import refuse_traced
from ..ops.elementwise import _as_dtype, _as_wide
from ..options import number
from ..tensor import Tensor, _set_grad, forget_gradients, given_name
from .vectors import AtOnce

if TYPE_CHECKING:
    from typing_extensions import Self

Parameters: TypeAlias = Mapping[str, Tensor] | Iterable[Tensor]
# the options that are numbers, and what each is below
_NUMBERS = dict.fromkeys(("momentum", "beta1", "beta2", "alpha"), 1.0)
_NUMBERS |= dict.fromkeys(("learning_rate", "eps", "weight_decay"), math.inf)
_data, _grad, _dtype, _writeable = map(attrgetter, ("_data", "_grad", "dtype", "flags.writeable"))
_FIXED = {*_NUMBERS, "nesterov", "parameters", "groups"} - {"learning_rate"}  # state and compiled steps depend on them


class Optimizer:
    """The base class of the optimizers; a subclass adds a `rule`.

    parameters: a dict of Tensors by name, an iterable of Tensors, or a Model. Or a list of groups:
    dicts with "parameters", and a "learning_rate" and "weight_decay" of their own. The `groups` of
    an optimizer are in this order; `optimizer.groups[0].learning_rate` can be set. A group is an
    optimizer of some of the parameters, and shares all else with the whole. state_names: the names
    of the arrays that the rule keeps for each parameter.

    Raises TypeError if a parameter is not a Tensor, and ValueError if there is none, if two have
    the same name, and for numbers out of their range, such as a negative learning rate.

    >>> import numpy as np, tinygraph as tg
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

    def __init__(self, parameters: Any, learning_rate: float, *state_names: str) -> None:
        self.parameters, self.groups = _grouped(parameters, self)
        every: dict[str, Tensor] = parameters._tensors() if _is_model(parameters) else {}
        self.others = {name: t for name, t in every.items() if not t._requires_grad}  # of a Model, for step.source
        self._group_of = {name: group for group in self.groups for name in group.parameters}
        self.learning_rate = learning_rate
        self.state_names = state_names
        wide = {name: _as_wide(p._data) for name, p in self.parameters.items() if state_names}
        self._state = {name: tuple(np.zeros_like(x) for _ in state_names) for name, x in wide.items()}
        # Each parameter counts its own steps, because one without a gradient is skipped.
        self._steps = dict.fromkeys(self._state, 0)
        self._at_once: AtOnce | None = None

    def __new__(cls, *args: Any, **options: Any) -> Self:
        if "lr" in options:
            raise TypeError(f"{cls.__name__}() takes learning_rate=, not lr=")
        return super().__new__(cls)

    if not TYPE_CHECKING:  # otherwise, checkers would accept any attribute

        def __getattr__(self, name: str) -> Any:
            """What a group lacks is that of its owner."""
            if "_owner" in vars(self):
                return getattr(self._owner, name)
            if hasattr(type(self), name):  # a property that failed: its own error comes again
                return object.__getattribute__(self, name)
            said = f"{type(self).__name__!r} object has no attribute {name!r}{hook('hint')(name, 'optimizer')}"
            raise AttributeError(said, name=name, obj=self)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a checked value; of the options, only `learning_rate` can be set again."""
        if name == "lr":
            raise AttributeError(f"{type(self).__name__} has learning_rate, and no lr")
        if name == "nesterov" and not isinstance(value, (bool, np.bool_)):
            raise TypeError(f"nesterov is True or False, got {value!r}")
        is_made = name in vars(self) or "_owner" in vars(self)
        if name in _FIXED and is_made:
            raise AttributeError(f"{name} is fixed when {type(self).__name__} is made; learning_rate can change later")
        if name == "learning_rate" and is_made:
            refuse_traced("assigning to optimizer.learning_rate")
        super().__setattr__(name, number(name, value, _NUMBERS[name]) if name in _NUMBERS else value)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_at_once": None}  # a copy makes its own

    def __repr__(self) -> str:
        options = [f"{key}={value!r}" for key, value in vars(self).items() if key in {*_NUMBERS, "nesterov"}]
        return f"{type(self).__name__}({', '.join(options)})"

    def rule(self, p: Any, g: Any, numbers: tuple[Any, ...], state: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        """Return (change, new state) for the update p - change; must not write on its arguments.

        state: one array like p for each of `state_names`, zeros at first. numbers: what `numbers()`
        returned. A float16 parameter, its gradient and its state come as float32, because an eps of
        1e-8 is 0 in float16.
        """
        raise NotImplementedError(f"{type(self).__name__} has no rule")

    def numbers(self, steps: int) -> tuple[float, ...]:
        """The rule's scalars at step 1, 2, ... of a parameter (always 1 if there is no state)."""
        return (self.learning_rate,)

    def _of(self, name: str) -> Optimizer:
        """The optimizer that has the options of a parameter: its group, or this one."""
        group: Optimizer = self._group_of.get(name, self)
        if group is not self and "weight_decay" in vars(group) and not hasattr(self, "weight_decay"):
            raise ValueError(f"{type(self).__name__} has no weight_decay, which a group of its parameters sets")
        return group

    def step(self) -> None:
        """Update each parameter that has a gradient, in its own array.

        If Ctrl-C or an error interrupts the step, no parameter changes. Warns if none has a
        gradient.
        """
        refuse_traced("optimizer.step()")
        if is_builtin(self) and self._step_at_once():
            return
        old = self._state
        names, values, changes, new, counts = [], [], [], {}, {}
        for name, p in self.parameters.items():
            g: Any = getattr(p._grad, "_data", p._grad)  # backward(create_graph=True) leaves a Tensor
            if g is None:
                continue
            value = wide = p._data
            if value.itemsize < 4:
                wide, g = _as_wide(value), _as_wide(g)
            count = self._steps.get(name, 0) + 1
            by = self._of(name)
            change, state = by.rule(wide, g, by.numbers(count), old.get(name, ()))
            self._check_answer(name, wide, change, state if old else ())
            if old:
                # asarray, because NumPy 1 turns a float32 array without axes into float64. A list,
                # because CPython keeps up to 2,000 tuples made from generators for later use.
                # A copy of p or g, because the updates to come write on these.
                kept = [np.array(x, wide.dtype) if x is wide or x is g else np.asarray(x, wide.dtype) for x in state]
                new[name], counts[name] = tuple(kept), count
            names.append(name)
            values.append(value)
            changes.append(change)
        if not names:
            warn("optimizer.step() changes nothing, because no parameter has a gradient: call cost.backward() first")
        states = chain(map(old.update, [new]), map(self._steps.update, [counts]))
        self._write(names, values, chain(map(np.subtract, values, changes, values), states))

    def _step_at_once(self) -> bool:
        """A step of a built-in rule over all parameters, or False if they are not alike."""
        names, tensors = [*self.parameters], self.parameters.values()
        values, gradients = [*map(_data, tensors)], [*map(_grad, tensors)]
        dtypes = {*map(_dtype, values)}
        if self.groups or {*map(type, gradients)} != {np.ndarray} or min(map(attrgetter("itemsize"), dtypes)) < 4:
            return False
        if not self._state:
            self._write(names, values, map(np.subtract, values, self._changes(values, gradients), values))
            return True
        # an error that NumPy is to raise would stop the writes half-way
        if len(dtypes) > 1 or len({*self._steps.values()}) > 1 or not {*np.geterr().values()} <= {"ignore", "warn"}:
            return False
        counts = dict.fromkeys(names, self._steps[names[0]] + 1)
        numbers, at_once = self.numbers(counts[names[0]]), self._at_once
        if at_once is None or not all(map(is_, (*values, *self._state.values()), (*at_once.values, *at_once.states))):
            at_once = AtOnce(self.rule, numbers, values, self._state)
        self._write(names, values, chain(at_once.update(gradients, numbers), map(self._steps.update, [counts])))
        self._at_once = at_once  # now, because views of an array that was read-only stay read-only
        return True

    def _changes(self, values: list[Any], gradients: list[Any]) -> list[Any]:
        """The changes by a rule without state."""
        return [self.rule(p, g, self.numbers(1), ())[0] for p, g in zip(values, gradients, strict=True)]

    def _write(self, names: list[str], values: list[Any], writes: Iterator[Any]) -> None:
        """Change all parameters or none, by an iterator of C's that writes them and their state."""
        if not all(map(_writeable, values)):
            check_writeable((f"parameter {name}", self.parameters[name]) for name in names)
        mark_modified(values)
        with np.errstate(all="ignore"):  # a floating-point error would stop the writes half-way
            assign(writes)  # in one call of C: Python checks for Ctrl-C only between its own instructions

    def _check_answer(self, name: str, p: Any, change: Any, state: Any) -> None:
        """Raise ValueError if a rule's result does not fit: the writes would stop half-way."""
        for what, x in zip(("change", *self.state_names), (change, *state), strict=False):
            if type(x) is np.ndarray and x.shape == p.shape and x.dtype is p.dtype:
                continue  # the usual case, quickly
            shape, dtype = getattr(x, "shape", None), getattr(x, "dtype", np.dtype(object))
            if shape != p.shape or dtype.kind not in "fiub":
                is_array = f"type {type(x).__name__}" if shape is None else f"shape {shape} and dtype {dtype}"
                raise ValueError(_no_update(name, p, f"its {what} has {is_array}"))
        if len(state) != len(self.state_names):
            raise ValueError(_no_update(name, p, f"its rule gave {len(state)} states, not {len(self.state_names)}"))

    def _check_eps(self, factor: float = 1.0) -> None:
        """Raise ValueError if eps * factor is 0 in a parameter's dtype: 0 / 0 would follow."""
        eps = vars(self)["eps"]
        for name, p in self.parameters.items():
            dtype = np.promote_types(p.dtype, np.float32)  # the rule's dtype
            if eps and not dtype.type(eps * factor):
                raise ValueError(f"eps={eps!r} is 0 in {dtype}, the dtype of parameter {name}; 1e-8 is the usual one")

    @guarded
    def zero_grad(self) -> None:
        """Set `.grad` of every parameter to None."""
        forget_gradients(self.parameters.values())

    def state_dict(self) -> dict[str, Any]:
        """A copy of the state and learning rate; `np.savez(file, **state)` saves it without pickle.

        >>> import tinygraph as tg
        >>> w = tg.Tensor([1.0, 2.0], requires_grad=True, name="w")
        >>> list(tg.optim.SGD([w], 0.1, momentum=0.9).state_dict())
        ['optimizer', 'learning_rate', 'w.steps', 'w.velocity']
        """
        state: dict[str, Any] = {"optimizer": type(self).__name__}
        state |= {key: x.learning_rate for key, x in self._rates().items()}
        for name, arrays in self._state.items():
            state[f"{name}.steps"] = np.int64(self._steps[name])
            state.update((f"{name}.{key}", array.copy()) for key, array in zip(self.state_names, arrays, strict=True))
        return state

    def _rates(self, state: Any = ()) -> dict[str, Optimizer]:
        """What has a learning rate of its own, or one in `state`, by the name of the rate there."""
        groups = {f"groups.{k}.learning_rate": x for k, x in enumerate(self.groups)}
        own = {key: x for key, x in groups.items() if "learning_rate" in vars(x) or key in state}
        return {"learning_rate": self, **own}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a state that `state_dict()` returned.

        Raises ValueError if the state does not fit this optimizer; then nothing changes. A group
        gets a rate of its own if it has one in the state.
        """
        check_state("optimizer", state)
        state, rates = dict(state), self._rates(state)
        own = dict.fromkeys(rates, self.learning_rate) | self.state_dict()
        for key in sorted(own.keys() | state.keys(), key=str):
            here, there = (_description(d[key]) if key in d else "missing" for d in (own, state))
            if here != there:
                what = f"{short(key)} is {short(there)}"
                raise ValueError(f"{what} in this state, but {here} in this optimizer; nothing was loaded")
        given = {key: np.array(state[key]) for key in state}
        steps = {name: int(number(f"{name}.steps", given[f"{name}.steps"].item())) for name in self._state}
        new_rates = [{"learning_rate": number(key, given[key].item())} for key in rates]
        loaded = {name: tuple([given[f"{name}.{key}"] for key in self.state_names]) for name in steps}
        of_rates: Iterator[Any] = map(dict.update, map(vars, rates.values()), new_rates)
        assign(of_rates, map(self._state.update, [loaded]), map(self._steps.update, [steps]))


class SGD(Optimizer):
    """Gradient descent, lesson (16) and (17): p - learning_rate * g; optionally with momentum.

    Momentum as in Sutskever et al. (2013), "On the importance of initialization and momentum in
    deep learning", with the learning rate where PyTorch has it: v = momentum * v + g, then
    p - learning_rate * v. nesterov: use Nesterov's momentum. Weight decay adds
    weight_decay * p to g. Raises ValueError for a number out of its range.

    >>> import tinygraph as tg
    >>> w = tg.Tensor([1.0, 2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> tg.optim.SGD([w], learning_rate=0.25).step()
    >>> w.data
    array([0.5, 1. ])
    """

    @guarded
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

    def _changes(self, values: list[Any], gradients: list[Any]) -> list[Any]:
        """The changes without momentum, with one loop in C for all parameters."""
        if self.weight_decay:
            gradients = [*map(np.add, gradients, map(np.multiply, repeat(self.weight_decay), values))]
        return [*map(np.multiply, repeat(self.numbers(1)[0]), gradients)]

    def rule(self, p: Any, g: Any, numbers: tuple[Any, ...], state: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        (learning_rate,) = numbers
        if self.weight_decay:
            g = g + self.weight_decay * p
        if not state:
            return learning_rate * g, ()
        v = self.momentum * state[0] + g
        return learning_rate * (g + self.momentum * v if self.nesterov else v), (v,)


class Adam(Optimizer):
    """Adam: steps scaled by running means of the gradient and of its square.

    Kingma & Ba (2015), "Adam: a method for stochastic optimization", Algorithm 1, in its notation.
    Weight decay adds weight_decay * p to g, as in PyTorch; AdamW decays p separately. Raises
    ValueError for a number out of its range.

    >>> import tinygraph as tg
    >>> w = tg.Tensor([1.0, 2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> tg.optim.Adam([w], learning_rate=0.25).step()  # the first step is learning_rate long
    >>> w.data.round(6)
    array([0.75, 1.75])
    """

    decoupled = False

    @guarded
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
        self._check_eps(math.sqrt(1 - self.beta2))

    def numbers(self, steps: int) -> tuple[float, ...]:
        """The learning rate and eps with both bias corrections, and the decoupled decay of p.

        This is the efficient order at the end of the paper's section 2: sqrt(v) is not divided by
        the root of its correction; rate and eps are multiplied with the root instead.
        """
        rate, root = self.learning_rate, math.sqrt(1 - self.beta2**steps)
        return rate * root / (1 - self.beta1**steps), self.eps * root, rate * self.weight_decay

    def rule(self, p: Any, g: Any, numbers: tuple[Any, ...], state: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        (rate, eps, decay), (m, v) = numbers, state
        if self.weight_decay and not self.decoupled:
            g = g + self.weight_decay * p
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * np.square(g)
        change = rate * m / (np.sqrt(v) + eps)
        return change + decay * p if self.decoupled else change, (m, v)


class AdamW(Adam):
    """Adam with weight decay that does not pass through the gradient.

    Loshchilov & Hutter (2019), "Decoupled weight decay regularization". A step also subtracts
    learning_rate * weight_decay * p, as in PyTorch. Raises ValueError as Adam does.

    >>> import tinygraph as tg
    >>> w = tg.Tensor([1.0, 2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> tg.optim.AdamW([w], learning_rate=0.25, weight_decay=0.1).step()
    >>> w.data.round(6)
    array([0.725, 1.7  ])
    """

    decoupled = True

    @guarded
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
    """RMSProp: the gradient divided by the root of the running mean of its square.

    Tieleman & Hinton (2012), "Neural networks for machine learning", lecture 6e. As in PyTorch, eps
    is added outside the root, and momentum is SGD's, applied to the quotient. Raises ValueError for
    a number out of its range.

    >>> import tinygraph as tg
    >>> w = tg.Tensor([1.0, 2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> tg.optim.RMSProp([w], learning_rate=0.05, alpha=0.75).step()
    >>> w.data.round(6)
    array([0.9, 1.9])
    """

    @guarded
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


def is_builtin(optimizer: Optimizer) -> bool:
    """Whether its rule is one of this module, which treats every entry alike."""
    return bool(type(optimizer).rule.__module__ == __name__)


def check_state(of: str, state: Any) -> None:
    """Raise TypeError if load_state_dict() is traced or given anything but a dict."""
    refuse_traced(f"{of}.load_state_dict()")
    if not isinstance(state, Mapping):
        raise TypeError(f"load_state_dict() takes the dict that state_dict() gave, got {type(state).__name__}")


def check_writeable(written: Iterable[tuple[str, Tensor]]) -> None:
    """Raise ValueError if an array is read-only: NumPy's error would stop the writes half-way."""
    for title, t in written:
        if not _writeable(t._data):
            raise ValueError(f"{title} of shape {t.shape} is read-only; none was changed")


def finite_norm(gradients: dict[str, Any]) -> float:
    """The joint 2-norm of arrays, in float64; raises ValueError if it is not finite."""
    norms = {name: float(np.linalg.norm(g.ravel().astype(float, copy=False))) for name, g in gradients.items()}
    norm = math.hypot(*norms.values())
    if not math.isfinite(norm):
        worst = ", ".join(name for name in norms if not math.isfinite(norms[name]))
        raise ValueError(f"the norm of the gradients is {norm}, because of {worst}; nothing was scaled: skip this step")
    return norm


def scaled(arrays: list[Any], scale: float) -> Iterator[Any]:
    """The iterator that scales arrays in place, in C."""
    # a small scale is 0 in float16, and NumPy 1 would cast a scale without axes to float16
    scales = [np.full((1,) * g.ndim, scale, np.promote_types(g.dtype, np.float32)) for g in arrays]
    return map(np.multiply, arrays, scales, arrays)


def clip_by_norm(parameters: Parameters, max_norm: float) -> float:
    """Scale all gradients in place to a joint 2-norm of at most `max_norm`; return the old norm.

    Pascanu et al. (2013), "On the difficulty of training recurrent neural networks", Algorithm 1.
    The factor is max_norm / (norm + 1e-6), as in PyTorch. Raises ValueError if the norm is not
    finite; then the gradients stay as they are.

    >>> import tinygraph as tg
    >>> w = tg.Tensor([0.0, 0.0], requires_grad=True)
    >>> w.grad = [3.0, 4.0]
    >>> tg.optim.clip_by_norm([w], max_norm=1)
    5.0
    >>> w.grad.round(3)
    array([0.6, 0.8])
    """
    refuse_traced("clip_by_norm()")
    max_norm = number("max_norm", max_norm)
    found = {name: p for name, p in _named(parameters, frozen=True).items() if p._grad is not None}
    values: dict[str, Any] = {name: getattr(p._grad, "_data", p._grad) for name, p in found.items()}
    # in float64, because the squares of an exploding float32 gradient overflow
    norm = finite_norm(values)
    scale = max_norm / (norm + 1e-6)
    if scale < 1:
        old: list[Any] = [p._grad for p in found.values()]
        # backward(create_graph=True) leaves Tensors
        new = [_as_dtype(_as_wide(g) * scale, g.dtype) if type(g) is Tensor else g for g in old]
        write = chain(scaled([g for g in old if type(g) is not Tensor], scale), map(_set_grad, found.values(), new))
        with np.errstate(all="ignore"):  # in C, as in step: all or nothing
            list(write)
    return norm


def _grouped(parameters: Any, owner: Optimizer) -> tuple[dict[str, Tensor], list[Optimizer]]:
    """The parameters by name; and their groups, if they are a list of dicts.

    A group is an optimizer that has its parameters and its own options, and all else from `owner`.
    """
    given = [*parameters] if isinstance(parameters, (list, tuple)) else []
    if not given or not all(isinstance(x, Mapping) for x in given):
        return _named(parameters), []
    found: dict[str, Tensor] = {}
    groups = []
    for k, options in enumerate(given):
        if "parameters" not in options or options.keys() - {"parameters", "learning_rate", "weight_decay"}:
            got = ", ".join(map(repr, options))
            wanted = "a dict of 'parameters', and a 'learning_rate' or 'weight_decay' of its own"
            raise TypeError(f"group {k} is {wanted}; got {got}")
        numbers = {key: number(key, x) for key, x in options.items() if key != "parameters"}
        named = {f"{k}.{name}" if name in found else name: p for name, p in _named(options["parameters"]).items()}
        found |= named
        groups.append(object.__new__(type(owner)))
        vars(groups[-1]).update(numbers, parameters=named, _owner=owner)
    return _named(found), groups


def _is_model(x: Any) -> bool:
    """Whether x is a tg.Model, which stands in a package above this one."""
    return hasattr(type(x), "_tensors")


def _named(parameters: Any, frozen: bool = False) -> dict[str, Tensor]:
    """Checked parameters by name.

    The names are the keys of a dict. For a list, they are the tensors' names if these all differ,
    and otherwise their places. frozen: whether there may be leaves without a gradient.
    """
    parameters = parameters.parameters if _is_model(parameters) else parameters
    if isinstance(parameters, dict) and hasattr(parameters, "trained"):  # those of an MLP, without the frozen ones
        parameters = parameters.trained()
    if isinstance(parameters, Mapping):
        named = dict(parameters)
    elif isinstance(parameters, Iterable) and not isinstance(parameters, Tensor):
        tensors = list(parameters)
        names = [str(k) if (name := given_name(p)) is None else name for k, p in enumerate(tensors)]
        if len(set(names)) < len(names):
            names = [*map(str, range(len(names)))]
        named = dict(zip(names, tensors, strict=True))
    else:
        raise TypeError(f"parameters are a dict of Tensors by name, or a list of them, got {type(parameters).__name__}")
    if not named:
        raise ValueError("there are no parameters; give a dict such as mlp.parameters, or a list of Tensors")
    first: dict[int, str] = {}
    for name, p in named.items():
        if not isinstance(name, str) or not isinstance(p, Tensor):
            raise TypeError(f"parameters are Tensors, and their names text; got {name!r}: {type(p).__name__}")
        if p.op is not None or not (p._requires_grad or frozen):
            what = f"was made by {p.op}" if p.op else f"of dtype {p.dtype} requires no gradient"
            raise ValueError(f"parameter {name} {what}; make it a leaf of floats: tg.Tensor(data, requires_grad=True)")
        if first.setdefault(id(p), name) != name:
            raise ValueError(f"parameters {first[id(p)]} and {name} are the same Tensor; give it once")
    return named


def _no_update(name: str, p: Any, why: str) -> str:
    return f"parameter {name} of shape {p.shape} cannot be updated: {why}; none was changed"


def _description(value: Any) -> str:
    """What an entry of a state must have in common with the optimizer's entry, as text."""
    if isinstance(value, np.ma.MaskedArray) or (hasattr(value, "__array__") and type(value).__module__ != "numpy"):
        return f"a {type(value).__name__}"
    array = np.asarray(value)
    return str(array) if array.dtype.kind == "U" else f"{array.dtype} {array.shape}"

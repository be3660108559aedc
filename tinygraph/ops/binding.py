"""Sorts the arguments of a call into an op's inputs and options, if counting them is not enough."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from ..tensor import OPS, Op, Tensor


def signature(op: Op) -> inspect.Signature:
    """The op's signature, as help() shows it: without annotations."""
    source, skipped = op._parameters_of()
    if type(source) is not np.ufunc:
        try:
            full = inspect.signature(source)
        except ValueError:  # some functions written in C have none
            if not op.rules:
                raise
        else:
            bare = [p.replace(annotation=p.empty) for p in [*full.parameters.values()][skipped:]]
            return full.replace(parameters=bare, return_annotation=full.empty)
    names = "x" if op.arity == 1 else "abcdefghijklmnopqrstuvwxyz"[: op.arity]
    return inspect.Signature([inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names])


def bind(op: Op, inputs: tuple[Any, ...], options: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Sort a call's arguments, by position or by name, into inputs and options.

    Raises TypeError if they do not fit the op's signature.
    """
    parameters: inspect.Signature = op.__signature__
    try:
        bound = parameters.bind(*inputs, **options)
    except TypeError as error:
        raise TypeError(f"{op.name}{parameters}: {error}") from error
    names = list(parameters.parameters)[: op.arity]
    taken = tuple(bound.arguments[name] for name in names if name in bound.arguments)
    rest = {name: value for name, value in bound.arguments.items() if name not in names}
    beyond = [name for name, value in rest.items() if type(value) is Tensor]
    if beyond:
        count = len(taken) + len(beyond)
        if OPS.get(op.name) is op:
            raise TypeError(f"{op.name}() takes {', '.join(beyond)} as plain numbers, not as a Tensor: t.tolist()")
        raise TypeError(
            f"{op.name}() takes {op.arity} input{'s' * (op.arity != 1)}, as many as it has gradient rules; "
            f"got {count} ({', '.join(beyond)} too): give op() a rule for each input, "
            "or None if there is no gradient"
        )
    return taken, rest


def check_options(op: Op, options: dict[str, Any]) -> None:
    """Raise TypeError if the op's function, written in Python, does not take these options."""
    source, skipped = op._parameters_of()
    code = getattr(source, "__code__", None)
    if options and code and not code.co_flags & inspect.CO_VARKEYWORDS:
        names = code.co_varnames[skipped : code.co_argcount + code.co_kwonlyargcount]
        unknown = [name for name in options if name not in names]
        if unknown:
            takes = ", ".join(names[op.arity :]) or "no options"
            raise TypeError(f"{op.name}() takes {takes}; got {', '.join(unknown)}")

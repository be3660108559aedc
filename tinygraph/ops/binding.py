"""Calls an op whose arguments have to be sorted into inputs and options with more than counting."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from ..errors import hook
from ..tensor import Tensor, record


def signature(op: Any) -> inspect.Signature:
    """The op's signature, as help() shows it: without annotations."""
    function, skipped = op.parameters_of()
    names = "x" if op.arity == 1 else "abcdefghijklmnopqrstuvwxyz"[: op.arity]
    parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    if type(function) is not np.ufunc:
        try:
            parameters = [*inspect.signature(function).parameters.values()][skipped:]
        except ValueError:  # some functions written in C have none
            if not op.rules:
                raise
    if op.keywords:
        parameters += [p for p in inspect.signature(op.keywords).parameters.values() if p.kind is p.KEYWORD_ONLY]
    return inspect.Signature([p.replace(annotation=p.empty) for p in parameters])


def bind(op: Any, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Call the op with the arguments, by position or by name, sorted into inputs and options.

    Raises TypeError if they do not fit the op's signature.
    """
    more, known = inputs[op.arity :], op.options or {}
    if more and len(more) <= len(known) and Tensor not in map(type, (*more, *options.values())):
        given = dict(zip(known, more))  # noqa: B905 (there may be more names)
        if options.keys() <= known.keys() - given.keys():
            return record(op, inputs[: op.arity], given | options)  # at a tenth of the time of what follows
    parameters: inspect.Signature = op.__signature__
    try:
        parameters.bind_partial(*inputs, **options)  # which names an unknown option before a missing one
        given = parameters.bind(*inputs, **options).arguments
    except TypeError as error:
        unknown = next((name for name in options if name not in parameters.parameters), "")
        raise TypeError(f"{op.name}{parameters}: {error}{hook('hint')(unknown, '=')}") from None
    names = list(parameters.parameters)[: op.arity]
    taken = tuple(given.pop(name) for name in names if name in given)
    if op.keywords and not given.keys() <= known.keys():
        return op.keywords(op, *taken, **given)
    beyond = [name for name, value in given.items() if type(value) is Tensor]
    if beyond:
        if op.builtin:
            raise TypeError(f"{op.name}() takes {', '.join(beyond)} as plain numbers, not as a Tensor: t.tolist()")
        raise TypeError(
            f"{op.name}() takes {op.arity} input{'s' * (op.arity != 1)}, as many as it has gradient rules; "
            f"got {len(taken) + len(beyond)} ({', '.join(beyond)} too): give op() a rule for each input, "
            "or None if there is no gradient"
        )
    return record(op, taken, given)

"""Modules that need NumPy alone: the checks of a saved function; a model with all that it needs."""

from __future__ import annotations

import hashlib
import os
import re
import textwrap
from contextlib import suppress
from typing import Any

import numpy as np

from ..arrays import Array, as_array
from ..compiler.compile import compile as compiled
from ..compiler.inputs import key_text
from ..compiler.source import unpacked
from ..files import replacing, short, write_arrays
from ..graph.expression import LARGEST_CONSTANT, literal
from ..modes import no_grad, refuse_traced
from ..nn.layers import evaluating
from ..nn.mlp import MLP
from ..train import cells
from ..train.trained import TrainedModel
from . import parts
from .saved import NOT_PLAIN, SavedSource, copied, module_name, replaced

INPUT = """\
    if type({x}).__name__ in ("MaskedArray", "matrix"):
        raise TypeError("{no}")
    {x} = np.asarray({x})
    if {wrong} or {kinds}:
        raise ValueError(f"{x} is {dtype} of shape {shape}, got {{{x}.dtype}} of shape {{{x}.shape}}")
    {x} = {x} if {x}.dtype.char == "{dtype.char}" else {x}.astype("{dtype}")
"""
OUTPUTS = """

def outputs({x}):
    {doc}{what}{doc}
{lines}    AL = net({X})
    if AL.size and math.isnan(AL.item(AL.argmax())):  # argmax finds a nan first
        raise ValueError("AL is nan, because X or a weight is, or because two infinities meet")
    return {AL}
"""
# of an MLP, and of a TrainedModel: predict, and predict_proba if there is one
ANSWERS = {
    "sigmoid": ("(AL > 0.5).astype(int)", "AL", "CLASSES[(AL[0] > 0.5).astype(int)]", "np.array([1 - AL[0], AL[0]]).T"),
    "softmax": ("np.asarray(AL.argmax(axis=0))", "AL", "CLASSES[AL.argmax(axis=0)]", "AL.T"),
    "linear": ("AL", "", "AL[0] * STD + MEAN", ""),
}
# what a module imports if it has this text
IMPORTS = {
    "from __future__ import annotations\n\n": ": Any",
    "import math\n": "math.",
    "import re\n": "re.compile",
    "from pathlib import Path\n": "Path(",
    "from typing import Any\n": ": Any",
}
NUMBER = re.compile(r"(?<![\w.])(\d+)(?![\w.])")  # a whole number in a line
CELLS = "MISSING NO_NUMBER OTHER SWAPPED GROUPS UNGROUPED UNITS PLAIN NUMBER is_missing number text"


def export(model: Any, path: Any, examples: tuple[Any, ...] = ()) -> None:
    """Write a model as a module, as `Model.export` and `TrainedModel.export` say.

    The length of the first or last axis of `examples` is free if it alone tells the lines for
    examples of twice and three times that length apart.
    """
    refuse_traced("model.export()")
    name = module_name(path, "model.export()")
    net = model.net if isinstance(model, TrainedModel) else model
    source, free, named = _traced(net, examples)
    inputs = source._inputs
    arrays = {inputs.keys[x]: np.array(node.value._data, order="C") for x, node in inputs.parameters.items()}
    libraries, imports = source._imports()
    npz, weights = "", _written(arrays)
    if not weights:  # a name of their own, so that an older module keeps its own
        digest = hashlib.sha256(b"".join([f"{key} {x.shape} {x.dtype}".encode() + x.data for key, x in arrays.items()]))
        npz = f"{name}-{digest.hexdigest()[:12]}.npz"
        weights = f"with np.load(Path(__file__).resolve().with_name({npz!r})) as file:\n    PARAMETERS = dict(file)\n"
    said = f"{short(model)}\n\nin {libraries}, written by tinygraph.".replace("\\", "/").replace('"', "'")
    text = f"\n{imports}\n{weights}\n\n{_net(source)}{_functions(model, net, source, free, named)}"
    head = "".join(line for line, word in IMPORTS.items() if word in text)
    text = f'"""{said}\n"""\n\n{head}{text}'
    with replacing(path) as file:
        if npz:
            write_arrays(os.path.join(os.path.dirname(os.path.realpath(os.fsdecode(path))), npz), arrays)
        file.write(text.encode())


def _traced(net: Any, examples: tuple[Any, ...]) -> tuple[SavedSource, list[int], dict[int, str]]:
    """The net's function, its free axis, 0 or -1, and the arguments that give the axis's length."""
    if (is_mlp := isinstance(net, MLP)) == bool(examples):
        wrong = "an MLP knows the shape of its X: write mlp.export(path)"
        raise TypeError(wrong if examples else "write model.export(path, X), with an array for each of its arguments")
    given = [as_array(x, "model.export()") for x in examples or [np.zeros((net.layer_dims[0], 2), net.dtype)]]
    net.state_dict()  # which gives its Tensors names
    function, free = compiled(net), []
    function._name = "net"

    def source(axis: int, times: int) -> SavedSource:
        with no_grad, evaluating(), np.errstate(all="ignore"):
            function(*(np.concatenate([x] * times, axis) if x.ndim else x for x in given))
        return function._source(SavedSource)

    found = source(0, 1)
    found.check()
    texts, head, named = NUMBER.split(found.text), "", {}
    parts = [*texts]
    for axis in (0, -1):
        with suppress(Exception):  # whatever it raises for another length, it takes this length alone
            of_each = [*zip(texts, *(NUMBER.split(source(axis, k).text) for k in (2, 3)), strict=True)]
            lengths = {x: node.shape[axis] for x, node in found._inputs.arguments.items() if node.shape}
            sizes = {tuple(str(n * k) for k in (1, 2, 3)) for n in lengths.values()}
            moved = [k for k, same in enumerate(of_each) if len({*same}) > 1]
            if all({of_each[k]} == sizes for k in moved):
                free.append(axis)
                if moved:
                    named[axis] = x = next(iter(lengths))
                    name = found._inputs.names.of(("length", axis), "mn"[len(free) - 1])
                    head += f"    {name} = {x}.shape[{axis}]\n"
                    for k in moved:
                        parts[k] = name
    first, _, rest = "".join(parts).partition("\n")
    found.text = f"{first}\n{head}{rest}"
    if is_mlp and -1 not in free:
        raise ValueError(f"{net} computes differently for another number of examples: an activation of your own does")
    return found, free, named


def _written(arrays: dict[str, Array]) -> str:
    """The lines that give PARAMETERS, or "" if they would be too many."""
    if sum(x.size for x in arrays.values()) > LARGEST_CONSTANT or any(x.dtype.itemsize > 8 for x in arrays.values()):
        return ""
    text = "PARAMETERS = {\n"
    for key, x in arrays.items():
        value = f"np.array({literal(x.tolist())}, {str(x.dtype)!r})" + f".reshape({x.shape})" * (not x.size)
        lines = textwrap.wrap(value, 110, subsequent_indent=" " * 8, break_long_words=False, break_on_hyphens=False)
        text += f"    {key_text(key)}: " + "\n".join(lines) + ",\n"
    return text + "}\n"


def _net(source: SavedSource) -> str:
    """The function of the net, around which its parameters have names."""
    if not (keys := source._inputs.keys):
        return source.text
    opening = "".join(f"    {line}\n" for line in unpacked(keys, "parameters"))
    first = f"def {source.name}("
    text = replaced(replaced(source.text, opening, ""), f"{first}parameters, ", first)
    function = textwrap.indent(text, "    ")
    text = f"def with_parameters(parameters):\n{opening}\n{function}\n    return net\n"
    return f"{text}\n\nnet = with_parameters(PARAMETERS)\n"


def _functions(model: Any, net: Any, source: SavedSource, free: list[int], named: dict[int, str]) -> str:
    """What a module gives to its users, which calls `net`."""
    given = [*source._inputs.arguments, *source._inputs.generators.values()]
    if not isinstance(net, MLP):
        lines = "".join(_read(x, node, free, named) for x, node in source._inputs.arguments.items())
        return f"\n\ndef predict({', '.join(given)}):\n{lines}    return net({', '.join(given)})\n"
    n, L, cast = net.layer_dims[0], net.layer_dims[-1], "" if net.dtype.char == "d" else f'.astype("{net.dtype}")'
    if net is model:
        k, x, X, AL = 0, "X", "X[:, np.newaxis] if X.ndim == 1 else X", "AL[:, 0] if X.ndim == 1 else AL"
        wrong, shape = f"X.shape[:1] != ({n},) or X.ndim > 2", f"({n}, m), one example a column, or ({n},)"
        lines = _input(x, wrong, net.dtype, shape)
        what = f"AL of shape ({L}, m) for examples X of shape ({n}, m), or ({L},) for one of shape ({n},)"
    else:
        k, x, X, AL, lines = 2, "rows", f"matrix(rows, COLUMNS, TABLE, SCALE){cast}", "AL", ""
        what = f"AL of shape ({L}, m) for a dict of raw values, a row in the order of COLUMNS or TABLE, or many rows"
    text = _table(model) if k else ""
    text += OUTPUTS.format(x=x, doc='"""', what=f"{what}.", lines=lines, X=X, AL=AL)
    for name, answer in zip(("predict", "predict_proba"), ANSWERS[net.output][k:], strict=False):
        text += f"\n\ndef {name}({x}):\n    AL = outputs({x})\n    return {answer}\n" if answer else ""
    return text


def _read(x: str, node: Any, free: list[int], named: dict[int, str]) -> str:
    """The lines that read an argument of a Model."""
    shape: list[Any] = [*node.shape]
    for letter, axis in zip("mn", free if shape else [], strict=False):
        shape[axis] = letter
    start, end = int(0 in free), -1 if -1 in free else None
    wrong = f"{x}.ndim != {len(shape)} or {x}.shape[{start}:{end}] != {node.shape[start:end]}"
    wrong += "".join(f" or {x}.shape[{k}] != {first}.shape[{k}]" for k, first in named.items() if shape and first != x)
    return _input(x, wrong, node.dtype, str(tuple(shape)).replace("'", ""))


def _input(x: str, wrong: str, dtype: Any, shape: str) -> str:
    """The lines that read an array. All numbers become floats; no integer may wrap."""
    kinds = f'{x}.dtype.kind not in "fiub"' if dtype.kind == "f" else f'not np.can_cast({x}.dtype, "{dtype}")'
    return INPUT.format(x=x, no=NOT_PLAIN.format(x), wrong=wrong, kinds=kinds, dtype=dtype, shape=shape)


def _table(model: TrainedModel) -> str:
    """The columns and labels of a table, and the functions that read its rows."""
    text = "\n\nCOLUMNS = {  # decimal sign, filler, mean, deviation, whether thousands are grouped; or categories\n"
    (columns, table, _), target = model.columns, model.target
    for x in columns:
        how = (x.decimal, x.fill, x.mean, x.std, x.grouped) if x.decimal else [*x.categories]
        text += f"    {x.name!r}: {how!r},\n"
    places = [table.index(x.name) for x in columns] if len(columns) < len(table) else []
    scale = f"(*np.array([how[2:4] for how in COLUMNS.values()]).T[:, :, np.newaxis], {places})"
    text += f"}}\nTABLE = {table}\nSCALE = {scale if all(x.decimal for x in columns) else None}\n"
    text += f"CLASSES = np.array({[*target.classes]!r})\nMEAN, STD = {target.mean!r}, {target.std!r}\n\n"
    return text + copied(cells, CELLS) + copied(parts, "matrix features")

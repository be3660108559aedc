"""tinygraph: a small computational-graph engine in pure Python and NumPy.

A Tensor remembers the op and the inputs that made it: the tape. `loss.backward()` walks the tape in
reverse and fills in the gradients. Import it as `import tinygraph as tg`.

This file is the contents page: each public name with the module that it is loaded from at its first
use. Type checkers read __init__.pyi, which tools/make_stubs.py makes from it.
"""

import sys
from importlib import import_module
from types import ModuleType

from . import ops as ops
from .errors import HOOKS, hook
from .frames import guard_in, meant
from .modes import no_grad as no_grad
from .modes import scope as scope
from .tensor import Op as Op
from .tensor import Tensor as Tensor

__version__ = "0.1.0"
op = Op

# Each public name that is not an op, by the module that it is loaded from at its first use.
_CONTENTS = {
    "compiler.compile": ("compile",),
    "diagnostics.compare": ("compare",),
    "diagnostics.debug": ("debug", "detect_anomaly"),
    "diagnostics.memory": ("memory",),
    "export.jax": ("to_jax",),
    "graph.variables": ("explicit_names",),
    "nn.batches": ("batches",),
    "nn.convolution": ("avg_pool2d", "conv1d", "conv2d", "max_pool2d"),
    "nn.costs": ("cross_entropy", "cross_entropy_with_logits", "mean_squared_error", "softmax_cross_entropy"),
    "nn.layers": ("batch_norm", "dropout", "embedding", "evaluating", "layer_norm", "training"),
    "nn.mlp": ("MLP",),
    "nn.model": ("Model",),
    "show.draw": ("RenderError", "draw", "save_diagram"),
    "show.explain": ("explain",),
    "show.explore": ("explore",),
    "show.table": ("Tape",),
    "train.trained": ("load",),
    "transforms.batching": ("vmap",),
    "transforms.check": ("GradientError", "check_gradients"),
    "transforms.checkpoint": ("checkpoint",),
    "transforms.derivatives": ("grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"),
    "transforms.ravel": ("ravel",),
    "transforms.scan": ("scan",),
}
_MODULE_OF = {name: module for module, names in _CONTENTS.items() for name in names}
_PACKAGES = {name: name for name in ("distributed", "estimators", "lesson", "onnx", "optim")}
_PACKAGES |= {"linalg": "ops.linalg", "special": "ops.special"}

# What the engine asks of the packages that stand on it.
HOOKS.update(
    advise="diagnostics.suggest:advised",
    as_code="show.table:code",
    as_table="show.table:as_table",
    bind="ops.binding:bind",
    call_text="diagnostics.call_text:call",
    cause="frames:cause",
    draws="compiler.draws:Draws",
    dropped="diagnostics.hints:dropped",
    export="export.module:export",
    hint="diagnostics.hints:hint",
    html_table="show.table:html_table",
    inner_trace="graph.trace:InnerTrace",
    jax_source="export.jax:JaxSource",
    no_rule="diagnostics.hints:no_rule",
    numpy_source="export.saved:SavedSource",
    refuse_modified="diagnostics.debug:check_changes",
    signature="ops.binding:signature",
    tape="show.table:Tape",
    tensor_html="show.notebook:tensor_html",
    trim="frames:trim",
    typed_names="diagnostics.call_text:words",
    warn_of_no_grad="diagnostics.call_text:warn_of_no_grad",
    warn_of_stored="diagnostics.hints:warn_of_stored",
)

_OWN = ("OPS", "Op", "Tensor", "distributed", "linalg", "no_grad", "op", "optim", "scope", "special")


class _Module(ModuleType):
    """The module `tensor`, which is called like PyTorch's function of that name."""

    def __call__(self, *_: object, **options: object) -> None:
        raise TypeError(f"tg.tensor is a module{hook('hint')('tensor', 'tg')}")


sys.modules[Tensor.__module__].__class__ = _Module


def __getattr__(name: str) -> object:
    if name in _PACKAGES:
        found: object = import_module(f".{_PACKAGES[name]}", __name__)
    elif name == "OPS":
        found = ops.load_all()
    elif name in _MODULE_OF:
        found = getattr(guard_in(import_module(f".{_MODULE_OF[name]}", __name__), [name]), name)
    elif name == "__all__":
        found = [*_OWN, *_MODULE_OF, *(op for op in ops.__all__ if op not in ("OPS", *_MODULE_OF))]
    elif name in ops.HERE or (name[0] != "_" and name in ops.__all__):
        found = getattr(ops, name)
    else:
        said = hook("hint")(name, "tg") or meant(name, __dir__(), "tg")
        raise AttributeError(f"module 'tinygraph' has no attribute {name!r}{said}", name=name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*__getattr__("__all__"), "lesson", "onnx", "__version__"])

"""What to type instead of a name that other libraries have."""

from __future__ import annotations

HABITS = """view:reshape permute:transpose t:transpose unsqueeze:expand_dims expand:broadcast_to cat:concatenate
concat:concatenate mul:multiply sub:subtract div:divide neg:negative pow:power mm:matmul bmm:matmul clamp:clip
absolute:abs reduce_sum:sum reduce_mean:mean outer:einsum"""
OPS_ELSEWHERE = dict(pair.split(":") for pair in HABITS.split())  # PyTorch's, TensorFlow's and NumPy's other names
ARRAYS = {"zeros", "ones", "randn", "rand", "arange", "eye", "linspace", "array", "asarray", "from_numpy", "constant"}
PLACES = {"cpu", "cuda", "to", "device"}
DTYPES = {"float", "double", "half", "long", "int", "bool", "type"}
COPIES = {"clone", "copy"}


def hint(name: str, ops: object, write: str) -> str:
    """What to write for an op of that name, `write` with its name filled in; "" where nothing comes to mind."""
    if name in ARRAYS:
        return "; make an array with NumPy, and of it a tg.Tensor(array, requires_grad=True)"
    if name in PLACES:
        return "; all is on the CPU, and t.astype(dtype) changes the dtype"
    if name in DTYPES:
        return "; write t.astype(dtype)"
    if name in COPIES:
        return "; +t is one that is recorded, t.detach() one without a gradient, and t.numpy().copy() an array"
    if name == "zero_":
        return "; what a loop forgets are gradients: optimizer.zero_grad()"
    op = OPS_ELSEWHERE.get(name, name).removesuffix("_")
    return f"; write {write.format(op)}" if op and not op.startswith("_") and hasattr(ops, op) else ""

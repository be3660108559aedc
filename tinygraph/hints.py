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

# what NumPy's functions without a row of the table are made of, for a test to run
COMPOSED = {
    "outer": "a[:, None] * b",
    "inner": "a @ b.T",
    "hstack": "np.concatenate([a, b], axis=-1)",
    "vstack": "np.concatenate([a, b], axis=0)",
    "append": "np.concatenate([a, b], axis=None)",
    "tile": "np.concatenate([a] * n)",
    "repeat": "np.take(a, np.repeat(np.arange(len(a)), n), axis=0)",
    "roll": "np.take(a, np.roll(np.arange(len(a)), n), axis=0)",
    "sort": "np.take(a, np.argsort(a.numpy()))",
    "trace": "np.einsum('ii', a)",
    "diag": "np.einsum('ii->i', a)",
    "diagonal": "np.einsum('ii->i', a)",
    "triu": "np.where(np.triu(np.ones(a.shape)), a, 0)",
    "tril": "np.where(np.tril(np.ones(a.shape)), a, 0)",
    "tensordot": "np.einsum('ij,jk', a, b)",
    "remainder": "a - b * np.floor(a / b)",
    "floor_divide": "np.floor(a / b)",
    "hypot": "np.sqrt(a * a + b * b)",
    "arcsin": "np.arctan(a / np.sqrt(1 - a * a))",
    "arcsinh": "np.log(a + np.sqrt(a * a + 1))",
    "arctanh": "np.log((1 + a) / (1 - a)) / 2",
    "exp2": "2.0**a",
    "ptp": "np.max(a) - np.min(a)",
}


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

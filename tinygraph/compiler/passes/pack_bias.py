"""W and b in one matrix, so that one product gives Z = W @ A + b, and one gives both gradients.

Only the program that runs uses it, not the source.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...graph.nodes import Graph, Node, Update, is_elementwise
from ...tensor import Op

SMALL_INPUT = 16384  # entries: a smaller argument is copied, so that its layer is packed too

# a matrix with a row of ones below; the matrix lies in the memory of the result
WITH_ONES = Op("with_ones", lambda a: np.concatenate([a, np.ones((1, a.shape[1]), a.dtype)]), None)


def packed(graph: Graph) -> Graph:
    """The graph with W and b of Z = W @ A + b as views of a matrix [W b], and ones under A.

    One product then gives Z, and one gives [dW db]. If that is the whole gradient, [W b] has one
    update.
    """
    order, outputs = graph.nodes(), set(graph.outputs)
    updates = {u.parameter: u for u in graph.updates}
    products: dict[Node, list[Node]] = {}  # dZ @ A.T, by A
    biases: dict[Node, Node] = {}  # the sums of dZ over the examples, by dZ
    for node in order:
        if node.op is ops.matmul and isinstance(node.inputs[1], Node) and node.inputs[1].op is ops.transpose:
            products.setdefault(node.inputs[1].inputs[0], []).append(node)
        elif is_bias_gradient(node):
            biases.setdefault(node.inputs[0], node)
    extended: dict[Node, Node | None] = {}  # A with ones, one for all layers that read A
    replace: dict[Node, Node] = {}
    joined: dict[Node, tuple[Node, ...]] = {}
    for z in order:
        pair = _linear(z)
        if pair is None:
            continue
        W, A, b = pair
        if W in replace or b in replace or not {W, b} <= updates.keys():
            continue
        if A not in extended:
            extended[A] = _with_ones(A, outputs)
        with_ones = extended[A]
        found = [g for g in products.get(A, []) if g.shape == W.shape]
        own = updates[W].gradient  # two layers of one shape may read one A
        product = own if own in found else next(iter(found), None)
        bias = product and biases.get(product.inputs[0])
        if with_ones is None or product is None or bias is None:
            continue
        n, k = W.shape
        P = Node(None, (), {}, (n, k + 1), W.dtype, "packed", (W.value, b.value), f"{W.name}{b.name}")
        G = Node(ops.matmul, (product.inputs[0], _transposed(with_ones)), {}, P.shape, P.dtype, name=f"d{P.name}")
        replace[z] = Node(ops.matmul, (P, with_ones), {}, z.shape, z.dtype, name=z.name, scope=z.scope)
        for whole, left, right in ((P, W, b), (G, product, bias)):
            replace[left], replace[right] = _columns(whole, slice(None, -1)), _columns(whole, slice(-1, None))
        if (updates[W].change, updates[b].change) == (product, bias):
            joined[bias] = W, b, P, G  # of two layers with one dZ, the last
    for W, b, P, G in joined.values():
        updates[W] = Update(f"{updates[W].name}, {updates.pop(b).name}", P, G, G)
    return _swapped(Graph(graph.outputs, graph.arguments, [*updates.values()]), replace) if replace else graph


def _linear(z: Node) -> tuple[Node, Node, Node] | None:
    if z.op is not ops.add or len(z.nodes()) != 2 or len(z.shape) != 2:
        return None
    product, b = z.inputs
    if product.op is not ops.matmul:
        return None
    W, A = product.inputs
    same = b.shape == (z.shape[0], 1) and len(A.shape) == 2 and W.dtype == A.dtype == b.dtype == z.dtype
    return (W, A, b) if same else None


def _with_ones(A: Node, outputs: set[Any]) -> Node | None:
    """A with a row of ones, or None. A small argument is copied for this."""
    if A.kind == "argument" and A.size <= SMALL_INPUT:
        A = Node(ops.positive, (A,), {}, A.shape, A.dtype, name=f"{A.name or 'x'}_copy")
    elif not is_elementwise(A) or A in outputs:
        return None
    return Node(WITH_ONES, (A,), {}, (A.shape[0] + 1, A.shape[1]), A.dtype)


def _transposed(x: Node) -> Node:
    return Node(ops.transpose, (x,), {}, x.shape[::-1], x.dtype)


def _columns(x: Node, part: slice) -> Node:
    width = x.shape[1] - 1 if part.start is None else 1
    return Node(ops.shapes._getitem_row, (x,), {"index": (slice(None), part)}, (x.shape[0], width), x.dtype)


def is_bias_gradient(g: Node) -> bool:
    """Whether the node is a sum of each row, as in the gradient of b."""
    return g.op is ops.sum and g.options.get("axis") in (1, (1,)) and bool(g.options.get("keepdims"))


def _swapped(graph: Graph, replace: dict[Node, Node]) -> Graph:
    """The graph with the nodes of `replace` exchanged, also inside the new nodes."""
    copies: dict[Node, Node] = {}
    unfinished: list[Node] = []

    def new(x: Any) -> Any:
        if type(x) is not Node or x.kind == "packed":
            return x
        x = replace.get(x, x)
        if x.op is not None and x not in copies:
            copies[x] = copied = x.with_inputs(x.inputs)
            unfinished.append(copied)
        return copies.get(x, x)

    result = graph.replaced(new)
    while unfinished:
        node = unfinished.pop()
        node.inputs = tuple(map(new, node.inputs))
    return result

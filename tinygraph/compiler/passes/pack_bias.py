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

    One product then gives Z, and one gives [dW db].
    """
    order = graph.nodes()
    gradient_of = {id(u.parameter): u.gradient for u in graph.updates}
    outputs = {id(x) for x in graph.outputs}
    products: dict[int, list[Node]] = {}  # dZ @ A.T, by A
    biases: dict[int, Node] = {}  # the sums of dZ over the examples, by dZ
    for node in order:
        if node.op is ops.matmul and isinstance(node.inputs[1], Node) and node.inputs[1].op is ops.transpose:
            products.setdefault(id(node.inputs[1].inputs[0]), []).append(node)
        elif is_bias_gradient(node):
            biases.setdefault(id(node.inputs[0]), node)
    extended: dict[int, Node | None] = {}  # A with ones, one for all layers that read A
    replace: dict[int, Node] = {}
    matrices: list[tuple[Node, Node, Node]] = []  # W, b, [W b]
    for z in order:
        pair = _linear(z)
        if pair is None:
            continue
        W, A, b = pair
        if id(W) in replace or id(b) in replace or not {id(W), id(b)} <= gradient_of.keys():
            continue
        if id(A) not in extended:
            extended[id(A)] = _with_ones(A, outputs)
        with_ones = extended[id(A)]
        found = [g for g in products.get(id(A), []) if g.shape == W.shape]
        own = gradient_of[id(W)]  # two layers of one shape may read one A
        product = own if own in found else next(iter(found), None)
        bias = product and biases.get(id(product.inputs[0]))
        if with_ones is None or product is None or bias is None:
            continue
        n, k = W.shape
        P = Node(None, (), {}, (n, k + 1), W.dtype, "packed", (W.value, b.value), f"{W.name}{b.name}")
        G = Node(ops.matmul, (product.inputs[0], _transposed(with_ones)), {}, P.shape, P.dtype, name=f"d{P.name}")
        replace[id(z)] = Node(ops.matmul, (P, with_ones), {}, z.shape, z.dtype, name=z.name, scope=z.scope)
        for whole, left, right in ((P, W, b), (G, product, bias)):
            replace[id(left)], replace[id(right)] = _columns(whole, slice(None, -1)), _columns(whole, slice(-1, None))
        matrices.append((W, b, P))
        replace[id(P)] = G
    if not matrices:
        return graph
    result, replace = _swapped(graph, replace)
    return _with_matrices(result, graph, matrices, replace)


def _linear(z: Node) -> tuple[Node, Node, Node] | None:
    if z.op is not ops.add or len(z.nodes()) != 2 or len(z.shape) != 2:
        return None
    product, b = z.inputs
    if product.op is not ops.matmul:
        return None
    W, A = product.inputs
    same = b.shape == (z.shape[0], 1) and len(A.shape) == 2 and W.dtype == A.dtype == b.dtype == z.dtype
    return (W, A, b) if same else None


def _with_ones(A: Node, outputs: set[int]) -> Node | None:
    """A with a row of ones, or None. A small argument is copied for this."""
    if A.kind == "argument" and A.size <= SMALL_INPUT:
        A = Node(ops.positive, (A,), {}, A.shape, A.dtype, name=f"{A.name or 'x'}_copy")
    elif not is_elementwise(A) or id(A) in outputs:
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


def _swapped(graph: Graph, replace: dict[int, Node]) -> tuple[Graph, dict[int, Node]]:
    """The graph with the nodes of `replace` exchanged, also inside the new nodes.

    The second result is `replace` with the nodes of the new graph.
    """
    copies: dict[int, Node] = {}
    unfinished: list[Node] = []

    def new(x: Any) -> Any:
        if type(x) is not Node or x.kind == "packed":
            return x
        x = replace.get(id(x), x)
        if x.op is not None and id(x) not in copies:
            copies[id(x)] = copied = x.with_inputs(x.inputs)
            unfinished.append(copied)
        return copies.get(id(x), x)

    result = graph.replaced(new)
    while unfinished:
        node = unfinished.pop()
        node.inputs = tuple(map(new, node.inputs))
    return result, {key: copies.get(id(node), node) for key, node in replace.items()}


def _with_matrices(graph: Graph, before: Graph, matrices: list[Any], replace: dict[int, Node]) -> Graph:
    """The graph with one update for [W b] if those of W and b are the columns of [dW db].

    Otherwise W and b keep an update each, on their columns.
    """
    updates = {id(u.parameter): new for u, new in zip(before.updates, graph.updates, strict=True)}
    for W, b, P in matrices:
        of_w, of_b, G = updates[id(W)], updates[id(b)], replace[id(P)]
        if _is_columns(of_w.change, G) and _is_columns(of_b.change, G):
            updates[id(W)] = Update(f"{of_w.name}, {of_b.name}", P, G, G)
            del updates[id(b)]
    graph.updates = list(updates.values())
    return graph


def _is_columns(x: Node, whole: Node) -> bool:
    return x.op is ops.shapes._getitem_row and x.inputs[0] is whole

"""`memory`: what a recorded graph holds. Found in held.py, imported where it is used: it takes longer to import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..tensor import Tensor

if TYPE_CHECKING:
    from .held import Memory


def memory(root: Tensor) -> Memory:
    """The arrays that the graph of `root` holds, leaves and gradients included, with their bytes and what needs them.

    An array stays as long as a gradient rule needs it, or as its Tensor's own .data. To see what rules take, they run
    once on stand-ins: about the time of one backward().

    >>> import tinygraph as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> print(tg.memory(tg.exp(x).sum()))
    name   made by    shape  dtype    bytes  kept for
    x      parameter  (2,)   float64     16  .data alone
    #1     exp        (2,)   float64     16  gradient of exp #1
    #2     sum        ()     float64      8  .data alone
    total                                40  gradients to come: 16
    """
    if type(root) is not Tensor:
        raise TypeError(f"memory() takes the Tensor that a graph ends in, such as a loss; got {type(root).__name__}")
    from .held import held

    return held(root)

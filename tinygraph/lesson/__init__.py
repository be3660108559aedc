"""The lesson's functions, under the course's names and in its layout, computed by the tape.

Students can compare their own function with the one here in one call:

    tg.compare(L_model_backward(AL, Y, caches), lesson.L_model_backward(AL, Y, caches))

The backward functions use only their arguments: each layer gets a separate tape, so that Z, A or AL
may come from anywhere and need not fit each other. `from_tape` gives the same arrays from the one
tape of a whole network.

- "W1", "b1", "dW1", "db1" belong to layer 1. A layer's cache is (linear_cache, activation_cache),
  with linear_cache = (A_prev, W, b) and activation_cache = Z.
- grads["dA1"] is layer 1's dA_prev, the gradient of A0 = X, because this lesson numbers dA from
  "dA1" to "dAL". Later versions of the course call the same arrays "dA0" ... "dA(L-1)"; tg.compare
  says so.
- dA and dZ are gradients of a sum over the examples, and (8) and (9) divide by m. On a tape, the
  1/m is in the cost: there A.grad and Z.grad are dA / m and dZ / m, while W.grad and b.grad are dW
  and db.
- The slope of relu at Z = 0 is 0. If AL is exactly 0 or 1, the lesson's formulas give a cost and
  dAL that are nan or infinite; tg.cross_entropy is exact there.
"""

from .functions import (
    ACTIVATIONS,
    Cache,
    L_model_backward,
    L_model_forward,
    Layout,
    LinearActivationForward,
    LinearBackward,
    LinearCache,
    LinearForward,
    ModelForward,
    compute_cost,
    from_tape,
    linear_activation_backward,
    linear_activation_forward,
    linear_backward,
    linear_forward,
    update_parameters,
)

__all__ = [
    "ACTIVATIONS",
    "Cache",
    "L_model_backward",
    "L_model_forward",
    "Layout",
    "LinearActivationForward",
    "LinearBackward",
    "LinearCache",
    "LinearForward",
    "ModelForward",
    "compute_cost",
    "from_tape",
    "linear_activation_backward",
    "linear_activation_forward",
    "linear_backward",
    "linear_forward",
    "update_parameters",
]

"""Optimizers: how parameters change, given their gradients.

An update rule is plain NumPy on (parameter, gradient, numbers, state). It returns the change to
subtract from the parameter, and the new state. `step()` runs the rule on arrays. On Tensors, the
same rule gives the update as a graph.
"""

from .optimizers import SGD, Adam, AdamW, Optimizer, RMSProp, clip_by_norm

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "RMSProp", "clip_by_norm"]

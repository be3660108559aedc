"""Optimizers: `tg.optim.SGD`, `Adam`, `AdamW`, `RMSProp`, and `clip_by_norm`."""

from .optimizers import SGD, Adam, AdamW, Optimizer, RMSProp, clip_by_norm

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "RMSProp", "clip_by_norm"]

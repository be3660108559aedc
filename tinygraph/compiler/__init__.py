"""The tape compiled: trace -> rewrite -> lay out -> emit."""

from .function import Compiled, compile  # noqa: A004 (as in tg.compile)

__all__ = ["Compiled", "compile"]

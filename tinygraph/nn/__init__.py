"""The lesson's network and its costs."""

from ..errors import hook as _hook


def __getattr__(name: str) -> object:
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{_hook('hint')(name, 'tg.nn')}", name=name)

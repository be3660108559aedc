"""The command lines of the examples, called as functions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def status_and_output(main: Callable[[list[str]], Any], capsys: Any) -> Callable[..., Any]:
    """main as a function of words that returns its status and its output on stdout and stderr."""

    def run(*words: Any) -> Any:
        try:
            status = main([str(word) for word in words])
        except SystemExit as end:
            status = end.code
        return status, *capsys.readouterr()

    return run


def without_pictures(monkeypatch: Any, command: Any) -> None:
    """Let `tinygraph train` write empty pictures, which takes a third of the time."""
    monkeypatch.setattr(command.report, "plot", lambda path, *_: path.touch())
    monkeypatch.setattr(command, "save_diagram", lambda _, path: Path(path).touch())

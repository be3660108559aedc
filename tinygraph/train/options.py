"""Shared by command lines: one-line errors, checked options, a results folder."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from ..files import can_write

MEANT = {"--lr": "--learning-rate", "--epochs": "--iterations", "--wd": "--weight-decay", "--output": "--out"}
MEANT |= {"regression": "numbers", "classification": "classes", "binary": "two-classes"}


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are one line, with the word that was meant."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        parsed, unknown = super().parse_known_args(args, namespace)
        if unknown:  # said here, because the parser of all commands does not know the options of one
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return parsed, unknown

    def error(self, message: str) -> NoReturn:
        line, known = " ".join(message.split()), [*self._option_string_actions]
        if found := re.search(r"invalid choice: '?([^' ]*)'? \(choose from (.*)\)", line):
            known = re.findall(r"[\w-]+", found[2])
        elif not (found := re.match("unrecognized arguments: (-[^ =]+)", line)):
            known = []
        word = MEANT.get(found[1].lower(), found[1].lower()) if found else ""
        near = get_close_matches(word, known, 1, 0.76 if word[:1] == "-" else 0.7)  # two dashes are alike anyway
        self.exit(2, f"{self.prog}: error: {line}{f'; did you mean {near[0]}?' if near else ''}\n")


def checked(parse: Callable[[str], Any], fits: Callable[[Any], bool], wanted: str, *names: str) -> Callable[[str], Any]:
    """The type of an option: one of the names, or what `parse` makes of its text, if it fits."""

    def checked(text: str) -> Any:
        with suppress(ValueError):
            if text in names or fits(parse(text)):
                return text if text in names else parse(text)
        raise argparse.ArgumentTypeError(f"expected {wanted}, got {text!r}")

    return checked


def whole(least: int, wanted: str = "a whole number") -> Callable[[str], int]:
    """The type of an option: an integer of at least `least`, in digits alone."""
    digits = re.compile("[0-9]+").fullmatch
    return checked(lambda x: int(x) if digits(x) else -1, lambda x: x >= least, f"{wanted} of at least {least}")


positive = checked(float, lambda x: 0 < x < math.inf, "a number above 0")
at_least_0 = checked(float, lambda x: 0 <= x < math.inf, "a number of at least 0")
share = checked(float, lambda x: 0 <= x < 1, "a number from 0 to below 1")


def folder(text: str) -> Path:
    """The type of an option: a folder, which need not exist."""
    path = Path(text)
    files = [place for place in (path, *path.parents) if place.exists() and not place.is_dir()]
    if files or not text:
        got = f"but {files[0]} is a file" if files else "got ''; write . for the one you are in"
        raise argparse.ArgumentTypeError(f"expected a folder, {got}")
    return path


@contextmanager
def kept_if_used(out: Path) -> Iterator[None]:
    """Make the folder before the work, so that errors come early; remove it if the work fails."""
    made = [path for path in (out, *out.parents) if not path.exists()]
    out.mkdir(parents=True, exist_ok=True)
    if not can_write(out):
        raise ValueError(f"{out}: no permission to write there")
    try:
        yield
    except BaseException:
        with suppress(OSError):  # it is not empty
            for path in made:
                path.rmdir()
        raise


def said(error: Exception) -> str:
    """The text of an error in one line; for an OSError, the file and the reason."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error)

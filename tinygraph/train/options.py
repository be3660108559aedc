"""Shared by command lines: one-line errors, checked options, a results folder."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {' '.join(message.split())}\n")


def whole(least: int) -> Callable[[str], int]:
    """The type of an option: an integer of at least `least`."""

    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit()) or int(text) < least:
            raise argparse.ArgumentTypeError(f"a whole number of at least {least} is wanted, got {text!r}")
        return int(text)

    return parse


def positive(text: str, zero_too: bool = False) -> float:
    """The type of an option: a finite number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (0 < value < math.inf or (value == 0 and zero_too)):
        raise argparse.ArgumentTypeError(f"a number {'of at least' if zero_too else 'above'} 0 is wanted, got {text!r}")
    return value


def share(text: str) -> float:
    """The type of an option: a number from 0 to below 1."""
    value = positive(text, zero_too=True)
    if value >= 1:
        raise argparse.ArgumentTypeError(f"a number from 0 to below 1 is wanted, got {text!r}")
    return value


def folder(text: str) -> Path:
    """The type of an option: a folder, which need not exist."""
    if not text:
        raise argparse.ArgumentTypeError("a folder is wanted, got ''; . is the one you are in")
    return Path(text)


@contextmanager
def kept_if_used(out: Path) -> Iterator[None]:
    """Make the folder before the work, so that errors come early; remove it if the work fails."""
    made = [path for path in (out, *out.parents) if not path.exists()]
    out.mkdir(parents=True, exist_ok=True)
    if not os.access(out, os.W_OK):
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

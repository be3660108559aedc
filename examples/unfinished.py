"""Temporary files and folders that a killed run left: found by name, removed if not in use."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl


@contextmanager
def in_use(path: str | os.PathLike[str]) -> Iterator[None]:
    """Keep `remove_abandoned` away from a file or folder until the block or this process ends."""
    with ExitStack() as stack:
        with suppress(OSError):  # a file system without locks: remove_abandoned removes nothing there
            stack.enter_context(_locked(path, wait=True))
        yield


@contextmanager
def _locked(path: str | os.PathLike[str], wait: bool = False) -> Iterator[None]:
    if sys.platform == "win32":  # pragma: no cover
        yield  # Windows removes nothing that is open
    else:
        handle = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            yield
        finally:
            os.close(handle)


def remove_abandoned(folder: str | os.PathLike[str], prefix: str, suffix: str = "") -> None:
    """Remove the files and folders named prefix, 8 random characters, suffix; those in use stay.

    A file that `tinygraph.files.replacing` is writing is in use, because it is locked.
    """
    for path in Path(folder).glob("*"):
        if re.fullmatch(re.escape(prefix) + "[a-z0-9_]{8}" + re.escape(suffix), path.name):
            with suppress(OSError), _locked(path):
                shutil.rmtree(path) if path.is_dir() else path.unlink()

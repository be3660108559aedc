"""Temporary files and folders that a killed run left: found by name, removed if nobody writes
there.
"""

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
def writing_in(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Keep `remove_abandoned` away from a folder until the block or this process ends."""
    with ExitStack() as stack:
        with suppress(OSError):  # a file system without locks: remove_abandoned removes nothing there
            stack.enter_context(_locked(folder, shared=True))
        yield


@contextmanager
def _locked(folder: str | os.PathLike[str], shared: bool = False) -> Iterator[None]:
    if sys.platform == "win32":  # pragma: no cover
        yield  # Windows removes nothing that is open
    else:
        handle = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_SH if shared else fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        finally:
            os.close(handle)


def remove_abandoned(folder: str | os.PathLike[str], prefix: str, suffix: str = "") -> None:
    """Remove the files and folders named prefix, 8 random characters, suffix.

    While another run is writing in the folder, all of them stay.
    """
    with suppress(OSError), _locked(folder):
        for path in Path(folder).glob("*"):
            if re.fullmatch(re.escape(prefix) + "[a-z0-9_]{8}" + re.escape(suffix), path.name):
                with suppress(OSError):
                    shutil.rmtree(path) if path.is_dir() else path.unlink()

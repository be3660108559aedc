"""Files that are whole or not there: written beside their place, then renamed; .npz read without pickle."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import numpy as np

from .tape import Array


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """A file to write to that becomes `path` when the block ends; if it fails, an older `path` stays as it was."""
    import tempfile  # here and below: what only files need does not slow `import tinygraph`

    path = os.path.abspath(path)
    if not os.path.isdir(os.path.dirname(path)):
        raise FileNotFoundError(f"there is no folder {os.path.dirname(path)} to write {os.path.basename(path)} in")
    handle, temporary = tempfile.mkstemp(prefix=os.path.basename(path) + ".", dir=os.path.dirname(path))
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)  # mkstemp makes files that only their owner reads
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def write_arrays(path: str | os.PathLike[str], arrays: dict[str, Any]) -> None:
    """Write named arrays to `path` as .npz, whole or not at all."""
    with replacing(path) as file:
        np.savez(file, **arrays)


def read_arrays(path: str | os.PathLike[str]) -> dict[str, Array]:
    """The named arrays of an .npz file; ValueError where it is none, or damaged, or holds pickled objects."""
    import zipfile
    import zlib

    damage = (ValueError, KeyError, EOFError, TypeError, AttributeError, OSError, RuntimeError)
    with open(path, "rb") as file:  # outside: that a file is missing is no damage
        try:
            with np.load(file, allow_pickle=False) as archive:
                return {name: archive[name] for name in archive.files}
        except (*damage, zipfile.BadZipFile, zlib.error) as error:
            raise ValueError(f"{os.fspath(path)} is not a sound .npz file: {error}") from error

"""Files that are whole or not there: written beside their place, then renamed; .npz read without pickle."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

import numpy as np

from .tape import Array

LARGEST = 10**9  # bytes that the arrays of a compressed file may take; those of another take what the file takes
NPY = re.compile(
    rb"\x93NUMPY\x01\x00(..)\{'descr': '([<>|][biufcSU]\d{1,9})', 'fortran_order': (?:True|False), "
    rb"'shape': \(([\d, ]*)\), \} *\n",
    re.DOTALL,
)


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """A file to write to that becomes `path` when the block ends; if it fails, an older `path` stays as it was."""
    import tempfile  # here and below: what only files need does not slow `import tinygraph`

    path = os.path.realpath(path)  # through links: the file is replaced, and not the link to it
    if not os.path.isdir(os.path.dirname(path)):
        raise FileNotFoundError(f"there is no folder {os.path.dirname(path)} to write {os.path.basename(path)} in")
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(".part", os.path.basename(path) + ".", os.path.dirname(path))
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)  # mkstemp makes files that only their owner reads
        os.replace(temporary, path)
    except BaseException as error:
        if temporary:
            with suppress(FileNotFoundError):  # the whole folder may have gone
                os.unlink(temporary)
        if isinstance(error, OSError) and str(error.filename or path).startswith(path):
            error.filename = path  # the system names the one beside it, or none
        raise


def write_arrays(path: str | os.PathLike[str], arrays: dict[str, Any]) -> None:
    """Write named arrays to `path` as .npz, whole or not at all."""
    import io

    buffer = io.BytesIO()  # np.savez cannot end in peace on a full disk: it writes again as it is thrown away
    with replacing(path) as file:
        np.savez(buffer, **arrays)
        file.write(buffer.getbuffer())


def read_arrays(path: str | os.PathLike[str]) -> dict[str, Array]:
    """The named arrays of an .npz file; ValueError where it is none, is damaged, or holds aught but numbers and text.

    Nothing in it is executed. It takes the memory of the arrays, at most LARGEST bytes or the file's own size.
    """
    import zipfile

    with open(path, "rb") as file:  # outside: that a file is missing is no damage
        try:
            with zipfile.ZipFile(file) as archive:
                _check_directory(archive, file)
                return {m.filename.removesuffix(".npy"): _read_npy(archive, m) for m in archive.infolist()}
        except MemoryError:
            raise
        except Exception as error:  # zipfile and zlib raise a dozen types of them
            raise ValueError(f"{os.fspath(path)} is not a sound .npz file: {error}") from error


def _check_directory(archive: Any, file: IO[bytes]) -> None:
    """Before anything is read: what the entries take, that each has a name of its own, and that none is missing."""
    members = archive.infolist()
    size, most = sum(member.file_size for member in members), max(LARGEST, os.fstat(file.fileno()).st_size)
    if size > most:
        raise ValueError(f"its arrays take {size} bytes, and at most {most} are read")
    if len({member.filename for member in members}) < len(members):
        raise ValueError("two of its entries have one name")
    file.seek(-22 - len(archive.comment), os.SEEK_END)  # the record that ends a zip file
    if int.from_bytes(file.read(12)[10:], "little") not in (len(members), 0xFFFF):  # more are not counted
        raise ValueError("entries are missing")  # zipfile reads on past one that claims a long comment


def _read_npy(archive: Any, member: Any) -> Array:
    """An entry, once its header is found to be what NumPy writes and to ask for the bytes that are there."""
    if not member.filename.endswith(".npy") or member.compress_type not in (0, 8):
        # stored or deflated: what NumPy writes, and zipfile takes apart in steps of bounded size
        raise ValueError(f"{member.filename} is no array as NumPy writes it")
    with archive.open(member) as stream:
        header = NPY.match(stream.read(10_000))
        if not header or int.from_bytes(header[1], "little") != header.end() - 10:
            raise ValueError(f"{member.filename} is no array of numbers or text as NumPy writes it (format 1.0)")
        dtype = np.dtype(header[2].decode())
        shape = tuple(int(n) for n in header[3].split(b",") if n.strip())
        if header.end() + math.prod(shape) * dtype.itemsize != member.file_size:
            raise ValueError(f"{member.filename} has {member.file_size} bytes, which is not what its shape asks for")
        stream.seek(0)
        array: Array = np.lib.format.read_array(stream, allow_pickle=False)
        return array.astype(dtype.newbyteorder("="), copy=False)

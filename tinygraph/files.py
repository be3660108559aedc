"""Files that are whole or not there: written beside their place, then renamed; .npz read without pickle."""

from __future__ import annotations

import math
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO, Any

import numpy as np

from .arrays import Array

if sys.platform != "win32":
    import fcntl

UNFINISHED = ".tinygraph.part"  # ends the name of the file beside, until it is whole
LARGEST = 10**9  # bytes that the arrays of a compressed file may take; those of another take what the file takes
NPY = re.compile(
    rb"\x93NUMPY\x01\x00(..)\{'descr': '([<>|][biufcSU]\d{1,9})', 'fortran_order': (?:True|False), "
    rb"'shape': \(([\d, ]*)\), \} *\n",
    re.DOTALL,
)


def short(text: Any, most: int = 120) -> str:
    """Text that came from a file, as an error quotes it: one line of at most `most` characters, all printable."""
    text = str(text)
    line = " ".join("".join(c if c.isprintable() else " " for c in text[:most]).split())
    return line if len(text) <= most else f"{line[: most - 3]}..."


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """A file to write to that becomes `path` when the block ends; if it fails, an older `path` stays as it was."""
    if not os.fspath(path):
        raise FileNotFoundError("the path of a file is wanted, got ''")
    path = os.path.realpath(os.fsdecode(path))  # through links: the file is replaced, and not the link to it
    if not os.path.isdir(os.path.dirname(path)):
        raise FileNotFoundError(f"there is no folder {os.path.dirname(path)} to write {os.path.basename(path)} in")
    older = os.stat(path).st_mode if os.path.exists(path) else None
    if older is not None and _is_special(older):
        raise FileExistsError(f"{path} is a device or a pipe, and no file that can be replaced")
    temporary = None
    try:
        with ExitStack() as stack:
            while temporary is None or not os.path.exists(temporary):  # taken away before it was in use
                temporary = f"{path}.{os.urandom(4).hex()}{UNFINISHED}"
                file = stack.enter_context(open(temporary, "xb"))
                stack.enter_context(in_use(temporary))
            if older is not None:
                with suppress(OSError):  # some file systems know no permissions
                    os.chmod(temporary, stat.S_IMODE(older))
            yield file
            file.flush()
            os.fsync(file.fileno())
            file.close()  # for Windows
            os.replace(temporary, path)
    except BaseException as error:
        if temporary:
            with suppress(FileNotFoundError):  # the whole folder may have gone
                os.unlink(temporary)
        if isinstance(error, OSError) and str(error.filename or path).startswith(path):
            error.filename = path  # the system names the one beside it, or none
        raise


def _is_special(mode: int) -> bool:
    """Whether it is a pipe or a device, which may have no end, and is not to be replaced."""
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


@contextmanager
def in_use(path: str | os.PathLike[str]) -> Iterator[None]:
    """Keep `remove_abandoned` off a file or folder, until the block or this process ends."""
    with ExitStack() as stack:
        with suppress(OSError):  # some file systems know no locks: there, nothing is found to be abandoned
            stack.enter_context(_locked(path, wait=True))
        yield


@contextmanager
def _locked(path: str | os.PathLike[str], wait: bool = False) -> Iterator[None]:
    if sys.platform == "win32":  # pragma: no cover
        yield  # it takes away nothing that is open
    else:
        handle = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            yield
        finally:
            os.close(handle)


def remove_abandoned(folder: str | os.PathLike[str], prefix: str, suffix: str = "") -> None:
    """Take away the temporary files and folders of such names that a killed process left, and no other's."""
    import shutil

    for path in Path(folder).glob("*"):
        if re.fullmatch(re.escape(prefix) + "[a-z0-9_]{8}" + re.escape(suffix), path.name):
            with suppress(OSError), _locked(path):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


@cache
def _archive() -> Any:
    """ZipFile without its `__del__`, which closes it: it raises if Ctrl-C left an entry open.

    A Ctrl-C that comes within a `__del__` is lost, so the one in its place is written in C.
    """
    from zipfile import ZipFile  # takes some milliseconds

    return type("Archive", (ZipFile,), {"__del__": object.__hash__})


def write_arrays(path: str | os.PathLike[str], arrays: dict[str, Any]) -> None:
    """Write named arrays to `path` as .npz, whole or not at all; Ctrl-C on the way is a KeyboardInterrupt."""
    import io

    buffer = io.BytesIO()  # zipfile cannot end in peace on a full disk: it writes again as an entry is closed
    with replacing(path) as file:
        archive = _archive()(buffer, "w")
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asanyarray(array), allow_pickle=False)
        archive.close()  # and in no `finally`, as np.savez does, which fails while an entry is open
        file.write(buffer.getbuffer())


def read_arrays(path: str | os.PathLike[str]) -> dict[str, Array]:
    """The named arrays of an .npz file; ValueError where it is none, is damaged, or holds aught but numbers and text.

    Nothing in it is executed. It takes the memory of the arrays, at most LARGEST bytes or the file's own size.
    """
    mode = os.stat(os.fspath(path)).st_mode  # and no number: open() would close what it stands for
    if _is_special(mode):
        raise ValueError(f"{os.fspath(path)} is not a sound .npz file: it is no regular file")
    with open(path, "rb") as file:  # outside: that a file is missing is no damage
        try:
            archive = _archive()(file)
            _check_directory(archive, file)
            return {m.filename.removesuffix(".npy"): _read_npy(archive, m) for m in archive.infolist()}
        except MemoryError:
            raise
        except Exception as error:  # zipfile and zlib raise a dozen types of them
            raise ValueError(f"{os.fspath(path)} is not a sound .npz file: {short(error)}") from error


def _check_directory(archive: Any, file: IO[bytes]) -> None:
    """Before anything is read: what the entries take, that each has a name of its own, and that none is missing."""
    members = archive.infolist()
    size, most = sum(member.file_size for member in members), max(LARGEST, os.fstat(file.fileno()).st_size)
    if size > most:
        raise ValueError(f"its arrays take {size} bytes, and at most {most} are read")
    if len({member.filename for member in members}) < len(members):
        raise ValueError("two of its entries have one name")
    file.seek(-22 - len(archive.comment), os.SEEK_END)  # the record that ends a zip file
    last = file.read(12)
    if last[:4] != b"PK\5\6":
        raise ValueError("there are bytes before or after what it holds")
    if int.from_bytes(last[10:], "little") not in (len(members), 0xFFFF):  # more are not counted
        raise ValueError("entries are missing")  # zipfile reads on past one that claims a long comment


def _read_npy(archive: Any, member: Any) -> Array:
    """An entry, once its header is found to be what NumPy writes and to ask for the bytes that are there."""
    name = short(member.filename, 50)
    if not member.filename.endswith(".npy") or member.compress_type not in (0, 8):
        # stored or deflated: what NumPy writes, and zipfile takes apart in steps of bounded size
        raise ValueError(f"{name} is no array as NumPy writes it")
    with archive.open(member) as stream:
        header = NPY.match(stream.read(10_000))
        if not header or int.from_bytes(header[1], "little") != header.end() - 10:
            raise ValueError(f"{name} is no array of numbers or text as NumPy writes it (format 1.0)")
        dtype = np.dtype(header[2].decode())
        shape = tuple(int(n) for n in header[3].split(b",") if n.strip())
        if header.end() + math.prod(shape) * dtype.itemsize != member.file_size:
            raise ValueError(f"{name} has {member.file_size} bytes, which is not what its shape asks for")
        stream.seek(0)
        array: Array = np.lib.format.read_array(stream, allow_pickle=False)
        return array.astype(dtype.newbyteorder("="), copy=False)

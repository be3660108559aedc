"""Files that are whole or not there, because a temporary file is renamed; .npz, .safetensors."""

from __future__ import annotations

import json
import math
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import IO, Any

import numpy as np

from .arrays import Array

UNFINISHED = ".tinygraph.part"  # ends the name of a temporary file
LARGEST = 10**9  # bytes; arrays that take more are refused, unless the file itself is as large
NPY = re.compile(
    rb"\x93NUMPY\x01\x00(..)\{'descr': '([<>|][biufcSU]\d{1,9})', 'fortran_order': (?:True|False), "
    rb"'shape': \(([\d, ]*)\), \} *\n",
    re.DOTALL,
)


def short(text: Any, most: int = 120) -> str:
    """Text from a file, for an error: one line of at most `most` printable characters."""
    text = str(text)
    line = " ".join("".join(c if c.isprintable() else " " for c in text[:most]).split())
    return line if len(text) <= most else f"{line[: most - 3]}..."


def check_apart(path: Any, *read: Any, what: str = "an input of this command", to: str = "another file") -> None:
    """Raise ValueError if a file to write is one of those that are read, also by another name."""
    for other in map(os.fsdecode, read):
        with suppress(OSError):  # one of them is not there
            if os.path.samefile(path, other):
                also = "" if other == os.fsdecode(path) else f", which is {other},"
                raise ValueError(f"{os.fsdecode(path)}{also} is {what} and would be overwritten: write to {to}")


def check_target(path: str | os.PathLike[str], *endings: str) -> tuple[str, int | None]:
    """The real path of a file to write, and the mode of an older one.

    Raises OSError if it cannot be written there, and ValueError if it has none of the endings or
    holds code that runs now.
    """
    if not os.fspath(path):
        raise FileNotFoundError("the path of a file is wanted, got ''")
    path = os.path.realpath(os.fsdecode(path))  # of a link, the file that it points to is replaced
    folder, name = os.path.split(path)
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"there is no folder {folder} to write {name} in")
    if os.path.isdir(path):
        raise IsADirectoryError(f"{path} is a folder, not a file to write")
    if endings and not name.lower().endswith(endings):
        raise ValueError(f"the file to write ends in {', '.join(endings)}; got {name!r}")
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"no permission to write {name} in {folder}")
    older = os.stat(path).st_mode if os.path.exists(path) else None
    if older is not None and _is_special(older):
        raise FileExistsError(f"{path} is a device or a pipe, not a file that can be replaced")
    if older is not None:
        from traceback import walk_stack  # takes some milliseconds

        running = {frame.f_code.co_filename for frame, _ in walk_stack(sys._getframe())}
        check_apart(path, *running, what="code that runs now")
    return path, older


def can_write(folder: Any) -> bool:
    """Whether a file can be made in a folder; of some, such as /sys, os.access does not tell."""
    import tempfile

    with suppress(OSError):
        if os.access(folder, os.W_OK):
            tempfile.TemporaryFile(dir=folder).close()
            return True
    return False


def check_output(path: str, endings: tuple[str, ...], *read: Any) -> None:
    """Before a command's work: check_target, check_apart, and whether a file can be made there."""
    folder, name = os.path.split(check_target(path, *endings)[0])
    if not can_write(folder):
        raise PermissionError(f"no permission to write {name} in {folder}")
    check_apart(path, *read)


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a temporary file for writing, which replaces `path` when the block ends.

    If the block fails, an older file at `path` stays as it was. Raises FileNotFoundError if the
    folder is missing, and FileExistsError if `path` is a device or a pipe (check_target).
    """
    path, older = check_target(path)
    temporary = f"{path}.{os.urandom(4).hex()}{UNFINISHED}"
    try:
        with open(temporary, "xb") as file:
            if older is not None:
                with suppress(OSError):  # some file systems have no permissions
                    os.chmod(temporary, stat.S_IMODE(older))
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        with suppress(FileNotFoundError):  # somebody may have removed the whole folder
            os.unlink(temporary)
        if isinstance(error, OSError) and str(error.filename or path).startswith(path):
            error.filename = path  # the system names the temporary file, or none
        raise


def _is_special(mode: int) -> bool:
    """Whether this is a pipe or a device, which may have no end and must not be replaced."""
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


@cache
def _archive() -> Any:
    """ZipFile with a `__del__` that does nothing, because its own fails if an entry is still open.

    Python loses a Ctrl-C that arrives within a `__del__` in Python, so this one is a C function.
    """
    from zipfile import ZipFile  # takes some milliseconds

    return type("Archive", (ZipFile,), {"__del__": object.__hash__})


def write_arrays(path: str | os.PathLike[str], arrays: dict[str, Any]) -> None:
    """Write named arrays to `path` as .npz, whole or not at all, even if Ctrl-C interrupts it."""
    import io

    buffer = io.BytesIO()  # not the file: on a full disk, zipfile would fail again when it closes the entry
    with replacing(path) as file:
        archive = _archive()(buffer, "w")
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asanyarray(array), allow_pickle=False)
        archive.close()  # not in a `finally`, as np.savez does: closing fails while an entry is open
        file.write(buffer.getbuffer())


def read_arrays(path: str | os.PathLike[str]) -> dict[str, Array]:
    """Read the named arrays of an .npz file, without executing anything in it.

    Raises ValueError if the file is not .npz, is damaged, or holds anything but numbers and text.
    Refuses a file whose arrays take more than LARGEST bytes, unless the file itself is as large.
    """
    _check_regular(path, ".npz")
    with open(path, "rb") as file:  # outside of the try: a missing file is not a damaged one
        try:
            archive = _archive()(file)
            _check_directory(archive, file)
            return {m.filename.removesuffix(".npy"): _read_npy(archive, m) for m in archive.infolist()}
        except MemoryError:
            raise
        except Exception as error:  # zipfile and zlib raise a dozen types
            raise ValueError(f"{os.fspath(path)} is not a sound .npz file: {short(error)}") from error


def _check_regular(path: Any, kind: str) -> None:
    mode = os.stat(os.fspath(path)).st_mode  # fspath refuses a number, which open() would take for an open file
    if _is_special(mode):
        raise ValueError(f"{os.fspath(path)} is not a sound {kind} file: it is not a regular file")


def _check_directory(archive: Any, file: IO[bytes]) -> None:
    """Before reading, check that the entries are not too large, differ in name and are complete."""
    members = archive.infolist()
    size, most = sum(member.file_size for member in members), max(LARGEST, os.fstat(file.fileno()).st_size)
    if size > most:
        raise ValueError(f"its arrays take {size} bytes, and at most {most} are read")
    if len({member.filename for member in members}) < len(members):
        raise ValueError("two of its entries have one name")
    file.seek(-22 - len(archive.comment), os.SEEK_END)  # the record that ends a zip file
    last = file.read(12)
    first = min((member.header_offset for member in members), default=archive.start_dir)  # 0
    if first or last[:4] != b"PK\5\6":
        raise ValueError("there are bytes before or after what it holds")
    if int.from_bytes(last[10:], "little") not in (len(members), 0xFFFF):  # a count of 65,535 means that or more
        raise ValueError("entries are missing")  # zipfile accepts a record that claims a long comment


def _read_npy(archive: Any, member: Any) -> Array:
    """Read an entry after checking that NumPy wrote its header and that its size fits it."""
    name = short(member.filename, 50)
    if not member.filename.endswith(".npy") or member.compress_type not in (0, 8):
        # NumPy stores or deflates; zipfile unpacks both in steps of bounded size
        raise ValueError(f"{name} is not an array as NumPy writes it")
    with archive.open(member) as stream:
        header = NPY.match(stream.read(10_000))
        if not header or int.from_bytes(header[1], "little") != header.end() - 10:
            raise ValueError(f"{name} is not an array of numbers or text as NumPy writes it (format 1.0)")
        dtype = np.dtype(header[2].decode())
        shape = tuple(int(n) for n in header[3].split(b",") if n.strip())
        if header.end() + math.prod(shape) * dtype.itemsize != member.file_size:
            raise ValueError(f"{name} has {member.file_size} bytes, which is not what its shape asks for")
        stream.seek(0)
        array: Array = np.lib.format.read_array(stream, allow_pickle=False)
        return array.astype(dtype.newbyteorder("="), copy=False)


# --- arrays with a head: .npz, or by the ending .safetensors


def is_safetensors(path: Any) -> bool:
    """Whether the ending of a path asks for .safetensors."""
    return os.fsdecode(path).lower().endswith(".safetensors")


def _safetensors(path: Any) -> Any:
    try:
        import safetensors.numpy
    except ImportError:
        raise ImportError(f'{os.fsdecode(path)} needs safetensors: pip install ".[safetensors]"') from None
    return safetensors


def write_entries(path: str | os.PathLike[str], head: dict[str, Any], arrays: dict[str, Array]) -> None:
    """Write arrays and the entries that describe them, the head, whole or not at all.

    .safetensors has the head as JSON in its metadata, under "tinygraph".
    """
    if not is_safetensors(path):
        write_arrays(path, {**head, **arrays})
        return
    said = json.dumps({name: np.asarray(x).tolist() for name, x in head.items()}, default=bytes.decode)
    data = _safetensors(path).numpy.save(arrays, {"tinygraph": said})
    with replacing(path) as file:
        file.write(data)


def read_entries(path: str | os.PathLike[str]) -> dict[str, Array]:
    """Read what `write_entries` wrote, executing nothing in it; errors as `read_arrays`."""
    if not is_safetensors(path):
        return read_arrays(path)
    _check_regular(path, ".safetensors")
    opened = _safetensors(path).safe_open
    try:
        with opened(os.fsdecode(path), "np") as file:
            head = json.loads((file.metadata() or {}).get("tinygraph", "{}"))
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dict)
            return {**{name: np.asarray(x) for name, x in head.items()}, **arrays}
    except MemoryError:
        raise
    except Exception as error:
        raise ValueError(f"{os.fspath(path)} is not a sound .safetensors file: {short(error)}") from error

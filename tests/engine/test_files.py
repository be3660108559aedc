"""Files are written whole or not at all; an .npz file is read as it was written, or refused."""

import errno
import io
import os
import pickle
import stat
import struct
import sys
import textwrap
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from helpers.comparing import same
from helpers.interrupts import interrupted
from helpers.lines import case
from helpers.processes import python

import tinygraph as tg
from tinygraph.files import LARGEST, read_arrays, replacing, write_arrays


@pytest.fixture
def path(tmp_path):
    return tmp_path / "arrays.npz"


def npy(array, **options):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asanyarray(array), **options)
    return buffer.getvalue()


def write_zip(path, members, **options):
    """A zip file with the bytes of any `members`, by any names."""
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, content in members:
            archive.writestr(name, content)


def with_header(text, data=b""):
    header = text.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def headed(descr, shape, data=b""):
    return with_header(f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}", data)


# --- files that are read

ARRAYS = {
    "W1": np.arange(6.0).reshape(2, 3),
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "strided": np.arange(12.0)[::-2],
    "float16": np.ones(3, "float16"),
    "longdouble": np.ones(3, np.longdouble),
    "complex": np.array([1j]),
    "flags": np.array([True, False]),
    "int8": np.array(-3, "int8"),
    "text": np.array("Zürich"),
    "bytes": np.array([b"ab", b"c"]),
    "none": np.zeros((0, 4)),
    "a.npy": np.zeros(1),
    "layer/W": np.ones(2),
}


@pytest.mark.parametrize("save", [write_arrays, lambda path, arrays: np.savez_compressed(path, **arrays)])
def test_files_of_numpy_are_read_as_numpy_reads_them(path, save):
    save(path, ARRAYS)
    read = read_arrays(path)
    assert same(read, ARRAYS)
    assert read["fortran"].flags.f_contiguous
    assert all(array.flags.writeable for array in read.values())


def test_arrays_are_read_in_native_byte_order(path):
    np.savez(path, big=np.arange(3, dtype=">f8"), little=np.arange(3, dtype="<i4"), text=np.array(["a"], ">U1"))
    read = read_arrays(path)
    assert all(array.dtype.isnative for array in read.values())
    assert read["big"].tolist() == read["little"].tolist() == [0, 1, 2]
    assert read["text"].tolist() == ["a"]


def test_a_name_is_only_a_key(path):
    names = ["/etc/passwd", "../../outside", "C:\\outside"]
    write_zip(path, [(name + ".npy", npy(1.0)) for name in names])
    assert list(read_arrays(path)) == names
    assert os.listdir(path.parent) == [path.name]


# --- files that are refused: their members, and a part of the error


class Trap:
    """Makes a file if it is unpickled."""

    def __reduce__(self):
        return open, ("sprung", "w")


TRAP = pickle.dumps(Trap())
NO_ARRAY, NO_NUMBERS = "is not an array as NumPy writes it", "is not an array of numbers or text as NumPy writes it"
BAD_MEMBERS = {
    "pickle": ([("W1.npy", TRAP)], NO_NUMBERS),
    "pickle next to it": ([("W1.npy", npy(1.0)), ("W1.pkl", TRAP)], "W1.pkl " + NO_ARRAY),
    "object dtype": ([("W1.npy", npy(np.array([Trap()]), allow_pickle=True))], NO_NUMBERS),
    "object in a structure": ([("W1.npy", npy(np.zeros(1, [("a", "O")]), allow_pickle=True))], NO_NUMBERS),
    "structured dtype": ([("W1.npy", npy(np.zeros(2, "f8,i4")))], NO_NUMBERS),
    "dates": ([("W1.npy", npy(np.zeros(2, "M8[s]")))], NO_NUMBERS),
    "raw bytes": ([("W1.npy", npy(np.zeros(2, "V8")))], NO_NUMBERS),
    "no npy": ([("README.txt", "hello")], "README.txt " + NO_ARRAY),
    "empty member": ([("W1.npy", b"")], NO_NUMBERS),
    "folder": ([("W1/", b"")], "W1/ " + NO_ARRAY),
    "npy format 2": ([("W1.npy", npy(np.ones(2), version=(2, 0)))], NO_NUMBERS),
    "npy format 9": ([("W1.npy", npy(1.0).replace(b"NUMPY\x01", b"NUMPY\x09"))], NO_NUMBERS),
    "expression": ([("W1.npy", with_header("open('sprung', 'w')"))], NO_NUMBERS),
    "nested header": ([("W1.npy", with_header("(" * 5000 + ")" * 5000))], NO_NUMBERS),
    "unary header": ([("W1.npy", with_header("-" * 9000 + "1"))], NO_NUMBERS),
    "huge header": ([("W1.npy", with_header(" " * 60000))], NO_NUMBERS),
    "header of 4 GB": ([("W1.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\xff{")], NO_NUMBERS),
    "header length": ([("W1.npy", npy(1.0).replace(b"\x76\x00", b"\x77\x00", 1))], NO_NUMBERS),
    "shape of petabytes": (
        [("W1.npy", headed("<f8", (10**15,), bytes(8)))],
        "has 91 bytes, which is not what its shape",
    ),
    "shape too large for C": ([("W1.npy", headed("<f8", (0, 10**30)))], "is not a sound .npz file"),
    "shape with a sign": ([("W1.npy", headed("<f8", (-1,), bytes(8)))], NO_NUMBERS),
    "shape of 100 axes": ([("W1.npy", headed("<f8", (1,) * 100, bytes(8)))], "is not a sound .npz file"),
    "shape of spaces": ([("W1.npy", headed("<f8", "(1 1,)", bytes(8)))], "is not a sound .npz file"),
    "digits": ([("W1.npy", headed("<f8", f"({'9' * 5000},)", bytes(8)))], "is not a sound .npz file"),
    "less data": ([("W1.npy", npy(np.ones(4))[:-8])], "has 152 bytes, which is not what its shape asks for"),
    "more data": ([("W1.npy", npy(np.ones(4)) + b"\0")], "has 161 bytes, which is not what its shape asks for"),
    "float24": ([("W1.npy", headed("<f3", (1,), bytes(3)))], "is not a sound .npz file"),
    "letters of 4 GB": ([("W1.npy", headed("<U999999999", (1,), bytes(4)))], "is not a sound .npz file"),
}


@pytest.mark.parametrize("row", BAD_MEMBERS)
def test_a_bad_member_is_refused_and_nothing_is_executed(path, monkeypatch, row):
    monkeypatch.chdir(path.parent)
    members, words = BAD_MEMBERS[row]
    write_zip(path, members)
    with pytest.raises(ValueError, match=r"arrays\.npz is not a sound \.npz file: ") as refused:
        read_arrays(path)
    assert words in str(refused.value)
    with pytest.raises(ValueError, match=r"arrays\.npz is not a sound"):
        tg.MLP.load(path)
    assert os.listdir() == [path.name]


def quoted(path, load=read_arrays):
    """The error about the file, checked to be about a line of printable text."""
    with pytest.raises(ValueError) as refused:
        load(path)
    said = str(refused.value)
    assert said.isprintable()
    assert len(said) < len(str(path)) + 250
    return said


@pytest.mark.parametrize(
    "name", ["n" * 60_000, "n\n\x1b[2J" * 1000, "\u202e" * 9000], ids=["long", "control", "turned"]
)
@pytest.mark.parametrize("content", [b"", TRAP, npy(np.ones(4))[:-8]], ids=["empty", "pickle", "short"])
@pytest.mark.parametrize("ending", ["", ".npy"])
def test_errors_quote_one_line_of_a_members_name(path, name, content, ending):
    write_zip(path, [(name + ending, content)])
    assert "..." in quoted(path)


def test_errors_quote_one_line_if_the_length_of_a_name_is_damaged(path):
    sound = bytearray(save_model(path))
    start = sound.find(b"W1.npy") - 4  # the length of the name, in the member's own header
    sound[start : start + 2] = b"\xff\xff"
    path.write_bytes(sound)
    assert "File name in directory 'W1.npy' and header b'W1.npy" in quoted(path, tg.MLP.load)


def test_two_members_of_one_name_are_refused(path):
    with pytest.warns(UserWarning, match="Duplicate"):
        write_zip(path, [("W1.npy", npy(1.0)), ("W1.npy", npy(2.0))])
    with pytest.raises(ValueError, match="two of its entries have one name"):
        read_arrays(path)


@pytest.mark.parametrize(("before", "after"), [(b"", b"\0"), (b"junk", b""), (b"PK\3\4", b"")])
def test_bytes_before_or_after_the_archive_are_refused(path, before, after):
    path.write_bytes(before + save_model(path) + after)
    with pytest.raises(ValueError, match="there are bytes before or after what it holds"):
        tg.MLP.load(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compression_that_numpy_never_writes_is_refused(path, method):
    """zipfile decompresses these without a bound on the memory."""
    write_zip(path, [("W1.npy", npy(np.zeros(1000)))], compression=method)
    with pytest.raises(ValueError, match=NO_ARRAY):
        read_arrays(path)


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"not a zip", TRAP, npy(1.0)], ids=["empty", "PK", "text", "pickle", "npy"]
)
def test_a_file_other_than_a_zip_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"arrays\.npz is not a sound \.npz file: "):
        read_arrays(path)


def test_system_errors_pass_unchanged(path):
    with pytest.raises(FileNotFoundError):
        read_arrays(path)
    with pytest.raises(OSError, match=r"directory|denied"):
        read_arrays(path.parent)


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such files")
def test_endless_files_are_not_read(path):
    os.mkfifo(path)
    for endless in (path, Path("/dev/zero")):
        with pytest.raises(ValueError, match="it is not a regular file"):
            read_arrays(endless)


def test_writing_takes_a_path(path):
    with pytest.raises(FileNotFoundError, match="the path of a file is wanted, got ''"):
        write_arrays("", ARRAYS)


# --- damage


def save_model(path):
    tg.MLP([3, 20, 7, 1], rng=0).save(path)
    return path.read_bytes()


def test_a_thousand_flipped_bits_are_refused_or_change_nothing(path):
    sound, random = save_model(path), np.random.default_rng(0)
    arrays, refused = read_arrays(path), 0
    for _ in range(1000):
        flipped = bytearray(sound)
        flipped[random.integers(len(sound))] ^= 1 << random.integers(8)
        path.write_bytes(flipped)
        try:
            assert same(read_arrays(path), arrays)  # a flipped date, for example, which nobody reads
            tg.MLP.load(path)
        except ValueError as error:
            refused += str(path) in str(error)
    assert refused > 800


def test_overwritten_stretches_are_refused_or_change_nothing(path):
    sound, random = save_model(path), np.random.default_rng(1)
    arrays = read_arrays(path)
    for _ in range(300):
        start, new = random.integers(len(sound)), random.bytes(random.integers(1, 40))
        path.write_bytes(sound[:start] + new + sound[start + len(new) :])
        with case(start=start, new=new):
            try:
                assert same(read_arrays(path), arrays)
            except ValueError as error:
                assert str(path) in str(error)  # noqa: PT017


def test_a_truncated_file_is_refused(path):
    sound = save_model(path)
    for length in range(0, len(sound), 7):
        path.write_bytes(sound[:length])
        with pytest.raises(ValueError, match="is not a sound"):
            tg.MLP.load(path)


# --- memory

PEAK = """
    import resource, sys
    from tinygraph.files import read_arrays
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        read_arrays(sys.argv[1])
    except ValueError as error:
        print(error)
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def said_and_peak(path):
    """The error about a file, and the peak in MB of the process that read it."""
    pytest.importorskip("resource")
    done = python(textwrap.dedent(PEAK), str(path))
    said, peak = done.stdout.rsplit("\n", 2)[:2]
    return said, int(peak) // (1024 if sys.platform == "darwin" else 1)  # bytes there, elsewhere KB


def write_bomb(path, claimed):
    """Some MB that inflate to zeros: 3 GB; the directory says `claimed`."""
    deflate = zlib.compressobj(1, zlib.DEFLATED, -15)
    piece = deflate.compress(bytes(10**6)) + deflate.flush(zlib.Z_FULL_FLUSH)  # refers to nothing before it
    data = piece * 3000
    name = b"W1.npy"
    fields = struct.pack("<HHHHHLLLHH", 20, 0, 8, 0, 0, 0, len(data), claimed, len(name), 0)
    local = b"PK\3\4" + fields + name + data
    central = b"PK\1\2" + struct.pack("<H", 20) + fields + struct.pack("<HHHLL", 0, 0, 0, 0, 0) + name
    path.write_bytes(local + central + b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, 1, 1, len(central), len(local), 0))


@pytest.mark.parametrize("claimed", [3 * 10**9, 1000])
def test_a_zip_bomb_takes_no_memory(path, claimed):
    write_bomb(path, claimed)
    said, peak = said_and_peak(path)
    assert (f"take {claimed} bytes, and at most {LARGEST} are read" if claimed > LARGEST else "Bad CRC-32") in said
    assert peak < 100


def test_small_members_are_counted_together(path, monkeypatch):
    monkeypatch.setattr("tinygraph.files.LARGEST", 10**5)
    np.savez_compressed(path, **{f"a{k}": np.zeros(1000) for k in range(20)})
    with pytest.raises(ValueError, match="its arrays take 162560 bytes, and at most 100000 are read"):
        read_arrays(path)
    np.savez(path, **{f"a{k}": np.zeros(1000) for k in range(20)})
    assert len(read_arrays(path)) == 20  # an uncompressed file may be of any size


# --- writing


@pytest.fixture
def older(path):
    write_arrays(path, {"a": np.ones(3)})
    return path.read_bytes()


def check_intact(path, older):
    assert os.listdir(path.parent) == [path.name]
    assert path.read_bytes() == older


def failing(number):
    def fail(*_, **__):
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("call", ["tinygraph.files.open", "os.fsync", "os.replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO])
def test_a_write_that_fails_anywhere_leaves_the_older_file_and_names_it(path, older, monkeypatch, call, number):
    monkeypatch.setattr(call, failing(number), raising=False)
    with pytest.raises(OSError, match=os.strerror(number)) as refused:
        write_arrays(path, {"a": np.zeros(3)})
    monkeypatch.undo()
    assert refused.value.filename == str(path)
    check_intact(path, older)


def test_a_file_size_limit_leaves_the_older_file_and_prints_only_the_error(path, older):
    pytest.importorskip("resource")
    code = """
        import resource, sys
        import numpy as np
        from tinygraph.files import write_arrays
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        try:
            write_arrays(sys.argv[1], {"a": np.zeros(10_000), "b": np.zeros(3)})
        except OSError as error:
            print(error)
    """
    done = python(textwrap.dedent(code), str(path))
    assert (done.stdout, done.stderr) == (f"[Errno {errno.EFBIG}] {os.strerror(errno.EFBIG)}: '{path}'\n", "")
    check_intact(path, older)


def test_ctrl_c_while_it_writes_leaves_the_older_file(path, older):
    with pytest.raises(KeyboardInterrupt), replacing(path) as file:  # noqa: PT012
        file.write(b"half of it")
        raise KeyboardInterrupt
    check_intact(path, older)


def writes(code):
    """Whether it is code of tinygraph/files.py or of zipfile (a folder since Python 3.12)."""
    return Path(code.co_filename).name in ("files.py", "zipfile.py") or Path(code.co_filename).parent.name == "zipfile"


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # from a file that was just opened
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # from a half-made entry of zipfile
def test_ctrl_c_at_any_moment_of_writing_is_raised_and_leaves_a_whole_file(path, older, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)  # for speed
    old, new = {"a": np.ones(3)}, {"a": np.zeros(3)}
    moment = 1
    while interrupted(lambda: write_arrays(path, new), moment, writes):
        assert os.listdir(path.parent) == [path.name]
        assert same(read_arrays(path), old) or same(read_arrays(path), new)
        moment += 5
    assert moment > 1000
    assert same(read_arrays(path), new)
    for k in range(50):  # none was lost; in a loop, because each frame on the stack adds instructions
        assert not interrupted(lambda: write_arrays(path, new), moment + k, writes)


@pytest.mark.skipif(os.name != "posix", reason="other systems cannot remove an open file")
def test_a_folder_that_vanishes_while_writing_is_named(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(FileNotFoundError), replacing(folder / "a.npz") as file:  # noqa: PT012
        file.write(b"half of it")
        next(folder.iterdir()).unlink()
        folder.rmdir()
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.name != "posix", reason="other systems have no pipes and permissions")
def test_a_pipe_is_not_replaced_and_permissions_stay(tmp_path, path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileExistsError, match=r"pipe is a device or a pipe, not a file that can be replaced"):
        write_arrays(tmp_path / "pipe", {"a": np.ones(3)})
    assert stat.S_ISFIFO(os.stat(tmp_path / "pipe").st_mode)
    path.write_bytes(b"older")
    os.chmod(path, 0o600)
    write_arrays(os.fsencode(path), {"a": np.ones(3)})
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert list(read_arrays(path)) == ["a"]


@pytest.mark.skipif(os.name != "posix", reason="links need privileges on other systems")
def test_writing_through_a_link_replaces_its_target(tmp_path, path):
    (tmp_path / "link.npz").symlink_to(path)
    write_arrays(tmp_path / "link.npz", {"a": np.ones(3)})
    assert (tmp_path / "link.npz").is_symlink()
    assert list(read_arrays(path)) == ["a"]

"""Files, read only where they are files and no further than they reach, and written whole or not at all."""

from __future__ import annotations

import glob
import math
import os
import stat
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from tinygrad_loss import errors

__all__ = ["npy", "npy_mapped", "opened", "write_atomically"]

MOST_AXES: Final = 64
HEADERS: Final = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
MAGIC: Final = b"\x93NUMPY"
ZIPPED: Final = b"PK"
SAVE: Final = "np.save(path, x)"
TEXTS: Final = {".csv": ', delimiter=","', ".txt": "", ".tsv": ""}
"""Files of text that may hold an array, and how `numpy.loadtxt` reads each."""


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[tuple[BinaryIO, int]]:
    """Give a file to read, and its size; what may never end, such as a pipe or a device, is refused at once.

    Raises:
        StateError: the path leads to something that is no file.
        OSError: there is no such file, or it may not be read.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
            what = "a pipe" if stat.S_ISFIFO(found.st_mode) else "a device or a socket"
            raise errors.StateError(errors.say(f"reading {os.fspath(path)}", "it must be a file", what, "the path of a file"))
        with os.fdopen(handle, "rb", closefd=False) as file:  # refuses a folder
            yield file, found.st_size
    finally:
        os.close(handle)


def npy(path: str | os.PathLike[str]) -> np.ndarray:
    """Return the array in a ``.npy`` file; before its entries are read, the file must be long enough for them.

    Raises:
        StateError: it is no such file, is cut off, or holds objects.
    """
    with _npy_header(path) as (file, shape, dtype, order):
        raw = file.read(math.prod(shape) * dtype.itemsize)
    return np.frombuffer(raw, dtype).reshape(shape, order=order)


def npy_mapped(path: str | os.PathLike[str]) -> np.ndarray:
    """Return the array in a ``.npy`` file whose entries are read when they are asked for.

    Raises:
        StateError: it is no such file, is cut off, or holds objects.
    """
    with _npy_header(path):
        pass
    mapped: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    return mapped


@contextmanager
def _npy_header(path: str | os.PathLike[str]) -> Iterator[tuple[BinaryIO, tuple[int, ...], np.dtype[Any], Any]]:
    """Give a file at the first of its entries, and its array's shape, dtype and order."""
    try:
        with opened(path) as (file, size):
            try:
                shape, fortran, dtype = _header(file)
            except Exception as error:  # noqa: BLE001  whatever a forged header makes the readers of NumPy and Python raise
                raise _no_array(path, str(error)[:60] if size else "No data left in file", _from_text(path)) from None
            if dtype.hasobject:
                raise _no_array(path, "Object arrays, which are not read")
            if dtype.kind not in "biufc":
                raise _no_array(path, f"dtype {dtype}"[:60])
            if len(shape) > MOST_AXES or min(shape, default=0) < 0:
                raise _no_array(path, f"the shape {shape}"[:60])
            needed = math.prod(shape) * dtype.itemsize
            if needed > size - file.tell():
                raise _no_array(path, f"{size - file.tell()} bytes, where {shape} of {dtype} needs {needed}")
            yield file, shape, dtype, "F" if fortran else "C"
    except OSError as error:
        raise _no_array(path, error.strerror or str(error)) from None


def _header(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Read what a ``.npy`` file says of its array; of several arrays in one file, say their names."""
    begins = file.read(len(MAGIC))
    file.seek(0)
    if begins.startswith(ZIPPED):
        with zipfile.ZipFile(file) as several:
            message = f"a file of several, {', '.join(name.removesuffix('.npy') for name in several.namelist())}"
            raise ValueError(message)
    if begins != MAGIC:
        message = f"a file of another kind, which begins with {begins.decode('latin-1')!r}"
        raise ValueError(message)
    version = np.lib.format.read_magic(file)
    if version not in HEADERS:
        message = f"version {version} of the format"
        raise ValueError(message)
    return HEADERS[version](file)


def _from_text(path: str | os.PathLike[str]) -> str:
    """Return the line that makes an array file of what is no such file: of a table of text, by reading it."""
    name = Path(os.fsdecode(path))
    text = TEXTS.get(name.suffix.lower())
    return SAVE if text is None else f"np.save({str(name.with_suffix('.npy'))!r}, np.loadtxt({str(name)!r}{text}))"


def _no_array(path: str | os.PathLike[str], got: str, instead: str = SAVE) -> errors.StateError:
    """Return the error for a file that holds no array of numbers."""
    rule = "the file must be a .npy array of numbers"
    return errors.StateError(errors.say(f"reading {os.fsdecode(path)}", rule, got, instead))


def write_atomically(path: str | os.PathLike[str], parts: Iterable[bytes | memoryview]) -> None:
    """Write a file that appears only when it is complete and on the disk.

    Raises:
        SaveError: it could not be written; a former file is untouched.
    """
    asked, path = path, Path(os.path.realpath(path))  # a link stays a link
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    sweep(path)
    try:
        with draft.open("wb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise _unsaved(os.fspath(asked), path, error) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _unsaved(asked: str, path: Path, error: OSError) -> errors.SaveError:
    """Return the error for a file that could not be written: its folder is missing, or has no room or no right."""
    why = error.strerror or str(error)
    if not path.parent.is_dir():
        return errors.SaveError(errors.say(f"saving {asked}", "the file must have a folder to be kept in", why, repr(path.name)))
    got, instead = f"{why}; what was there before is untouched", "another path, or free some space and call it again"
    return errors.SaveError(errors.say(f"saving {asked}", "the file must be writable whole", got, instead))


def sweep(path: Path) -> None:
    """Remove the drafts of this file that processes left behind when they were killed."""
    for draft in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        writer = draft.name[len(path.name) + 2 : -len(".tmp")]
        if writer.isdecimal() and not runs(int(writer)):
            with suppress(OSError):
                draft.unlink(missing_ok=True)


def runs(process: int) -> bool:
    """Whether a process may still be running; Windows does not tell without harming it."""
    if os.name == "nt":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def sync_folder(folder: Path) -> None:
    """Put a renamed entry on the disk, where the system can (Windows cannot open a folder)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

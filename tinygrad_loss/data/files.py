"""Readers of the files that data sets come in; none of them runs what a file says."""

import gzip
import math
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.files import opened

__all__ = ["CATS", "idx", "idx_folder"]

CATS: Final = Path(__file__).with_name("cats") / "cats.npz"
UNSIGNED_BYTE: Final = 8
MOST_AXES: Final = 64
MOST_ENTRIES: Final = 2**48
"""What no array of bytes can have more of."""
MOST_PACKED: Final = 1032
"""Bytes that one byte of a gzip file can stand for: RFC 1951 repeats at most 258 of them with a code of two bits."""


def idx(path: Path) -> np.ndarray:
    """Return the array in an ``idx`` file (gzipped or not) of bytes: the format of MNIST.

    Its header is read first, and then no more than the bytes that it names and one.

    Raises:
        DomainError: it is no such file, or its compression is damaged.
        ShapeError: it holds fewer or more bytes than its shape.
        StateError: it is a pipe or a device.

    Source: LeCun, Cortes and Burges, The MNIST database.
    """
    with _idx_header(path) as (file, shape):
        size = math.prod(shape)
        raw = file.read(size + 1)
    if len(raw) != size:
        got = f"{len(raw)} bytes" if len(raw) < size else "more"
        instead = "the download again; the file is truncated" if len(raw) < size else "the download again; the file is damaged"
        raise errors.ShapeError(errors.say("tl.data", f"{path.name} must hold {size} bytes for shape {shape}", got, instead))
    return np.frombuffer(raw, np.uint8).reshape(shape)


@contextmanager
def _idx_header(path: Path) -> Iterator[tuple[BinaryIO, tuple[int, ...]]]:
    """Give a file at the first of its bytes, unpacked, and the shape of its array; what no file of its size can hold is refused."""
    with opened(path) as (packed, size):
        is_packed = path.suffix == ".gz"
        file: Any = gzip.GzipFile(fileobj=packed) if is_packed else packed
        try:
            head = file.read(4)
            zero, kind, ndim = struct.unpack(">HBB", head) if len(head) == 4 else (1, 0, 0)
            sizes = file.read(4 * ndim)
            if zero or kind != UNSIGNED_BYTE or len(sizes) < 4 * ndim or ndim > MOST_AXES:
                rule = "an idx file of bytes begins with 0, 0, 8"
                raise errors.DomainError(errors.say("tl.data", rule, repr(head), "folder= of the idx files"))
            shape = struct.unpack(f">{ndim}I", sizes)
            most = MOST_PACKED * size if is_packed else size - 4 - 4 * ndim
            if math.prod(shape) > most or math.prod(n or 1 for n in shape) > MOST_ENTRIES:
                rule = f"{path.name} must hold {math.prod(shape)} bytes for shape {shape}"
                got = f"at most {most} bytes" if is_packed else f"{most} bytes"
                raise errors.ShapeError(errors.say("tl.data", rule, got, "the download again; the file is truncated"))
            yield file, shape
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise errors.DomainError(
                errors.say("tl.data", f"{path.name} must be a whole gzip file", str(error)[:80], "the download again; the file is damaged")
            ) from None


def idx_folder(folder: str | os.PathLike[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the images and labels of both parts of an MNIST-like folder, the training part first.

    Raises:
        MissingPackageError: a file is not there.
        ShapeError: the images of a part are no images, or are not as many as its labels.
    """
    parts = [[idx_file(Path(folder), f"{part}-{kind}-ubyte") for kind in ("images-idx3", "labels-idx1")] for part in ("train", "t10k")]
    first: tuple[int, ...] = ()
    for part, paths in zip(("train", "t10k"), parts, strict=True):
        x, y = map(_idx_shape, paths)
        first = first or x
        if len(x) != 3 or y != x[:1] or x[1:] != first[1:]:
            rule = f"the part {part!r} must hold images of one size, (n, height, width), and as many labels, (n,)"
            raise errors.misfits(
                "tl.data.load('fashion')", rule, {"x": x, "y": y}, "folder= of the idx files of one data set", mismatch.along(0)
            )
    images, labels = (np.concatenate([idx(paths[k]) for paths in parts]) for k in (0, 1))
    return images, labels


def _idx_shape(path: Path) -> tuple[int, ...]:
    with _idx_header(path) as (_, shape):
        return shape


def idx_file(folder: Path, stem: str) -> Path:
    """Return where one of the files is, gzipped or not."""
    path = next((p for p in (folder / f"{stem}.gz", folder / stem) if p.is_file()), None)
    if path is None:
        command = "apt-get install dataset-fashion-mnist, or give the folder: tl.data.load('fashion', folder=...), --folder DIR"
        raise errors.missing("tl.data.load('fashion')", f"{stem}.gz in {folder}", command)
    return path

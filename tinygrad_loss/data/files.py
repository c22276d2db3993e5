"""Readers of the files that data sets come in; none of them runs what a file says."""

import gzip
import math
import os
import struct
import zlib
from pathlib import Path
from typing import Final

import numpy as np

from tinygrad_loss import errors

__all__ = ["CATS", "idx", "idx_folder"]

CATS: Final = Path(__file__).with_name("cats") / "cats.npz"
UNSIGNED_BYTE: Final = 8


def idx(path: Path) -> np.ndarray:
    """Return the array in an ``idx`` file (gzipped or not) of bytes: the format of MNIST.

    Source: LeCun, Cortes and Burges, The MNIST database.
    """
    raw = path.read_bytes()
    if path.suffix == ".gz":
        try:
            raw = gzip.decompress(raw)
        except (EOFError, OSError, zlib.error) as error:
            raise errors.DomainError(
                errors.say("tl.data", f"{path.name} must be a whole gzip file", str(error)[:80], "the download again; the file is damaged")
            ) from None
    zero, kind, ndim = struct.unpack(">HBB", raw[:4]) if len(raw) >= 4 else (1, 0, 0)
    start = 4 + 4 * ndim
    if zero or kind != UNSIGNED_BYTE or len(raw) < start:
        raise errors.DomainError(
            errors.say("tl.data", "an idx file of bytes begins with 0, 0, 8", repr(raw[:4]), "folder= of the idx files")
        )
    shape = struct.unpack(f">{ndim}I", raw[4:start])
    if len(raw) - start != math.prod(shape):
        raise errors.ShapeError(
            errors.say(
                "tl.data",
                f"{path.name} must hold {math.prod(shape)} bytes for shape {shape}",
                f"{len(raw) - start} bytes",
                "the download again; the file is truncated",
            )
        )
    return np.frombuffer(raw, np.uint8, offset=start).reshape(shape)


def idx_folder(folder: str | os.PathLike[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the images and labels of both parts of an MNIST-like folder, the training part first.

    Raises:
        MissingPackageError: a file is not there.
        ShapeError: the images of a part are no images, or are not as many as its labels.
    """
    images: list[np.ndarray] = []
    labels: list[np.ndarray] = []
    for part in ("train", "t10k"):
        x, y = (idx(idx_file(Path(folder), f"{part}-{kind}-ubyte")) for kind in ("images-idx3", "labels-idx1"))
        if x.ndim != 3 or y.shape != x.shape[:1] or (images and x.shape[1:] != images[0].shape[1:]):
            rule = f"the part {part!r} must hold images of one size, (n, height, width), and as many labels, (n,)"
            raise errors.shapes("tl.data.load('fashion')", rule, [x.shape, y.shape], "folder= of the idx files of one data set")
        images.append(x)
        labels.append(y)
    return np.concatenate(images), np.concatenate(labels)


def idx_file(folder: Path, stem: str) -> Path:
    """Return where one of the files is, gzipped or not."""
    path = next((p for p in (folder / f"{stem}.gz", folder / stem) if p.is_file()), None)
    if path is None:
        command = "apt-get install dataset-fashion-mnist, or give the folder: tl.data.load('fashion', folder=...), --folder DIR"
        raise errors.missing("tl.data.load('fashion')", f"{stem}.gz in {folder}", command)
    return path

"""Readers of the files that data sets come in; none of them runs what a file says."""

import gzip
import importlib.util
import math
import os
import pickle
import struct
import zlib
from pathlib import Path
from typing import IO, Any, Final

import numpy as np

from tinygrad_loss import errors

__all__ = ["animal_pickles", "idx", "idx_folder", "restricted"]

ALLOWED: Final = frozenset({("numpy.core.multiarray", "_reconstruct"), ("numpy", "ndarray"), ("numpy", "dtype")})
"""What rebuilding an array needs, and all that a file may name."""
UNSIGNED_BYTE: Final = 8


class ArraysOnly(pickle.Unpickler):
    """An unpickler that can rebuild arrays and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """Return the few functions that arrays need; refuse all others."""
        if (module, name) not in ALLOWED:
            raise errors.DomainError(
                errors.say("tl.data", "a data file may hold arrays only", f"a call of {module}.{name}", "np.save(path, array)")
            )
        # NumPy moved the function; its old name would warn.
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def restricted(file: IO[bytes]) -> np.ndarray:
    """Return the array in a pickle without running anything that the pickle asks for."""
    array = ArraysOnly(file).load()
    if type(array) is not np.ndarray or array.dtype.hasobject:
        raise errors.DomainError(
            errors.say("tl.data", "a data file must hold one array of numbers", type(array).__name__, "np.save(path, array)")
        )
    return array


def animal_pickles() -> tuple[np.ndarray, np.ndarray]:
    """Return the images and labels in the package animal-mnist, whose code is never imported."""
    found = importlib.util.find_spec("animal_mnist")
    if found is None or not found.submodule_search_locations:
        raise errors.missing("tl.data.load('animals')", "the package animal-mnist", "pip install --no-deps animal-mnist==0.4")
    folder = Path(found.submodule_search_locations[0]) / "data" / "Animal_MNIST"
    arrays = []
    for kind in ("data", "label"):
        with gzip.open(folder / f"animal_{kind}_version_3.gz") as file:
            arrays.append(restricted(file))  # type: ignore[arg-type]
    return arrays[0], arrays[1]


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

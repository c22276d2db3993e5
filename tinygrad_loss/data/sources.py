"""Where data sets come from: packages, the operating system, Python itself, and formulas; nothing is fetched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike

from tinygrad_loss import errors
from tinygrad_loss.data import files, synthetic
from tinygrad_loss.data.dataset import Dataset

__all__ = ["load", "names"]

CLOTHES: Final = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
FASHION: Final = "/usr/share/datasets/fashion-mnist"
BLACK: Final = 255.0
INK: Final = 16.0


def load(name: str, *, dtype: DTypeLike = np.float32, **options: Any) -> Dataset:
    """Return a data set by name.

    Images come as ``(n, height, width)`` in 0..1; class labels as int64 ``(n,)``; regression targets as ``(n, 1)``.

    ============================================= ==================================================================
    digits, breast_cancer, diabetes, iris, wine   scikit-learn's (UCI)
    cats                                          900 silhouettes, 28 x 28, half of cats and half of other animals; in the package
    fashion                                       Fashion-MNIST, 28 x 28; ``folder=`` where its idx files are
    pydoc                                         the text of Python's own help, in windows of ``length=64`` characters
    moons, spirals, outliers                      synthetic: ``n=``, ``rng=``, ``noise=``
    ============================================= ==================================================================

    Args:
        name: one of the above.
        dtype: of the floating arrays.
        options: what the source takes.

    Raises:
        DomainError: an unknown name; the message has the nearest known one.
        MissingPackageError: the source is not installed; the message has the command that installs it.

    >>> import tinygrad_loss as tl
    >>> tl.data.load("digits")
    Dataset('digits': 1797 rows, x (8, 8) float32, y () int64, 10 classes)
    """
    if name not in SOURCES:
        raise errors.unknown_name("tl.data.load", "name", name, SOURCES, SYNONYMS)
    data = SOURCES[name](**options)
    x, y = (a.astype(dtype) if a.dtype.kind == "f" else a for a in (data.x, data.y))
    return Dataset(x, y, name=name, classes=data.classes, features=data.features)


def names() -> tuple[str, ...]:
    """Return the names that `load` knows."""
    return tuple(SOURCES)


def scikit_learn(name: str) -> Any:
    """Return the raw bunch of one of scikit-learn's bundled data sets."""
    try:
        from sklearn import datasets  # noqa: PLC0415  an optional package, and slow to import
    except ImportError:
        raise errors.missing(f"tl.data.load({name!r})", "scikit-learn", "pip install scikit-learn") from None
    return getattr(datasets, f"load_{name}")()


def digits() -> Dataset:
    """Return 1797 handwritten digits, 8 x 8 (Alpaydin and Kaynak 1998, UCI)."""
    bunch = scikit_learn("digits")
    return Dataset(bunch.images / INK, bunch.target.astype(np.int64), classes=bunch.target_names)


def table(name: str) -> Callable[[], Dataset]:
    """Return the source of a table with class labels."""

    def source() -> Dataset:
        bunch = scikit_learn(name)
        return Dataset(bunch.data, bunch.target.astype(np.int64), classes=bunch.target_names, features=bunch.feature_names)

    return source


def diabetes() -> Dataset:
    """Return 442 patients and the progression of their disease after a year (Efron et al. 2004)."""
    bunch = scikit_learn("diabetes")
    return Dataset(bunch.data, bunch.target.reshape(-1, 1).astype(np.float64), features=bunch.feature_names)


def cats() -> Dataset:
    """Return 900 silhouettes of animals, half of them cats (animal-mnist 0.4, MIT licence); the file is in the package."""
    with np.load(files.CATS, allow_pickle=False) as found:
        return Dataset(found["images"] / BLACK, found["is_cat"].astype(np.int64), classes=("other", "cat"))


def fashion(folder: str = FASHION) -> Dataset:
    """Return 70 000 product photos, the 60 000 of the training part first (Xiao, Rasul and Vollgraf 2017)."""
    images, labels = files.idx_folder(folder)
    return Dataset(images / np.float32(BLACK), labels.astype(np.int64), classes=CLOTHES)


def pydoc(length: int = 64) -> Dataset:
    """Return windows of the text behind Python's ``help()``, each with the same window one character later."""
    from pydoc_data import topics  # noqa: PLC0415  half a megabyte of text

    text = "\n".join(topics.topics.values())
    alphabet = sorted(set(text))
    number = {character: i for i, character in enumerate(alphabet)}
    codes = np.array([number[character] for character in text], dtype=np.int64)
    n = (len(codes) - 1) // length
    return Dataset(codes[: n * length].reshape(n, length), codes[1 : n * length + 1].reshape(n, length), classes=alphabet)


SOURCES: Final[dict[str, Callable[..., Dataset]]] = {
    "digits": digits,
    "breast_cancer": table("breast_cancer"),
    "diabetes": diabetes,
    "iris": table("iris"),
    "wine": table("wine"),
    "cats": cats,
    "fashion": fashion,
    "pydoc": pydoc,
    "moons": synthetic.moons,
    "spirals": synthetic.spirals,
    "outliers": synthetic.outliers,
}
SYNONYMS: Final = {
    # what to load for a name that people know, as `errors.plain` writes it
    **dict.fromkeys(("mnist", "optdigits", "handwriting"), "digits"),
    **dict.fromkeys(("fashionmnist", "clothes"), "fashion"),
    **dict.fromkeys(("animals", "animalmnist", "animal"), "cats"),
    **dict.fromkeys(("cancer", "wdbc"), "breast_cancer"),
    **dict.fromkeys(("boston", "housing", "californiahousing"), "diabetes"),
    **dict.fromkeys(("makemoons", "twomoons"), "moons"),
    **dict.fromkeys(("shakespeare", "tinyshakespeare", "text"), "pydoc"),
}

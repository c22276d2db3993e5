"""Data from formulas, for pictures and first experiments."""

import numpy as np

from tinygrad_loss.data.dataset import Dataset

__all__ = ["moons", "outliers", "spirals"]

Seed = np.random.Generator | int | None


def moons(n: int = 200, *, noise: float = 0.1, rng: Seed = 0) -> Dataset:
    r"""Return two interleaved half circles: $(\cos t, \sin t)$ and $(1 - \cos t, 1/2 - \sin t)$, $t \in [0, \pi]$.

    Args:
        n: rows, half of each class.
        noise: standard deviation of the normal noise on each coordinate.
        rng: where chance comes from.

    >>> import tinygrad_loss as tl
    >>> tl.data.load("moons", n=10, rng=1)
    Dataset('moons': 10 rows, x (2,) float32, y () int64, 2 classes)
    """
    rng = np.random.default_rng(rng)
    upper = n - n // 2
    t = np.concatenate([np.linspace(0, np.pi, upper), np.linspace(0, np.pi, n // 2)])
    y = (np.arange(n) >= upper).astype(np.int64)
    x = np.stack([np.where(y, 1 - np.cos(t), np.cos(t)), np.where(y, 0.5 - np.sin(t), np.sin(t))], axis=1)
    return Dataset(x + noise * rng.standard_normal(x.shape), y, classes=("upper", "lower"), features=("x", "y"))


def spirals(n: int = 300, *, arms: int = 3, noise: float = 0.05, rng: Seed = 0) -> Dataset:
    r"""Return interleaved spiral arms: radius $t$, angle $4 t + 2 \pi k / arms$, $t \in [0, 1]$.

    Args:
        n: rows, in equal shares.
        arms: the number of classes.
        noise: standard deviation of the normal noise on each coordinate.
        rng: where chance comes from.

    >>> import tinygrad_loss as tl
    >>> len(tl.data.load("spirals", arms=4).classes)
    4
    """
    rng = np.random.default_rng(rng)
    y = np.arange(n) % arms
    t = (np.arange(n) // arms) / max(1, (n - 1) // arms)
    angle = 4 * t + 2 * np.pi * y / arms
    x = np.stack([t * np.cos(angle), t * np.sin(angle)], axis=1)
    return Dataset(x + noise * rng.standard_normal(x.shape), y, classes=tuple(f"arm {k}" for k in range(arms)), features=("x", "y"))


def outliers(n: int = 200, *, noise: float = 0.3, share: float = 0.1, rng: Seed = 0) -> Dataset:
    r"""Return a line with a few wild points: $y = 2 x + 1 + noise$, and a ``share`` of targets raised by 8 to 12.

    Args:
        n: rows.
        noise: standard deviation of the normal noise on ``y``.
        share: the part of the rows that are outliers, between 0 and 1.
        rng: where chance comes from.

    >>> import tinygrad_loss as tl
    >>> tl.data.load("outliers")
    Dataset('outliers': 200 rows, x (1,) float32, y (1,) float32)
    """
    rng = np.random.default_rng(rng)
    x = rng.uniform(-2, 2, (n, 1))
    y = 2 * x + 1 + noise * rng.standard_normal((n, 1))
    wild = rng.permutation(n)[: round(share * n)]
    y[wild] += rng.uniform(8, 12, (len(wild), 1))
    return Dataset(x, y, features=("x",))

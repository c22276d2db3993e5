"""`History`: what happened in each epoch, as rows that can be plotted and saved."""

from __future__ import annotations

import csv
import io
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from tinygrad_loss import errors
from tinygrad_loss.files import write_atomically
from tinygrad_loss.picture.figure import figure, literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["History", "title"]

TITLES: Final = {"undefined": "undefined gradients", "lr": "learning rate", "grad_norm": "gradient norm"}
FEW: Final = 20
"""Epochs up to which each is a point: a line through one epoch cannot be seen."""


def title(column: str) -> str:
    """Return a column's name in words."""
    return TITLES.get(column, column.replace("_", " "))


class History:
    """One row per epoch: ``epoch``, ``loss``, metrics, ``val_*``, ``grad_norm``, ``undefined``, ``lr``, ``seconds``.

    ``grad_norm`` is the mean over steps of the norm of all gradients;
    ``undefined`` counts the entries of gradients that did not exist, where a subgradient was used instead;
    ``seconds`` is how long the steps of this epoch took, all parts of an interrupted one together, without the validation.

    >>> history = History([{"epoch": 1, "loss": 2.0}, {"epoch": 2, "loss": 1.0}])
    >>> history["loss"]
    [2.0, 1.0]
    """

    def __init__(self, rows: list[dict[str, float]] | None = None) -> None:
        self.rows: list[dict[str, float]] = rows or []

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, column: str) -> list[float]:
        if self.rows and column not in self.rows[0]:
            raise errors.unknown_name("History", "column", column, self.columns)
        return [row[column] for row in self.rows]

    @property
    def columns(self) -> list[str]:
        """The names of what was recorded."""
        return list(self.rows[0]) if self.rows else []

    @property
    def last(self) -> dict[str, float]:
        """The row of the last epoch."""
        return self.rows[-1] if self.rows else {}

    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the rows as CSV, and write them when there is a ``path``.

        >>> History([{"epoch": 1, "loss": 2.5}]).to_csv().split()
        ['epoch,loss', '1,2.5']
        """
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, self.columns)
        writer.writeheader()
        writer.writerows(self.rows)
        if path is not None:
            write_atomically(path, [text.getvalue().encode()])
        return text.getvalue()

    def plot(self, path: str | os.PathLike[str] | None = None) -> Figure:
        """Draw every curve over the epochs, training and validation in one panel, and save the figure when there is a ``path``.

        Returns:
            Matplotlib's figure.

        Raises:
            ArgumentError: Matplotlib has no format of the path's name.
            MissingPackageError: matplotlib is not installed.
            SaveError: the file could not be written; a former one is untouched.
        """
        names = [c for c in self.columns if c not in {"epoch", "seconds", "lr"} and not c.startswith("val_")]
        drawn = figure(3.2 * max(1, len(names)), 2.8, "History.plot")
        for k, name in enumerate(names):
            axes: Any = drawn.add_subplot(1, len(names), k + 1)
            marker, compared = "o" if len(self) <= FEW else None, f"val_{name}" in self.columns
            axes.plot(self["epoch"], self[name], marker=marker, markersize=3, label="training")
            if compared:
                axes.plot(self["epoch"], self[f"val_{name}"], "--", marker=marker, markersize=3, label="validation")
                axes.legend()
            alone = "" if compared or name in TITLES else "training "
            axes.set(title=alone + literal(title(name)), xlabel="epoch")
            axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
            if name == "undefined":  # a count, which begins at 0
                axes.yaxis.get_major_locator().set_params(integer=True)
                axes.set_ylim(bottom=0, top=max(1, *self[name]) * 1.05)
        if path is not None:
            drawn.savefig(path)
        return drawn

    def __repr__(self) -> str:
        last = ", ".join(f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v}" for k, v in self.last.items())
        return f"History({len(self)} epoch{'s' * (len(self) > 1)}; last: {last})" if self.rows else "History(0 epochs)"

    def _repr_png_(self) -> bytes | None:
        """Show the curves in a notebook; without Matplotlib, or before the first epoch, it shows its text."""
        drawn: Any = None
        with suppress(errors.MissingPackageError):
            drawn = self.plot() if self.rows else None
        return None if drawn is None else drawn._repr_png_()

"""A bar for people at a terminal; nothing for programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tinygrad_loss.printable import one_line

if TYPE_CHECKING:
    from tinygrad_loss.training.fit import Run

__all__ = ["shown"]


@contextmanager
def shown(run: Run, epochs: int, wanted: bool | None) -> Iterator[Callable[[int, dict[str, float]], None]]:
    """Yield a function that is told of each step: its rows, and the loss and metrics of the epoch so far."""
    if wanted is None:
        wanted = sys.stderr.isatty()
    if not wanted:
        yield lambda rows, values: None
        return
    from rich.console import Console  # noqa: PLC0415  only for people
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (
        TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
        BarColumn(),
        TextColumn("{task.fields[values]}", markup=False),
        TextColumn("{task.fields[speed]:.0f} rows/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        total = epochs * len(run.loader.dataset)
        done = run.epoch * len(run.loader.dataset)
        task = bar.add_task("", total=total, completed=done, epoch=run.epoch + 1, epochs=epochs, values="", speed=0.0)

        def tell(rows: int, values: dict[str, float]) -> None:
            text = "  ".join(f"{one_line(name)} {value:.4f}" for name, value in values.items())
            bar.update(task, advance=rows, epoch=run.epoch + 1, values=text, speed=run.sums["rows"] / max(run.sums["seconds"], 1e-9))

        yield tell

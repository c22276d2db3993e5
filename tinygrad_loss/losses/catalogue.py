"""The table of all losses: a mapping that only declarations fill, and that shows itself in a line or as a table."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from tinygrad_loss.engine import html
from tinygrad_loss.losses.formula import plain

if TYPE_CHECKING:
    from tinygrad_loss.losses.loss import Loss

__all__ = ["Catalogue"]


class Catalogue(Mapping[str, "Loss"]):
    """Every declared loss by name; read-only."""

    __slots__ = ("_held",)

    def __init__(self, held: Mapping[str, "Loss"]) -> None:
        self._held = held

    def __getitem__(self, name: str) -> "Loss":
        return self._held[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def __repr__(self) -> str:
        return f"<{len(self)} losses by name: {', '.join(sorted(self)[:3])}, ...; tl.losses.LOSSES['huber_loss'].facts says more of one>"

    def _repr_html_(self) -> str:
        """Show name, task, estimates and formula of each in a notebook."""
        rows = [(name, x.facts.task, x.facts.smoothness, x.facts.estimates, plain(x.facts.formula)) for name, x in sorted(self.items())]
        return html.grid(f"{len(self)} losses", ("loss", "for", "smooth", "estimates", "formula"), rows)

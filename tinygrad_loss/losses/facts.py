"""What is known about a loss, as data that people list, tests check and pictures plot."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from tinygrad_loss.engine import html
from tinygrad_loss.losses.formula import plain

__all__ = ["DOMAINS", "Facts", "Kink"]

Smoothness: TypeAlias = Literal["kink", "C1", "C2", "C-infinity"]
Task: TypeAlias = Literal[
    "regression", "counts", "classification", "embedding", "sequence", "segmentation", "distribution", "survival", "ranking"
]

DOMAINS: Final = {
    "real": "any real number",
    "positive": "greater than 0",
    "nonnegative": "0 or greater",
    "above -1": "greater than -1",
    "probability": "from 0 to 1",
    "log-probability": "0 or less: the log of a probability",
    "logit": "a score, from which expit or softmax makes probabilities",
    "sign": "-1 or +1",
    "binary": "0 or 1",
    "count": "0, 1, 2, ...",
    "class index": "a whole number from 0 to C - 1",
    "cosine": "from -1 to 1: the cosine of an angle",
    "vector": "vectors along the last axis",
    "embedding": "vectors along the last axis, compared by distance or angle",
}
"""The kinds of number that a prediction or a target may be."""


@dataclass(frozen=True, slots=True)
class Kink:
    """A point where the slope jumps: ``at`` is measured in the loss's own variable (a residual or the margin), at the default arguments."""

    at: float
    left: float
    right: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    r"""What mathematics says about a loss at its default arguments.

    Attributes:
        formula: one term, in LaTeX: z is the prediction, y the target, r = z - y, m = y z.
        input: the domain of the prediction, a key of `DOMAINS`.
        target: the domain of the target, a key of `DOMAINS`.
        likelihood: the noise model whose negative log-likelihood it is, up to constants; None where there is none.
        estimates: what of the target's distribution the best constant prediction is.
        smoothness: how often it is differentiable in the prediction.
        variable: what the kinks are measured in: "residual" (z - y), "relative residual" ((z - y) / |y|), "margin" (y z), or ""
            where the loss is not a function of one number.
        kinks: where the slope in ``variable`` jumps.
        convex: whether it is convex in the prediction.
        proper: for a score of a forecast, whether the true one minimises it: "strictly" if no other does, "yes", "no"; None for other losses.
        robust: whether one far outlier has a bounded pull: the slope stays bounded.
        task: what kind of problem it is for.
        stable: the largest magnitude of prediction, by dtype, up to which value and gradient are finite; absent where every one is.
        choose: when to choose it, in a sentence.
        source: where it comes from.
    """

    formula: str
    input: str
    target: str
    task: Task
    estimates: str
    smoothness: Smoothness
    convex: bool
    choose: str
    source: str
    likelihood: str | None = None
    variable: str = ""
    kinks: tuple[Kink, ...] = ()
    proper: Literal["strictly", "yes", "no"] | None = None
    robust: bool = False
    stable: tuple[tuple[str, float], ...] = ()

    def rows(self, divides_by: str = "") -> list[tuple[str, str]]:
        """Return what is known in words, each under its name; formulas in plain letters.

        Args:
            divides_by: what a mean of the loss divides by, which the loss itself knows.
        """
        kinks = "; ".join(f"at {self.variable} {k.at:g} the slope goes from {k.left:g} to {k.right:g}" for k in self.kinks)
        rows = [
            ("formula", plain(self.formula)),
            ("prediction", DOMAINS[self.input]),
            ("target", DOMAINS[self.target]),
            ("for", self.task),
            ("estimates", self.estimates),
            ("likelihood", self.likelihood or "none"),
            ("smooth", self.smoothness + (f": {kinks}" if kinks else "")),
            ("convex", "yes" if self.convex else "no"),
            ("robust", "yes: an outlier's pull is bounded" if self.robust else "no"),
            ("proper", self.proper or ""),
            ("finite up to", ", ".join(f"{size:g} ({dtype})" for dtype, size in self.stable)),
            ("a mean divides by", divides_by),
            ("choose it when", self.choose),
            ("source", self.source),
        ]
        return [(name, text) for name, text in rows if text]

    def __repr__(self) -> str:
        """Say it in lines."""
        return "\n".join(f"{name:>18}  {text}" for name, text in self.rows())

    def _repr_html_(self) -> str:
        """Show it as a table in a notebook."""
        return html.sheet("facts", self.rows())

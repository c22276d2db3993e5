"""``tinygrad-loss tour``: the walk from |x - y| to cross-entropy."""

import argparse
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from rich import box
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from tinygrad_loss import errors
from tinygrad_loss.cli.folder import made
from tinygrad_loss.cli.terminal import LiteralConsole, console
from tinygrad_loss.picture.curve import Curve, Words, value_over_gradient
from tinygrad_loss.picture.draw import Picture
from tinygrad_loss.picture.plot import plot
from tinygrad_loss.picture.render import ask_for_graphviz
from tinygrad_loss.picture.why import why
from tinygrad_loss.training.walk import digits, distances, likelihoods

__all__ = ["EXAMPLE", "add_arguments", "run"]

EXAMPLE: Final = "tinygrad-loss tour --out pictures"
EPOCHS: Final = 30
SHOWN: Final = (1, 2, 5, 10, 20, 30)
NEEDED: Final = {"sklearn": "scikit-learn, whose digits its last step learns", "matplotlib": "matplotlib, which draws its curves"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--out", default="tour", metavar="DIR", help="where the pictures go (default: tour)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="for the measurements and the first weights (default: 0)")


def run(arguments: argparse.Namespace) -> int:
    """Walk all seven steps."""
    ask_for_graphviz("tour")  # what is missing is said now, not after six steps
    for package, what in NEEDED.items():
        if find_spec(package) is None:
            raise errors.missing("tour", what, "pip install scikit-learn matplotlib")
    folder = made("tour", arguments.out, "pictures")
    walk = _Walk(console(), folder, arguments.seed)
    for number, (step, title) in enumerate(walk.steps().items(), 1):
        walk.say("")
        walk.out.rule(Text(f"{number}. {title}", "bold"), align="left")
        step()
    walk.say("")
    walk.say(f"Pictures in {folder}: {', '.join(walk.written)}")
    return 0


class _Walk:
    """Prints one step after the other, and remembers which pictures it wrote."""

    def __init__(self, out: LiteralConsole, folder: Path, seed: int) -> None:
        self.out, self.folder, self.seed = out, folder, seed
        self.written: list[str] = []

    def say(self, text: str) -> None:
        """Print a sentence."""
        self.out.say(text)

    def steps(self) -> dict[Callable[[], None], str]:
        """Return the steps in order, each with its title."""
        return {
            self.absolute: "|x - y|, the distance everyone thinks of first",
            self.square: "The square mends it",
            self.comparing: "How do we compare two things?",
            self.tosses: "Ten tosses, seven heads: how likely is what happened?",
            self.products: "A product of likelihoods vanishes, a sum of logarithms does not",
            self.entropy: "Change the sign and take the mean: cross-entropy",
            self.digits: "Real handwritten digits, the same start, three losses",
        }

    def keep(self, picture: Picture, name: str) -> None:
        """Write a picture."""
        self.written.append(picture.save(self.folder / name).name)

    def absolute(self) -> None:
        """Show where |x - y| has no gradient."""
        self._curves("0_why.svg", why())
        self._meeting(distances.absolute, "|x - y|", "1_absolute")
        fit = self._best(distances.absolute, "|m - y|", "median", "1_absolute_sum")
        self.say(
            f"That m is one of the measurements, so m - y is exactly 0 in {fit.meets} of the 101 terms. The sum therefore has slope "
            f"{_slope(fit.verdict.left)} on the left and {_slope(fit.verdict.right)} on the right: it has no gradient at its minimum."
        )

    def square(self) -> None:
        """Show that the square has one everywhere."""
        self._meeting(distances.square, "(x - y)^2", "2_square")
        fit = self._best(distances.square, "(m - y)^2", "mean", "2_square_sum")
        self.say(f"The gradient there exists and is {_zero(float(fit.verdict.gradient))}. But why the square, of all things?")

    def comparing(self) -> None:
        """Show that comparing one number is not enough."""
        distance, slope = distances.circles(1.0, 1.5)
        self.say(
            f"Two circles can be compared by their radii: (1 - 1.5)^2 = {distance:g}. Its slope in the first radius is {slope:g}, "
            "so it falls as the first circle grows."
        )
        table = _table("two normals (mean, variance)", "(difference of variances)^2", "KL", "slope of KL in first mean")
        for first, second in (((0.0, 1.0), (0.0, 4.0)), ((3.0, 1.0), (0.0, 1.0))):
            by_variance, kl, slope = distances.normals(first, second)
            table.add_row(f"{_normal(first)} and {_normal(second)}", f"{by_variance:g}", f"{kl:.4f}", f"{slope:g}")
        self.out.print(table)
        self.say(
            "Same variance, other mean: comparing variances sees no difference at all. KL does, because it asks about everything "
            "that can happen: how likely is it, on either side? So ask that question."
        )

    def tosses(self) -> None:
        """Climb to the most likely p."""
        f = _of_heads
        path = likelihoods.ascend(f, 0.5, rate=0.05, steps=60)
        table = _table("p", "likelihood", "")
        for p in (0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9):
            table.add_row(f"{p:.1f}", f"{f(p):.6f}", "#" * round(100 * float(f(p))))
        self.out.print(table)
        self.say(
            f"Climbing along the gradient from p = 0.5: {', '.join(f'{p:.4f}' for p in path[:5])}, ... {path[-1]:.12f} after {len(path) - 1} steps. "
            f"The maximum is 7/10 = 0.7, what happened, and not the coin's own 1/2."
        )
        grid = np.linspace(0.0, 1.0, 201)
        self._plot(
            "4_likelihood.png",
            {"likelihood": (grid.tolist(), [float(f(p)) for p in grid])},
            x="p, the chance of a head",
            y="likelihood of 7 heads in 10 tosses",
            title="What happened is most likely at p = 0.7",
            marks={"start": (0.5, float(f(0.5))), "maximum": (path[-1], float(f(path[-1])))},
        )

    def products(self) -> None:
        """Show when a product is lost, and that the logarithm keeps the maximum."""
        table = _table("floats", "smallest", "product is 0 at toss", "due by the logs at", "sum of logs")
        for dtype in (np.float32, np.float64):
            u = likelihoods.underflow(dtype)
            table.add_row(u.dtype, f"{u.smallest:.3g}", str(u.tosses), str(u.expected), f"{u.logarithm:.2f}")
        self.out.print(table)
        self.say(
            "The same ten tosses again and again at p = 0.7. Below half of the smallest float a product rounds to 0; it holds out "
            "a few tosses longer because 0.7 times the smallest float rounds up to the smallest float again. The logs just add up."
        )
        table = _table("tosses", "product largest at", "logs largest at", "slopes at p = 1/2: product", "logs")
        for repeats in (1, 10, 200):
            a = likelihoods.still_the_same_maximum(repeats)
            best = "nowhere: all are 0" if a.product is None else f"p = {a.product:g}"
            table.add_row(str(a.tosses), best, f"p = {a.logarithms:g}", f"{a.slope_of_product:.3g}", f"{a.slope_of_logarithms:g}")
        self.out.print(table)
        self.say("log grows with its argument, so the maximum stays where it was, and there is a slope to follow.")
        self.keep(likelihoods.draw_log_likelihood(), "5_log_likelihood.svg")

    def entropy(self) -> None:
        """Show that cross-entropy is a mean of logarithms."""
        mean, loss = likelihoods.coin_entropy()
        self.say(f"The ten tosses at p = 0.7: mean of -log p(toss) = {mean:.6f}; binary_cross_entropy says {loss:.6f}.")
        scores, classes = np.random.default_rng(self.seed).normal(size=(4, 3)), np.array([0, 2, 1, 1])
        mean, loss, off = likelihoods.class_likelihood(scores, classes)
        self.say(f"Four draws of three classes: mean of -log p(class) = {mean:.6f}; cross_entropy says {loss:.6f}.")
        self.say(f"Its gradient is (probability - what happened) / n; largest difference from that: {off:.1e}.")
        picture = likelihoods.draw_cross_entropy(scores, classes)
        undefined = sum(b.state != "plain" for b in picture.scene.boxes)
        self.say(f"Its graph has {len(picture.scene.boxes)} boxes, {undefined} of them not smooth.")
        self.keep(picture, "6_cross_entropy.svg")

    def digits(self) -> None:
        """Train with three losses."""
        runs: dict[str, digits.Run] = {}
        with Progress(console=self.out, transient=True) as progress:
            for name in digits.LOSSES:
                task = progress.add_task(name, total=EPOCHS)
                for trained in digits.train(name, EPOCHS, self.seed):
                    runs[name] = trained
                    progress.advance(task)
        table = _table("test accuracy after epoch", *runs)
        for epoch in SHOWN:
            table.add_row(str(epoch), *(f"{100 * r.accuracy[epoch - 1]:.1f} %" for r in runs.values()))
        table.add_section()
        table.add_row("undefined gradients", *(f"{len(r.undefined)} in {r.steps} steps" for r in runs.values()))
        self.out.print(table)
        first = runs["L1"].undefined
        self.say(
            "1437 digits to learn from, 360 to test on; 64-32-10, plain SGD at rate 0.5, batches of 64; L1 and MSE also average over ten scores. The last layer starts at zero, as "
            "is usual, so the first scores are exactly 0, and so are nine of ten targets: |0 - 0|. "
            + (f"L1 met that in step {', '.join(map(str, first))} and went on with a subgradient." if first else "Here L1 never met it.")
        )
        self._plot(
            "7_digits.png",
            {name: (list(range(1, EPOCHS + 1)), [100 * a for a in r.accuracy]) for name, r in runs.items()},
            x="epoch",
            y="test accuracy, %",
            title="The same classifier of real digits, three losses",
        )

    def _meeting(self, distance: Callable[[Any, Any], Any], formula: str, name: str) -> None:
        found = distances.meeting(distance)
        v = found.verdict
        gradient = "undefined" if v.kind != "smooth" else _number(v.gradient)
        self.say(
            f"{formula} at x = y = 2: value {v.value:g}, slope {_slope(v.left)} on the left, {_slope(v.right)} on the right, gradient {gradient}."
        )
        self.keep(found.picture, f"{name}.svg")
        curve = Curve(lambda x: distance(x, 2.0), -1.0, 5.0, at=(2.0,), title=f"{_typeset(formula)}, y = 2")
        self._curves(f"{name}_curve.svg", value_over_gradient(curve))

    def _best(self, distance: Callable[[Any, Any], Any], formula: str, name: str, picture: str) -> distances.Fit:
        data = distances.measurements(np.random.default_rng(self.seed))
        fit = distances.best_guess(distance, data)
        self.say(f"101 measurements y: the sum of {formula} is smallest at their {name}, m = {fit.guess:.4f}, where it is {fit.total:.3f}.")
        self.keep(fit.picture, f"{picture}.svg")
        at, low, high, words = (fit.guess,), fit.guess - 4.0, fit.guess + 4.0, Words()
        if fit.verdict.kind == "kink":  # seen from near, where its corners can be told apart
            middle = np.sort(data)[47:54]
            at, low, high, words = tuple(middle[1:-1]), np.mean(middle[:2]), np.mean(middle[-2:]), Words(slope="")
        curve = Curve(lambda m: np.sum(distance(m, data)), low, high, at=at, title=f"sum of {_typeset(formula)}, around the {name}", x="m")
        self._curves(f"{picture}_curve.svg", value_over_gradient(curve, words=words, width=6.0))
        return fit

    def _plot(self, name: str, curves: Any, **labels: Any) -> None:
        self._curves(name, plot(curves, **labels))

    def _curves(self, name: str, figure: Any) -> None:
        figure.savefig(self.folder / name, dpi=150)
        self.written.append(name)


def _table(*headers: str) -> Table:
    return Table(*headers, box=box.SIMPLE, pad_edge=False)


def _typeset(formula: str) -> str:
    return formula.replace("-", "\N{MINUS SIGN}").replace("^2", "\N{SUPERSCRIPT TWO}")


def _of_heads(p: Any) -> Any:
    return likelihoods.binomial(p, 7, 10)


def _normal(parameters: tuple[float, float]) -> str:
    return f"N({parameters[0]:g}, {parameters[1]:g})"


def _slope(x: float | None) -> str:
    return "none" if x is None else f"{x:+g}" if x else "0"


def _number(x: Any) -> str:
    return f"{float(x):g}"


def _zero(x: float) -> str:
    return f"{x:.1g}, which is 0 up to rounding" if x else "0"

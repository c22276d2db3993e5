"""One formula, two readings: of the heads given p it is a probability, of p given the heads a likelihood."""

import numpy as np

from tinygrad_loss.distributions import Binomial, likelihood_curve
from tinygrad_loss.picture.figure import figure
from tinygrad_loss.picture.palette import LIGHT

TOSSES, HEADS = 10, 7


def main() -> float:
    """Return the area under the likelihood, which is no probability: it need not be 1."""
    probability = Binomial(TOSSES, 0.5).prob(np.arange(TOSSES + 1))
    print(f"read along the heads, at p = 0.5: {probability[HEADS]:.4f} for 7, and all of them sum to {probability.sum():.12g}")

    p, likelihood, inside = along_p()
    area = float(np.trapezoid(likelihood, p))
    best = float(Binomial.fit([HEADS], total_count=TOSSES).probs)
    print(f"read along p, at 7 heads: the area is {area:.6f} = 1/11, the top is at {best}")
    print(f"95 % likelihood interval, within 1.92 nats of the top: {inside[0]:.3f} to {inside[-1]:.3f}")
    picture().savefig("probability_and_likelihood.png", dpi=110)
    return area


def along_p():
    """Return p from 0 to 1, its likelihoods, and those p that are at most 1.92 nats below the top."""
    p = np.linspace(0.0, 1.0, 1001)
    log_likelihood = likelihood_curve(lambda p: Binomial(TOSSES, p), p, [HEADS])
    return p, np.exp(log_likelihood), p[log_likelihood > log_likelihood.max() - 1.92]


def picture(narrow=False):
    """Draw the probability of the heads beside the likelihood of p."""
    drawn = figure(3.3, 5.4) if narrow else figure(6.6, 3.0)
    left, right = drawn.subplots(2, 1) if narrow else drawn.subplots(1, 2)
    outcomes, (p, likelihood, inside) = np.arange(TOSSES + 1), along_p()
    probability, best = Binomial(TOSSES, 0.5).prob(outcomes), p[np.argmax(likelihood)]
    left.bar(outcomes, probability, color=[LIGHT["quiet"]] * HEADS + [LIGHT["vermilion"]] + [LIGHT["quiet"]] * (TOSSES - HEADS))
    left.set(title="probability: p = 0.5 is known", xlabel="heads in ten tosses", ylabel="P(heads | p = 0.5)")
    right.plot(p, likelihood, color=LIGHT["green"])
    right.fill_between(p, likelihood, where=np.isin(p, inside), color=LIGHT["green"], alpha=0.15, label="95 % likelihood interval")
    right.plot([best, best], [0.0, likelihood.max()], color=LIGHT["vermilion"], label=f"most likely: {best:g}")
    right.set(title="likelihood: 7 heads are known", xlabel="p", ylabel="P(7 heads | p)", ylim=(0, 0.4))
    right.legend(loc="upper left", frameon=False)
    return drawn


if __name__ == "__main__":
    main()

"""One formula, two readings: of the heads given p it is a probability, of p given the heads a likelihood."""

import numpy as np

from tinygrad_loss.distributions import Binomial, likelihood_curve
from tinygrad_loss.picture.figure import figure
from tinygrad_loss.picture.palette import LIGHT

TOSSES, HEADS = 10, 7


def main() -> float:
    """Return the area under the likelihood, which is no probability: it need not be 1."""
    outcomes = np.arange(TOSSES + 1)
    probability = Binomial(TOSSES, 0.5).prob(outcomes)
    print(f"read along the heads, at p = 0.5: {probability[HEADS]:.4f} for 7, and all of them sum to {probability.sum():.12g}")

    p = np.linspace(0.0, 1.0, 1001)
    log_likelihood = likelihood_curve(lambda p: Binomial(TOSSES, p), p, [HEADS])
    likelihood = np.exp(log_likelihood)
    area = float(np.trapezoid(likelihood, p))
    best = float(Binomial.fit([HEADS], total_count=TOSSES).probs)
    inside = p[log_likelihood > log_likelihood.max() - 1.92]
    print(f"read along p, at 7 heads: the area is {area:.6f} = 1/11, the top is at {best}")
    print(f"95 % likelihood interval, within 1.92 nats of the top: {inside[0]:.3f} to {inside[-1]:.3f}")

    drawn = figure(9, 3.4)
    left, right = drawn.subplots(1, 2)
    left.bar(outcomes, probability, color=[LIGHT["quiet"]] * HEADS + [LIGHT["vermilion"]] + [LIGHT["quiet"]] * (TOSSES - HEADS))
    left.set(title="probability: p = 0.5 is known", xlabel="heads in ten tosses", ylabel="P(heads | p = 0.5)")
    right.plot(p, likelihood, color=LIGHT["green"])
    right.fill_between(p, likelihood, where=np.isin(p, inside), color=LIGHT["green"], alpha=0.15, label="95 % likelihood interval")
    right.plot([best, best], [0.0, likelihood.max()], color=LIGHT["vermilion"], label=f"most likely: {best}")
    right.set(title="likelihood: 7 heads are known", xlabel="p", ylabel="P(7 heads | p)", ylim=(0, 0.4))
    right.legend(loc="upper left", frameon=False)
    drawn.savefig("probability_and_likelihood.png", dpi=110)
    return area


if __name__ == "__main__":
    main()

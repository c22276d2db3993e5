"""Two circles differ by one number; two normal distributions do not: what shall a loss compare?"""

import numpy as np

from tinygrad_loss.distributions import Normal, kl_divergence
from tinygrad_loss.picture.figure import figure
from tinygrad_loss.picture.palette import LIGHT


def main() -> float:
    """Return KL(N(0, 1) || N(3, 1)), between two distributions of the same variance."""
    print(f"circles of radius 1 and 1.5, by the radius: squared difference {(1.0 - 1.5) ** 2}: all there is to say")

    p, shifted, wider = Normal(0.0, 1.0), Normal(3.0, 1.0), Normal(0.0, 2.0)
    print(f"N(0, 1) and N(3, 1), by the variance: {float(p.variance - shifted.variance)}: no difference seen")
    print(f"N(0, 1) and N(0, 4), by the mean:     {float(p.mean - wider.mean)}: no difference seen")
    divergence = float(kl_divergence(p, shifted))
    there, back = float(kl_divergence(p, wider)), float(kl_divergence(wider, p))
    print(f"by everything that can happen: KL = {divergence} and {there:.4f} nats")
    print(f"and it is no distance: from N(0, 4) to N(0, 1) it is {back:.4f}")

    y = np.linspace(-6.0, 7.0, 400)
    drawn = figure(9, 5.2)
    for column, q in zip(drawn.subplots(2, 2, sharex=True).T, (shifted, wider), strict=True):
        cost = p.prob(y) * (p.log_prob(y) - q.log_prob(y))
        column[0].plot(y, p.prob(y), color=LIGHT["green"], label="p = N(0, 1)")
        column[0].plot(y, q.prob(y), color=LIGHT["vermilion"], label=f"q = N({float(q.mean):g}, {float(q.variance):g})")
        column[0].set(ylabel="density", ylim=(0, 0.55))
        column[0].legend(frameon=False, loc="upper right")
        column[1].fill_between(y, cost, where=cost > 0, color=LIGHT["blue"], alpha=0.6, label="costs")
        column[1].fill_between(y, cost, where=cost < 0, color=LIGHT["ochre"], alpha=0.6, label="saves")
        column[1].set(xlabel="y", ylabel="p log(p / q)", title=f"costs less savings: KL = {float(kl_divergence(p, q)):.3f} nats")
        column[1].legend(frameon=False, loc="upper right")
    drawn.savefig("circles_and_normals.png", dpi=110)
    return divergence


if __name__ == "__main__":
    main()

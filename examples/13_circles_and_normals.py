"""Two circles differ by one number; two normal distributions do not: what shall a loss compare?"""

import numpy as np

from tinygrad_loss.distributions import Normal, kl_divergence
from tinygrad_loss.picture.figure import figure
from tinygrad_loss.picture.palette import LIGHT

P, SHIFTED, WIDER = Normal(0.0, 1.0), Normal(3.0, 1.0), Normal(0.0, 2.0)


def main() -> float:
    """Return KL(N(0, 1) || N(3, 1)), between two distributions of the same variance."""
    print(f"circles of radius 1 and 1.5, by the radius: squared difference {(1.0 - 1.5) ** 2}: all there is to say")

    print(f"N(0, 1) and N(3, 1), by the variance: {float(P.variance - SHIFTED.variance)}: no difference seen")
    print(f"N(0, 1) and N(0, 4), by the mean:     {float(P.mean - WIDER.mean)}: no difference seen")
    divergence = float(kl_divergence(P, SHIFTED))
    there, back = float(kl_divergence(P, WIDER)), float(kl_divergence(WIDER, P))
    print(f"by everything that can happen: KL = {divergence} and {there:.4f} nats")
    print(f"and it is no distance: from N(0, 4) to N(0, 1) it is {back:.4f}")
    picture().savefig("circles_and_normals.png", dpi=110)
    return divergence


def picture(narrow=False):
    """Draw both pairs of densities, and below them where their divergence comes from."""
    y = np.linspace(-6.0, 7.0, 400)
    drawn = figure(3.3, 8.6) if narrow else figure(6.6, 4.6)
    pairs = drawn.subplots(4, 1).reshape(2, 2) if narrow else drawn.subplots(2, 2, sharex=True).T
    for column, q in zip(pairs, (SHIFTED, WIDER), strict=True):
        part = P.prob(y) * (P.log_prob(y) - q.log_prob(y))
        column[0].plot(y, P.prob(y), color=LIGHT["green"], label="p = N(0, 1)")
        column[0].plot(y, q.prob(y), color=LIGHT["vermilion"], label=f"q = N({float(q.mean):g}, {float(q.variance):g})")
        column[0].set(ylabel="density", ylim=(0, 0.7))
        column[0].legend(frameon=False, loc="upper right")
        column[1].fill_between(y, part, where=part > 0, color=LIGHT["blue"], alpha=0.6, label="adds")
        column[1].fill_between(y, part, where=part < 0, color=LIGHT["ochre"], alpha=0.6, label="subtracts")
        column[1].set(xlabel="y", ylabel="p log(p / q)", title=f"area: KL = {float(kl_divergence(P, q)):.3f} nats")
        column[1].legend(frameon=False, loc="upper right")
    return drawn


if __name__ == "__main__":
    main()

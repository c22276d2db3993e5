"""Cross-entropy never goes below the entropy of what happens, and the gap is the KL divergence."""

import numpy as np

import tinygrad_loss as tl
from tinygrad_loss.distributions import Bernoulli, kl_divergence
from tinygrad_loss.picture.figure import figure
from tinygrad_loss.picture.palette import LIGHT

RAINS = Bernoulli(0.3)


def cross_entropy(q):
    """Return the mean price of believing q where it rains with 0.3."""
    return 0.3 * Bernoulli(q).nll(1.0) + 0.7 * Bernoulli(q).nll(0.0)


def main() -> float:
    """Return the gap that is left at the best belief."""
    entropy = float(RAINS.entropy())
    for q in (0.5, 0.3, 0.01):
        price, gap = float(cross_entropy(q)), float(kl_divergence(RAINS, Bernoulli(q)))
        slope = float(tl.grad(cross_entropy)(q))
        print(f"believing {q:4}: pays {price:.6f} = {entropy:.6f} (entropy) + {gap:.6f} (KL), slope {slope + 0.0:+.4f}")
    print("the entropy does not depend on the belief: to minimise cross-entropy is to minimise KL")
    picture().savefig("the_gap_is_kl.png", dpi=110)
    return float(cross_entropy(0.3)) - entropy


def picture(narrow=False):
    """Draw the cross-entropy, the entropy below it, and the gap between them."""
    q, entropy = np.linspace(0.01, 0.97, 300), float(RAINS.entropy())
    drawn = figure(3.3, 3.4) if narrow else figure(6.4, 3.6)
    axes = drawn.subplots()
    axes.plot(q, cross_entropy(q), color=LIGHT["blue"], label="cross-entropy H(p, q)")
    axes.axhline(entropy, color=LIGHT["green"], label=f"entropy H(p) = {entropy:.3f} nats")
    axes.fill_between(q, entropy, cross_entropy(q), color=LIGHT["vermilion"], alpha=0.25, label="the gap: KL(p || q)")
    axes.plot([0.3], [entropy], "o", color=LIGHT["green"])
    axes.set(xlabel="q, the predicted probability of rain\n(p = 0.3)", ylabel="nats per day", ylim=(0, 2.5))
    axes.legend(frameon=False, loc="upper center")
    return drawn


if __name__ == "__main__":
    main()

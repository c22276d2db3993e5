"""From the coin to cross-entropy: a product of probabilities, its logarithm, the other sign, a mean."""

import numpy as np

import tinygrad_loss as tl
from tinygrad_loss.distributions import Bernoulli, Categorical
from tinygrad_loss.picture.figure import figure
from tinygrad_loss.picture.palette import LIGHT


def main() -> float:
    """Return the largest difference between a loss and the likelihood that it comes from."""
    tosses = np.array([1.0, 0.0, 1.0, 1.0])
    scores = np.array([0.4, -1.2, 2.0, 0.1])  # what a model says about each toss, as log-odds

    coin = Bernoulli(logits=scores)
    product = np.prod(coin.prob(tosses))
    mean_nll = np.mean(coin.nll(tosses))
    loss = tl.losses.binary_cross_entropy_with_logits(scores, tosses)
    print(f"the likelihood of all four is the product {product:.6f}; minus its logarithm over 4 is {-np.log(product) / 4:.12f}")
    print(f"the mean of the coin's nll is {mean_nll:.12f}, binary cross-entropy {loss:.12f}")

    classes, rows = np.array([0, 2]), np.array([[1.0, 0.0, -1.0], [0.5, 0.1, 0.3]])
    several = np.mean(Categorical(logits=rows).nll(classes))
    of_classes = tl.losses.cross_entropy(rows, classes)
    print(f"more sides than two: the mean nll is {several:.12f}, cross-entropy {of_classes:.12f}")
    slope = tl.grad(lambda z: np.sum(Bernoulli(logits=z).nll(tosses)))(scores)
    print("and the slope in the score is p - y:", np.allclose(slope, coin.probs - tosses, rtol=1e-14))
    picture().savefig("bernoulli_to_cross_entropy.png", dpi=110)
    return float(max(abs(mean_nll - loss), abs(several - of_classes)))


def picture(narrow=False):
    """Draw the loss of one toss over the prediction."""
    p = np.linspace(0.002, 0.998, 300)
    drawn = figure(3.3, 2.9) if narrow else figure(6.0, 3.2)
    axes = drawn.subplots()
    axes.plot(p, Bernoulli(p).nll(np.ones_like(p)), color=LIGHT["green"], label="heads: −log p")
    axes.plot(p, Bernoulli(p).nll(np.zeros_like(p)), color=LIGHT["vermilion"], label="tails: −log(1 − p)")
    axes.set(xlabel="p, the predicted probability of heads", ylabel="loss in nats", title="cross-entropy of one toss")
    axes.legend(frameon=False, loc="upper center")
    return drawn


if __name__ == "__main__":
    main()

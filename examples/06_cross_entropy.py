"""Change the sign and take the mean, and the log-likelihood is cross-entropy."""

import numpy as np

import tinygrad_loss as tl
from tinygrad_loss.picture.why import why


def main() -> float:
    """Return by how much the loss differs from the mean negative log-likelihood."""
    rng = np.random.default_rng(0)
    scores = tl.tensor(rng.normal(size=(4, 3)), requires_grad=True, name="scores")
    happened = np.array([0, 2, 1, 1])

    log_p = tl.ops.log_softmax(scores, axis=1)
    by_hand = -np.mean(log_p[np.arange(4), happened])
    loss = tl.losses.cross_entropy(scores, happened)
    print(f"mean of -log p(what happened): {by_hand.item():.12f}")
    print(f"tl.losses.cross_entropy:       {loss.item():.12f}")

    loss.backward()
    p = tl.ops.softmax(scores.numpy(), axis=1)
    print("gradient = (p - what happened) / 4:", np.allclose(scores.grad, (p - np.eye(3)[happened]) / 4, rtol=1e-12))
    tl.draw(by_hand).save("cross_entropy.svg")  # nothing in it is red
    why().savefig("why.svg")  # |x - y|, its square and this, side by side

    difference = abs(by_hand.item() - loss.item())
    print(f"difference: {difference:.1e}")
    return difference


if __name__ == "__main__":
    main()

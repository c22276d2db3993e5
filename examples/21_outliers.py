"""A line with a tenth of wild points: the square follows them, the absolute value and Huber do not."""

import numpy as np

import tinygrad_loss as tl

TRUTH = np.array([2.0, 1.0])  # slope and intercept behind the data
LOSSES = {"L2": tl.losses.mse_loss, "L1": tl.losses.l1_loss, "Huber": tl.losses.huber_loss}


def main() -> list[str]:
    """Return the losses by the distance of their line from the true one, nearest first."""
    data = tl.data.load("outliers", dtype=np.float64)
    design = np.concatenate([data.x, np.ones_like(data.x)], axis=1)
    distance = {}
    for name, loss in LOSSES.items():
        with tl.at_kinks("subgradient"):
            found = tl.optim.minimize(lambda w, loss=loss: loss(design @ w, data.y[:, 0]), np.zeros(2), method="L-BFGS-B").x
        distance[name] = float(np.abs(found - TRUTH).max())
        print(f"{name:5} y = {found[0]:.3f} x + {found[1]:.3f}   (true: 2 x + 1)")

    # The kink of the absolute value can be trained through, step by step, with shrinking steps.
    w = tl.tensor(np.zeros(2), requires_grad=True, name="w")
    optimizer = tl.optim.Subgradient([w], lr=0.5)
    for _ in range(300):
        optimizer.zero_grad()
        with tl.at_kinks("subgradient"):
            tl.losses.l1_loss(design @ w, data.y[:, 0]).backward()
        optimizer.step()
    print(f"L1 by 300 subgradient steps: y = {w.data[0]:.3f} x + {w.data[1]:.3f}")
    return sorted(distance, key=distance.__getitem__)


if __name__ == "__main__":
    main()

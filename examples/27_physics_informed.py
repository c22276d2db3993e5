"""A loss of derivatives: a network that solves u'' = -u from the equation alone; the solution is the sine."""

import numpy as np

import tinygrad_loss as tl

TIMES = np.linspace(0.0, np.pi, 24)[:, None]


def residual(u, t):
    """Return u'' + u at every time: 0 where u obeys the equation."""

    def velocity(t):
        return tl.grad(lambda t: np.sum(u(t)))(t)

    acceleration = tl.grad(lambda t: np.sum(velocity(t)))(t)  # a tensor, because u holds weights that require grad
    return acceleration + u(tl.tensor(t))


def train(network, steps, lr=0.01):
    """Train a network's weights on the equation; return them in u and every loss."""

    def u(t):
        return t + t * t * network(t)  # u(0) = 0 and u'(0) = 1, whatever the network says

    optimizer, losses = tl.optim.Adam(network.parameters(), lr=lr), []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = np.mean(residual(u, TIMES) ** 2)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return u, losses


def main(steps=300):
    """Return the largest error of the trained u."""
    network = tl.nn.MLP([1, 16, 16, 1], activation=tl.nn.Tanh, dtype="float64", rng=0)
    u, losses = train(network, steps)
    with tl.no_grad():
        found = u(tl.tensor(TIMES)).numpy()
    for t, value in list(zip(TIMES[:, 0], found[:, 0], strict=True))[::4]:
        print(f"t = {t:.2f}   u = {value:+.4f}   sin t = {np.sin(t):+.4f}")
    print(f"mean square of u'' + u: {losses[0]:.4f} to {losses[-1]:.1e}")
    return float(np.max(np.abs(found - np.sin(TIMES))))


if __name__ == "__main__":
    main()

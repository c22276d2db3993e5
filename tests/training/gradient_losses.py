"""Losses of gradients, thirty steps each: one list for the recording script, the recorded test and the live one.

"equation" is the physics-informed network of ``examples/27_physics_informed.py``; "critic" is a critic with a gradient penalty
(Gulrajani and others 2017, Improved Training of Wasserstein GANs). Data and first weights come from seeded generators.
"""

from itertools import pairwise

import numpy as np

STEPS = 30
SIZES = {"equation": [1, 16, 16, 1], "critic": [2, 16, 16, 1]}
TIMES = np.linspace(0.0, np.pi, 24)[:, None]


def start(name):
    """Return first weights in the order of the parameters, ``(outputs, inputs)`` and ``(outputs,)`` for every layer."""
    rng, weights = np.random.default_rng(27), []
    for fan_in, fan_out in pairwise(SIZES[name]):
        bound = fan_in**-0.5
        weights += [rng.uniform(-bound, bound, (fan_out, fan_in)), rng.uniform(-bound, bound, fan_out)]
    return weights


def samples():
    """Return what the critic tells apart, and points between: each ``(STEPS, 32, 2)``."""
    rng = np.random.default_rng(28)
    real, fake = rng.normal([1.0, -1.0], 0.5, (STEPS, 32, 2)), rng.normal(0.0, 1.0, (STEPS, 32, 2))
    share = rng.uniform(size=(STEPS, 32, 1))
    return real, fake, share * real + (1 - share) * fake


def trained_by_torch(name):
    """Train with PyTorch; return the losses ``(STEPS,)`` and all trained weights on one axis."""
    import torch  # noqa: PLC0415  only the recording and the live test need it

    sizes = SIZES[name]
    layers = [torch.nn.Linear(a, b, dtype=torch.float64) for a, b in pairwise(sizes)]
    network = torch.nn.Sequential(layers[0], torch.nn.Tanh(), layers[1], torch.nn.Tanh(), layers[2])
    with torch.no_grad():
        for parameter, value in zip(network.parameters(), start(name), strict=True):
            parameter.copy_(torch.tensor(value))

    def slope(y, x):
        return torch.autograd.grad(y.sum(), x, create_graph=True)[0]

    def equation(_step):
        t = torch.tensor(TIMES, requires_grad=True)
        u = t + t * t * network(t)
        return torch.mean((slope(slope(u, t), t) + u) ** 2)

    def critic(step):
        real, fake, between = (torch.tensor(x[step]) for x in samples())
        between.requires_grad_()
        length = torch.sqrt(torch.sum(slope(network(between), between) ** 2, 1))
        return torch.mean(network(fake)) - torch.mean(network(real)) + 10 * torch.mean((length - 1) ** 2)

    loss_at = {"equation": equation, "critic": critic}[name]
    optimizer, losses = torch.optim.Adam(network.parameters(), lr=0.01), []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = loss_at(step)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return np.array(losses), np.concatenate([p.detach().numpy().ravel() for p in network.parameters()])

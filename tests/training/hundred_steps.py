"""A hundred steps of each encoder, as the command line trains it: one list for the recording script, the recorded test and the live one.

Data are the digits in their own order, so every batch is the same everywhere; weights come from one seeded generator. Only what
comes out is recorded: the loss at each step, and the trained weights seen from random directions, which tell any two apart.
"""

from dataclasses import dataclass

import numpy as np

import tinygrad_loss as tl

STEPS, BATCH, DIRECTIONS = 100, 32, 6


@dataclass(frozen=True)
class Training:
    """An encoder, what it is trained on, and how.

    Attributes:
        encoder: of the command line's, without dropout, whose chance no other program draws.
        loss: its name, in both libraries.
        optimizer: its class.
        settings: of the optimiser.
        top: the highest rate of a one-cycle schedule; None for a constant rate.
    """

    encoder: str
    loss: str
    optimizer: str
    settings: tuple[tuple[str, float | bool], ...]
    top: float | None = None


def by_the_command_line(encoder, loss, top):
    """Return the training that ``tinygrad-loss train`` does: AdamW under a one-cycle schedule, stepped at every batch."""
    return Training(encoder, loss, "AdamW", (("lr", 1e-3), ("weight_decay", 0.02)), top)


TRAININGS = {
    "mlp": by_the_command_line("mlp", "cross_entropy", 3e-3),
    "cnn": by_the_command_line("cnn", "cross_entropy", 3e-3),
    "rnn": by_the_command_line("rnn", "cross_entropy", 5e-3),
    "transformer": by_the_command_line("transformer", "cross_entropy", 1e-3),
    "lstm": by_the_command_line("lstm", "cross_entropy", 5e-3),
    "numbers": by_the_command_line("numbers", "mse_loss", 3e-3),
    "cnn, momentum": Training("cnn", "cross_entropy", "SGD", (("lr", 0.05), ("momentum", 0.9), ("nesterov", True))),
    "mlp, huber": Training("numbers", "huber_loss", "RMSprop", (("lr", 1e-3), ("momentum", 0.5))),
}


def batches(training):
    """Return inputs ``(STEPS, BATCH, 8, 8)`` and targets: the digit, or the share of ink in the lower half where numbers are learnt."""
    digits = tl.data.load("digits", dtype=np.float64)
    rows = np.arange(STEPS * BATCH) % len(digits)
    x, y = digits.x[rows], digits.y[rows]
    if training.encoder == "numbers":
        y = x[:, 4:].sum((1, 2)) / x.sum((1, 2))
        y = ((y - y.mean()) / y.std())[:, None]
    return x.reshape(STEPS, BATCH, 8, 8), y.reshape(STEPS, BATCH, *y.shape[1:])


def start(shapes):
    """Return first weights by name: uniform within 1/sqrt(inputs); what scales a normalised value starts near 1."""
    rng, state = np.random.default_rng(17), {}
    for name, shape in sorted(shapes.items()):
        bound = 1 / np.sqrt(np.prod(shape[1:]) if len(shape) > 1 else shape[0])
        drawn = rng.uniform(-bound, bound, shape)
        state[name] = 1 + drawn if "norm" in name and name.endswith("weight") else drawn
    return state


def seen(state):
    """Return every trained array's components along random directions of length 1, ``(arrays, DIRECTIONS)``."""
    rng, found = np.random.default_rng(18), []
    for _, value in sorted(state.items()):
        directions = rng.normal(size=(DIRECTIONS, value.size))
        found.append(directions @ value.ravel() / np.linalg.norm(directions, axis=1))
    return np.array(found)


def trained_by_torch(training):
    """Train with PyTorch; return the losses ``(STEPS,)`` and the weights as `seen`."""
    import torch  # noqa: PLC0415  only the recording and the live test need it

    from training import torch_encoders  # noqa: PLC0415  imports torch

    model = torch_encoders.MAKE[training.encoder]().double().train()
    first = start({name: tuple(value.shape) for name, value in model.state_dict().items()})
    model.load_state_dict({name: torch.tensor(value) for name, value in first.items()})
    optimizer = getattr(torch.optim, training.optimizer)(model.parameters(), **dict(training.settings))
    schedule = training.top and torch.optim.lr_scheduler.OneCycleLR(optimizer, training.top, total_steps=STEPS)
    losses = []
    for x, y in zip(*batches(training), strict=True):
        optimizer.zero_grad()
        loss = getattr(torch.nn.functional, training.loss)(model(torch.tensor(x)), torch.tensor(y))
        loss.backward()
        optimizer.step()
        if schedule:
            schedule.step()
        losses.append(loss.item())
    return np.array(losses), seen({name: value.detach().numpy() for name, value in model.state_dict().items()})

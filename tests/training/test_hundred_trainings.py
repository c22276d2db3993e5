"""A hundred short trainings of random valid make: each ends with finite numbers, or says why not and what to type."""

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import errors, nn, optim
from tinygrad_loss.training.encoders import Patches, Rows
from tinygrad_loss.training.objective import objective, usable

ACTIVATIONS = [nn.ReLU, nn.Tanh, nn.GELU, nn.SiLU, nn.Sigmoid, nn.ELU, nn.Softplus, nn.LeakyReLU]
OPTIMISERS = [
    lambda p, lr: optim.SGD(p, lr=lr, momentum=0.9, nesterov=True),
    lambda p, lr: optim.SGD(p, lr=lr, weight_decay=0.1),
    lambda p, lr: optim.Adagrad(p, lr=lr),
    lambda p, lr: optim.RMSprop(p, lr=lr, centered=True),
    lambda p, lr: optim.Adam(p, lr=lr, amsgrad=True),
    lambda p, lr: optim.AdamW(p, lr=lr),
    lambda p, lr: optim.Lion(p, lr=lr / 10),
    lambda p, lr: optim.Subgradient(p, lr=lr),
    lambda p, lr: optim.Proximal(p, lr=lr, l1=1e-3),
]
SCHEDULES = [
    lambda o: None,
    lambda o: optim.StepLR(o, 1, 0.5),
    lambda o: optim.CosineAnnealingLR(o, 3),
    lambda o: optim.LinearLR(o, 0.1),
    lambda o: optim.ReduceLROnPlateau(o, patience=0),
]
CLASSES = ("a", "b", "c")


def random_data(rng):
    n, scale = int(rng.integers(1, 25)), 10.0 ** rng.integers(-3, 3)
    shape = (4, 4) if rng.random() < 0.5 else (int(rng.integers(1, 6)),)
    x = (scale * rng.standard_normal((n, *shape))).astype(np.float32)
    if rng.random() < 0.2:
        x[rng.integers(n)] = 0.0
    if rng.random() < 0.6:
        return tl.data.Dataset(x, rng.integers(0, 3, n), classes=CLASSES)
    return tl.data.Dataset(x, (scale * rng.standard_normal((n, 1))).astype(np.float32))


def random_model(rng, data):
    outputs, shape = len(data.classes) or 1, data.x.shape[1:]
    kind = rng.integers(4) if len(shape) == 2 else 0
    if kind == 1:
        return nn.Sequential(
            nn.Unflatten(1, (1, 4)), nn.Conv2d(1, 3, 3, padding=1, rng=rng), nn.ReLU(), nn.Flatten(), nn.Linear(48, outputs, rng=rng)
        )
    if kind == 2:
        return Rows(4, 5, outputs, rng)
    if kind == 3:
        return Patches(4, 4, 2, 8, outputs, rng)
    width = int(rng.integers(1, 12))
    layers = [nn.Flatten(), nn.Linear(int(np.prod(shape)), width, rng=rng), ACTIVATIONS[rng.integers(len(ACTIVATIONS))]()]
    if rng.random() < 0.3:
        layers.append(nn.LayerNorm(width))
    if rng.random() < 0.3:
        layers.append(nn.Dropout(0.5, rng=rng))
    return nn.Sequential(*layers, nn.Linear(width, outputs, rng=rng))


@pytest.mark.parametrize("seed", [*range(100), 1056])  # 1056: finite gradients whose squares overflow
def test_a_random_training_ends_well_or_says_why(seed):
    rng = np.random.default_rng(seed)
    data = random_data(rng)
    model = random_model(rng, data)
    names = usable(data)
    optimizer = OPTIMISERS[rng.integers(len(OPTIMISERS))](model.parameters(), 10.0 ** rng.uniform(-4, 1))
    try:
        history = tl.fit(
            model,
            objective(names[rng.integers(len(names))], data),
            data,
            optimizer=optimizer,
            epochs=3,
            batch_size=int(rng.integers(1, 12)),
            schedule=SCHEDULES[rng.integers(len(SCHEDULES))](optimizer),
            clip_norm=1.0 if rng.random() < 0.3 else None,
            keep_best=bool(rng.random() < 0.3),
            validation=data if rng.random() < 0.5 else None,
            rng=seed,
        )
    except errors.NonFiniteError as error:
        said = str(error)
        assert "must be finite" in said
        assert " instead: " in said
        return
    assert np.isfinite([*history["loss"], *history["grad_norm"]]).all()
    for p in model.parameters():
        assert np.isfinite(p.data).all()

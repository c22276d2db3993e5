"""Our optimisers, made from the cases."""

import numpy as np

import tinygrad_loss as tl
from tinygrad_loss import optim


def made(name, settings, start):
    """Return parameters and an optimiser of them."""
    settings = {k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()}
    params = [tl.tensor(np.array(x), requires_grad=True) for x in start]
    return params, getattr(optim, name)(params, **settings)

"""From a noise model to its loss: minus the logarithm of how likely the target is, with the prediction as the model's parameter."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.op import Array
from tinygrad_loss.losses import checks
from tinygrad_loss.losses.facts import Facts, Kink, Smoothness, Task
from tinygrad_loss.losses.loss import Loss

__all__ = ["from_distribution"]


@dataclass(frozen=True, slots=True)
class Noise:
    """What is known of the negative log-likelihood of a family as a function of one parameter, the others being known."""

    predicts: str
    input: str
    target: str
    estimates: str
    convex: bool = True
    robust: bool = False
    task: Task = "regression"
    smoothness: Smoothness = "C-infinity"
    kinks: tuple[Kink, ...] = ()
    known: tuple[tuple[str, float], ...] = ()


UNIT: Final = (("scale", 1.0),)
NOISES: Final = {
    "Normal": Noise("loc", "real", "real", "mean", known=UNIT),
    "Laplace": Noise("loc", "real", "real", "median", robust=True, smoothness="kink", kinks=(Kink(0.0, -1.0, 1.0),), known=UNIT),
    "AsymmetricLaplace": Noise(
        "loc", "real", "real", "quantile", robust=True, smoothness="kink", kinks=(Kink(0.0, -0.5, 0.5),), known=(*UNIT, ("quantile", 0.5))
    ),
    "Logistic": Noise("loc", "real", "real", "between mean and median", robust=True, known=UNIT),
    "HyperbolicSecant": Noise("loc", "real", "real", "between mean and median", robust=True, known=UNIT),
    "Cauchy": Noise("loc", "real", "real", "between mean and mode", convex=False, robust=True, known=UNIT),
    "StudentT": Noise("loc", "real", "real", "between mean and mode", convex=False, robust=True, known=(("df", 4.0), *UNIT)),
    "Gumbel": Noise("loc", "real", "real", "-log E exp(-y)", known=UNIT),
    "VonMises": Noise("loc", "real", "real", "mean direction", convex=False, robust=True, known=(("concentration", 1.0),)),
    "LogNormal": Noise("loc", "real", "positive", "mean of log y", known=UNIT),
    "InverseGaussian": Noise("loc", "positive", "positive", "mean", convex=False, known=(("concentration", 1.0),)),
    "Exponential": Noise("rate", "positive", "nonnegative", "1 / mean"),
    "Gamma": Noise("rate", "positive", "positive", "concentration / mean", known=(("concentration", 1.0),)),
    "Weibull": Noise("scale", "positive", "positive", "power mean", convex=False, known=(("concentration", 1.0),)),
    "Poisson": Noise("rate", "positive", "count", "mean", task="counts"),
    "Geometric": Noise("logits", "logit", "count", "log-odds", task="counts"),
    "NegativeBinomial": Noise("logits", "logit", "count", "log(mean / total_count)", task="counts", known=(("total_count", 1.0),)),
    "Binomial": Noise("logits", "logit", "count", "log-odds", task="counts", known=(("total_count", 1.0),)),
    "Bernoulli": Noise("logits", "logit", "binary", "log-odds", task="classification"),
    "Categorical": Noise("logits", "logit", "class index", "log-probabilities", task="classification"),
}


def from_distribution(family: Any, **known: Any) -> Loss:
    r"""Return the loss of a noise model: $-\log p(y; z)$, constants included, where the prediction z is the model's parameter.

    The prediction is the location where there is one, else the rate or the logits; of `Categorical`, the logits along axis 1.

    Args:
        family: a class of ``tl.distributions``.
        known: the other parameters, with the names of the family; a scale is 1 unless given.

    Returns:
        A loss like every other: ``loss(input, target, reduction="mean", sample_weight=..., where=...)``, with its facts.

    Raises:
        DomainError: the family has no parameter that a model would predict.

    Source: Bishop 2006, Pattern Recognition and Machine Learning, section 5.2.

    >>> import numpy as np, tinygrad_loss as tl
    >>> loss = tl.losses.from_distribution(tl.distributions.Laplace)
    >>> round(float(loss([1.0], [3.0]) - np.log(2.0)), 12)  # the absolute error, and a constant
    2.0
    >>> loss.likelihood.__name__
    'Laplace'
    """
    name = family.__name__
    if name not in NOISES:
        rule = f"a loss needs one parameter to predict, as {', '.join(NOISES)} have"
        raise errors.DomainError(errors.say("from_distribution", rule, name, "lambda z, y: np.mean(family(z).nll(y))"))
    noise = NOISES[name]
    others = {**dict(noise.known), **known}

    def terms(input: Array, target: Array) -> Array:  # noqa: A002  PyTorch's name
        if name == "Categorical" and input.ndim > 1:
            input = np.moveaxis(input, 1, -1)  # noqa: A001  PyTorch's name
        return family(**{noise.predicts: input}, **others).nll(target)

    terms.__name__ = terms.__qualname__ = f"{name.lower()}_nll"
    terms.__doc__ = f"Return the negative log-likelihood of {name} noise, as a function of its {noise.predicts}."
    facts = Facts(
        formula=rf"-\log p(y; {noise.predicts} = z)",
        input=noise.input,
        target=noise.target,
        task=noise.task,
        likelihood=name,
        estimates=noise.estimates,
        smoothness=noise.smoothness,
        variable="residual" if noise.kinks else "",
        kinks=noise.kinks if others == dict(noise.known) else (),
        convex=noise.convex,
        robust=noise.robust,
        choose=f"The noise is believed to be {name}.",
        source=str(family.__doc__).partition("Source: ")[2].partition("\n")[0] or "its family",
    )
    check = None if name == "Categorical" else checks.alike
    return Loss(terms, facts, order=(), check=check, at_once=None, mean_of=None, divides_by="the number of entries", per="entry")

"""Noise models: how likely is what happened? Each is the source of a loss, and each can be fitted by maximum likelihood.

Names and parameters are PyTorch's where it has them.
"""

import typing as _typing

from tinygrad_loss import errors as _errors
from tinygrad_loss.distributions import closed_forms as closed_forms
from tinygrad_loss.distributions import cross_entropies as cross_entropies
from tinygrad_loss.distributions.bounded import Beta as Beta
from tinygrad_loss.distributions.bounded import Uniform as Uniform
from tinygrad_loss.distributions.bounded import VonMises as VonMises
from tinygrad_loss.distributions.categorical import Categorical as Categorical
from tinygrad_loss.distributions.categorical import Multinomial as Multinomial
from tinygrad_loss.distributions.counts import NegativeBinomial as NegativeBinomial
from tinygrad_loss.distributions.counts import Poisson as Poisson
from tinygrad_loss.distributions.dirichlet import Dirichlet as Dirichlet
from tinygrad_loss.distributions.divergence import Estimate as Estimate
from tinygrad_loss.distributions.divergence import kl_divergence as kl_divergence
from tinygrad_loss.distributions.divergence import register_kl as register_kl
from tinygrad_loss.distributions.elsewhere import OF_THE_ROOM as _OF_THE_ROOM
from tinygrad_loss.distributions.family import FAMILIES as FAMILIES
from tinygrad_loss.distributions.family import Distribution as Distribution
from tinygrad_loss.distributions.heavy_tailed import Cauchy as Cauchy
from tinygrad_loss.distributions.heavy_tailed import StudentT as StudentT
from tinygrad_loss.distributions.likelihood import Fit as Fit
from tinygrad_loss.distributions.likelihood import likelihood_curve as likelihood_curve
from tinygrad_loss.distributions.likelihood import profile as profile
from tinygrad_loss.distributions.mixture import Mixture as Mixture
from tinygrad_loss.distributions.mixture import MixtureSameFamily as MixtureSameFamily
from tinygrad_loss.distributions.multivariate import MultivariateNormal as MultivariateNormal
from tinygrad_loss.distributions.positive import Exponential as Exponential
from tinygrad_loss.distributions.positive import Gamma as Gamma
from tinygrad_loss.distributions.positive import Weibull as Weibull
from tinygrad_loss.distributions.regression import Regression as Regression
from tinygrad_loss.distributions.regression import quantile_regression as quantile_regression
from tinygrad_loss.distributions.regression import regress as regress
from tinygrad_loss.distributions.skewed import AsymmetricLaplace as AsymmetricLaplace
from tinygrad_loss.distributions.skewed import Gumbel as Gumbel
from tinygrad_loss.distributions.skewed_positive import InverseGaussian as InverseGaussian
from tinygrad_loss.distributions.skewed_positive import LogNormal as LogNormal
from tinygrad_loss.distributions.symmetric import HyperbolicSecant as HyperbolicSecant
from tinygrad_loss.distributions.symmetric import Laplace as Laplace
from tinygrad_loss.distributions.symmetric import Logistic as Logistic
from tinygrad_loss.distributions.symmetric import Normal as Normal
from tinygrad_loss.distributions.transformed import AffineTransform as AffineTransform
from tinygrad_loss.distributions.transformed import ExpTransform as ExpTransform
from tinygrad_loss.distributions.transformed import Independent as Independent
from tinygrad_loss.distributions.transformed import PowerTransform as PowerTransform
from tinygrad_loss.distributions.transformed import SigmoidTransform as SigmoidTransform
from tinygrad_loss.distributions.transformed import TanhTransform as TanhTransform
from tinygrad_loss.distributions.transformed import Transform as Transform
from tinygrad_loss.distributions.transformed import TransformedDistribution as TransformedDistribution
from tinygrad_loss.distributions.trials import Bernoulli as Bernoulli
from tinygrad_loss.distributions.trials import Binomial as Binomial
from tinygrad_loss.distributions.trials import Geometric as Geometric
from tinygrad_loss.engine.explained import explain_room as _explain_room

globals().update(_explain_room(globals()))


def __dir__() -> list[str]:
    return _errors.offered(globals())


if not _typing.TYPE_CHECKING:  # a checker that saw it would believe every name

    def __getattr__(name: str) -> _typing.Any:
        raise _errors.no_name(__name__, name, __dir__(), _OF_THE_ROOM)


_errors.refuse_calls(__name__)

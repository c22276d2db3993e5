"""The table over which every distribution is tested: members of each family, and what SciPy calls them."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.stats as st

from tinygrad_loss import distributions as D  # noqa: N812  the mathematical letter for a distribution

__all__ = ["CASES", "CONTINUOUS", "DISCRETE", "UNIVARIATE", "Case"]


@dataclass(frozen=True)
class Case:
    """One member of a family.

    Attributes:
        family: the class.
        given: its parameters.
        reference: SciPy's distribution, or None where it has none.
        ends: where the density is integrated; finite ends where the tails beyond hold less than rounding.
        values: values of the support at which formulas are compared.
        fixed: parameters that `fit` is told.
        label: tells cases of one family apart.
    """

    family: Any
    given: dict[str, Any]
    reference: Any = None
    ends: tuple[float, float] = (-np.inf, np.inf)
    values: tuple[Any, ...] = (-3.0, -0.4, 0.1, 0.7, 5.0)
    fixed: tuple[str, ...] = ()
    label: str = ""
    whole: bool = False
    event: bool = False
    breaks: tuple[float, ...] = field(default=())

    @property
    def d(self) -> Any:
        return self.family(**self.given)

    def __str__(self) -> str:
        return self.family.__name__ + self.label


POSITIVE = (0.0, np.inf)
POINTS = (0.03, 0.4, 1.1, 2.5, 7.0)
PARTS = (0.02, 0.3, 0.55, 0.97)
COUNTS = (0.0, 1.0, 2.0, 5.0, 9.0)

CASES = (
    Case(D.Normal, {"loc": 0.3, "scale": 1.7}, st.norm(0.3, 1.7)),
    Case(D.Laplace, {"loc": 0.3, "scale": 1.7}, st.laplace(0.3, 1.7), breaks=(0.3,)),
    Case(D.Logistic, {"loc": 0.3, "scale": 1.7}, st.logistic(0.3, 1.7)),
    Case(D.HyperbolicSecant, {"loc": 0.3, "scale": 1.7}, st.hypsecant(0.3, 1.7)),
    Case(D.Cauchy, {"loc": 0.3, "scale": 1.7}, st.cauchy(0.3, 1.7)),
    Case(D.StudentT, {"df": 4.5, "loc": 0.3, "scale": 1.7}, st.t(4.5, 0.3, 1.7), fixed=("df",)),
    Case(D.Gumbel, {"loc": 0.3, "scale": 1.7}, st.gumbel_r(0.3, 1.7)),
    Case(D.AsymmetricLaplace, {"loc": 0.3, "scale": 0.7, "quantile": 0.8}, st.laplace_asymmetric(2.0, 0.3, 0.7 / 0.4), breaks=(0.3,)),
    Case(D.Exponential, {"rate": 1.6}, st.expon(scale=1 / 1.6), POSITIVE, POINTS),
    Case(D.Gamma, {"concentration": 2.4, "rate": 1.6}, st.gamma(2.4, scale=1 / 1.6), POSITIVE, POINTS),
    Case(D.Gamma, {"concentration": 0.6, "rate": 1.6}, st.gamma(0.6, scale=1 / 1.6), POSITIVE, POINTS, label="<1"),
    Case(D.Weibull, {"scale": 1.6, "concentration": 1.8}, st.weibull_min(1.8, scale=1.6), POSITIVE, POINTS),
    Case(D.LogNormal, {"loc": 0.3, "scale": 0.6}, st.lognorm(0.6, scale=np.exp(0.3)), POSITIVE, POINTS),
    Case(D.InverseGaussian, {"loc": 1.5, "concentration": 2.5}, st.invgauss(1.5 / 2.5, scale=2.5), POSITIVE, POINTS),
    Case(D.Beta, {"concentration1": 2.2, "concentration0": 1.3}, st.beta(2.2, 1.3), (0.0, 1.0), PARTS),
    Case(D.Uniform, {"low": -1.0, "high": 2.0}, st.uniform(-1.0, 3.0), (-1.0, 2.0), (-0.9, 0.0, 1.5)),
    Case(D.VonMises, {"loc": 0.3, "concentration": 1.7}, st.vonmises(1.7, 0.3), (-np.pi + 0.3, np.pi + 0.3)),
    Case(D.Bernoulli, {"probs": 0.3}, st.bernoulli(0.3), (0, 1), (0.0, 1.0), whole=True),
    Case(D.Bernoulli, {"logits": -0.7}, st.bernoulli(1 / (1 + np.exp(0.7))), (0, 1), (0.0, 1.0), whole=True, label=" logits"),
    Case(D.Binomial, {"total_count": 9, "probs": 0.3}, st.binom(9, 0.3), (0, 9), COUNTS, ("total_count",), whole=True),
    Case(
        D.Binomial,
        {"total_count": 9, "logits": 0.4},
        st.binom(9, 1 / (1 + np.exp(-0.4))),
        (0, 9),
        COUNTS,
        ("total_count",),
        " logits",
        True,
    ),
    Case(D.Geometric, {"probs": 0.3}, st.geom(0.3, -1), (0, 200), COUNTS, whole=True),
    Case(D.Geometric, {"logits": 0.4}, st.geom(1 / (1 + np.exp(-0.4)), -1), (0, 200), COUNTS, whole=True, label=" logits"),
    Case(D.Poisson, {"rate": 3.2}, st.poisson(3.2), (0, 80), COUNTS, whole=True),
    Case(D.NegativeBinomial, {"total_count": 2.5, "probs": 0.6}, st.nbinom(2.5, 0.4), (0, 200), COUNTS, whole=True),
    Case(
        D.NegativeBinomial,
        {"total_count": 2.5, "logits": 0.2},
        st.nbinom(2.5, 1 / (1 + np.exp(0.2))),
        (0, 200),
        COUNTS,
        whole=True,
        label=" logits",
    ),
    Case(D.Categorical, {"probs": [0.2, 0.5, 0.3]}, None, (0, 2), (0, 1, 2), whole=True),
    Case(D.Categorical, {"logits": [0.2, -0.5, 1.3]}, None, (0, 2), (0, 1, 2), whole=True, label=" logits"),
    Case(
        D.Multinomial,
        {"total_count": 4, "probs": [0.2, 0.5, 0.3]},
        st.multinomial(4, [0.2, 0.5, 0.3]),
        values=([4.0, 0.0, 0.0], [1.0, 1.0, 2.0]),
        fixed=("total_count",),
        whole=True,
        event=True,
    ),
    Case(
        D.Dirichlet,
        {"concentration": [1.4, 2.0, 0.8]},
        st.dirichlet([1.4, 2.0, 0.8]),
        values=([0.2, 0.5, 0.3], [0.7, 0.1, 0.2]),
        event=True,
    ),
    Case(
        D.MultivariateNormal,
        {"loc": [0.3, -1.0], "scale_tril": [[1.2, 0.0], [0.5, 0.8]]},
        st.multivariate_normal([0.3, -1.0], np.array([[1.44, 0.6], [0.6, 0.89]])),
        values=([0.2, 0.5], [1.0, -3.0]),
        event=True,
    ),
)
UNIVARIATE = tuple(case for case in CASES if not case.event)
CONTINUOUS = tuple(case for case in UNIVARIATE if not case.whole)
DISCRETE = tuple(case for case in UNIVARIATE if case.whole)

"""Fits by SciPy, statsmodels and scikit-learn, found again: from a distribution's likelihood or from a loss, with our gradients."""

import json
from pathlib import Path

import numpy as np
import pytest
import scipy.optimize

import tinygrad_loss as tl
from tinygrad_loss import distributions as D  # noqa: N812  the mathematical letter for a distribution
from tinygrad_loss.ops import error_function, exponential

REFS = json.loads((Path(__file__).parents[1] / "data" / "mle_refs.json").read_text())["refs"]


def data(name):
    ref = REFS[name]
    X = None if ref["X"] is None else np.array(ref["X"])
    return ref, X, np.array(ref["y"])


def minimised(loss, start):
    """Minimise with L-BFGS and exact gradients, then polish with exact Hessians."""
    found = scipy.optimize.minimize(tl.value_and_grad(loss), start, jac=True, method="L-BFGS-B", options={"maxiter": 5000, "ftol": 1e-15})
    at = found.x
    for _ in range(3):
        at = at - np.linalg.solve(tl.hessian(loss)(at), tl.grad(loss)(at))
    return at, float(loss(at))


def agrees(ref, parameters, loss):
    assert loss == pytest.approx(ref["loss"], rel=1e-6)
    np.testing.assert_allclose(parameters, ref["params"], rtol=1e-4)


def test_gaussian_noise_is_least_squares():
    ref, X, y = data("gaussian_ols_stackloss")
    fit = D.regress(lambda eta, scale: D.Normal(eta, scale), X, y, positive={"scale": 1.0})
    agrees(ref, fit.coefficients, fit.nll)
    assert fit.others["scale"] ** 2 == pytest.approx(ref["sigma2"], rel=1e-9)
    classical = np.sqrt(np.diagonal(np.linalg.inv(X.T @ X)) * ref["sigma2"])
    np.testing.assert_allclose(fit.standard_errors[:4], classical, rtol=1e-7)


@pytest.mark.parametrize("quantile", [0.05, 0.5, 0.95])
def test_asymmetric_laplace_noise_is_quantile_regression(quantile):
    ref, X, y = data(f"pinball_engel_q{quantile}")
    found = D.quantile_regression(X, y, quantile)
    constant = np.log(quantile * (1 - quantile))
    agrees(ref, found, float(np.sum(D.AsymmetricLaplace(X @ found, 1.0, quantile).nll(y) + constant)))


def test_huber_loss():
    ref, X, y = data("huber_stackloss_d2.0")
    at, loss = minimised(lambda b: tl.losses.huber_loss(X @ b, y, delta=ref["delta"], reduction="sum"), np.linalg.lstsq(X, y)[0])
    agrees(ref, at, loss)


def test_probit():
    ref, X, y = data("bernoulli_probit_spector")
    fit = D.regress(lambda eta: D.Bernoulli(logits=error_function.log_ndtr(eta) - error_function.log_ndtr(-eta)), X, y)
    agrees(ref, fit.coefficients, fit.nll)


def test_ordinal_logit():
    ref, X, y = data("ordinal_logit_anes96")
    p = X.shape[1]

    def loss(u):
        cuts = np.concatenate([u[p : p + 1], u[p] + np.cumsum(np.exp(u[p + 1 :]))])
        z = cuts - (X @ u[:p])[:, None]
        ones = np.ones((len(y), 1))
        below = np.concatenate([0 * ones, exponential.expit(z), ones], axis=1)
        return np.sum(D.Categorical(probs=below[:, 1:] - below[:, :-1], validate_args=False).nll(y))

    at, value = minimised(loss, np.concatenate([np.zeros(p), [-1.0], np.full(5, -0.5)]))
    agrees(ref, at, value)
    np.testing.assert_allclose(at[p] + np.concatenate([[0.0], np.cumsum(np.exp(at[p + 1 :]))]), ref["thresholds"], rtol=1e-4)


def test_gamma_with_a_log_link():
    ref, X, y = data("gamma_log_scotland")
    fit = D.regress(lambda eta: D.Gamma(1.0, np.exp(-eta)), X, y)
    saturated = float(np.sum(D.Gamma(1.0, 1.0 / y).nll(y)))
    agrees(ref, fit.coefficients, 2 * (fit.nll - saturated))


def test_tweedie_with_a_log_link():
    ref, X, y = data("tweedie_cpunish_p1.5")
    orthogonal, triangle = np.linalg.qr(X)

    def deviance(u):
        return tl.losses.tweedie_deviance_loss(np.exp(orthogonal @ u), y, power=ref["power"], reduction="sum")

    start = orthogonal.T @ np.log(y + 0.5)
    at, loss = minimised(deviance, start)
    agrees(ref, np.linalg.solve(triangle, at), loss)


def test_cox_partial_likelihood_with_breslow_ties():
    """Who fails next is one of those still at risk: a categorical likelihood for each event."""
    ref, X, y = data("cox_breslow_heart")
    events = np.array(ref["event"]) == 1
    at_risk = y >= y[events][:, None]

    def loss(b):
        scores = np.where(at_risk, X @ b, -np.inf)
        return np.sum(D.Categorical(logits=scores, validate_args=False).nll(np.flatnonzero(events)))

    agrees(ref, *minimised(loss, np.zeros(1)))


FAMILIES = {
    "mle_norm_stackloss": (D.Normal, lambda d: [d.loc, d.scale]),
    "mle_logistic_stackloss": (D.Logistic, lambda d: [d.loc, d.scale]),
    "mle_gumbel_r_stackloss": (D.Gumbel, lambda d: [d.loc, d.scale]),
    "mle_gamma_engel": (D.Gamma, lambda d: [d.concentration, 0.0, 1.0 / d.rate]),
    "mle_weibull_min_engel": (D.Weibull, lambda d: [d.concentration, 0.0, d.scale]),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_families(name):
    ref, _, y = data(name)
    family, parameters = FAMILIES[name]
    d = family.fit(y)
    agrees(ref, parameters(d), -d.fitted.log_likelihood)

"""Fits by statsmodels, scikit-learn and SciPy: our loss has their value there, and no slope."""

import json
from pathlib import Path

import numpy as np
import pytest

import tinygrad_loss as tl

REFERENCES = json.loads((Path(__file__).parents[1] / "data" / "mle_refs.json").read_text())["refs"]
L = tl.losses


def arrays(name):
    ref = REFERENCES[name]
    return {key: np.array(value, float) for key, value in ref.items() if isinstance(value, list)}, ref


def huber(b, a, ref):
    return L.huber_loss(a["X"] @ b, a["y"], delta=ref["delta"], reduction="sum")


def gamma(b, a, ref):
    return L.gamma_deviance_loss(np.exp(a["X"] @ b), a["y"], reduction="sum")


def tweedie(b, a, ref):
    return L.tweedie_deviance_loss(np.exp(a["X"] @ b), a["y"], power=ref["power"], reduction="sum")


def cox(b, a, ref):
    return L.cox_loss(a["X"] @ b, a["y"], a["event"], reduction="sum")


def ordinal(b, a, ref):
    """The last six parameters are the first threshold and the logarithms of the steps to the next ones."""
    k = a["X"].shape[1]
    cuts = np.cumsum(np.concatenate([b[k : k + 1], np.exp(b[k + 1 :])]))
    return L.cumulative_logit_loss(a["X"] @ b[:k], cuts, a["y"].astype(int), reduction="sum")


FITS = {
    "huber_stackloss_d2.0": huber,
    "gamma_log_scotland": gamma,
    "tweedie_cpunish_p1.5": tweedie,
    "cox_breslow_heart": cox,
    "ordinal_logit_anes96": ordinal,
}


@pytest.mark.parametrize("name", FITS)
def test_value_and_stationarity(name):
    a, ref = arrays(name)
    value, slope = tl.value_and_grad(lambda b: FITS[name](b, a, ref))(np.array(ref["params"]))
    np.testing.assert_allclose(value, ref["loss"], rtol=1e-6)
    size = np.abs(a["X"]).sum(axis=0).max()
    np.testing.assert_allclose(slope, 0.0, atol=1e-4 * size)


@pytest.mark.parametrize("name", FITS)
def test_the_minimum_is_the_reference(name):
    """From a start that knows nothing, Newton's steps with our gradients and Hessians end at the reference's parameters."""
    a, ref = arrays(name)
    known = np.array(ref["params"])
    q, r = np.linalg.qr(a["X"])  # coordinates in which the columns are orthonormal, to be far from no start
    k = q.shape[1]
    turned = a | {"X": q}
    found = tl.optim.minimize(lambda u: FITS[name](u, turned, ref), np.zeros(len(known)), method="trust-exact", options={"gtol": 1e-9})
    params = np.concatenate([np.linalg.solve(r, found.x[:k]), found.x[k:]])
    np.testing.assert_allclose(found.fun, ref["loss"], rtol=1e-6)
    np.testing.assert_allclose(params, known, rtol=1e-4, atol=1e-6)


def test_efron_shares_the_risk_of_tied_events():
    """Two events at time 1 among three subjects with relative risks 2, 3, 5: 1/(2+3+5) and 1/((2+3)/2+5), by Efron 1977."""
    z = np.log(np.array([2.0, 3.0, 5.0]))
    value = L.cox_loss(z, np.array([1.0, 1.0, 2.0]), np.array([1.0, 1.0, 0.0]), ties="efron", reduction="sum")
    np.testing.assert_allclose(value, np.log(10.0) + np.log(7.5) - np.log(6.0), rtol=1e-14)

"""What a notebook shows of a distribution, and of a fit."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.distributions.operand import numbers
from tinygrad_loss.engine import html

__all__ = ["of_distribution", "of_fit", "of_regression"]


def of_distribution(d: Any) -> str:
    """Return its parameters, support and moments, and the fit that they come from."""
    rows = {key: numbers(getattr(d, key)) for key in getattr(d, "_given", ())}
    rows |= {
        "support": getattr(getattr(d, "support", None), "rule", ""),
        "batch shape": d.batch_shape or "",
        "mean": _known(lambda: numbers(d.mean)),
        "standard deviation": _known(lambda: numbers(d.stddev)),
    }
    return html.sheet(type(d).__name__, rows) + (of_fit(d.fitted) if d.fitted is not None else "")


def of_fit(fit: Any) -> str:
    """Return the estimates with their standard errors, and how well they fit."""
    spread = _known(lambda: fit.standard_errors) or {}
    rows = [(key, value, spread.get(key, "none")) for key, value in fit.estimates.items()]
    estimates = html.grid(f"{fit.family.__name__} fitted to {fit.data.shape[0]} rows", ("parameter", "estimate", "standard error"), rows)
    good = {"log-likelihood": f"{fit.log_likelihood:.6g}", "AIC": f"{fit.aic:.6g}", "BIC": f"{fit.bic:.6g}"}
    return estimates + html.sheet("how well", good)


def of_regression(fit: Any) -> str:
    """Return the coefficients and the other parameters with their standard errors, and how well they fit."""
    values = {f"coefficient {i}": b for i, b in enumerate(fit.coefficients)} | dict(fit.others)
    spread = _known(lambda: fit.standard_errors)
    rows = [(key, f"{value:.6g}", spread[i] if np.ndim(spread) else "none") for i, (key, value) in enumerate(values.items())]
    estimates = html.grid("regression", ("parameter", "estimate", "standard error"), rows)
    return estimates + html.sheet("how well", {"negative log-likelihood": f"{fit.nll:.6g}", "AIC": f"{fit.aic:.6g}"})


def _known(ask: Callable[[], Any]) -> Any:
    """Return an answer, or nothing where there is none."""
    try:
        with np.errstate(all="ignore"):
            return ask()
    except (errors.TinygradLossError, NotImplementedError, np.linalg.LinAlgError):
        return ""

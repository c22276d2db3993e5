"""Expectation and maximisation: a mixture climbs its likelihood by sharing each value out among its components, and fitting each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.calculus.functional import hessian
from tinygrad_loss.distributions import likelihood
from tinygrad_loss.distributions.operand import numbers
from tinygrad_loss.engine.op import Array
from tinygrad_loss.ops.exponential import logsumexp

__all__ = ["MixtureFit", "climb_mixture"]

MOVING: Final = ("loc", "rate")
"""Parameters that move a density, or stretch it from 0: with these alone it cannot gather around one value."""
STARTS: Final = 5
ROUNDS: Final = 5000
SETTLED: Final = 1e-13
"""The relative gain in likelihood of a round below which a climb has ended."""

FLAT: Final = 1e-6
"""The least curvature, in units of each direction's own, that is told from rounding and from where a climb ends."""


@dataclass(frozen=True, eq=False)
class MixtureFit:
    """What `Mixture.fit` found: a maximum of the likelihood near which no other was found, of several starts."""

    log_likelihood: float
    rounds: int
    gains: tuple[float, ...]
    """The log-likelihood of each start's climb."""
    estimates: dict[str, np.ndarray]
    """The weights as "probs", then what was estimated of the components; a shared scale is one number."""
    nll: Callable[[dict[str, Array]], Array]
    """The negative log-likelihood of estimates."""
    size: float
    """The number of values, or the sum of their weights."""

    @cached_property
    def covariance(self) -> np.ndarray:
        """The inverse of the observed information, for all estimated numbers in their order; the last weight is what the others leave.

        Raises:
            NoMaximumError: the likelihood is flat or rises in some direction: a component is not needed, or the climb ended early.

        Source: Efron and Hinkley 1978, Biometrika 65(3); McLachlan and Peel 2000, Finite Mixture Models, section 2.15.
        """
        k = len(self.estimates["probs"])
        flat = np.concatenate([np.ravel(value) for value in self.estimates.values()])
        whole = np.delete(np.eye(len(flat)), k - 1, axis=1)  # how all numbers move with those that are free
        whole[k - 1, : k - 1] = -1.0
        rest = np.eye(len(flat))[k - 1]
        curvature = hessian(lambda free: self.nll(self._cut(whole @ free + rest)))(np.delete(flat, k - 1))
        units = np.sqrt(np.abs(np.diagonal(curvature)))
        units[: k - 1] = np.sqrt(self.size)  # a weight is told by about one value in one
        least = np.linalg.eigvalsh(curvature / np.outer(units, units))[0] if len(curvature) else 1.0
        if not least > FLAT:
            rule = "the likelihood must curve down in every direction"
            instead = f"Mixture.fit(data, components={max(k - 1, 1)})"
            raise errors.NoMaximumError(
                errors.say("Mixture.fit(...).standard_errors", rule, f"a relative curvature of {least:.3g}", instead)
            )
        return np.asarray(whole @ np.linalg.solve(curvature, whole.T))

    def _cut(self, flat: Array) -> dict[str, Array]:
        found, at = {}, 0
        for key, value in self.estimates.items():
            found[key] = np.reshape(flat[at : at + np.size(value)], np.shape(value))
            at += np.size(value)
        return found

    @cached_property
    def standard_errors(self) -> dict[str, np.ndarray]:
        """The standard error of each estimate, in its unit; errors as `covariance`."""
        return self._cut(np.sqrt(np.diagonal(self.covariance)))


def refuse_unbounded(family: Any, fixed: Mapping[str, Any], *, shared: bool) -> None:
    """Raise where a component can shrink around one value: the likelihood then grows without bound."""
    narrowing = [key for key in family.estimated or tuple(family.parameters) if key not in fixed and key not in MOVING]
    if narrowing and not shared and not getattr(family.support, "whole", False):
        rule = "the likelihood of a mixture grows without bound when one component shrinks around one value"
        instead = f"Mixture.fit(data, {narrowing[0]}=1.0), or shared_scale=True for one scale of all components of a Normal"
        raise errors.NoMaximumError(errors.say("Mixture.fit", rule, f"a free {narrowing[0]} for each component", instead))


def climb_mixture(
    family: Any, data: Any, weights: Any, components: int, fixed: Mapping[str, Any], *, shared: bool
) -> tuple[np.ndarray, dict[str, np.ndarray], MixtureFit]:
    """Return the weights and the parameters of the components, and how the climb went.

    Source: Dempster, Laird and Rubin, Maximum likelihood from incomplete data via the EM algorithm, JRSS B 39, 1977.
    """
    y, w = likelihood.sample_of(family, data, weights, fixed)
    y, w = y.astype(np.float64), w.astype(np.float64)
    different = np.unique(y).size
    if different <= components:
        rule = "there must be more different values than components"
        got = f"{different} values and {components} components"
        raise errors.NoMaximumError(errors.say("Mixture.fit", rule, got, f"Mixture.fit(data, components={max(different - 1, 1)})"))
    rng = np.random.default_rng(0)
    found = [_climbed(family, y, w, share, fixed, shared=shared) for share in _starts(y, components, rng)]
    best = max(found, key=lambda one: one[0])
    order = np.lexsort(tuple(best[2].values())[::-1])
    mixing, parts = best[1][order], {key: value[order] for key, value in best[2].items()}
    estimates = {"probs": mixing, **parts} | ({"scale": parts["scale"][0]} if shared else {})

    def nll(at: dict[str, Array]) -> Array:
        members = {key: np.expand_dims(value, -1) if np.ndim(value) else value for key, value in at.items() if key != "probs"}
        each = family(**members, **fixed, validate_args=False).log_prob(y)
        return -np.sum(w * logsumexp(np.expand_dims(np.log(at["probs"]), -1) + each, axis=0))

    return mixing, parts, MixtureFit(best[0], best[3], tuple(one[0] for one in found), estimates, nll, float(w.sum()))


def _starts(y: np.ndarray, k: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return first shares ``[k, n]``: of the ordered values in equal parts, and by nearness to values drawn as centres."""
    rank = np.argsort(np.argsort(y, kind="stable"), kind="stable") * k // len(y)
    firsts = [np.where(rank == np.arange(k)[:, None], 0.9, 0.1 / max(k - 1, 1))]
    spread = np.var(y) / k
    for _ in range(STARTS - 1):
        centres = rng.choice(np.unique(y), k, replace=False)
        near = -((y - centres[:, None]) ** 2) / (2 * spread)
        firsts.append(np.exp(near - near.max(axis=0)))
    return [share / share.sum(axis=0) for share in firsts]


def _climbed(
    family: Any, y: np.ndarray, w: np.ndarray, share: np.ndarray, fixed: Mapping[str, Any], *, shared: bool
) -> tuple[float, np.ndarray, dict[str, np.ndarray], int]:
    """Alternate the two steps from first shares; each round gains likelihood, or ends the climb."""
    total, rounds = -np.inf, 0
    for rounds in range(1, ROUNDS + 1):
        mixing = (share * w).sum(axis=1) / w.sum()
        parts = _fitted(family, y, w, share, fixed, shared=shared)
        each = family(**{key: v[:, None] for key, v in parts.items()}, **fixed, validate_args=False)
        joint = np.log(np.maximum(mixing, np.finfo(float).tiny))[:, None] + numbers(each.log_prob(y))
        top = joint.max(axis=0)
        mass = np.exp(joint - top)
        reached = float(np.sum(w * (top + np.log(mass.sum(axis=0)))))
        if reached - total <= SETTLED * abs(reached):
            return max(reached, total), mixing, parts, rounds
        total, share = reached, mass / mass.sum(axis=0)
    return total, mixing, parts, rounds


def _fitted(
    family: Any, y: np.ndarray, w: np.ndarray, share: np.ndarray, fixed: Mapping[str, Any], *, shared: bool
) -> dict[str, np.ndarray]:
    """Return each component's parameters of greatest likelihood, given its share of each value."""
    each = share * w
    if shared:
        loc = (each @ y) / each.sum(axis=1)
        variance = float(np.sum(each * (y - loc[:, None]) ** 2) / w.sum())
        return {"loc": loc, "scale": np.full(len(loc), np.sqrt(variance))}
    names = [key for key in family.estimated or tuple(family.parameters) if key not in fixed]
    members = [family.fit(y, one, **fixed) for one in each]
    return {key: np.array([float(numbers(getattr(member, key))) for member in members]) for key in names}

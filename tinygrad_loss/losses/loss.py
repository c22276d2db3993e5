"""`Loss`: one declaration per loss, and all that is the same for every loss: arguments, checks, weights, reduction."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine import html
from tinygrad_loss.engine.explained import RAW, refuse
from tinygrad_loss.engine.half import HALF, in_single
from tinygrad_loss.engine.masked import refuse_masked
from tinygrad_loss.engine.op import Array, Result
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.losses import checks
from tinygrad_loss.losses.catalogue import Catalogue
from tinygrad_loss.losses.facts import Facts
from tinygrad_loss.losses.formula import in_plain_letters, plain
from tinygrad_loss.losses.options import refuse_odd_option, unknown_option
from tinygrad_loss.losses.weights import of_samples

if TYPE_CHECKING:
    from tinygrad_loss.distributions import Distribution

__all__ = ["LOSSES", "REDUCTIONS", "Loss", "Terms", "loss"]

REDUCTIONS: Final = ("none", "mean", "sum", "batchmean")
Terms = Callable[..., Any]
Check = Callable[[str, Sequence[Array], Sequence[str], "Array | None"], list[Array]]

_losses: dict[str, Loss] = {}
LOSSES: Mapping[str, Loss] = Catalogue(_losses)
"""Every declared loss by name; filled while `tinygrad_loss.losses` is imported."""


class _Doc:
    """The docstring of a loss, whose formulas are put in plain letters when somebody reads it: that takes 7 to 12 ms for all losses."""

    def __init__(self, of_class: str | None) -> None:
        self.of_class = of_class

    def __get__(self, loss: Loss | None, owner: type) -> str | None:
        return self.of_class if loss is None else in_plain_letters(loss.terms.__doc__)


class Loss:
    """A loss: call it as ``loss(input, target, ..., reduction="mean")``; its facts are its attributes.

    Every loss takes ``reduction`` ("none", "mean", "sum", "batchmean"), ``sample_weight`` (one per term, or per row, at least 0) and
    ``where`` (a mask of what counts). A mean is the sum of w * loss over the sum of w, over what is kept.
    """

    __doc__ = _Doc(__doc__)

    def __init__(
        self,
        terms: Terms,
        facts: Facts,
        *,
        order: Sequence[str],
        check: Check | None,
        at_once: Terms | None,
        mean_of: Terms | None,
        divides_by: str,
        per: str,
    ) -> None:
        self.terms = terms
        self.facts = facts
        self.at_once = at_once
        self.check = check
        self.mean_of = mean_of
        self.divides_by = divides_by
        self.per = per
        self.__name__ = self.__qualname__ = terms.__name__
        self.__module__ = terms.__module__
        self.__wrapped__ = terms
        parameters = inspect.signature(terms).parameters.values()
        self.arrays = tuple(p.name for p in parameters if p.kind is not p.KEYWORD_ONLY)
        self.defaults = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
        self.arity = len(self.arrays)
        self.order = tuple(order) or (*self.defaults, "reduction")
        self.__signature__ = self._signature()

    def _signature(self) -> inspect.Signature:
        shared = {"reduction": "mean", "sample_weight": None, "where": None}
        by_position, by_name = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
        listed = [inspect.Parameter(name, by_position) for name in self.arrays]
        defaults = self.defaults | shared
        listed += [inspect.Parameter(name, by_position, default=defaults[name]) for name in self.order]
        listed += [inspect.Parameter(name, by_name, default=value) for name, value in defaults.items() if name not in self.order]
        return inspect.Signature(listed)

    def __call__(self, *given: Any, reduction: str = "mean", sample_weight: Any = None, where: Any = None, **options: Any) -> Result:  # noqa: C901  the path of every step
        """Compute the loss."""
        try:
            if len(given) != self.arity or (options and not options.keys() <= self.defaults.keys()):
                given, reduction, options = self._bound(given, reduction, options)
            first = given[0]
            if (first.value.dtype if type(first) is Tensor else getattr(first, "dtype", None)) is HALF:
                return self._of_halves(given, {"sample_weight": sample_weight, "where": where, **options}, reduction)
            plain = sample_weight is None and where is None
            at_once = self.at_once if plain and (reduction == "mean" or reduction == "sum") else None  # noqa: PLR1714  the faster spelling
            if reduction == "batchmean" and plain and self.at_once is not None and self.per == "entry":
                return self(*given, reduction="sum", **options) / (np.shape(checks.value_of(given[0])) or (1,))[0]
            if options:
                self._refuse_odd(options, np.ndim(given[0]))
            with np.errstate(all="ignore"):
                if at_once is not None and self.check is checks.alike and checks.ready(given):
                    answer = at_once(*given, mean=reduction == "mean", **options)
                    if answer is not None and math.isfinite(answer.value):  # or a target may be nan
                        return answer
                alike = checks.of_one_dtype(self.__name__, given, self.arrays)
                arrays = alike if self.check is None else self.check(self.__name__, alike, self.arrays, where)
                if at_once is not None:
                    answer = at_once(*arrays, mean=reduction == "mean", **options)
                    if answer is not None:
                        return answer
                terms = self.terms(*arrays, **options)
                terms, weights = terms if type(terms) is tuple else (terms, None)
                if self.mean_of is not None and reduction == "mean":
                    terms = self.mean_of(terms, arrays)
                if plain and weights is None and reduction == "mean":
                    return np.mean(terms)
                return self._reduced(terms, weights, reduction, sample_weight, where)
        except RAW as error:
            shared = {"reduction": reduction, "sample_weight": sample_weight, "where": where}
            refuse(error, self, given, shared | options)

    def _of_halves(self, given: Sequence[Any], options: dict[str, Any], reduction: str) -> Result:
        """Compute in float32 the loss of predictions in float16, to whose dtype constants are cast, and round it."""
        return in_single(functools.partial(self, reduction=reduction), given, options)

    def _refuse_odd(self, options: dict[str, Any], ndim: int) -> None:
        for name, value in options.items():
            default = self.defaults[name]
            refuse_masked(self.__name__, (value,))
            ordinary = value is default or (type(value) is float and type(default) is float and value - value == 0.0)
            if not ordinary:
                refuse_odd_option(self.__name__, name, value, default, ndim)

    def _bound(self, given: tuple[Any, ...], reduction: str, options: dict[str, Any]) -> tuple[tuple[Any, ...], str, dict[str, Any]]:
        """Sort what was given by position and by name into arrays and options."""
        arrays = list(given[: self.arity])
        extra = given[self.arity :]
        if len(extra) > len(self.order):
            rule = f"by position it takes {', '.join((*self.arrays, *self.order))}"
            raise errors.ArgumentError(
                errors.say(self.__name__, rule, f"{len(given)} arguments", checks.written(self.__name__, self.arrays))
            )
        for name, value in zip(self.order, extra, strict=False):
            if name in options:
                said = errors.say(self.__name__, "each argument is given once", f"{name} by position and by name", f"{name}={value!r}")
                raise errors.ArgumentError(said)
            options[name] = value
        for name in self.arrays[len(arrays) :]:
            if name not in options:
                rule, call = f"it compares {' with '.join(self.arrays)}", checks.written(self.__name__, self.arrays)
                raise errors.ArgumentError(errors.say(self.__name__, rule, f"no {name}", call))
            arrays.append(options.pop(name))
        reduction = options.pop("reduction", reduction)
        unknown = next((name for name in options if name not in self.defaults), None)
        if unknown is not None:
            raise unknown_option(self.__name__, unknown, options[unknown], [*self.defaults, "reduction", "sample_weight", "where"])
        return tuple(arrays), reduction, options

    def _reduced(self, terms: Array, weights: Array | None, reduction: str, sample_weight: Any, where: Any) -> Array:
        """Weigh, mask and add up the terms; a mean divides by the sum of the weights of what is kept."""
        if reduction not in REDUCTIONS:
            raise errors.unknown_name(self.__name__, "reduction", reduction, REDUCTIONS)
        shape = terms.shape
        if sample_weight is not None:
            w = of_samples(self.__name__, sample_weight, shape, where)
            w = w if type(w) is Tensor else w.astype(terms.dtype, copy=False)
            terms = terms * w
            weights = w if weights is None else weights * w
        if where is not None:
            mask = checks.shape_of_weights(self.__name__, "where", checks.value_of(where), shape)
            terms = np.where(mask, terms, 0.0)
            weights = np.where(mask, 1.0 if weights is None else weights, 0.0)
        if reduction == "none":
            return terms
        total = np.sum(terms)
        if reduction == "sum":
            return total
        if reduction == "batchmean":
            return total / (shape[0] if shape else 1)
        if weights is None:
            return total / terms.size
        kept = self._denominator(weights, terms)
        if checks.value_of(kept) == 0:
            return total * 0.0 + checks.value_of(total).dtype.type(np.nan)  # nan, and no entry has any influence
        return total / kept

    def _denominator(self, weights: Array, terms: Array) -> Array:
        full = weights if weights.shape == terms.shape else np.broadcast_to(weights, terms.shape)
        total = np.sum(full)
        dtype = checks.value_of(terms).dtype
        if type(total) is not Tensor:
            total = np.asarray(total).astype(dtype)[()]
        if checks.value_of(total) == 0:
            checks.warn_caller(
                errors.say(
                    self.__name__,
                    "a mean needs at least one entry with a weight",
                    "none: all are ignored, masked or of weight 0, so the mean is nan",
                    "reduction='sum', or skip the batch",
                ),
                errors.NothingKeptWarning,
            )
        return total

    # ---- what is known about it -----------------------------------------------------------------------------------------

    @property
    def likelihood(self) -> type[Distribution] | Any:
        """The noise model whose negative log-likelihood this loss is, up to constants; a loss without one has no such attribute."""
        if self.facts.likelihood is None:
            rule = "the loss must be the negative log-likelihood of a noise model"
            instead = "tl.losses.l1_loss.likelihood, or tl.losses.from_distribution(tl.distributions.Laplace)"
            raise AttributeError(errors.say(f"{self.__name__}.likelihood", rule, "a loss that is none", instead))
        from tinygrad_loss import distributions  # noqa: PLC0415  a heavy room that most users of a loss do not need

        return getattr(distributions, self.facts.likelihood)

    def __get__(self, _instance: object, _owner: type | None = None) -> Self:
        """Stay what it is as an attribute of a class. That there is this method tells `help` to show the signature."""
        return self

    def __repr__(self) -> str:
        return f"<loss {self.__name__}: {plain(self.facts.formula)}; reduction='mean' divides by {self.divides_by}>"

    def _repr_html_(self) -> str:
        """Show the call and the facts in a notebook."""
        return html.sheet(f"{self.__name__}{self.__signature__}", self.facts.rows(self.divides_by))

    def __reduce__(self) -> str:
        return self.__name__


def loss(
    *,
    order: Sequence[str] = (),
    check: Check | None = checks.alike,
    strict: bool = False,
    at_once: Terms | None = None,
    mean_of: Terms | None = None,
    divides_by: str = "the number of entries",
    per: str = "entry",
    **facts: Any,
) -> Callable[[Terms], Loss]:
    """Declare a loss from the function that computes its terms.

    Args:
        order: the options that may follow the arrays by position, as in PyTorch; all of them, then reduction, by default.
        check: what is asked of the arrays before they are used.
        strict: refuse predictions and targets outside their declared domains, too.
        at_once: ``at_once(*arrays, mean=..., **options)``, the reduced loss as one op where there is one, else None.
        mean_of: ``mean_of(terms, arrays)``, the terms of a mean where they are not those of "none".
        divides_by: what a mean divides by, for `repr`.
        per: what one term belongs to: "entry" or "row".
        facts: the fields of `Facts`.
    """

    def declared(terms: Terms) -> Loss:
        known = Facts(**facts)
        asked = checks.within(known.input, known.target) if strict else check
        made = Loss(terms, known, order=order, check=asked, at_once=at_once, mean_of=mean_of, divides_by=divides_by, per=per)
        _losses[made.__name__] = made
        return made

    return declared

"""Schedules that govern more than a formula of the step: one cycle of rate and momentum, and falls when a metric stalls."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tinygrad_loss import errors
from tinygrad_loss.engine.arguments import NamesItsArguments
from tinygrad_loss.optim.optimizer import Group, Optimizer
from tinygrad_loss.optim.remembered import check_remembered
from tinygrad_loss.optim.schedules import Schedule, annealed, check_optimizer, check_steps

__all__ = ["OneCycleLR", "ReduceLROnPlateau"]


class OneCycleLR(Schedule):
    """Up to ``max_lr`` and down to almost nothing within one training; the momentum goes the other way.

    Args:
        optimizer: the one it governs.
        max_lr: the highest rate, for all groups or for each.
        total_steps: steps of the whole training, or ``epochs * steps_per_epoch``.
        epochs: number of epochs.
        steps_per_epoch: number of steps per epoch.
        pct_start: the part of the steps that goes up.
        anneal_strategy: ``"cos"`` or ``"linear"``.
        cycle_momentum: whether to move ``momentum`` or ``betas[0]`` too.
        base_momentum: the lowest momentum.
        max_momentum: the highest momentum.
        div_factor: ``max_lr`` over the first rate.
        final_div_factor: the first rate over the last.
        three_phase: whether the way down first mirrors the way up.
        last_epoch: the step to go on from.

    Raises:
        DomainError: no number of steps, an unknown strategy, or a step beyond the last.

    Source: Smith and Topin 2018, arXiv:1708.07120.

    >>> import tinygrad_loss as tl
    >>> optimizer = tl.optim.Adam([tl.tensor(1.0, requires_grad=True)])
    >>> schedule = tl.optim.OneCycleLR(optimizer, max_lr=1.0, total_steps=11)
    >>> [round(schedule.rate(0.04, t, 0), 3) for t in (0, 2, 10)]
    [0.04, 0.96, 0.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float = 0.85,
        max_momentum: float = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise errors.DomainError(
                    errors.say("OneCycleLR", "the number of steps must be known", "neither", "total_steps=epochs * len(loader)")
                )
            total_steps = epochs * steps_per_epoch
        check_optimizer("OneCycleLR", optimizer)
        check_steps("OneCycleLR", "total_steps", total_steps)
        if not 0 <= pct_start <= 1:
            raise errors.DomainError(errors.say("OneCycleLR", "pct_start must lie in [0, 1]", str(pct_start), "pct_start=0.3"))
        if anneal_strategy not in {"cos", "linear"}:
            raise errors.unknown_name("OneCycleLR", "anneal_strategy", anneal_strategy, ["cos", "linear"])
        self.total_steps, self.linear = total_steps, anneal_strategy == "linear"
        self.momenta = (base_momentum, max_momentum) if cycle_momentum else None
        groups = optimizer.param_groups
        self.peaks = list(max_lr) if isinstance(max_lr, Sequence) else [max_lr] * len(groups)
        if len(self.peaks) != len(groups) or not all(0 < peak < math.inf for peak in self.peaks):
            rule = f"max_lr must lie in (0, inf), one for all or one for each of {len(groups)} groups"
            raise errors.DomainError(errors.say("OneCycleLR", rule, str(max_lr), "max_lr=0.01"))
        for group, peak in zip(groups, self.peaks, strict=True):
            group["initial_lr"] = peak / div_factor
        self.final = final_div_factor
        up = pct_start * total_steps - 1
        # Ends of the phases; in each, rate and momentum go from one of (low, peak, last) to another.
        self.phases = [(up, "low", "peak"), (2 * up, "peak", "low"), (total_steps - 1, "low", "last")]
        if not three_phase:
            self.phases = [(up, "low", "peak"), (total_steps - 1, "peak", "last")]
        super().__init__(optimizer, last_epoch)

    def where(self, t: float) -> tuple[str, str, float]:
        """Return the two levels between which step ``t`` lies, and the part of the way."""
        if t > self.total_steps:
            raise errors.DomainError(
                errors.say("OneCycleLR.step", f"there are {self.total_steps} steps in the cycle", f"step {t}", "a larger total_steps")
            )
        start = 0.0
        for k, (end, a, b) in enumerate(self.phases):
            if t <= end or k == len(self.phases) - 1:
                return a, b, (t - start) / (end - start) if end > start else 1.0
            start = end
        raise AssertionError

    def between(self, start: float, end: float, part: float) -> float:
        """Return the point between two levels."""
        return start + (end - start) * part if self.linear else annealed(start, end, part)

    def rate(self, base: float, t: float, i: int) -> float:
        """Return the rate in the phase of ``t``."""
        level = {"low": base, "peak": self.peaks[i], "last": base / self.final}
        a, b, part = self.where(t)
        return self.between(level[a], level[b], part)

    def change(self, group: Group, base: float, t: float, i: int) -> None:
        """Set the rate, and the momentum on the opposite way."""
        super().change(group, base, t, i)
        if self.momenta is None:
            return
        least, most = self.momenta
        level = {"low": most, "peak": least, "last": most}
        a, b, part = self.where(t)
        momentum = self.between(level[a], level[b], part)
        if "betas" in group:
            group["betas"] = (momentum, *group["betas"][1:])
        elif "momentum" in group:
            group["momentum"] = momentum
        else:
            raise errors.DomainError(
                errors.say("OneCycleLR", "cycle_momentum needs momentum or betas", type(self.optimizer).__name__, "cycle_momentum=False")
            )


class ReduceLROnPlateau(NamesItsArguments):
    """A fall by ``factor`` when a metric has not improved for more than ``patience`` steps.

    Args:
        optimizer: the one it governs.
        mode: ``"min"`` when smaller is better, else ``"max"``.
        factor: what a rate is multiplied with, below 1.
        patience: bad steps to bear.
        threshold: how much better is better.
        threshold_mode: ``"rel"`` to the best, or ``"abs"``.
        cooldown: steps after a fall in which nothing is counted.
        min_lr: the lowest rate, for all groups or for each.
        eps: a fall by less is left out.

    >>> import tinygrad_loss as tl
    >>> optimizer = tl.optim.SGD([tl.tensor(1.0, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.ReduceLROnPlateau(optimizer, patience=1)
    >>> for loss in [1.0, 1.0, 1.0]:
    ...     schedule.step(loss)
    >>> schedule.get_last_lr()
    [0.1]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0.0,
        eps: float = 1e-8,
    ) -> None:
        check_optimizer("ReduceLROnPlateau", optimizer)
        if factor >= 1:
            raise errors.DomainError(errors.say("ReduceLROnPlateau", "factor must be below 1", str(factor), "factor=0.1"))
        for name, value, known in (("mode", mode, ("min", "max")), ("threshold_mode", threshold_mode, ("rel", "abs"))):
            if value not in known:
                raise errors.unknown_name("ReduceLROnPlateau", name, value, known)
        self.optimizer, self.factor, self.patience, self.cooldown, self.eps = optimizer, factor, patience, cooldown, eps
        self.threshold, self.sign, self.relative = threshold, 1 if mode == "min" else -1, threshold_mode == "rel"
        self.least = [min_lr] * len(optimizer.param_groups) if isinstance(min_lr, int | float) else list(min_lr)
        self.best = self.sign * math.inf
        self.num_bad_epochs = self.cooldown_counter = self.last_epoch = 0

    def better(self, metric: float) -> bool:
        """Whether the metric improves on the best by the threshold."""
        margin = self.threshold * self.best if self.relative else self.threshold
        return (
            self.sign * metric < self.sign * (self.best - self.sign * margin) if math.isfinite(self.best) else self.sign * metric < math.inf
        )

    def step(self, metrics: float) -> None:
        """Count one step with this metric, and let the rates fall when patience is at its end."""
        metric = float(metrics)
        self.last_epoch += 1
        if self.better(metric):
            self.best, self.num_bad_epochs = metric, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            for group, least in zip(self.optimizer.param_groups, self.least, strict=True):
                new = max(group["lr"] * self.factor, least)
                if group["lr"] - new > self.eps:
                    group["lr"] = new
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0

    def get_last_lr(self) -> list[float]:
        """Return the current rate of every group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Return what is needed to go on elsewhere."""
        return {name: getattr(self, name) for name in ("best", "num_bad_epochs", "cooldown_counter", "last_epoch")}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned.

        Raises:
            StateError: it is not the state of such a schedule.
        """
        check_remembered(f"{type(self).__name__}.load_state_dict", saved, self.state_dict())
        for name in self.state_dict():
            setattr(self, name, saved[name])

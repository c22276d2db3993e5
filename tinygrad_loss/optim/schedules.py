"""Schedules of the learning rate, each a formula in the number of steps since the start."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from tinygrad_loss import errors
from tinygrad_loss.engine.arguments import NamesItsArguments
from tinygrad_loss.optim.optimizer import Group, Optimizer
from tinygrad_loss.optim.remembered import check_remembered

__all__ = [
    "ConstantLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "ExponentialLR", "LambdaLR", "LinearLR", "MultiStepLR", "Schedule",
    "SequentialLR", "StepLR",
]  # fmt: skip


class Schedule(NamesItsArguments):
    """Sets the learning rate of every group; subclasses say in ``rate`` what it is after ``t`` steps.

    Each takes the rate that the group began with as its base; to use one after the other, see `SequentialLR`.
    """

    EXPLAINED = ("__init__", "step", "load_state_dict")

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_optimizer(type(self).__name__, optimizer)
        self.optimizer = optimizer
        self.last_epoch = last_epoch
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.step()

    def __repr__(self) -> str:
        rates = ", ".join(f"{group['lr']:g}" for group in self.optimizer.param_groups)
        return f"{type(self).__name__}(step {self.last_epoch}, lr={rates})"

    def rate(self, base: float, t: float, i: int) -> float:
        """Return the learning rate of group ``i`` after ``t`` steps, when it began at ``base``."""
        raise NotImplementedError

    def step(self) -> None:
        """Count one step and set the rates; call it after the optimiser's step."""
        self.last_epoch = self.last_epoch + 1
        self.apply(self.last_epoch)

    def apply(self, t: float) -> None:
        """Set the rates of step ``t``."""
        for i, (group, base) in enumerate(zip(self.optimizer.param_groups, self.base_lrs, strict=True)):
            self.change(group, base, t, i)

    def change(self, group: Group, base: float, t: float, i: int) -> None:
        """Change what the schedule governs in one group."""
        group["lr"] = self.rate(base, t, i)

    def get_last_lr(self) -> list[float]:
        """Return the current rate of every group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Return what is needed to go on elsewhere."""
        return {"last_epoch": self.last_epoch, "base_lrs": list(self.base_lrs)}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned, and set the rates.

        Raises:
            StateError: it is not the state of a schedule, or of one of other groups.
        """
        where = f"{type(self).__name__}.load_state_dict"
        check_remembered(where, saved, self.state_dict())
        if len(saved["base_lrs"]) != len(self.base_lrs):
            rule, got = f"there must be {len(self.base_lrs)} base_lrs, one for each group", str(len(saved["base_lrs"]))
            raise errors.StateError(errors.say(where, rule, got, "the optimizer and groups that were saved"))
        self.last_epoch = saved["last_epoch"]
        self.base_lrs = list(saved["base_lrs"])
        self.apply(self.last_epoch)


def check_optimizer(where: str, optimizer: Any) -> None:
    """Refuse to govern anything but an optimiser."""
    if not isinstance(optimizer, Optimizer):
        got = type(optimizer).__name__
        raise errors.DomainError(
            errors.say(where, "it governs an optimiser", got, f"{where}(tl.optim.SGD(model.parameters(), lr=0.1), ...)")
        )


def check_steps(where: str, name: str, steps: float) -> None:
    """Refuse a period without a step."""
    if not steps >= 1:
        raise errors.DomainError(errors.say(where, f"{name} must be at least 1", str(steps), f"{name}=10"))


class LambdaLR(Schedule):
    r"""A factor of your own: $\eta_t = \eta_0 f(t)$.

    >>> import tinygrad_loss as tl
    >>> optimizer = tl.optim.SGD([tl.tensor(1.0, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.LambdaLR(optimizer, lambda t: 0.5**t)
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Callable[[float], float] | Sequence[Callable[[float], float]], last_epoch: int = -1
    ) -> None:
        self.factors = [lr_lambda] * len(optimizer.param_groups) if callable(lr_lambda) else list(lr_lambda)
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, t: float, i: int) -> float:
        """Return the base times the factor."""
        return base * self.factors[i](t)


class StepLR(Schedule):
    r"""A fall by ``gamma`` every ``step_size`` steps: $\eta_t = \eta_0 \gamma^{\lfloor t / s \rfloor}$.

    >>> import tinygrad_loss as tl
    >>> optimizer = tl.optim.SGD([tl.tensor(1.0, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.StepLR(optimizer, step_size=2, gamma=0.5)
    >>> for _ in range(3):
    ...     schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        check_steps("StepLR", "step_size", step_size)
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, t: float, _i: int) -> float:
        """Return the base after the falls so far."""
        return base * self.gamma ** (t // self.step_size)


class MultiStepLR(Schedule):
    r"""A fall by ``gamma`` at each milestone.

    >>> import tinygrad_loss as tl
    >>> optimizer = tl.optim.SGD([tl.tensor(1.0, requires_grad=True)], lr=1.0)
    >>> tl.optim.MultiStepLR(optimizer, milestones=[2, 5], gamma=0.5).rate(1.0, 5, 0)
    0.25
    """

    def __init__(self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.milestones, self.gamma = sorted(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, t: float, _i: int) -> float:
        """Return the base after the milestones so far."""
        return base * self.gamma ** bisect_right(self.milestones, t)


class ExponentialLR(Schedule):
    r"""A fall by ``gamma`` in every step: $\eta_t = \eta_0 \gamma^t$.

    >>> import tinygrad_loss as tl
    >>> optimizer = tl.optim.SGD([tl.tensor(1.0, requires_grad=True)], lr=1.0)
    >>> tl.optim.ExponentialLR(optimizer, gamma=0.5).rate(1.0, 3, 0)
    0.125
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, t: float, _i: int) -> float:
        """Return the base times a power of gamma."""
        return base * self.gamma**t


class ConstantLR(Schedule):
    """A smaller rate at first: ``factor`` times the base for ``total_iters`` steps.

    >>> import tinygrad_loss as tl
    >>> optimizer = tl.optim.SGD([tl.tensor(1.0, requires_grad=True)], lr=1.0)
    >>> tl.optim.ConstantLR(optimizer, factor=0.5, total_iters=2).get_last_lr()
    [0.5]
    """

    def __init__(self, optimizer: Optimizer, factor: float = 1 / 3, total_iters: int = 5, last_epoch: int = -1) -> None:
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, t: float, _i: int) -> float:
        """Return the reduced base, or the base."""
        return base * (self.factor if t < self.total_iters else 1.0)


class LinearLR(Schedule):
    r"""A warm-up: from ``start_factor`` to ``end_factor`` of the base, on a line over ``total_iters`` steps.

    >>> import tinygrad_loss as tl
    >>> optimizer = tl.optim.SGD([tl.tensor(1.0, requires_grad=True)], lr=1.0)
    >>> tl.optim.LinearLR(optimizer, start_factor=0.5, total_iters=4).rate(1.0, 2, 0)
    0.75
    """

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        if not 0 < start_factor <= 1:
            raise errors.DomainError(errors.say("LinearLR", "start_factor must lie in (0, 1]", str(start_factor), "start_factor=0.1"))
        check_steps("LinearLR", "total_iters", total_iters)
        self.start, self.end, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, t: float, _i: int) -> float:
        """Return the base times the factor on the line."""
        return base * (self.start + (self.end - self.start) * min(self.total_iters, t) / self.total_iters)


class CosineAnnealingLR(Schedule):
    r"""Half a cosine down to ``eta_min``: $\eta_t = \eta_{min} + (\eta_0 - \eta_{min}) (1 + \cos(\pi t / T)) / 2$.

    Source: Loshchilov and Hutter 2017, ICLR, equation 5 without restarts.

    >>> import tinygrad_loss as tl
    >>> optimizer = tl.optim.SGD([tl.tensor(1.0, requires_grad=True)], lr=1.0)
    >>> tl.optim.CosineAnnealingLR(optimizer, T_max=10).rate(1.0, 5, 0)
    0.5
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        check_steps("CosineAnnealingLR", "T_max", T_max)
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, t: float, _i: int) -> float:
        """Return the point on the cosine."""
        return annealed(base, self.eta_min, t / self.T_max)


class CosineAnnealingWarmRestarts(Schedule):
    r"""Half a cosine over $T_0$ steps, then again over $T_0 T_{mult}$, and so on; each begins at the base.

    Source: Loshchilov and Hutter 2017, ICLR.

    >>> import tinygrad_loss as tl
    >>> optimizer = tl.optim.SGD([tl.tensor(1.0, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.CosineAnnealingWarmRestarts(optimizer, T_0=2, T_mult=2)
    >>> [round(schedule.rate(1.0, t, 0), 3) for t in range(7)]
    [1.0, 0.5, 1.0, 0.854, 0.5, 0.146, 1.0]
    """

    def __init__(self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        if T_0 < 1 or T_mult < 1:
            raise errors.DomainError(
                errors.say("CosineAnnealingWarmRestarts", "T_0 and T_mult must be at least 1", f"{T_0} and {T_mult}", "T_0=10, T_mult=1")
            )
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, t: float, _i: int) -> float:
        """Return the point on the cosine of the current period."""
        period = self.T_0
        while t >= period:
            t -= period
            period *= self.T_mult
        return annealed(base, self.eta_min, t / period)


class SequentialLR(Schedule):
    """One schedule after the other: each begins anew at its milestone.

    Args:
        optimizer: the one they all govern.
        schedulers: schedules of that optimiser.
        milestones: after how many steps the second, third, ... begins.

    >>> import tinygrad_loss as tl
    >>> optimizer = tl.optim.SGD([tl.tensor(1.0, requires_grad=True)], lr=1.0)
    >>> warm, cool = tl.optim.LinearLR(optimizer, 0.1, total_iters=3), tl.optim.ExponentialLR(optimizer, 0.5)
    >>> schedule = tl.optim.SequentialLR(optimizer, [warm, cool], milestones=[3])
    >>> [round(schedule.rate(1.0, t, 0), 3) for t in range(6)]
    [0.1, 0.4, 0.7, 1.0, 0.5, 0.25]
    """

    def __init__(self, optimizer: Optimizer, schedulers: Sequence[Schedule], milestones: Sequence[int], last_epoch: int = -1) -> None:
        if len(milestones) != len(schedulers) - 1:
            raise errors.DomainError(
                errors.say(
                    "SequentialLR",
                    f"{len(schedulers)} schedules need {len(schedulers) - 1} milestones",
                    str(len(milestones)),
                    f"milestones={list(range(10, 10 * len(schedulers), 10))}",
                )
            )
        self.schedulers, self.milestones = list(schedulers), list(milestones)
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, t: float, i: int) -> float:
        """Return the rate of the schedule whose turn it is."""
        k = bisect_right(self.milestones, t)
        return self.schedulers[k].rate(base, t - self.milestones[k - 1] if k else t, i)


def annealed(start: float, end: float, part: float) -> float:
    """Return the point on half a cosine from ``start`` (part 0) to ``end`` (part 1)."""
    return end + (start - end) * (1 + math.cos(math.pi * part)) / 2

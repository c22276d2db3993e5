"""L-BFGS: steps that learn the curvature from the last gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.context import enable_grad
from tinygrad_loss.optim.line_search import Point, strong_wolfe
from tinygrad_loss.optim.optimizer import Answer, Optimizer

__all__ = ["LBFGS"]

LEAST_CURVATURE = 1e-10


class LBFGS(Optimizer):
    r"""Quasi-Newton steps $p \leftarrow p - t H g$ with $H$ from the last ``history_size`` changes of the gradient.

    Args:
        params: tensors that require grad, in one group.
        lr: the step, or the first trial of the line search.
        max_iter: iterations per call of ``step``.
        max_eval: evaluations of the closure per call; by default 1.25 ``max_iter``.
        tolerance_grad: stop when no entry of the gradient is larger.
        tolerance_change: stop when neither parameters nor loss change more.
        history_size: changes to remember.
        line_search_fn: None or ``"strong_wolfe"``.

    Raises:
        DomainError: more than one group, or an unknown line search.

    Source: Liu and Nocedal 1989, Mathematical Programming 45.

    >>> import numpy as np, tinygrad_loss as tl
    >>> x = tl.tensor([-1.0, 2.0], requires_grad=True)
    >>> optimizer = tl.optim.LBFGS([x], line_search_fn="strong_wolfe", max_iter=100)
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
    ...     loss.backward()
    ...     return loss
    >>> _ = optimizer.step(closure)
    >>> np.round(x.data, 4)
    array([1., 1.])
    """

    together = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        super().__init__(
            params,
            lr=lr,
            max_iter=max_iter,
            max_eval=max_iter * 5 // 4 if max_eval is None else max_eval,
            tolerance_grad=tolerance_grad,
            tolerance_change=tolerance_change,
            history_size=history_size,
            line_search_fn=line_search_fn,
        )
        if len(self.param_groups) != 1:
            raise errors.DomainError(
                errors.say("LBFGS", "all parameters must be in one group", f"{len(self.param_groups)} groups", "LBFGS(list of tensors)")
            )
        if line_search_fn not in {None, "strong_wolfe"}:
            raise errors.unknown_name("LBFGS", "line_search_fn", line_search_fn, ["strong_wolfe"])

    def remembered(self, _p: Any, _group: dict[str, Any]) -> dict[str, Any]:
        """Return examples of what is remembered: counts, the last gradient and direction, and pairs of changes."""
        flat = np.zeros(sum(q.size for g in self.param_groups for q in g["params"]))
        numbers = {"n_iter": 0, "func_evals": 0, "t": 1.0, "H_diag": 1.0}
        return {**numbers, "prev_flat_grad": flat, "d": flat, "old_dirs": [flat], "old_stps": [flat]}

    def check_state(self, where: str, state: Mapping[str, Any]) -> None:
        """Refuse changes that are no pairs, and a search that has begun without a direction."""
        changes, steps = state.get("old_dirs", []), state.get("old_stps", [])
        begun = not state.get("n_iter") or {"prev_flat_grad", "d", "t"} <= state.keys()
        if not begun or len(changes) != len(steps) or not all(y @ s > 0 for y, s in zip(changes, steps, strict=True)):
            rule = "old_dirs and old_stps must be pairs of positive curvature, with the last direction"
            raise errors.StateError(errors.say(where, rule, f"{len(changes)} and {len(steps)}", "the state that was saved"))

    def step(self, closure: Callable[[], Answer] | None = None) -> Answer | None:
        """Run up to ``max_iter`` iterations.

        Args:
            closure: forgets the gradients, computes the loss and its gradients, returns the loss.

        Returns:
            The loss before the first iteration.

        Raises:
            NonFiniteError: the gradient at the start is nan or inf; nothing has changed.

        What the closure raises leaves the parameters where they were.
        """
        if closure is None:
            raise errors.DomainError(errors.say("LBFGS.step", "it evaluates the loss many times", "no closure", "optimizer.step(closure)"))
        search = Search(self, closure)
        first = search.evaluate()
        params = self.param_groups[0]["params"]
        for i, p in enumerate(params):
            if p.grad is not None and not np.isfinite(p.grad).all():
                raise self.refusal(p, i)
        start = search.values()
        try:
            state = search.run(dict(self.state[0]))
        except BaseException:  # of the closure, or an interruption
            search.put(start)
            raise
        self.state[0] = state
        return first


class Search:
    """One call of ``step``: the loss as a function of one flat vector."""

    def __init__(self, optimizer: LBFGS, closure: Callable[[], Any]) -> None:
        self.group = optimizer.settings(optimizer.param_groups[0])
        self.params = optimizer.param_groups[0]["params"]
        self.closure = closure
        self.loss = 0.0
        self.gradient = np.zeros(0)
        self.evaluations = 0

    def evaluate(self) -> Any:
        """Evaluate loss and gradient where the parameters are."""
        with enable_grad():
            result = self.closure()
        self.loss = float(result.item() if hasattr(result, "item") else result)
        self.gradient = np.concatenate([np.zeros(p.size, p.dtype) if p.grad is None else p.grad.ravel() for p in self.params])
        self.evaluations += 1
        return result

    def values(self) -> list[Any]:
        """Return the values of all parameters."""
        return [p.value for p in self.params]

    def put(self, values: list[Any]) -> None:
        """Give all parameters these values."""
        for p, value in zip(self.params, values, strict=True):
            p.assign(value)

    def place(self, values: list[Any], t: float, direction: np.ndarray) -> None:
        """Put the parameters at ``values + t direction``."""
        start = 0
        for p, value in zip(self.params, values, strict=True):
            p.assign(value + t * direction[start : start + p.size].reshape(p.shape))
            start += p.size

    def run(self, state: dict[str, Any]) -> dict[str, Any]:
        """Iterate until a tolerance or a limit is reached, and return the new state."""
        g = self.group
        if self.optimal():
            return state
        n = 0
        while n < g["max_iter"]:
            n += 1
            first = state.get("n_iter", 0) == 0
            state["n_iter"] = state.get("n_iter", 0) + 1
            direction = -self.gradient if first else self.direction(state)
            t = min(1.0, 1.0 / float(np.abs(self.gradient).sum())) * g["lr"] if first else g["lr"]
            before = self.loss
            state.update(prev_flat_grad=self.gradient, d=direction, t=t)
            slope = float(self.gradient @ direction)
            if slope > -g["tolerance_change"]:
                break
            t = state["t"] = self.move(t, direction, slope, last=n == g["max_iter"])
            if self.evaluations >= g["max_eval"] or self.optimal():
                break
            if np.abs(direction * t).max() <= g["tolerance_change"] or abs(self.loss - before) < g["tolerance_change"]:
                break
        state["func_evals"] = state.get("func_evals", 0) + self.evaluations
        return state

    def optimal(self) -> bool:
        """Whether no entry of the gradient exceeds the tolerance."""
        return bool(np.abs(self.gradient).max() <= self.group["tolerance_grad"])

    def move(self, t: float, direction: np.ndarray, slope: float, *, last: bool) -> float:
        """Move along the direction, by ``t`` or as far as the line search says, and return how far."""
        start = self.values()
        if self.group["line_search_fn"] is None:
            self.place(start, t, direction)
            if not last:
                self.evaluate()
            return t

        def at(t: float) -> Point:
            self.place(start, t, direction)
            self.evaluate()
            return Point(t, self.loss, self.gradient, float(self.gradient @ direction))

        found, _ = strong_wolfe(
            at,
            Point(0.0, self.loss, self.gradient, slope),
            t,
            length=float(np.abs(direction).max()),
            tolerance_change=1e-9,
            max_trials=self.group["max_eval"] - self.evaluations,
        )
        self.place(start, found.t, direction)
        self.loss, self.gradient = found.loss, found.gradient
        return found.t

    def direction(self, state: dict[str, Any]) -> np.ndarray:
        r"""Remember the last change, and return $-H g$ by the two-loop recursion (Nocedal 1980)."""
        y = self.gradient - state["prev_flat_grad"]
        s = state["d"] * state["t"]
        dirs, steps = list(state.get("old_dirs", [])), list(state.get("old_stps", []))
        curvature = float(y @ s)
        if curvature > LEAST_CURVATURE:
            keep = self.group["history_size"] - 1
            dirs, steps = (
                [*dirs[len(dirs) - keep if len(dirs) > keep else 0 :], y],
                [*steps[len(steps) - keep if len(steps) > keep else 0 :], s],
            )
            state["H_diag"] = curvature / float(y @ y)
        state.update(old_dirs=dirs, old_stps=steps)
        q = -self.gradient
        pairs = [(y, s, 1.0 / float(y @ s)) for y, s in zip(dirs, steps, strict=True)]
        alphas = []
        for y, s, ro in reversed(pairs):
            alpha = float(s @ q) * ro
            alphas.append(alpha)
            q = q - alpha * y
        q = q * state.get("H_diag", 1.0)
        for (y, s, ro), alpha in zip(pairs, reversed(alphas), strict=True):
            q = q + (alpha - float(y @ q) * ro) * s
        return q

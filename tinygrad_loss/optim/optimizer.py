"""What optimisers share: parameter groups, one pass over the gradients that stores nothing until all is computed, and state."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, ClassVar, Final, TypeVar

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.context import enable_grad
from tinygrad_loss.engine.arguments import NamesItsArguments
from tinygrad_loss.engine.reverse import finite
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.optim.remembered import check_remembered

__all__ = ["Optimizer"]

Answer = TypeVar("Answer")
"""What a closure returns: its loss."""

Group = dict[str, Any]
NOT_FOR_THE_RULE: Final = frozenset({"params", "initial_lr"})
NUMBERS: Final = frozenset({float, int, bool})


class Optimizer(NamesItsArguments):
    """Moves the parameters it was given by a pure rule; subclasses name the rule and its defaults.

    Attributes:
        param_groups: dicts of ``params`` and the settings that the rule reads in each step.
        state: what the rule remembers of each parameter, in the order of the parameters.
    """

    EXPLAINED = ("__init__", "add_param_group", "load_state_dict", "step")
    rule: ClassVar[Callable[..., tuple[Any, dict[str, Any]]]]
    together: ClassVar[bool] = False
    """Whether what is remembered is of all parameters as one vector."""

    def __init__(self, params: Iterable[Any], **defaults: Any) -> None:
        self.defaults = defaults
        self.param_groups: list[Group] = []
        self.state: list[dict[str, Any]] = []
        for group in groups_of(type(self).__name__, params):
            self.add_param_group(group)

    def add_param_group(self, group: Group) -> None:
        """Add parameters with settings of their own: ``{"params": [...], "lr": 0.1}``.

        Raises:
            DomainError: an unknown setting, a setting out of range, or a parameter that is here already.
        """
        where = type(self).__name__
        params = members(where, group)
        held = {id(p) for g in self.param_groups for p in g["params"]}
        for i, p in enumerate(params):
            check_parameter(where, p, i)
            if id(p) in held:
                raise errors.DomainError(
                    errors.say(where, "a parameter must be given once", f"parameter {p.name or i} twice", "each tensor in one group only")
                )
            held.add(id(p))
        for name in group:
            if name not in self.defaults and name not in NOT_FOR_THE_RULE:
                raise errors.unknown_name(where, "setting", name, self.defaults)
        new = {**self.defaults, **group, "params": params}
        check_settings(where, new)
        self.param_groups.append(new)
        self.state.extend({} for _ in params)

    def settings(self, group: Group) -> dict[str, Any]:
        """Return what the rule reads of a group; NumPy's numbers become Python's, which promote no dtype."""
        return {name: value if type(value) in NUMBERS else plain(value) for name, value in group.items() if name not in NOT_FOR_THE_RULE}

    def step(self, closure: Callable[[], Answer] | None = None) -> Answer | None:
        """Move every parameter that has a gradient; all new values are computed before the first is stored.

        Args:
            closure: computes the loss and its gradients anew, before the step.

        Returns:
            What ``closure`` returned.

        Raises:
            NonFiniteError: a gradient is nan or inf; no parameter and no state has changed.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        moved = []
        i = 0
        with np.errstate(all="ignore"):
            for group in self.param_groups:
                rule = partial(type(self).rule, **self.settings(group))
                for p in group["params"]:
                    g = p.grad
                    if g is not None:
                        if not finite(g):
                            raise self.refusal(p, i)
                        moved.append((p, i, rule(p.value, g, self.state[i])))
                    i += 1
        for p, i, (value, state) in moved:
            p.assign(value)
            self.state[i] = state
        return loss

    def refusal(self, p: Tensor, i: int) -> errors.NonFiniteError:
        """Return the error for a gradient that no step may use."""
        return errors.refuse_nonfinite(f"{type(self).__name__}.step", p.name or f"number {i}", p.grad, p.report)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to 0."""
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None if set_to_none or p.grad is None else np.zeros_like(p.grad)

    def state_dict(self) -> dict[str, Any]:
        """Return settings and state, parameters by position: all that is needed to go on elsewhere."""
        groups, start = [], 0
        for group in self.param_groups:
            end = start + len(group["params"])
            groups.append({**group, "params": list(range(start, end))})
            start = end
        return {"state": {i: dict(state) for i, state in enumerate(self.state) if state}, "param_groups": groups}

    def remembered(self, p: Tensor, group: Group) -> dict[str, Any]:
        """Return what is remembered of a parameter after one step, as an example of its kinds."""
        with np.errstate(all="ignore"):
            own: dict[str, Any] = type(self).rule(p.value, np.zeros_like(p.value), {}, **self.settings(group))[1]
        return own

    def check_state(self, where: str, state: Mapping[str, Any]) -> None:
        """Refuse what is remembered where values of the right kinds do not fit together; the state of most rules always does."""

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` returned.

        Raises:
            StateError: it is not the state of an optimiser, or of one with other settings, or holds values of another kind.
            ShapeError: other numbers of groups or parameters, or a state of another shape than its parameter.
        """
        where = f"{type(self).__name__}.load_state_dict"
        check_saved(where, saved, self.defaults)
        have = [len(g["params"]) for g in self.param_groups]
        came = [len(g["params"]) for g in saved["param_groups"]]
        if have != came:
            raise errors.ShapeError(
                errors.say(where, f"groups must have {have} parameters", f"{came}", "the model and groups that were saved")
            )
        strangers = [i for i in saved["state"] if type(i) is not int or not 0 <= i < len(self.state)]
        if strangers:
            got, instead = f"a state of parameter {strangers[0]!r}", "the model and groups that were saved"
            raise errors.StateError(errors.say(where, f"parameters are 0 to {len(self.state) - 1}", got, instead))
        params = [(p, new) for g, new in zip(self.param_groups, saved["param_groups"], strict=True) for p in g["params"]]
        state = [saved["state"].get(i, {}) for i in range(len(self.state))]
        for i, ((p, new), remembered) in enumerate(zip(params, state, strict=True)):
            if not isinstance(remembered, Mapping) or remembered:
                own = self.remembered(p, {**self.defaults, **new})
                check_remembered(where, remembered, own, of=f" of parameter {p.name or i}", whole=not self.together)
                self.check_state(where, remembered)
        state = [dict(remembered) for remembered in state]
        for group, new in zip(self.param_groups, saved["param_groups"], strict=True):
            group.update({name: value for name, value in new.items() if name != "params"})
        self.state = state

    def __repr__(self) -> str:
        groups = "; ".join(
            ", ".join([f"{len(g['params'])} parameters", *(f"{k}={v}" for k, v in self.settings(g).items())]) for g in self.param_groups
        )
        return f"{type(self).__name__}({groups})"


def plain(value: Any) -> Any:
    """Return a number of Python's, or a tuple of them."""
    if isinstance(value, tuple | list):
        return tuple(plain(v) for v in value)
    return value.item() if isinstance(value, np.generic | np.ndarray) and value.ndim == 0 else value


def groups_of(where: str, params: Any) -> list[Group]:
    """Return parameter groups from tensors, from pairs of name and tensor, or from dicts."""
    if isinstance(params, Tensor):
        raise errors.DomainError(errors.say(where, "params must be a list of tensors", "one tensor", f"{where}([x], lr=0.01)"))
    if hasattr(params, "parameters"):
        raise errors.DomainError(
            errors.say(where, "params must be a list of tensors", type(params).__name__, f"{where}(model.parameters(), lr=0.01)")
        )
    if not isinstance(params, Iterable):
        got, line = type(params).__name__, f"{where}(model.parameters(), lr=0.01)"
        raise errors.ArgumentError(errors.say(where, "params must be tensors, or groups of them", got, line))
    given = list(params)
    if not given:
        raise errors.DomainError(errors.say(where, "there must be parameters to move", "none", f"{where}(model.parameters(), lr=0.01)"))
    if isinstance(given[0], dict):
        return [{"params": members(where, g)} | {k: v for k, v in g.items() if k != "params"} for g in given]
    return [{"params": [p[1] if isinstance(p, tuple) else p for p in given]}]


def members(where: str, group: Any) -> list[Any]:
    """Return the parameters of one group."""
    if not isinstance(group, dict) or "params" not in group:
        got = f"a group of {', '.join(map(repr, group))}" if isinstance(group, dict) else type(group).__name__
        raise errors.DomainError(errors.say(where, 'a group is a dict with "params"', got, '{"params": model.parameters(), "lr": 0.1}'))
    params = group["params"]
    return [params] if isinstance(params, Tensor) else list(params)


def check_saved(where: str, saved: Any, defaults: Mapping[str, Any]) -> None:
    """Refuse what is no state of this kind of optimiser."""
    if not isinstance(saved, Mapping) or not {"state", "param_groups"} <= saved.keys():
        got = f"a dict of {', '.join(map(repr, saved)) or 'nothing'}" if isinstance(saved, Mapping) else type(saved).__name__
        raise errors.StateError(
            errors.say(where, "it takes what state_dict() returned", got, "optimizer.load_state_dict(other.state_dict())")
        )
    groups, state = saved["param_groups"], saved["state"]
    if not isinstance(state, Mapping) or not isinstance(groups, list | tuple) or not all(is_group(group) for group in groups):
        got = f"groups of kind {type(groups).__name__} and a state of kind {type(state).__name__}"
        rule = "groups must be a list of dicts with params, and the state a dict"
        raise errors.StateError(errors.say(where, rule, got, "optimizer.load_state_dict(other.state_dict())"))
    for group in groups:
        came = sorted(map(str, group.keys() - NOT_FOR_THE_RULE))
        if came != sorted(defaults):
            rule, got = f"the settings must be {', '.join(sorted(defaults))}", ", ".join(came) or "none"
            raise errors.StateError(errors.say(where, rule, got, "an optimiser of the kind that was saved"))
        settings = {name: value for name, value in group.items() if name != "params"}
        check_remembered(where, settings, {"initial_lr": 0.0, **defaults}, of=" as a setting", whole=False)
        check_settings(where, {**defaults, **settings})


def is_group(group: Any) -> bool:
    """Whether something is a saved group: a dict that numbers its parameters."""
    return isinstance(group, Mapping) and isinstance(group.get("params"), list | tuple)


def check_parameter(where: str, p: Any, i: int) -> None:
    """Refuse what cannot be moved: anything but a leaf that requires grad."""
    if not isinstance(p, Tensor):
        rule, got = "a parameter must be a tensor", f"{type(p).__name__} as number {i}"
    elif not p.requires_grad:
        rule, got = "a parameter must require grad", f"number {i}, of shape {p.shape}, that does not"
    elif not p.is_leaf:
        rule, got = "a parameter must be a leaf", f"the result of {p.node[0].name} as number {i}"
    else:
        return
    frozen = isinstance(p, Tensor) and not p.requires_grad and p.name
    instead = "[p for p in model.parameters() if p.requires_grad]" if frozen else "x = tl.tensor(data, requires_grad=True)"
    raise errors.DomainError(errors.say(where, rule, got, instead))


RANGES: Final[dict[str, tuple[float, float]]] = {
    # smallest allowed, and the first number that is too large
    "lr": (0.0, math.inf),
    "momentum": (0.0, math.inf),
    "weight_decay": (0.0, math.inf),
    "lr_decay": (0.0, math.inf),
    "eps": (0.0, math.inf),
    "l1": (0.0, math.inf),
    "power": (0.0, math.inf),
    "alpha": (0.0, math.inf),
    "initial_accumulator_value": (0.0, math.inf),
    "betas": (0.0, 1.0),
}


def check_settings(where: str, group: Group) -> None:
    """Refuse settings out of their range."""
    for name, (lowest, limit) in RANGES.items():
        if name not in group:
            continue
        values = group[name] if isinstance(group[name], tuple | list) else [group[name]]
        if name == "betas" and (len(values) != 2 or values is not group[name]):
            raise errors.DomainError(errors.say(where, "betas must be a pair", repr(group[name]), f"{where}(params, betas=(0.9, 0.999))"))
        if not all(isinstance(v, int | float | np.number) and lowest <= v < limit for v in values):
            interval = f"in [{lowest:g}, {limit:g})"
            raise errors.DomainError(errors.say(where, f"{name} must lie {interval}", str(group[name]), f"{where}(params, lr=0.01)"))
    if group.get("nesterov") and (group["momentum"] <= 0 or group["dampening"] != 0):
        raise errors.DomainError(
            errors.say(
                where,
                "nesterov=True needs momentum and no dampening",
                f"momentum={group['momentum']}, dampening={group['dampening']}",
                f"{where}(params, lr=0.01, momentum=0.9, nesterov=True)",
            )
        )

"""The backward pass: one loop over the record, from the result to the leaves."""

from collections.abc import Collection
from typing import Any

import numpy as np

from tinygrad_loss.context import Policy
from tinygrad_loss.engine.finiteness import finite as finite
from tinygrad_loss.engine.finiteness import overflowed
from tinygrad_loss.engine.graph import differentiable_order, leading_to, spelt_out
from tinygrad_loss.engine.held import changed
from tinygrad_loss.engine.op import Array, Op
from tinygrad_loss.engine.tensor import NEEDS_GRAD, Tensor

__all__ = ["Pass", "doubtful", "first_step", "own_ties", "pull", "sweep"]


class Pass:
    """What one reverse pass computed and noticed.

    Attributes:
        root: the tensor that was differentiated.
        seed: its cotangent.
        order: the tensors that a gradient flowed through, inputs first.
        leaves: where it ended, by id.
        cotangents: the gradient of each leaf, by id; a leaf that no cotangent reached is missing.
        hits: tensors at which a declared kink, jump or infinite slope was met, each with the cotangent that reached it.
        suspects: those of them that matter: with a non-zero cotangent, or not a mere kink.
        traced: tensors without gradient (comparisons, indices) that were computed from the leaves and steered the result.
        departed: the lines at which numbers at a tie left the record.
        doubtful: whether anything was noticed that may leave the gradient undefined; never asked under the convention.
    """

    __slots__ = ("cotangents", "departed", "doubtful", "hits", "leaves", "order", "root", "seed", "suspects", "traced")

    def __init__(self, root: Tensor, seed: Array, order: list[Tensor], leaves: dict[int, Tensor], cotangents: dict[int, Array]) -> None:
        self.root, self.seed, self.order, self.leaves, self.cotangents = root, seed, order, leaves, cotangents
        self.hits: dict[Tensor, Array] = {}
        self.suspects: list[Tensor] = []
        self.traced: list[Tensor] = []
        self.departed: Collection[str] = ()
        self.doubtful = False


def sweep(root: Tensor, seed: Array, *, policy: Policy, stops: Collection[int] = (), differentiable: bool = False) -> Pass:
    """Run one reverse pass and notice every kink that was hit, without judging it."""
    order, leaves = differentiable_order(root, stops)
    done = Pass(root, seed, leading_to(order, stops) if stops else order, leaves, {id(root): seed})
    with np.errstate(all="ignore"):
        if differentiable:
            _pull_tensors(done, screen=policy != "convention")
        else:
            pull(done, policy=policy)
        if done.hits and (spelt := spelt_out(root, done.hits, stops)):
            return sweep(spelt[id(root)], seed, policy=policy, stops=stops, differentiable=differentiable)
        if done.traced:
            _find_steering_leaves(done, stops)
        if stops:
            done.leaves = {key: leaf for key, leaf in done.leaves.items() if key in stops}
            done.cotangents = {key: g for key, g in done.cotangents.items() if key in stops}
        done.doubtful = policy != "convention" and doubtful(done)
    return done


def _find_steering_leaves(done: Pass, stops: Collection[int]) -> None:
    """Give leaves that only steer a choice their gradient, which is 0 where no comparison is tied."""
    stack, seen = list(done.traced), set()
    while stack:
        t = stack.pop()
        if id(t) in seen or not t.track:
            continue
        seen.add(id(t))
        if t.op is not None and id(t) not in stops:
            stack.extend(x for x in t.inputs if type(x) is Tensor)
        elif t.track & NEEDS_GRAD and id(t) not in done.cotangents:
            done.leaves[id(t)] = t
            done.cotangents[id(t)] = np.zeros_like(t.value)


def pull(done: Pass, *, policy: Policy | None) -> None:  # noqa: C901, PLR0912, PLR0915  the hot loop: calls and branches are written out
    """Carry cotangents from the root to the leaves, on the values; a policy of None looks at no kink."""
    cotangents, hits, suspects, traced = done.cotangents, done.hits, done.suspects, done.traced
    convention = policy == "convention"
    count = np.count_nonzero
    for t in reversed(done.order):
        g = cotangents.pop(id(t), None)
        if g is None:
            continue
        op: Op = t.op  # type: ignore[assignment]  # leaves are not in the order
        a, b = t.first, t.second
        vjps: Any = op.vjps
        facts = op.facts if policy else None
        if b is None:
            if a.version != t.stamp:
                _refuse_changed(t, a.version)
            y, x = t.value, a.value
            if facts is not None and (op.tied or not convention) and count(hit := facts.tie(y, x)):
                if convention:
                    vjps = op.tied
                else:
                    hits[t] = g
                    if facts.nature != "kink" or count(hit & (g != 0)):
                        suspects.append(t)
            cotangent = vjps[0](g, y, x)
            key = id(a)
            old = cotangents.get(key)
            cotangents[key] = cotangent if old is None else old + cotangent
        elif b is not ...:
            now = 0
            if type(a) is Tensor:
                x, flows = a.value, a.track
                now = a.version
            else:
                x, flows = a, 0
            if type(b) is Tensor:
                z, flows_b = b.value, b.track
                now += b.version
            else:
                z, flows_b = b, 0
            if now != t.stamp:
                _refuse_changed(t, now)
            y = t.value
            if facts is not None and (op.tied or not convention) and count(hit := facts.tie(y, x, z)):
                if convention:
                    vjps = op.tied
                else:
                    hits[t] = g
                    if facts.nature != "kink" or count(hit & (g != 0)):
                        suspects.append(t)
            if flows & NEEDS_GRAD:
                cotangent = vjps[0](g, y, x, z)
                key = id(a)
                old = cotangents.get(key)
                cotangents[key] = cotangent if old is None else old + cotangent
            elif flows:
                traced.append(a)
            if flows_b & NEEDS_GRAD:
                cotangent = vjps[1](g, y, x, z)
                key = id(b)
                old = cotangents.get(key)
                cotangents[key] = cotangent if old is None else old + cotangent
            elif flows_b:
                traced.append(b)
        else:
            now = 0
            inputs, values = a, []
            for a in inputs:
                if type(a) is Tensor:
                    values.append(a.value)
                    now += a.version
                else:
                    values.append(a)
            if now != t.stamp:
                _refuse_changed(t, now)
            y, static = t.value, t.static or {}
            if facts is not None and (op.tied or not convention) and count(hit := facts.tie(y, *values, **static)):
                if convention:
                    vjps = op.tied
                else:
                    hits[t] = g
                    if facts.nature != "kink" or count(hit & (g != 0)):
                        suspects.append(t)
            for i, a in enumerate(inputs):
                if type(a) is not Tensor:
                    continue
                if a.track & NEEDS_GRAD:
                    cotangent = vjps[i](g, y, *values, **static)
                    key = id(a)
                    old = cotangents.get(key)
                    cotangents[key] = cotangent if old is None else old + cotangent
                elif a.track:
                    traced.append(a)


def _refuse_changed(t: Tensor, now: int) -> None:
    """Raise where the leaves of a result, or its constants, are not what they were; its stamp says that they are to be looked at."""
    error = changed(t, now)
    if error is not None:
        raise error


def _pull_tensors(done: Pass, *, screen: bool) -> None:  # noqa: C901  the same loop as `pull`, for any number of inputs
    """Carry cotangents as tensors, so that the gradient can be differentiated again."""
    cotangents = done.cotangents
    for t in reversed(done.order):
        g = cotangents.pop(id(t), None)
        if g is None:
            continue
        op, inputs, static = t.node
        now = sum(a.version for a in inputs if type(a) is Tensor)
        if now != t.stamp:
            _refuse_changed(t, now)
        vjps: Any = op.vjps
        if op.facts is not None and (screen or op.tied):
            values = [a.value if type(a) is Tensor else a for a in inputs]
            hit = op.facts.tie(t.value, *values, **static)
            if np.count_nonzero(hit):
                if not screen:
                    vjps = op.tied
                else:
                    done.hits[t] = g
                    if op.facts.nature != "kink" or np.count_nonzero(hit & ((g.value if type(g) is Tensor else g) != 0)):
                        done.suspects.append(t)
        for i, a in enumerate(inputs):
            if type(a) is not Tensor:
                continue
            if a.track & NEEDS_GRAD:
                cotangent = vjps[i](g, t, *inputs, **static)
                old = cotangents.get(id(a))
                cotangents[id(a)] = cotangent if old is None else old + cotangent
            elif a.track:
                done.traced.append(a)


def doubtful(done: Pass) -> bool:
    """Whether anything was noticed that may leave the gradient undefined: a hit, a tied comparison, a non-finite leaf."""
    if done.suspects or any(map(tied, done.traced)):
        return True
    return not (finite(done.root) and all(map(finite, done.cotangents.values()))) and not overflowed(done)


def tied(t: Tensor) -> bool:
    """Whether a traced tensor may change its value just beside the point; looked for only in backward.

    It may where a comparison that led to it was a tie, and where a jump, or a pole, fed what was compared.
    """
    return first_step(t) is not None


def first_step(t: Tensor) -> Tensor | None:
    """Return a tensor that led to ``t``, or ``t``, and steps beside the point.

    What is found is marked on the tensors, because a chain of comparisons asks about the same ones again and again.
    """
    stack, seen = [t], set()
    while stack:
        t = stack.pop()
        steady = getattr(t, "steady", None)
        if t.op is None or t in seen or not t.track or steady:
            continue
        seen.add(t)
        if steady is False or steps(t):
            return t
        stack.extend(x for x in t.inputs if type(x) is Tensor)
    for t in seen:
        t.steady = True
    return None


def steps(t: Tensor) -> bool:
    """Whether an op itself stands at a jump, a pole, or an edge of its domain."""
    facts = t.op.facts if t.op else None
    return facts is not None and facts.nature != "kink" and bool(np.count_nonzero(own_ties(t)))


def own_ties(t: Tensor) -> Array:
    """Return where a recorded op with facts is not smooth: nowhere if its operands move in steps only, such as whole numbers.

    Those move where what made them steps, and there it is what made them that is tied.
    """
    op, inputs, static = t.node
    if not any(type(x) is Tensor and x.track and _moves(x) for x in inputs):
        return False
    return op.facts.tie(t.value, *(x.value if type(x) is Tensor else x for x in inputs), **static)  # type: ignore[union-attr]


def _moves(x: Tensor) -> bool:
    """Whether a recorded tensor may move beside the point though nothing that led to it steps; where in doubt, it may."""
    if x.value.dtype.kind not in "fc":
        return False
    if x.op is None:
        return True
    if x.op.facts is not None and x.op.facts.limit is not None:  # floor and its like
        return False
    made_of = [a.value.dtype.kind for a in x.inputs if type(a) is Tensor and a.track]
    return not made_of or any(kind in "fc" for kind in made_of)

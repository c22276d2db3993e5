"""The backward pass: one loop over the record, from the result to the leaves."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.context import AT_KINKS, RECORDING, REMEMBER_LINES, Policy
from tinygrad_loss.engine.cut import cut_path
from tinygrad_loss.engine.debug import refuse_derivative
from tinygrad_loss.engine.finiteness import finite as finite
from tinygrad_loss.engine.finiteness import overflowed
from tinygrad_loss.engine.graph import differentiable_order, leading_to, spelt_out
from tinygrad_loss.engine.held import changed
from tinygrad_loss.engine.masked import refuse_masked
from tinygrad_loss.engine.op import Array, Op
from tinygrad_loss.engine.tensor import NEEDS_GRAD, RETAINED, Tensor

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Pass", "backward", "doubtful", "own_ties", "pull", "sweep"]

SCALARS: Final = frozenset({np.float32, np.float64})
"""Types of a single number, as nearly every loss is."""


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


def backward(self: Tensor, gradient: "ArrayLike | None" = None, retain_graph: bool | None = None, create_graph: bool = False) -> None:
    r"""Add the gradient of this tensor into ``.grad`` of every leaf that led to it, and of results that retain theirs.

    $x.grad \mathrel{+}= \sum_k gradient_k \, \partial y_k / \partial x$

    Args:
        self: the result, whose method this is.
        gradient: the cotangent of this tensor, of its shape; needed unless it is a single number.
        retain_graph: PyTorch's; graphs are kept anyway, so it changes nothing.
        create_graph: PyTorch's; `grad` of `grad` is its place here.

    Raises:
        ArgumentError: ``create_graph=True``.
        ShapeError: ``gradient`` is missing for more than one number, or has another shape.
        CutPathError: no leaf that requires grad led here.
        StaleGraphError: a leaf was given new values since.

    Source: Griewank and Walther, Evaluating Derivatives, 2nd ed., chapter 3.

    >>> import numpy as np, tinygrad_loss as tl
    >>> x = tl.tensor([1.0, -2.0], requires_grad=True)
    >>> np.sum(x * x).backward()
    >>> x.grad
    array([ 2., -4.])
    """
    del retain_graph
    if create_graph:
        rule, instead = "a gradient that shall be differentiated again is a transform's", "tl.grad(tl.grad(f))(x)"
        raise errors.ArgumentError(errors.say("backward", rule, "create_graph=True", instead))
    seed = _seed(self, gradient)
    if not self.track & NEEDS_GRAD:
        raise cut_path(self)
    done = _judged(self, seed)
    order = done.order if done.root is self else differentiable_order(self)[0]
    for t in [t for t in order if t.track & RETAINED]:
        _judged(self, seed, {id(t)})


def _judged(root: Tensor, seed: Array, stops: Collection[int] = ()) -> Pass:
    """Run one reverse pass, judge what it noticed, and add the gradients into where it ended."""
    policy = AT_KINKS.get()
    done = sweep(root, seed, policy=policy, stops=stops)
    reports: Mapping[int, object] = {}
    if done.doubtful:
        from tinygrad_loss.nonsmooth.judge import judge  # noqa: PLC0415  the one exception that looks upward: only when a kink was hit

        reports = judge(done, policy)
    watched(done)
    _deposit(done, reports)
    return done


Tensor.backward = backward  # type: ignore[method-assign, assignment]


def watched(done: Pass) -> None:
    """Under `debug`, name the op that made a gradient non-finite."""
    if RECORDING.get() == REMEMBER_LINES and not all(map(finite, done.cotangents.values())):
        seed = done.seed.value if type(done.seed) is Tensor else done.seed
        refuse_derivative(done.order, done.root, seed)


def _seed(root: Tensor, gradient: "ArrayLike | None") -> Array:
    value = root.value
    if gradient is None and type(value) in SCALARS:
        return type(value)(1)
    kind = _kind_of(value)
    if kind not in "fc":
        raise cut_path(root) if kind in "biu" else not_numbers(root)
    if gradient is None:
        if kind == "c":
            raise complex_result("backward", "np.sum(np.abs(y) ** 2).backward()", root)
        if value.size != 1:
            raise errors.ShapeError(
                errors.say(
                    "backward",
                    "without gradient= the tensor must be a single number",
                    f"shape {root.shape}",
                    "np.sum(y).backward(), or y.backward(gradient=np.ones_like(y.data))",
                )
            )
        return value.dtype.type(1) if value.ndim == 0 else np.ones_like(value)
    refuse_masked("backward", (gradient,))
    seed = np.array(gradient.value if isinstance(gradient, Tensor) else gradient)
    if seed.dtype.kind not in ("biufc" if kind == "c" else "biuf"):
        raise errors.DTypeError(
            errors.say("backward", "gradient= must be real numbers", f"dtype {seed.dtype}", "y.backward(gradient=np.ones_like(y.data))")
        )
    seed = seed.astype(root.dtype, copy=False)
    if seed.shape != root.shape:
        rule, instead = "gradient= must have the tensor's shape", "y.backward(gradient=np.ones_like(y.data))"
        raise errors.misfits("backward", rule, {"gradient": seed.shape, "the tensor": root.shape}, instead, mismatch.unequal)
    return seed[()] if seed.ndim == 0 else seed


def complex_result(where: str, instead: str, y: Array) -> errors.DTypeError:
    """Return the error for a derivative of complex numbers: a loss is real."""
    return errors.DTypeError(errors.say(where, "only a real number has a gradient", f"dtype {y.dtype}", instead))


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
    return _first_step(t) is not None


def _first_step(t: Tensor) -> Tensor | None:
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


def may_step(t: Tensor) -> bool:
    """Whether a traced tensor may be another just beside the point, and not only by the looks of its values."""
    found = _first_step(t)
    if found is None or hasattr(found, "steady"):
        return found is not None
    from tinygrad_loss.nonsmooth.numbering import may_step  # noqa: PLC0415  upward, as in backward: only at a tie

    return may_step(t)


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


def _deposit(done: Pass, reports: Mapping[int, object]) -> None:
    """Add the gradients into the leaves; each gets an array of its own, of its own dtype.

    All are computed before the first is stored, so that an interruption seldom falls between two of them.
    """
    given: set[int] = {id(done.seed)}
    new = []
    for key, leaf in done.leaves.items():
        g = done.cotangents.get(key)
        if g is None:
            continue
        before, dtype = leaf.grad, leaf.value.dtype
        if g.dtype != dtype:
            g = np.asarray(g.real if np.iscomplexobj(g) else g).astype(dtype)
        if before is not None:
            g = before + g
        elif type(g) is not np.ndarray or g.base is not None or id(g) in given:
            g = np.array(g)
        given.add(id(g))
        new.append((leaf, g if type(g) is np.ndarray else np.asarray(g), reports.get(key)))
    for leaf, g, report in new:
        leaf._grad, leaf._report = g, report  # noqa: SLF001  the setter would copy once more


def not_numbers(root: Tensor) -> errors.DTypeError:
    """Return the error that names the op at which an array of objects came in."""
    order, _ = differentiable_order(root)
    first = next((t for t in order if _kind_of(t.value) not in "biufc"), root)
    name = first.op.name if first.op else "backward"
    return errors.DTypeError(errors.say(name, "operands must be real numbers", "dtype object", "np.asarray(operand, dtype=np.float64)"))


def _kind_of(value: Array) -> str:
    """Return the letter of a dtype; an array of objects may have summed to a Python number."""
    return value.dtype.kind if hasattr(value, "dtype") else "O"

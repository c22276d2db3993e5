"""A proof for functions that choose by comparisons: every outcome of what is tied gives one value and one gradient.

Just beside the point each tied comparison has one of its outcomes, so the function is there, point by point, one of finitely many
functions. If all of them are differentiable at the point, with the same value and the same gradient, so is the function: the
largest of their remainders bounds its own. Nothing is asked about which outcomes occur together.
"""

import itertools
import math
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np

from tinygrad_loss.context import enable_grad, without_watching
from tinygrad_loss.engine.graph import replay
from tinygrad_loss.engine.reverse import Pass, own_ties, sweep
from tinygrad_loss.engine.tensor import Tensor, tensor
from tinygrad_loss.nonsmooth.germ import ROUNDING, of_shape
from tinygrad_loss.nonsmooth.near import Near
from tinygrad_loss.nonsmooth.numbering import Numbering

__all__ = ["agreed_by_all_branches"]

BRANCHES: Final = 64
"""Up to this many combinations of outcomes are asked."""
COMPARISONS: Final = frozenset({"greater", "greater_equal", "less", "less_equal", "equal", "not_equal"})

Judge: TypeAlias = Callable[[Pass, Near], list[np.ndarray] | None]


def agreed_by_all_branches(done: Pass, near: Near, judge: Judge) -> list[np.ndarray] | None:
    """Return the gradient, one array per leaf, on which all branches agree; None where they do not, or are too many.

    ``judge`` gives the gradient of one branch where that is proved to exist.
    """
    if any(t.op is None or t.op.facts is None for t in done.hits) or not math.isfinite(near.value) or any(map(_edge, near.record)):
        return None
    tied = [(t, hit) for t in near.record if (hit := _hit(t)) is not None and np.any(hit)]
    if not tied:
        return None
    questions: dict[object, tuple[list[Any], list[Tensor]]] = {}
    for t, hit in tied:
        answers = _answers(t, hit)
        if answers is None:
            return None
        questions.setdefault(_question(t, near.numbering), (answers, []))[1].append(t)
    if math.prod(len(answers) for answers, _ in questions.values()) > BRANCHES:
        return None
    agreed: list[np.ndarray] | None = None
    for chosen in itertools.product(*(answers for answers, _ in questions.values())):
        values = {id(t): _value(t, answer) for answer, (_, asked) in zip(chosen, questions.values(), strict=True) for t in asked}
        found = _gradient(near, values, judge)
        if found is None or (agreed is not None and not _same(agreed, found)):
            return None
        agreed = agreed or found
    return agreed


def _question(t: Tensor, numbering: Numbering) -> object:
    """Return what a tied choice asks: comparisons of the same two operands ask one question."""
    op, inputs, static = t.node
    name, numbers = op.name, [numbering.of(x).number for x in inputs]
    if name in COMPARISONS or name == "sign":
        name = "sign"
        numbers = numbers[:1] if len(numbers) == 1 or not np.any(numbers[1]) else numbers  # against 0 as by its sign
    return (name, t.shape, *((n.shape, n.tobytes()) for n in numbers), *sorted(static.items()))


def _edge(t: Tensor) -> bool:
    """Whether the value or the slope of a recorded op may be infinite beside the point, or none."""
    return t.op is not None and t.op.facts is not None and t.op.facts.nature == "infinite" and bool(np.any(own_ties(t)))


def _hit(t: Tensor) -> np.ndarray | None:
    """Return where a recorded choice is tied; None for an op that chooses nothing."""
    op, inputs, static = t.node
    if op.facts is None or op.facts.nature != "jump":
        return None
    values = [x.value if type(x) is Tensor else x for x in inputs]
    with np.errstate(all="ignore"):
        return np.asarray(of_shape(op.facts.tie(t.value, *values, **static), t.shape))


def _answers(t: Tensor, hit: np.ndarray) -> list[Any] | None:
    """Return every answer that a tied choice may get beside the point, or None where they are not known.

    The answer to a comparison is the sign of the difference of its operands at the tied entries.
    """
    name = t.node[0].name
    if name in COMPARISONS or name == "sign":
        count = int(np.count_nonzero(hit))
        return list(itertools.product((-1, 0, 1), repeat=count)) if 3**count <= BRANCHES else None
    x = np.asarray(t.inputs[0].value if type(t.inputs[0]) is Tensor else t.inputs[0])
    if x.ndim != 1 or name not in {"argmax", "argmin", "argsort"}:
        return None
    if name != "argsort":
        return [np.full(t.shape, i)[()] for i in np.flatnonzero(x == x[t.value])]
    groups = [np.flatnonzero(x == v) for v in np.unique(x)]
    return _orders(groups) if math.prod(math.factorial(len(g)) for g in groups) <= BRANCHES else None


def _value(t: Tensor, answer: Any) -> Any:
    """Return the value of a tied choice under an answer."""
    op = t.node[0]
    if op.name not in COMPARISONS and op.name != "sign":
        return answer
    signs = np.array(answer)
    made = np.array(t.value)
    made[_hit(t)] = signs if op.name == "sign" else op.forward(signs, 0)
    return made[()]


def _orders(groups: list[np.ndarray]) -> list[Any]:
    """Return every order of the entries that puts no larger one before a smaller; ``groups`` holds the places of equal ones."""
    orders = itertools.product(*(itertools.permutations(g.tolist()) for g in groups))
    return [np.array([i for part in parts for i in part], np.intp) for parts in orders]


def _gradient(near: Near, chosen: dict[int, Any], judge: Judge) -> list[np.ndarray] | None:
    """Return the gradient of one branch where it has the function's value and is proved to have one."""
    fresh = [tensor(leaf.value, requires_grad=True) for leaf in near.leaves]
    given = {id(leaf): x for leaf, x in zip(near.leaves, fresh, strict=True)} | chosen
    with np.errstate(all="ignore"), enable_grad(), without_watching():
        y = replay(near.record, given).get(id(near.root), near.root.value)
    value = np.asarray(y.value if isinstance(y, Tensor) else y, np.float64)
    if np.any(np.abs(value - near.root.value) > ROUNDING.get().chop * np.abs(near.root.value)):
        return None
    if not isinstance(y, Tensor) or not y.requires_grad:
        return [np.zeros(leaf.shape) for leaf in near.leaves]
    seed = near.seed.value if isinstance(near.seed, Tensor) else near.seed
    done = sweep(y, seed, policy="nan", stops={id(x) for x in fresh})
    if done.doubtful:
        return judge(done, Near(y, seed, fresh))
    return [np.asarray(done.cotangents.get(id(x), np.zeros(x.shape)), np.float64) for x in fresh]


def _same(a: list[np.ndarray], b: list[np.ndarray]) -> bool:
    """Whether two gradients are one, up to rounding."""
    chop = ROUNDING.get().chop
    return all(bool(np.all(np.abs(p - q) <= chop * (np.abs(p) + np.abs(q)))) for p, q in zip(a, b, strict=True))

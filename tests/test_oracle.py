"""Values and gradients of PyTorch 2.13.0, recorded, under its own convention at kinks."""

import collections
import re
import warnings

import numpy as np
import pytest

import tinygrad_loss as tl
from oracle.case import SKIPPED, load
from oracle.torch_calls import call

LEAF = re.compile(r"(args|kwargs|param)\[(.+?)\](?:\[(\d+)\])?$")

NOT_YET: set[tuple[str, str]] = set()
"""Names that do not work yet; a name that works must leave the list."""

INFINITE = "at an infinite input torch computes inf - inf = nan where the limit exists, or spreads one nan over the row"
HIDDEN = "torch gives a nan input the gradient 0, which hides it"
OVERFLOW = "torch overflows or underflows on the way to a finite result"
DIFFERENT = {
    "binary_cross_entropy_with_logits/float32#0": INFINITE,
    "cross_entropy/float32#4.0.0.1": INFINITE,
    "cross_entropy/float32#4.1.0.0": INFINITE,
    "cross_entropy/float32#4.2.0.0": INFINITE,
    "cross_entropy/float64#4.1.0.0": INFINITE,
    "cross_entropy/float64#4.1.0.1": INFINITE,
    "cross_entropy/float64#4.2.0.0": INFINITE,
    "kl_div/float32#14": "p = 0 contributes 0 log 0 = 0; torch says nan",
    "kl_div/float32#15": "p = 0 contributes 0 log 0 = 0; torch says nan",
    "l1_loss/float32#2": HIDDEN,
    "linalg.vector_norm/float32#huge": OVERFLOW,
    "linalg.vector_norm/float32#tiny": OVERFLOW,
    "linalg.vector_norm/float64#huge64": OVERFLOW,
    "median/float64#kink": "torch shares the cotangent among tied entries; a sort gives it to one of them, which is as good an element of the Clarke set",
    "nn.KLDivLoss#9": "recorded with one tensor as input and as target",
    "nn.functional.gaussian_nll_loss#8": "unequal shapes; nothing is broadcast in silence here",
    "nn.functional.scaled_dot_product_attention#1": "drawn with torch's random numbers",
    "poisson_nll_loss/float32#11": INFINITE,
    "poisson_nll_loss/float64#11": INFINITE,
    "smooth_l1_loss/float32#7": HIDDEN,
    "smooth_l1_loss/float64#7": HIDDEN,
    "soft_margin_loss/float64#9": OVERFLOW,
}
"""Cases where we differ on purpose, and why; a case that agrees must leave the list."""

FIRST_ONLY = ("hinge_embedding", "cosine_embedding", "cov")
"""Here torch's own differences perturb a target of +-1 or a weight; the first argument is what is differentiated in earnest."""

TOLERANCES = {"float32": (3e-6, 3e-5), "float64": (1e-9, 1e-7)}
"""Of the largest entry: value and gradient."""


def grouped(stem):
    """Return the cases by name, without those that are torch's own calling convention."""
    groups = collections.defaultdict(list)
    for case in load(stem):
        if case.id not in SKIPPED:
            groups[case.name].append(case)
    return groups


CASES = {stem: grouped(stem) for stem in ("ops", "edges", "losses")}


def with_leaves(case):
    """Return the arguments of a case with tensors for what is differentiated, and those tensors by name."""
    args, kwargs, leaves = list(case.args), dict(case.kwargs), {}
    for path in case.grads:
        box, key, part = LEAF.match(path).groups()
        if box == "param":
            continue
        where = args if box == "args" else kwargs
        key = int(key) if box == "args" else key.strip("'\"")
        old = where[key] if part is None else where[key][int(part)]
        leaves[path] = new = tl.tensor(np.asarray(old), requires_grad=True)
        if part is None:
            where[key] = new
        else:
            parts = list(where[key])
            parts[int(part)] = new
            where[key] = type(where[key])(parts)
    return args, kwargs, leaves


def outputs(case, args, kwargs):
    if not case.name.startswith("nn.") or case.name.startswith("nn.functional."):
        functional = "." not in case.name and case.name in tl.losses.LOSSES
        return call(f"nn.functional.{case.name}" if functional else case.name, args, kwargs)
    module = getattr(tl.nn, case.name.removeprefix("nn."))(*case.made_with[0], **case.made_with[1])
    if case.state:
        module.load_state_dict(case.state)
    out = module(*args, **kwargs)
    return list(out) if isinstance(out, list | tuple) else [out]


def compare(got, wanted, tolerance, what):
    got, wanted = np.asarray(getattr(got, "value", got), np.float64), np.asarray(wanted, np.float64)
    largest = np.max(np.abs(wanted[np.isfinite(wanted)]), initial=1e-6)  # a gradient that is 0 but for rounding has no largest entry
    assert got.shape == wanted.shape, what
    np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance * largest, err_msg=what)


def replay(case):
    """Assert that the values and the gradients of a case are torch's."""
    args, kwargs, leaves = with_leaves(case)
    if "#kink" in case.id:
        args += {"clamp": [0.0], "maximum": [0.0]}.get(case.name, [])  # what the recorder left unsaid
    outs = outputs(case, args, kwargs)
    precision = str(next((np.asarray(o).dtype for o in case.outs if np.asarray(o).dtype.kind == "f"), "float64"))
    for_value, for_gradient = TOLERANCES[precision]
    total = None
    for out, wanted, cotangent in zip(outs, case.outs, case.cots, strict=False):
        if np.asarray(wanted).dtype.kind == "f":
            compare(out, wanted, for_value, f"{case.id}: value")
        if cotangent is not None and isinstance(out, tl.Tensor) and out.requires_grad:
            term = np.sum(out * cotangent)
            total = term if total is None else total + term
    wanted = {path: g for path, g in case.grads.items() if path in leaves}
    if any(name in case.name for name in FIRST_ONLY):
        wanted = {path: g for path, g in wanted.items() if path == "args[0]"}
    if "CTC" in case.name:
        wanted = {}  # torch's gradient presumes that its input came from log_softmax
    if total is not None:
        with tl.at_kinks("convention"):
            total.backward()
    if not case.smooth and case.error is not None:
        return  # torch disagrees with its own differences here
    for path, g in wanted.items():
        got = leaves[path].grad
        compare(np.zeros_like(g) if got is None else got, g, for_gradient, f"{case.id}: gradient of {path}")


def agrees(case):
    """Whether a case is torch's; any way of not working is a no."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            replay(case)
        except Exception:  # noqa: BLE001
            return False
    return True


@pytest.mark.parametrize(("stem", "name"), [(stem, name) for stem, names in CASES.items() for name in names if (stem, name) not in NOT_YET])
def test_values_and_gradients_are_torchs(stem, name):
    for case in CASES[stem][name]:
        if case.id not in DIFFERENT:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                replay(case)


def test_where_we_differ_on_purpose_we_differ():
    every = [case for groups in CASES.values() for cases in groups.values() for case in cases if case.id in DIFFERENT]
    assert {case.id for case in every} == set(DIFFERENT)
    assert [case.id for case in every if agrees(case)] == []


def test_what_does_not_work_yet_does_not_work():
    assert [(stem, name) for stem, name in NOT_YET if all(map(agrees, CASES[stem][name]))] == []

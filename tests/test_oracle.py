"""Values and gradients of PyTorch 2.13.0, recorded, under its own convention at kinks."""

import collections
import re
import warnings

import numpy as np
import pytest
from oracle.case import SKIPPED, load
from oracle.torch_calls import call

import tinygrad_loss as tl

LEAF = re.compile(r"(args|kwargs|param)\[(.+?)\](?:\[(\d+)\])?$")

NOT_YET = {"ops": set(), "edges": set(), "losses": set()}
"""Names that do not work yet; a name that works must leave the list."""

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
        return call(case.name if "." in case.name or case.name not in vars(tl.losses) else f"nn.functional.{case.name}", args, kwargs)
    module = getattr(tl.nn, case.name.removeprefix("nn."))(*case.made_with[0], **case.made_with[1])
    if case.state:
        module.load_state_dict(case.state)
    out = module(*args, **kwargs)
    return list(out) if isinstance(out, list | tuple) else [out]


def compare(got, wanted, tolerance, what):
    got, wanted = np.asarray(getattr(got, "value", got), np.float64), np.asarray(wanted, np.float64)
    largest = np.max(np.abs(wanted[np.isfinite(wanted)]), initial=1e-12)
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


@pytest.mark.parametrize(("stem", "name"), [(stem, name) for stem, names in CASES.items() for name in names if name not in NOT_YET[stem]])
def test_values_and_gradients_are_torchs(stem, name):
    for case in CASES[stem][name]:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            replay(case)


@pytest.mark.parametrize(("stem", "name"), [(stem, name) for stem, names in NOT_YET.items() for name in sorted(names)])
def test_what_does_not_work_yet_still_does_not(stem, name):
    with pytest.raises(Exception), np.errstate(all="ignore"), warnings.catch_warnings():  # noqa: B017, PT011  any way of not working
        warnings.simplefilter("ignore")
        for case in CASES[stem][name]:
            replay(case)

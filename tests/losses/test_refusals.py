"""Every loss refuses every kind of bad input that it can be given, in a message that is known to its last letter."""

import re
import warnings

import numpy as np
import pytest

import tinygrad_loss as tl
from losses.catalogue import ALL
from losses.options import OPTIONS, OWN_OPTIONS, PER_CLASS
from losses.refusals import KINDS, NOT_OF, bound_free, cases_of
from messages import without_lengths

CELLS = [pytest.param(loss, of, id=f"{loss.__name__}, {of}") for loss in ALL for of in KINDS if of not in NOT_OF or not NOT_OF[of][0](loss)]


def said(loss, case):
    """Return all that a bad call raises or warns of."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        try:
            loss(*case.arrays, **case.options)
        except Exception as error:  # noqa: BLE001  whatever comes is compared
            return type(error), without_lengths(str(error))
    return next(((warning.category, str(warning.message)) for warning in found), None)


@pytest.mark.parametrize(("loss", "of"), CELLS)
def test_refused_with_its_whole_message(loss, of):
    cases = cases_of(loss, of)
    assert cases, f"{loss.__name__} has no case of {of}, and no reason in NOT_OF"
    for case in cases:
        assert said(loss, case) == (case.raised, case.message(loss)), case.what


RUN = (
    "an axis too many",
    "another dtype",
    "nan where it was observed",
    "outside its domain",
    "an option out of range",
    "an option of another kind",
    "an unknown name",
)
"""Kinds whose lines are typed here, as far as they stand for themselves."""


def typed(loss, case):
    """Compute what the line to type gives: a call, an option, or what takes the place of the argument at fault; None where it is advice."""
    line = re.split(r",? (?:if|or|of vectors|which) |, its limit", case.instead)[0]
    conditional = " if target is " in case.instead or case.instead.endswith("if target are relevances")
    if conditional or " with " in line or " of " in line or line.endswith("="):
        return None
    given = dict(zip(loss.arrays, case.arrays, strict=False))
    names, at = {**given, "np": np, "tl": tl}, case.what.partition(",")[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
        if line.startswith("tl.losses."):
            return eval(line, names)  # noqa: S307  the lines of this package
        if re.match(r"\w+=", line):
            return eval(f"tl.losses.{loss.__name__}({', '.join(loss.arrays)}, {line})", names)  # noqa: S307
        if line.startswith("'"):
            (option,) = case.options
            return None if isinstance(case.options[option], dict) else loss(*given.values(), **{option: line.strip("'")})
        if at in given:
            return loss(*{**given, at: eval(line, names)}.values())  # noqa: S307
    return None


@pytest.mark.parametrize(("loss", "of"), [cell for cell in CELLS if cell.values[1] in RUN])
def test_the_line_to_type_works(loss, of):
    for case in cases_of(loss, of):
        typed(loss, case)


@pytest.mark.parametrize("of", NOT_OF)
def test_what_is_said_not_to_apply_does_not(of):
    """An exception that has a case is none."""
    applies, reason = NOT_OF[of]
    assert reason
    assert not [loss.__name__ for loss in ALL if applies(loss) and cases_of(loss, of)]


def test_every_option_has_its_bound_or_a_reason_to_have_none():
    missing = []
    for loss in ALL:
        known = {*OPTIONS.get(loss.__name__, {}), *(row[0] for row in OWN_OPTIONS.get(loss.__name__, ()))}
        known |= {"weight"} if loss.__name__ in PER_CLASS else set()
        missing += [f"{loss.__name__}: {name}" for name in loss.defaults if name not in known and not bound_free(loss, name)]
    assert not missing


def test_every_array_of_every_loss_is_given_another_shape_and_dtype():
    for loss in ALL:
        for of in ("a row too few", "another dtype"):
            asked = {case.what.partition(",")[0] for case in cases_of(loss, of)}
            assert asked == set(loss.arrays), (loss.__name__, of)

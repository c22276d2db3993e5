"""The table of NumPy's functions in the docs is the one that the table of ops says."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import scipy

import tinygrad_loss as tl
from tinygrad_loss import errors
from tinygrad_loss.engine.op import DOORS

SCRIPT = Path(__file__).parent.parent / "docs" / "make_numpy_table.py"
_spec = importlib.util.spec_from_file_location("make_numpy_table", SCRIPT)
maker = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(maker)
PAGE = maker.PAGE.read_text(encoding="utf-8")
LINES = [line for _, lines in maker.SECTIONS for line in lines()]


def test_every_function_that_works_or_is_refused_stands_in_the_table():
    """Holds under any NumPy: another version may know more functions, or fewer."""
    stated = set(PAGE.splitlines())
    missing = [line.name for line in LINES if line.answer != maker.NO and f"| `{line.name}` | {line.answer} | {line.note} |" not in stated]
    assert not missing, f"python docs/make_numpy_table.py writes them: {missing}"


def test_the_table_is_what_the_script_writes_with_these_versions():
    if f"NumPy {np.__version__} and SciPy {scipy.__version__}." in PAGE:
        assert maker.page() == PAGE, "python docs/make_numpy_table.py writes it anew"


def test_no_refused_function_has_a_rule_beside_the_refusal():
    in_place = {"np.copyto", "np.put", "np.place", "np.putmask", "np.put_along_axis", "np.fill_diagonal"}
    for line in LINES:
        if line.answer == maker.WAY_OUT and line.name not in in_place:
            function = np
            for part in line.name.split(".")[1:]:
                function = getattr(function, part)
            assert DOORS.get(function) is None, line.name


@pytest.mark.parametrize("name", ["unique", "polyfit", "lexsort"])
def test_a_refused_function_says_what_the_table_says(name):
    (line,) = [line for line in LINES if line.name == f"np.{name}"]
    with pytest.raises(errors.NoRuleError) as raised:
        getattr(np, name)(tl.tensor([1.0]), *[1] * (2 if name == "polyfit" else 0))
    assert line.note.removeprefix("type instead: `").removesuffix("`") in str(raised.value)

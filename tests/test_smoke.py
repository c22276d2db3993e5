"""What `pytest -m smoke` asks: every op, loss and layer once."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import tinygrad_loss as tl
from table import differentiable

sys.path.insert(0, str(Path(__file__).parent / "nn"))
import layer_cases

ROOT = Path(__file__).resolve().parent.parent
FILES = (
    "test_laws.py", "losses/test_reductions.py", "nn/test_against_torch.py", "test_readme.py", "test_engine.py", "truth/test_kinks.py",
    "truth/test_policies.py",
)  # fmt: skip


@pytest.fixture(scope="module")
def collected():
    files = [ROOT / "tests" / name for name in FILES]
    command = [sys.executable, "-m", "pytest", "-m", "smoke", "--collect-only", "-q", "-n", "0", "-p", "no:cacheprovider", *map(str, files)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()  # noqa: S603  our own tests


def names(lines, test):
    """Return what one test is asked of, by the first name in its brackets."""
    return {found.group(1) for line in lines if (found := re.search(rf"::{test}\[(?:\d+-)?(\w+)", line))}


def test_every_op_loss_and_layer_is_asked_and_the_readme(collected):
    assert names(collected, "test_both_modes_are_one_linear_map") == {op.name for op in differentiable()}
    assert names(collected, "test_the_gradient_is_what_differences_say") == set(tl.losses.LOSSES)
    assert names(collected, "test_a_layer_answers_as_torch_does") == {case.layer for case in layer_cases.CASES}
    assert "tests/test_readme.py::test_the_python_blocks_print_what_stands_there[README.md]" in collected
    for file in ("tests/test_engine.py", "tests/truth/test_kinks.py", "tests/truth/test_policies.py"):
        assert any(line.startswith(f"{file}::") for line in collected)
    assert not any("[live" in line or "-live]" in line for line in collected)

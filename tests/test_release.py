"""What a release says of itself agrees: its version, and the checks that are run."""

import os
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_version_is_the_same_everywhere():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## \[(\d[^\]]*)\] - (\d{4}-\d\d-\d\d)$", changes, re.MULTILINE)
    assert released[0] == (version, re.search(r"^date-released: (.*)$", citation, re.MULTILINE)[1])
    assert f"\nversion: {version}\n" in citation
    assert f"tinygrad_loss {version} |" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_workflow_calls_checks_that_can_be_run():
    workflow = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    called = set(re.findall(r"'(\.ci/\w+)'", workflow))
    assert called == {".ci/run", ".ci/full"}
    assert all(os.access(ROOT / script, os.X_OK) for script in called)

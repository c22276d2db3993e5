"""Every command ends with its own status and a sentence, whatever the user's code does and wherever it prints."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tinygrad_loss.cli import terminal
from tinygrad_loss.cli.main import COMMANDS, main

ROOT = Path(__file__).parent.parent.parent
ENDS = {
    "exit 0": "import sys; sys.exit(0)",
    "exit 7": "import sys; sys.exit(7)",
    "exit with a text": "import sys; sys.exit('bye')",
    "quit": "raise SystemExit",
    "GeneratorExit": "raise GeneratorExit",
    "BaseException": "raise BaseException('x')",
    "a group": "raise BaseExceptionGroup('x', [SystemExit(0)])",
    "MemoryError": "raise MemoryError",
    "too large": "import numpy; numpy.zeros(2**60)",
    "RecursionError": "f = lambda: f(); f()",
    "StopIteration": "raise StopIteration",
    "a silent error": "class E(Exception):\n        def __str__(self): raise ValueError\n    raise E",
    "control characters": "raise ValueError('\\x1b[2J\\ud800[/red]')",
    "a broken pipe": "raise BrokenPipeError",
    "no such file": "open('no/such/file')",
    "a closed output": "import sys; sys.stdout = None; raise ValueError",
    "a syntax error": "compile('x = (', 'a.py', 'exec')",
}
FILES = {
    "at import": "if True:\n    {}\ndef f(x):\n    return x\n",
    "when called": "def f(x):\n    {}\n    return x\n",
    "when a default is made": "def g():\n    {}\ndef f(x=g()):\n    return x\n",
}
COUNTED = ("check", "draw")


@pytest.mark.parametrize("command", COUNTED)
@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("end", ENDS)
def test_what_the_users_code_ends_with_is_said(end, file, command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    (tmp_path / "mine.py").write_text(FILES[file].format(ENDS[end]), encoding="utf-8")
    assert main([command, "mine.py:f", "--at", "1"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"tinygrad-loss {command}: ")
    assert said.rstrip("\n").replace("\n", "").isprintable()
    assert "Traceback" not in said
    assert not list(tmp_path.glob("*.svg"))


@pytest.mark.parametrize(
    "body",
    [
        "f = max", "f = print", "f = type", "f = len", "f = object",
        "async def f(x):\n    return x", "def f(x):\n    yield x", "def f(x):\n    return None", "def f(x):\n    return 'a'",
        "def f(x):\n    return [x, x]", "def f(x):\n    return float(x)", "class f:\n    def __init__(self, x): pass",
        "def f(x):\n    import sys\n    sys.stdout.close()\n    sys.exit(0)",
        "def f(x):\n    import os\n    os._exit(0)", "from os import _exit\n_exit(0)",
    ],
)  # fmt: skip
def test_what_is_no_function_of_numbers_is_not_judged_smooth(body, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(body + "\n", encoding="utf-8")
    status = subprocess.run(
        [sys.executable, "-m", "tinygrad_loss", "check", "mine.py:f", "--at", "1.0"], check=False, capture_output=True, env=environment()
    )
    said = status.stderr.decode()
    assert status.returncode == 2 or (status.returncode in {0, 1} and "gradient" in status.stdout.decode())
    assert "Traceback" not in said
    assert said or status.returncode != 2


def test_a_process_that_the_users_code_forks_ends_by_itself(tmp_path):
    fork = "import os\ndef f(x):\n    child = os.fork()\n    if not child: os._exit(0)\n    os.waitpid(child, 0)\n    return x\n"
    (tmp_path / "mine.py").write_text(fork, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tinygrad_loss", "check", "mine.py:f", "--at", "1.0"],
        check=False, capture_output=True, text=True, env=environment(), cwd=tmp_path,
    )  # fmt: skip
    assert (done.returncode, done.stdout.count("gradient")) == (0, 1)


def environment():
    return os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}


def test_an_interrupt_ends_the_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("raise KeyboardInterrupt\n")
    assert main(["check", "mine.py:f"]) == 130


def test_a_fault_of_its_own_is_said_to_be_one(monkeypatch, capsys):
    from tinygrad_loss.cli import ops  # noqa: PLC0415

    def broken(_arguments):
        message = "inside\x1b"
        raise KeyError(message)

    monkeypatch.setattr(ops, "run", broken)
    assert main(["ops"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("tinygrad-loss ops: a fault of its own, KeyError in test_statuses.py, line ")
    assert said.endswith("Please report it, with what you typed\n")
    monkeypatch.setattr(ops, "run", lambda _arguments: (_ for _ in ()).throw(MemoryError("Unable to allocate 1 TiB")))
    assert main(["ops"]) == 2
    assert capsys.readouterr().err == (
        "tinygrad-loss ops: it: what it works on must fit into memory, got Unable to allocate 1 TiB. "
        "Use instead: a smaller --at, --data or model\n"
    )


CALLS = {
    "tour": [], "train": ["iris", "--epochs", "1", "--out", "run"], "predict": ["nowhere"], "draw": ["mine.py:f", "--at", "1"],
    "check": ["mine.py:f", "--at", "1"], "ops": [], "losses": [], "show": ["huber"],
}  # fmt: skip


def test_every_command_is_asked():
    assert CALLS.keys() == COMMANDS.keys()


@pytest.mark.skipif(os.name != "posix", reason="outputs are closed and filled as a shell does it")
@pytest.mark.parametrize("command", CALLS)
def test_a_closed_output_is_refused_at_once(command, tmp_path):
    (tmp_path / "mine.py").write_text("def f(x):\n    return x * x\n")
    done = shell(f"{sys.executable} -m tinygrad_loss {command} {' '.join(CALLS[command])} >&-", tmp_path)
    assert done.returncode == 2
    assert done.stderr.decode().startswith(
        "tinygrad-loss: there must be an output to write to, got a closed one. Type instead: tinygrad-loss"
    )
    assert {p.name for p in tmp_path.iterdir()} <= {"mine.py", "__pycache__"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is Linux's")
@pytest.mark.parametrize("command", ["check", "losses", "ops", "show", "draw"])
def test_a_full_output_is_said(command, tmp_path):
    (tmp_path / "mine.py").write_text("def f(x):\n    return x * x\n")
    done = shell(f"{sys.executable} -m tinygrad_loss {command} {' '.join(CALLS.get(command, []))} >/dev/full", tmp_path)
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert b"No space left on device" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="outputs are closed as a shell does it")
@pytest.mark.parametrize("redirected", ["2>&-", "2>/dev/full", ">&- 2>&-", "</dev/null 2>&-"])
def test_nobody_to_complain_to_changes_no_status(redirected, tmp_path):
    done = shell(f"{sys.executable} -m tinygrad_loss check nowhere.py:f {redirected}", tmp_path)
    assert done.returncode == 2
    assert not done.stderr


def shell(line, folder):
    return subprocess.run(line, shell=True, check=False, capture_output=True, cwd=folder, env=environment())  # noqa: S602  our own line


def test_what_is_printed_is_neither_markup_nor_escape(capsys):
    from rich.table import Table  # noqa: PLC0415

    for text in ("[/red]", "[bold]a[/bold]", "[link=http://evil]a[/link]", ":smile:", "\x1b[2J", "a\ud800", "\u202e"):
        out = terminal.console()
        table = Table(text)
        table.add_row(text)
        out.print(table)
        out.print(text, soft_wrap=True)
        printed = capsys.readouterr().out
        assert printed.replace("\n", "").isprintable()
        if text.isprintable():
            assert printed.count(text) == 3

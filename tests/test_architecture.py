"""The house enforces itself: who may import whom, how long a file and a function may be, and what no file may do."""

import ast
import functools
import re
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import tinygrad_loss

PACKAGE = Path(tinygrad_loss.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
NAME = PACKAGE.name

FLOORS = {
    "remedies": 0, "errors": 0.05, "mismatch": 0, "printable": 0, "context": 0.1, "files": 0.1, "engine": 0.2,  # one floor; all but the engine know nothing of it
    "ops": 1,
    "spelling": 1.5,  # names of ops for people who know others
    "nonsmooth": 1.7,
    "calculus": 2,
    "distributions": 3,
    "losses": 4,
    "nn": 5, "optim": 5, "data": 5,
    "picture": 7,
    "training": 8,
    "cli": 9,
    "__init__": 10, "__main__": 10,
}  # fmt: skip

LONGEST_FILE = 450  # the aim is 100 to 200 lines
LONGEST_FUNCTION = 60  # the aim is a screen; docstrings do not count
WRITTEN_OUT = {"engine/reverse.py: pull"}
"""The hot loop: a call less per op is worth a longer function."""
NO_ROOMS = {"utils", "util", "helpers", "helper", "common", "misc", "base", "core"}


def at(file):
    return file.relative_to(PACKAGE).as_posix()


def room_of(file):
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def module_of(file):
    return ".".join((NAME, *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")


@functools.cache
def parsed(file):
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def imported(tree):
    """Yield the modules of this package that a tree imports, with the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names if alias.name.split(".")[0] == NAME)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute"
            if node.module == NAME:
                yield from ((node, f"{NAME}.{alias.name}") for alias in node.names)
            elif (node.module or "").split(".")[0] == NAME:
                yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


def upward(file):
    """Yield what is wrong with the imports of one file."""
    here = room_of(file)
    for node, module in imported(parsed(file)):
        there = module.split(".")[1] if "." in module else "__init__"
        if there == here:
            continue
        if there not in FLOORS:
            there = "__init__"  # a name of the front door
        if FLOORS[there] >= FLOORS[here]:
            yield f"{at(file)}:{node.lineno}: {here} (floor {FLOORS[here]:.0f}) may not import {there} (floor {FLOORS[there]:.0f})"


def test_every_room_has_a_floor():
    assert {room_of(f) for f in FILES} == set(FLOORS)


@pytest.mark.parametrize("file", FILES, ids=at)
def test_imports_go_down(file):
    assert list(upward(file)) == []


def test_an_import_that_goes_up_is_named(tmp_path, monkeypatch):
    (tmp_path / "ops").mkdir()
    file = tmp_path / "ops" / "shape.py"
    file.write_text(f"import numpy as np\n\nfrom {NAME}.losses import loss\n")
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    assert list(upward(file)) == ["ops/shape.py:3: ops (floor 1) may not import losses (floor 4)"]


def test_no_module_imports_itself_in_a_circle():
    modules = {module_of(f): f for f in FILES}
    graph = {}
    for name, file in modules.items():
        tree = parsed(file)
        on_import = ast.Module([n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom) and n.col_offset == 0], [])
        named = {m if m in modules else m.rpartition(".")[0] for _, m in imported(on_import)}
        graph[name] = {m for m in named if m in modules and m not in {name, NAME}}
    packages = {module_of(f) for f in FILES if f.name == "__init__.py"}
    try:
        TopologicalSorter({k: v - packages for k, v in graph.items() if k not in packages}).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' -> '.join(error.args[1])}")


@pytest.mark.parametrize("file", FILES, ids=at)
def test_files_and_functions_are_short(file):
    lines = file.read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST_FILE, f"{at(file)} has {lines} lines: which noun is missing?"
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            start = node.body[1].lineno if ast.get_docstring(node) and len(node.body) > 1 else node.lineno
            length = node.end_lineno - start + 1
            long = length > LONGEST_FUNCTION and f"{at(file)}: {node.name}" not in WRITTEN_OUT
            assert not long, f"{at(file)}:{node.lineno}: {node.name} has {length} lines"


@pytest.mark.parametrize("file", FILES, ids=at)
def test_files_are_named_by_what_they_know(file):
    assert not NO_ROOMS & {part.removesuffix(".py") for part in file.relative_to(PACKAGE).parts}


@pytest.mark.parametrize("file", FILES, ids=at)
def test_no_file_has_global_state_or_reads_what_could_run(file):
    for node in ast.walk(parsed(file)):
        assert not isinstance(node, ast.Global), f"{at(file)}:{node.lineno}: ambient choices are context variables"
        if isinstance(node, ast.Import):
            assert not {"dill", "joblib", "marshal", "shelve"} & {alias.name for alias in node.names}
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"{at(file)}:{node.lineno}: an except says which error it expects"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and room_of(file) != "compiler":
            assert node.func.id not in {"eval", "exec"}, f"{at(file)}:{node.lineno}: {node.func.id}"


def test_pickle_is_only_ever_read_with_restrictions():
    users = [at(f) for f in FILES if any(isinstance(n, ast.Import) and "pickle" in {a.name for a in n.names} for n in ast.walk(parsed(f)))]
    for file in users:
        text = (PACKAGE / file).read_text(encoding="utf-8")
        assert "find_class" in text, f"{file}: a pickle may name any function; override Unpickler.find_class"
        assert "pickle.load(" not in text
        assert "pickle.loads(" not in text
        assert "pickle.dump" not in text


def test_importing_the_package_imports_no_heavy_library():
    code = (
        f"import sys, {NAME}; "
        "print(sorted({'scipy', 'matplotlib', 'sklearn', 'rich', 'graphviz', 'torch', 'safetensors', 'PIL', 'wasmtime'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603  our own interpreter
    assert run.stdout.strip() == "[]"


def test_contributors_are_told_of_the_rooms_that_there_are():
    page = (PACKAGE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rooms = {
        room: int(float(floor))
        for floor, cells in re.findall(r"^\| ([\d.]+) \|([^|]*)\|", page, re.MULTILINE)
        for room in re.findall(r"`(\w+)`", cells)
    }
    assert rooms == {room: int(floor) for room, floor in FLOORS.items() if not room.startswith("__")}

"""The stubs that checkers and editors read are what the declarations say, and help and signatures show the same."""

import importlib.util
import inspect
import pydoc
from pathlib import Path

import pytest

import tinygrad_loss as tl

SCRIPT = Path(__file__).parent.parent / "docs" / "make_stubs.py"
_spec = importlib.util.spec_from_file_location("make_stubs", SCRIPT)
maker = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(maker)


@pytest.mark.parametrize("name", sorted(maker.STUBS))
def test_a_stub_is_what_the_script_writes(name):
    assert (maker.PACKAGE / name).read_text(encoding="utf-8") == maker.STUBS[name](), "python docs/make_stubs.py writes it anew"


def test_every_stub_is_one_of_the_script():
    assert {p.relative_to(maker.PACKAGE).as_posix() for p in maker.PACKAGE.rglob("*.pyi")} == set(maker.STUBS)


def test_help_shows_the_parameters_of_a_loss():
    shown = pydoc.render_doc(tl.losses.huber_loss, renderer=pydoc.plaintext)
    assert "huber_loss(input, target, reduction='mean', delta=1.0, weight=None, *, sample_weight=None, where=None)" in shown
    assert "Args:" in shown


@pytest.mark.parametrize("name", sorted(tl.losses.LOSSES))
def test_the_signature_of_a_loss_names_its_arrays_and_options(name):
    loss = tl.losses.LOSSES[name]
    names = list(inspect.signature(loss).parameters)
    assert names[: loss.arity] == list(loss.arrays)
    assert set(names) == {*loss.arrays, *loss.defaults, "reduction", "sample_weight", "where"}
    assert inspect.isroutine(loss)


@pytest.mark.parametrize("room", [tl.losses, tl.ops, tl.nn, tl.optim, tl.distributions, tl.data], ids=lambda room: room.__name__)
def test_a_room_lists_what_it_offers(room):
    """Only rooms inside it that people use are modules."""
    inside = {name for name in dir(room) if inspect.ismodule(getattr(room, name)) and not name.startswith("_")}
    assert inside <= {"init", "initialise", "lr_scheduler", "rules", "functional"}
    assert {name for name in vars(room) if not name.startswith("_") and not inspect.ismodule(vars(room)[name])} <= set(dir(room))

"""Every file is written whole or not at all, and read only where it is a file."""

import errno
import os

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import errors
from tinygrad_loss.files import write_atomically
from tinygrad_loss.picture.plot import plot
from tinygrad_loss.training import History, checkpoint

HISTORY = History([{"epoch": 1, "loss": 2.0}])


def graph():
    return tl.draw(np.sum(np.abs(tl.tensor([1.0, 0.0], requires_grad=True, name="x"))))


WRITERS = {
    "checkpoint": ("a.safetensors", lambda path: checkpoint.save(path, {"epoch": 1})),
    "history as text": ("a.csv", HISTORY.to_csv),
    **{f"history as {end}": (f"a.{end}", HISTORY.plot) for end in ("png", "svg", "pdf")},
    **{f"graph as {end}": (f"a.{end}", lambda path: graph().save(path)) for end in ("svg", "png", "pdf", "html", "dot")},
    **{
        f"curve as {end}": (f"a.{end}", lambda path: plot({"a": ([1], [2.0])}, x="x", y="y").savefig(path)) for end in ("png", "svg", "pdf")
    },
    "bytes": ("a", lambda path: write_atomically(path, [b"new"])),
}


def fails_with(number):
    def failing(*_given):
        raise OSError(number, os.strerror(number))

    return failing


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG, errno.EIO], ids=errno.errorcode.get)
@pytest.mark.parametrize("writer", WRITERS)
def test_a_disk_without_room_leaves_the_former_file(writer, number, tmp_path, monkeypatch):
    name, write = WRITERS[writer]
    path = tmp_path / name
    path.write_bytes(b"former")
    monkeypatch.setattr(os, "fsync", fails_with(number))
    with pytest.raises(errors.SaveError) as error:
        write(path)
    assert str(error.value) == (
        f"saving {path}: the file must be writable whole, got {os.strerror(number)}; what was there before is untouched. "
        "Use instead: another path, or free some space and call it again"
    )
    assert path.read_bytes() == b"former"
    assert [p.name for p in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("writer", WRITERS)
def test_an_interrupt_leaves_the_former_file(writer, tmp_path, monkeypatch):
    name, write = WRITERS[writer]
    path = tmp_path / name
    path.write_bytes(b"former")

    def interrupted(_handle):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(path)
    assert path.read_bytes() == b"former"
    assert [p.name for p in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("writer", WRITERS)
def test_a_missing_folder_is_named(writer, tmp_path):
    name, write = WRITERS[writer]
    path = tmp_path / "no" / name
    with pytest.raises(errors.SaveError) as error:
        write(path)
    assert str(error.value) == (
        f"saving {path}: the file must have a folder to be kept in, got No such file or directory. Type instead: {name!r}"
    )


@pytest.mark.parametrize("writer", WRITERS)
def test_a_new_file_takes_the_place_of_the_former(writer, tmp_path):
    name, write = WRITERS[writer]
    kept, link = tmp_path / f"kept-{name}", tmp_path / name
    kept.write_bytes(b"former")
    link.symlink_to(kept)
    write(link)
    assert link.is_symlink()
    assert kept.read_bytes() == link.read_bytes() != b"former"
    assert {p.name for p in tmp_path.iterdir()} == {kept.name, name}

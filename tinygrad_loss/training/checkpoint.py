"""Checkpoints: arrays and plain values in one safetensors file, written whole or not at all, read without running anything."""

from __future__ import annotations

import glob
import json
import math
import os
import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors

__all__ = ["load", "save", "write_atomically"]

TYPES: Final[dict[str, np.dtype[Any]]] = {
    "F64": np.dtype("<f8"), "F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "I64": np.dtype("<i8"), "I32": np.dtype("<i4"),
    "I16": np.dtype("<i2"), "I8": np.dtype("i1"), "U64": np.dtype("<u8"), "U32": np.dtype("<u4"), "U16": np.dtype("<u2"),
    "U8": np.dtype("u1"), "BOOL": np.dtype("?"),
}  # fmt: skip
NAMES: Final[dict[np.dtype[Any], str]] = {dtype: name for name, dtype in TYPES.items()}
LARGEST_HEADER: Final = 100_000_000
"""Bytes; the format's own limit."""
METADATA: Final = "__metadata__"
STATE: Final = "state"
ARRAY: Final = "array in this file"


def save(path: str | os.PathLike[str], state: Any) -> None:
    """Write a tree of dicts, lists, arrays, numbers, texts and None.

    The arrays become safetensors entries that any reader of the format opens; the rest is JSON in the file's metadata.
    A crash, a kill or a full disk leaves the former file as it was.

    Args:
        path: where; by custom ``*.safetensors``.
        state: keys of dicts are texts.

    Raises:
        ArgumentError: the state holds something else; nothing is written.
        SaveError: the disk is full, or the folder cannot be written; the former file is untouched.

    Source: Hugging Face, the safetensors format.

    >>> import numpy as np, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/a.safetensors", {"weight": np.ones(2), "epoch": 3})
    ...     load(f"{folder}/a.safetensors")
    {'weight': array([1., 1.]), 'epoch': 3}
    """
    arrays: dict[str, np.ndarray] = {}
    text = json.dumps(packed(state, arrays, ""))
    header: dict[str, Any] = {METADATA: {STATE: text}}
    start = 0
    for name, array in arrays.items():
        header[name] = {"dtype": NAMES[array.dtype], "shape": list(array.shape), "data_offsets": [start, start + array.nbytes]}
        start += array.nbytes
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    write_atomically(path, [struct.pack("<Q", len(head)), head, *(array.tobytes() for array in arrays.values())])


def packed(tree: Any, arrays: dict[str, np.ndarray], path: str) -> Any:
    """Return the tree as JSON can hold it, with its arrays moved into ``arrays``."""
    if isinstance(tree, dict) and ARRAY not in tree:
        return {str(key): packed(branch, arrays, f"{path}.{key}" if path else str(key)) for key, branch in tree.items()}
    if isinstance(tree, list | tuple):
        return [packed(branch, arrays, f"{path}.{i}" if path else str(i)) for i, branch in enumerate(tree)]
    if isinstance(tree, np.ndarray | np.generic) and tree.dtype.newbyteorder("<") in NAMES:
        array = np.ascontiguousarray(tree).reshape(np.shape(tree))
        name = path or ARRAY
        while name in arrays or name == METADATA:  # {"a.b": x, "a": {"b": y}}
            name += "'"
        arrays[name] = array.astype(array.dtype.newbyteorder("<"), copy=False)
        return {ARRAY: name}
    if tree is None or isinstance(tree, str | int | float):
        return tree
    got = (
        f"dtype {tree.dtype}"
        if isinstance(tree, np.ndarray | np.generic)
        else f"the key {ARRAY!r}"
        if isinstance(tree, dict)
        else type(tree).__name__
    )
    rule = "a state is a tree of dicts, lists, arrays of numbers, numbers, texts and None"
    raise errors.ArgumentError(errors.say("checkpoint.save", rule, f"{got} at {path!r}", "x.numpy() of a tensor, str(x) of anything else"))


def unpacked(tree: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Return the tree with its arrays in place."""
    if isinstance(tree, dict):
        if tree.keys() == {ARRAY}:
            return arrays[tree[ARRAY]]
        return {key: unpacked(branch, arrays) for key, branch in tree.items()}
    if isinstance(tree, list):
        return [unpacked(branch, arrays) for branch in tree]
    return tree


def write_atomically(path: str | os.PathLike[str], parts: Iterable[bytes]) -> None:
    """Write a file that appears only when it is complete and on the disk.

    Raises:
        SaveError: it could not be written; a former file is untouched.
    """
    path = Path(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    sweep(path)
    try:
        with draft.open("wb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise errors.SaveError(
            errors.say(
                f"saving {path}",
                "the file must be writable whole",
                f"{error.strerror or error}; what was there before is untouched",
                "another path, or free some space and call it again",
            )
        ) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def sweep(path: Path) -> None:
    """Remove the drafts of this file that processes left behind when they were killed."""
    for draft in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        writer = draft.name[len(path.name) + 2 : -len(".tmp")]
        if writer.isdecimal() and not runs(int(writer)):
            with suppress(OSError):
                draft.unlink(missing_ok=True)


def runs(process: int) -> bool:
    """Whether a process may still be running; Windows does not tell without harming it."""
    if os.name == "nt":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def sync_folder(folder: Path) -> None:
    """Put a renamed entry on the disk, where the system can (Windows cannot open a folder)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def load(path: str | os.PathLike[str]) -> Any:
    """Return what `save` wrote; of another safetensors file, the dict of its arrays. Nothing in the file is run.

    Raises:
        StateError: the file is no safetensors file, is truncated, or contradicts itself; the message says where.
        FileNotFoundError: there is no such file.
    """
    path = Path(path)
    size = path.stat().st_size
    with path.open("rb") as file:
        raw = file.read(8)
        length = struct.unpack("<Q", raw)[0] if len(raw) == 8 else -1
        if not 0 <= length <= min(LARGEST_HEADER, size - 8):
            raise broken(
                path, "the header must fit into the file", f"{size} bytes, and a header of {length}" if length >= 0 else f"{size} bytes"
            )
        header = parsed(path, file.read(length))
        data = file.read()
    text = header.pop(METADATA, {})
    arrays = {name: array_of(path, name, entry, data) for name, entry in header.items()}
    covered(path, header, len(data))
    if not isinstance(text, dict) or STATE not in text:
        return arrays
    try:
        return unpacked(json.loads(text[STATE]), arrays)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise broken(path, "its metadata must describe its arrays", repr(error)[:80]) from None


def parsed(path: Path, raw: bytes) -> dict[str, Any]:
    """Return the header: JSON without repeated names."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) != len(pairs):
            message = "a name stands twice"
            raise ValueError(message)
        return dict(pairs)

    try:
        header = json.loads(raw, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise broken(path, "the header must be JSON", str(error)[:80]) from None
    if not isinstance(header, dict):
        raise broken(path, "the header must be a JSON object", type(header).__name__)
    return header


def array_of(path: Path, name: str, entry: Any, data: bytes) -> np.ndarray:
    """Return one array, after checking that its entry describes bytes of the file."""
    try:
        dtype, shape, (start, end) = TYPES[entry["dtype"]], tuple(entry["shape"]), entry["data_offsets"]
    except (KeyError, TypeError, ValueError):
        raise broken(path, f"{name!r} must have a known dtype, a shape and data_offsets", f"{entry!r}"[:80]) from None
    if not all(type(n) is int and n >= 0 for n in (*shape, start, end)):
        raise broken(path, f"{name!r} must have whole numbers as shape and offsets", f"{entry!r}"[:80])
    if end - start != math.prod(shape) * dtype.itemsize or end > len(data):
        raise broken(
            path,
            f"{name!r} of shape {shape} needs {math.prod(shape) * dtype.itemsize} bytes within {len(data)}",
            f"the bytes {start} to {end}",
        )
    try:
        array = np.frombuffer(data, dtype, math.prod(shape), start if math.prod(shape) else 0).reshape(shape)
    except ValueError as error:
        raise broken(path, f"{name!r} must have a shape that an array can have", str(error)[:80]) from None
    return array.astype(dtype.newbyteorder("="))


def covered(path: Path, header: dict[str, Any], size: int) -> None:
    """Refuse gaps, overlaps and bytes that no array owns."""
    at = 0
    for start, end in sorted(entry["data_offsets"] for entry in header.values()):
        if start != at:
            raise broken(path, "arrays must lie side by side", f"a gap or an overlap at byte {min(start, at)}")
        at = end
    if at != size:
        raise broken(path, f"the arrays must fill the file, {at} bytes", f"{size} bytes of data")


def broken(path: Path, rule: str, got: str) -> errors.StateError:
    """Return the error for a file that cannot be what it claims."""
    return errors.StateError(errors.say(f"loading {path.name}", rule, got, "a file written by tl.training.checkpoint.save"))

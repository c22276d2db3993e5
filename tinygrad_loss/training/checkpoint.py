"""Checkpoints: arrays and plain values in one safetensors file with a checksum, read without running anything."""

from __future__ import annotations

import json
import math
import os
import shlex
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.files import opened, write_atomically

__all__ = ["load", "save"]

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
CHECKSUM: Final = "crc32"
UNSEALED: Final = "00000000"
SEALED: Final = f'{{"{METADATA}":{{"{CHECKSUM}":"'.encode()
"""How the header of a file with a checksum begins; its eight digits follow, and are taken as zeros when they are computed."""


def save(path: str | os.PathLike[str], state: Any) -> None:
    """Write a tree of dicts, lists, arrays, numbers, texts and None.

    The arrays become safetensors entries that any reader of the format opens; the rest is JSON in the file's metadata, beside a CRC-32
    of the whole file, so that `load` notices a changed bit. A crash, a kill or a full disk leaves the former file as it was.

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
    first: Any = path
    if not isinstance(first, str | os.PathLike) and isinstance(state, str | os.PathLike):
        rule = "the path comes first, and then the state"
        raise errors.ArgumentError(errors.say("checkpoint.save", rule, type(first).__name__, "checkpoint.save(path, state)"))
    arrays: dict[str, np.ndarray] = {}
    text = json.dumps(packed(state, arrays, ""))
    header: dict[str, Any] = {METADATA: {CHECKSUM: UNSEALED, STATE: text}}
    start = 0
    for name, array in arrays.items():
        header[name] = {"dtype": NAMES[array.dtype], "shape": list(array.shape), "data_offsets": [start, start + array.nbytes]}
        start += array.nbytes
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    parts: list[bytes | memoryview] = [array.reshape(-1).view(np.uint8).data for array in arrays.values()]
    write_atomically(path, [struct.pack("<Q", len(head)), sealed(head, parts), *parts])


def sealed(head: bytes, parts: Iterable[bytes | memoryview]) -> bytes:
    """Return a header with the checksum of the whole file in it."""
    begin, end = len(SEALED), len(SEALED) + len(UNSEALED)
    crc = zlib.crc32(head[:begin] + UNSEALED.encode() + head[end:], zlib.crc32(struct.pack("<Q", len(head))))
    for part in parts:
        crc = zlib.crc32(part, crc)
    return head[:begin] + f"{crc:08x}".encode() + head[end:]


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
    """Return the tree with its arrays in place; each is taken out of ``arrays``, so that none can stand in two places."""
    if isinstance(tree, dict):
        if tree.keys() == {ARRAY}:
            return arrays.pop(tree[ARRAY])
        return {key: unpacked(branch, arrays) for key, branch in tree.items()}
    if isinstance(tree, list):
        return [unpacked(branch, arrays) for branch in tree]
    return tree


def load(path: str | os.PathLike[str], *, checksum: bool = True) -> Any:
    """Return what `save` wrote; of another safetensors file, the dict of its arrays. Nothing in the file is run.

    Args:
        path: the file.
        checksum: whether a checkpoint must carry its checksum. Those of version 0.2 and before have none; saved again, they do.

    Raises:
        StateError: the file is no safetensors file, is truncated, contradicts itself, or is not as it was written; the message says where.
        FileNotFoundError: there is no such file.
    """
    path = Path(path)
    with opened(path) as (file, size):
        raw = file.read(8)
        length = struct.unpack("<Q", raw)[0] if len(raw) == 8 else -1
        if not 0 <= length <= min(LARGEST_HEADER, size - 8):
            raise broken(
                path, "the header must fit into the file", f"{size} bytes, and a header of {length}" if length >= 0 else f"{size} bytes"
            )
        head = file.read(length)
        header = parsed(path, head)
        data = file.read(size - 8 - length)
    text = header.pop(METADATA, {})
    entries = {name: entry_of(path, name, entry, len(data)) for name, entry in header.items()}
    covered(path, [(start, end) for _, _, start, end in entries.values()], len(data))
    arrays = {name: array_of(path, name, entry, data) for name, entry in entries.items()}
    state: Any = arrays
    if isinstance(text, dict) and STATE in text:
        try:
            state = unpacked(json.loads(text[STATE]), arrays)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise broken(path, "its metadata must describe its arrays", repr(error)[:80]) from None
        if arrays:
            raise broken(path, "its metadata must name each of its arrays once", f"{next(iter(arrays))!r} left over")
    if checksum:
        check_sealed(path, head, data, is_state=state is not arrays)
    return state


def check_sealed(path: Path, head: bytes, data: bytes, *, is_state: bool) -> None:
    """Refuse a file that is not as it was written, and a state that cannot show it."""
    if head.startswith(SEALED):
        if sealed(head, [data]) != head:
            raise broken(path, "it must be as it was written", "another checksum: bytes of it have changed")
    elif is_state:
        rule, got = "a checkpoint must carry a checksum", "none: it is of version 0.1, or was changed"
        raise errors.StateError(errors.say(f"loading {path.name}", rule, got, saved_again(path)))


def saved_again(path: Path) -> str:
    """Return the command that gives a checkpoint its checksum."""
    code = "from tinygrad_loss.training import checkpoint as c; "
    code += f"path = {path.as_posix()!r}; c.save(path, c.load(path, checksum=False))"
    return f"python -c {shlex.quote(code)}" if set(code) & set('"$`\\!%') else f'python -c "{code}"'


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


Entry: TypeAlias = tuple[np.dtype[Any], tuple[int, ...], int, int]
"""An array in the file: its dtype and shape, and where it begins and ends."""


def entry_of(path: Path, name: str, entry: Any, size: int) -> Entry:
    """Return what the header says of one array, after checking that it describes bytes of the file."""
    try:
        dtype, shape, (start, end) = TYPES[entry["dtype"]], tuple(entry["shape"]), entry["data_offsets"]
    except (KeyError, TypeError, ValueError):
        raise broken(path, f"{name!r} must have a known dtype, a shape and data_offsets", f"{entry!r}"[:80]) from None
    if not all(type(n) is int and n >= 0 for n in (*shape, start, end)):
        raise broken(path, f"{name!r} must have whole numbers as shape and offsets", f"{entry!r}"[:80])
    if end - start != math.prod(shape) * dtype.itemsize or end > size:
        rule = f"{name!r} of shape {shape} needs {math.prod(shape) * dtype.itemsize} bytes within {size}"
        raise broken(path, rule, f"the bytes {start} to {end}")
    return dtype, shape, start, end


def covered(path: Path, spans: Iterable[tuple[int, int]], size: int) -> None:
    """Refuse gaps, overlaps and bytes that no array owns, so that the arrays together are no larger than the file."""
    at = 0
    for start, end in sorted(spans):
        if start != at:
            raise broken(path, "arrays must lie side by side", f"a gap or an overlap at byte {min(start, at)}")
        at = end
    if at != size:
        raise broken(path, f"the arrays must fill the file, {at} bytes", f"{size} bytes of data")


def array_of(path: Path, name: str, entry: Entry, data: bytes) -> np.ndarray:
    """Return one array, a copy in the order of bytes of this machine."""
    dtype, shape, start, end = entry
    try:
        array = np.frombuffer(data, dtype, math.prod(shape), start).reshape(shape) if end > start else np.zeros(shape, dtype)
    except (ValueError, MemoryError) as error:
        raise broken(path, f"{name!r} must have a shape that an array can have", str(error)[:80]) from None
    return array.astype(dtype.newbyteorder("="))


def broken(path: Path, rule: str, got: str) -> errors.StateError:
    """Return the error for a file that cannot be what it claims."""
    return errors.StateError(errors.say(f"loading {path.name}", rule, got, "a file written by tl.training.checkpoint.save"))

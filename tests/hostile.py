"""What comes from anywhere: names, and files that were changed or made to do harm; the same in every run."""

import itertools
import json
import struct
import sys
import zlib

import numpy as np

NAMES = {
    "a newline": "query\nweight",
    "an end of line": "weight\n",
    "only a newline": "\n",
    "a return": "a\r\nb",
    "a NUL": "a\x00b",
    "a control character": "a\x01b",
    "a terminal's escape": "\x1b[2J\x1b[31mred",
    "a C1 escape": "\x9b31mred",
    "a bell and a delete": "\x07\x08\x7f",
    "a tab": "a\tb",
    "a line separator": "a\u2028b\u2029c\x85d",
    "bidi": "\u202eevil\u202c\u2066\u2069",
    "zero width": "a\u200b\u200d\ufeffb",
    "a lone surrogate": "a\ud800",
    "another surrogate": "\udcffb",
    "no character": "a\ufffeb\uffff\ufdd0\U0001fffe",
    "private use": "\ue000\U000f0000",
    "tags": "\U000e0001\U000e0041",
    "10,000 letters": "x" * 10_000,
    "10,000 newlines": "\n" * 10_000,
    "accents": "a" + "\u0300" * 500,
    "an entity": "a&#10;b &amp; &lt;c&gt; &quot;",
    "HTML": "<b>x</b>",
    "a script": "<script>alert(1)</script>]]>",
    "an attribute": '" onload="alert(1)',
    "an escape of DOT": "\\n\\l\\r\\N\\G\\\\",
    "a record": "{a|b}",
    "DOT": '"]; evil [label="',
    "an arrow": "a -> b; graph node -->",
    "a formula": "$\\frac{1}{$",
    "a broken formula": "$\\nosuchthing$ $",
    "markup": "[/red][bold][link=http://evil]a[/link]",
    "broken markup": "[/red]",
    "emoji code": ":smile:",
    "percent": "%s%n{0}",
    "a comma": ',"a"\n=1+1',
    "spaces": " \u00a0\u3000 ",
    "Chinese": "\u635f\u5931",
}
"""Names that people gave, or that somebody might give on purpose."""
LETTERS = [
    *map(chr, range(0x20)),
    *map(chr, range(0x7F, 0xA1)),
    *"\u2028\u202e\u2066\ud800\udfff\ufffe\uffff&;#<>\"'\\{}[]|$%@ ab\u5b57\U0001f600",
]


def random_names(n, seed=0):
    """Return names of up to 12 letters that give trouble somewhere, or of any code points."""
    rng = np.random.default_rng(seed)
    names = []
    for k in range(n):
        size = int(rng.integers(1, 13))
        some = rng.integers(0, sys.maxunicode + 1, size) if k % 2 else (ord(LETTERS[i]) for i in rng.integers(0, len(LETTERS), size))
        names.append("".join(map(chr, some)))
    return names


def shown(text):
    """Whether every letter of a text can be seen, and there is one line of them."""
    return text.isprintable() and len(text) <= 200


def mutated(raw, rng):
    """Return bytes with a few of them changed, doubled, left out, or cut off."""
    raw = bytearray(raw)
    for _ in range(int(rng.integers(1, 4))):
        at, kind = int(rng.integers(len(raw))), int(rng.integers(6))
        if kind <= 1:
            raw[at] ^= 1 << int(rng.integers(8))
        elif kind == 2:
            raw[at] = int(rng.integers(256))
        elif kind == 3:
            del raw[at : at + int(rng.integers(1, 9))]
        elif kind == 4:
            raw[at:at] = raw[at : at + int(rng.integers(1, 9))]
        elif len(raw) > 1:
            del raw[max(1, at) :]
        if not raw:
            raw = bytearray(b"\0")
    return bytes(raw)


def resealed(raw):
    """Return a changed checkpoint with the checksum of what it says now, as somebody who knows the format writes it."""
    start = raw.find(b'"crc32":"') + len(b'"crc32":"')
    if start < len(b'"crc32":"') or start + 8 > len(raw):
        return raw
    zeros = raw[:start] + b"00000000" + raw[start + 8 :]
    return raw[:start] + f"{zlib.crc32(zeros):08x}".encode() + raw[start + 8 :]


def safetensors(header, data=b""):
    """Return a safetensors file of any header."""
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(head)) + head + data


JUNK = [None, True, -1, 0, 3, 2**70, 1.5, float("nan"), float("inf"), "", "a\x1b[2J", "\ud800", [], [1], [[]], {}, {"a": 1}]


def places(tree, path=()):
    """Yield the path of every branch of a tree of dicts and lists."""
    yield path
    inside = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, branch in inside:
        yield from places(branch, (*path, key))


def with_junk(tree, rng):
    """Return a copy of a tree in which one branch is of another kind, missing, or stands under another name."""
    tree = copied(tree)
    every = [path for path in places(tree) if path]
    *way, last = every[int(rng.integers(len(every)))]
    inside = tree
    for key in way:
        inside = inside[key]
    kind = int(rng.integers(8))
    if kind == 0 and isinstance(inside, dict):
        del inside[last]
    elif kind == 1 and isinstance(inside, dict):
        inside[f"{last}\x1b"] = inside.pop(last)
    elif kind == 2 and isinstance(inside, list):
        inside.append(inside[last])
    elif kind == 3 and isinstance(inside[last], np.ndarray):
        inside[last] = wrong_array(inside[last], rng)
    else:
        inside[last] = copied(JUNK[int(rng.integers(len(JUNK)))])
    return tree


def wrong_array(array, rng):
    """Return an array of another shape or dtype, or with entries that are not finite."""
    kinds = [array[None], array.ravel()[:0], array.astype(np.int8), np.full_like(array, np.nan), array.astype(bool), np.float64(1.0)]
    return kinds[int(rng.integers(len(kinds)))]


def copied(tree):
    """Return a copy of dicts and lists."""
    if isinstance(tree, dict):
        return {key: copied(branch) for key, branch in tree.items()}
    return [copied(branch) for branch in tree] if isinstance(tree, list | tuple) else tree


def idx(shape, data, *, kind=8):
    """Return an idx file that says a shape and holds some data."""
    return struct.pack(">HBB", 0, kind, len(shape)) + b"".join(struct.pack(">I", n) for n in shape) + data


def npy(shape, data, descr="'<f8'", version=1):
    """Return a npy file that says a shape and holds some data."""
    head = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode("latin1", "replace")
    size = struct.pack("<H" if version == 1 else "<I", len(head) + 1)
    return b"\x93NUMPY" + bytes([version, 0]) + size + head + b"\n" + data


def counted(maker, n, seed=0):
    """Yield n things that a maker makes with a generator of random numbers."""
    rng = np.random.default_rng(seed)
    return (maker(rng) for _ in itertools.repeat(None, n))

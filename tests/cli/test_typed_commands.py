"""Commands as people mistype them, and what their messages say to type instead, which is typed and works."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from tinygrad_loss.cli.main import main

WORDED = re.compile(r"tinygrad-loss[^\n]*: .+ (got|no command) (?P<got>[^\n]+)\. (?P<verb>Type|Use) instead: (?P<line>[^\n]+[^\n.])\n")
MISTAKES = """
chekc mine.py:f --at 1
check mine.f --at 1
check mine.py --at 1
check mine.py:g --at 1
check mine2.py:f --at 1
check mine.py:f
check mine.py:f --at q
check mine.py:f --at 1 2
check mine.py:f --at y=1
check mine.py:f --at 1 x=2
check mine.py:f 1
check mine.py:nothing --at 1
draw mine.py:f --at 1 -o picture.foo
draw mine.py:f --at 1 -o no/such/folder/picture.svg
show hubr
show zork
losses --for regresion
train digit
train digits --epochs 0
train digits --model cnnn --epochs 1
train digits --loss cross_entrop --epochs 1
train digits --out mine.py --epochs 1
predict trained --rows -1
predict trained --data complex.npy
predict trained --data short.npy
predict trained --data flat.npy
predict trained --data nan.npy
predict mine.py
predict nowhere
tour --out mine.py
""".strip().splitlines()


def corrected(words, got, line):
    """Return the words of the command that follows the advice: a command by itself, options and names in their place."""
    said = shlex.split(line)
    if said[0] == "tinygrad-loss":
        return said[1:]
    if said[0].startswith("--"):
        at = words.index(said[0]) if said[0] in words else len(words)
        after = next((i for i in range(at + 1, len(words)) if words[i].startswith("--")), len(words))
        return [*words[:at], *said, *words[after:]]
    if ":" in said[0]:
        return [words[0], said[0], *words[2:]]
    wrong = got.strip("'")  # a name, or the end of one
    return [said[0] if word.endswith(said[0]) else word.removesuffix(wrong) + said[0] if word.endswith(wrong) else word for word in words]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("commands")
    (folder / "mine.py").write_text(
        "import numpy as np\ndef f(x):\n    return np.sum(x * x)\ndef nothing():\n    return 1.0\n", encoding="utf-8"
    )
    arrays = {"complex": np.ones((2, 8, 8), complex), "flat": np.ones((2, 64)), "short": np.ones((2, 3)), "nan": np.full((2, 8, 8), np.nan)}
    for name, rows in arrays.items():
        np.save(folder / f"{name}.npy", rows)
    assert main(["train", "digits", "--epochs", "1", "--out", str(folder / "trained")]) == 0
    return folder


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_a_command_says_to_type_works(mistake, folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    words = shlex.split(mistake)
    assert main(words) == 2
    said = WORDED.fullmatch(capsys.readouterr().err)
    assert said
    for line in said["line"].split(", or ") if said["verb"] == "Type" else []:
        if re.match(r"np\.|def ", line):
            path = Path(words[-1])
            exec(line, {"np": np, "path": path, "x": np.load(path) if path.suffix == ".npy" else None})  # noqa: S102  what it says to type
        elif line != "tinygrad-loss --help":
            assert main(corrected(words, said["got"], line)) in {0, 1}

"""How often what comes from anywhere does harm: tries and failures for each kind of file, name, state and call.

    python benchmarks/reliability.py                # 2,000 tries of each kind
    python benchmarks/reliability.py --tries 25000 calls
    python benchmarks/reliability.py --tries 20000 names models

A failure is anything but a value or a sentence: another exception, a letter that cannot be shown, a change that stays unnoticed.
"""

import argparse
import contextlib
import io
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import fuzzing  # noqa: E402  after the paths
import hostile  # noqa: E402  after the paths
import tinygrad_loss as tl  # noqa: E402
from tinygrad_loss import errors, files  # noqa: E402
from tinygrad_loss.cli.main import main  # noqa: E402
from tinygrad_loss.data import files as sources  # noqa: E402
from tinygrad_loss.training import checkpoint  # noqa: E402

Try = Callable[[], object]


def names(n: int, _folder: Path) -> Iterator[Try]:
    """Draw tensors of any name."""

    def draw(name: str) -> None:
        x = tl.tensor([1.0, 0.0], requires_grad=True, name=name)
        ET.fromstring(tl.draw(np.sum(np.abs(x)), title=name).svg)  # noqa: S314  our own text

    return (lambda name=name: draw(name) for name in hostile.random_names(n))


def flips(n: int, folder: Path) -> Iterator[Try]:
    """Load a model and a run with a few bytes changed: every change is noticed."""

    def load(raw: bytes, changed: bytes) -> None:
        (folder / "changed").write_bytes(changed)
        try:
            checkpoint.load(folder / "changed")
        except errors.StateError:
            return
        if changed != raw:
            message = "a change was not noticed"
            raise AssertionError(message)

    for k, name in enumerate(("model.safetensors", "run.safetensors")):
        raw = (folder / name).read_bytes()
        yield from (
            lambda raw=raw, changed=changed: load(raw, changed)
            for changed in hostile.counted(lambda rng, raw=raw: hostile.mutated(raw, rng), n // 2, k)
        )


def predicted(path: Path) -> None:
    """Predict with a model; the status is 0 or 2, and every letter that is printed can be shown."""
    out, complaint = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(complaint):
        status = main(["predict", str(path), "--rows", "2"])
    said = out.getvalue() + complaint.getvalue()
    if status not in {0, 2} or "a fault of its own" in said or not said.replace("\n", "").isprintable():
        raise AssertionError(said)


def models(n: int, folder: Path) -> Iterator[Try]:
    """Predict with models of other kinds, and with headers that were changed and given a new checksum."""
    state, raw = checkpoint.load(folder / "model.safetensors"), (folder / "model.safetensors").read_bytes()
    size = 8 + int.from_bytes(raw[:8], "little")

    def forge(changed: object) -> None:
        checkpoint.save(folder / "forged", changed)
        predicted(folder / "forged")

    def rewrite(changed: bytes) -> None:
        (folder / "forged").write_bytes(hostile.resealed(changed + raw[size:]))
        predicted(folder / "forged")

    yield from (lambda c=c: forge(c) for c in hostile.counted(lambda rng: hostile.with_junk(state, rng), n // 2, 1))
    yield from (lambda c=c: rewrite(c) for c in hostile.counted(lambda rng: hostile.mutated(raw[:size], rng), n // 2, 2))


def runs(n: int, folder: Path) -> Iterator[Try]:
    """Go on with runs of other kinds."""
    x, y = np.random.default_rng(0).normal(size=(12, 4)), np.arange(12) % 3

    def part(epochs: int, path: Path) -> None:
        model = tl.nn.Sequential(tl.nn.Linear(4, 3, rng=1), tl.nn.Dropout(0.5, rng=2))
        optimizer = tl.optim.AdamW(model.parameters(), lr=0.01)
        tl.fit(
            model, tl.losses.cross_entropy, (x, y), optimizer=optimizer, batch_size=4, epochs=epochs, checkpoint=path, resume=True,
            keep_best=True, schedule=tl.optim.OneCycleLR(optimizer, 0.1, total_steps=40), schedule_per="batch",
        )  # fmt: skip

    part(2, folder / "small")
    state = checkpoint.load(folder / "small")

    def resume(changed: object) -> None:
        checkpoint.save(folder / "forged", changed)
        part(3, folder / "forged")

    return (lambda c=c: resume(c) for c in hostile.counted(lambda rng: hostile.with_junk(state, rng), n, 3))


def arrays(n: int, folder: Path) -> Iterator[Try]:
    """Read damaged npy and idx files."""
    np.save(folder / "a.npy", np.arange(12.0).reshape(3, 4))
    kinds = [(files.npy, (folder / "a.npy").read_bytes()), (sources.idx, hostile.idx((3, 4, 4), bytes(48)))]

    def read(reader: Callable[[Path], object], raw: bytes) -> None:
        (folder / "a").write_bytes(raw)
        reader(folder / "a")

    for k, (reader, raw) in enumerate(kinds):
        changed = hostile.counted(lambda rng, raw=raw: hostile.mutated(raw, rng), n // 2, k)
        yield from (lambda reader=reader, c=c: read(reader, c) for c in changed)


def calls(n: int, _folder: Path) -> Iterator[Try]:
    """Call everything public with arguments of which some are wrong."""

    def call(number: int) -> None:
        found = list(fuzzing.fuzz(number, 1))
        if found:
            raise AssertionError(found[0])

    return (lambda number=number: call(number) for number in range(n))


KINDS = {"calls": calls, "names": names, "flips": flips, "models": models, "runs": runs, "arrays": arrays}


def run(kind: str, n: int, folder: Path) -> int:
    """Try one kind, print its row, and return how many failed."""
    failed, tried, refused, start = [], 0, 0, time.perf_counter()
    for attempt in KINDS[kind](n, folder):
        tried += 1
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                attempt()
        except errors.TinygradLossError:
            refused += 1
        except Exception as error:  # noqa: BLE001  this is what is counted
            failed.append(f"{type(error).__name__}: {error}"[:200])
    print(f"{kind:8} {tried:7} tries {refused:7} refused {len(failed):5} failures {time.perf_counter() - start:7.1f} s")
    for message in failed[:5]:
        print("        ", message)
    return len(failed)


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)} (default: all)")
    parser.add_argument("--tries", type=int, default=2000, metavar="N", help="of each kind (default: 2000)")
    return parser.parse_args()


if __name__ == "__main__":
    arguments = asked()
    with tempfile.TemporaryDirectory() as folder:
        with contextlib.redirect_stdout(io.StringIO()):
            main(["train", "iris", "--epochs", "1", "--out", folder])
        sys.exit(bool(sum(run(kind, arguments.tries, Path(folder)) for kind in arguments.kinds or KINDS)))

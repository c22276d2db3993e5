"""The ``dot`` program: found, asked for an image, and given up when it fails, hangs or answers with something else."""

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Final

from tinygrad_loss import errors
from tinygrad_loss.printable import one_line

__all__ = ["dot_program", "image"]

SECONDS: Final = 10
"""A picture of as many boxes as can be read takes a fraction of one."""
BEGINS: Final = {"svg": b"<", "png": b"\x89PNG\r\n", "pdf": b"%PDF-"}
HOLDS: Final = {"svg": (b"<svg", b"</svg>"), "png": (b"IEND",), "pdf": (b"%%EOF",)}


def dot_program() -> str | None:
    """Return the path of ``dot``, if it is installed; a file of that name in the current folder is not."""
    found = shutil.which("dot")
    return None if found is None or Path(found).resolve().parent == Path.cwd() else found


def image(program: str, kind: str, dot: str) -> bytes:
    """Return the image that the program makes of a graph.

    Raises:
        DrawingError: it cannot be started, fails, takes too long, or its answer is no such image.
    """
    command = [program, f"-T{kind}", *(["-Gdpi=144"] if kind == "png" else [])]
    try:
        drawn, said, status = _ended(command, dot.encode())
    except (OSError, subprocess.SubprocessError) as error:
        raise _failed(program, kind, str(error)) from None
    if status:
        raise _failed(program, kind, f"status {status}, {one_line(said.decode(errors='replace').strip()) or 'without a word'}")
    if not drawn.startswith(BEGINS[kind]) or not all(part in drawn for part in HOLDS[kind]):
        raise _failed(program, kind, f"{len(drawn)} bytes that are no whole {kind.upper()}")
    return drawn


def _ended(command: list[str], given: bytes) -> tuple[bytes, bytes, int]:
    """Run a program to its end, and end it with all that it began where it takes too long."""
    alone = os.name == "posix"
    with subprocess.Popen(  # noqa: S603  a fixed program, and no shell
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=alone
    ) as process:
        try:
            return *process.communicate(given, timeout=SECONDS), process.returncode
        except BaseException:
            if alone:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            raise


def _failed(program: str, kind: str, how: str) -> errors.DrawingError:
    rule = "the dot program must draw what it is given"
    return errors.DrawingError(errors.say(f"tl.draw as {kind.upper()}", rule, f"{program}: {how}", "picture.save('picture.dot')"))

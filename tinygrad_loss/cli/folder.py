"""The folder that a command writes into: made where it is missing, and named where it cannot be."""

from pathlib import Path

from tinygrad_loss import errors

__all__ = ["made"]


def made(command: str, name: str, instead: str) -> Path:
    """Return the folder of that name, which exists from now on.

    Raises:
        SaveError: something else has the name, or it may not be made.
    """
    folder = Path(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        rule = "what it writes must have a folder to be kept in"
        raise errors.SaveError(errors.say(command, rule, f"--out {folder} ({error.strerror})", f"--out {instead}")) from None
    return folder

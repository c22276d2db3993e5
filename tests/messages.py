"""Messages without what other tests compare."""

import re

LENGTHS = re.compile(r" \([^()]* has length \d+ on axis [^()]*\)(?=\. (Type|Use) instead: )")


def without_lengths(said: str) -> str:
    """Return a message without the two lengths that differ; tests/test_mismatches.py compares those."""
    return LENGTHS.sub("", said)

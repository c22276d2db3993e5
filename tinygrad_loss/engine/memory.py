"""What the C library does with freed memory, which decides how long the next array takes."""

from typing import Final

import numpy as np

__all__ = ["keep_freed_memory"]

LARGEST: Final = (32 << 20) - 8192
"""Just under the largest block (32 MiB) from which glibc learns."""


def keep_freed_memory() -> None:
    """Let the process keep what it frees, up to 64 MiB, because the next training step asks for the same arrays again.

    glibc returns freed blocks to the system until it has seen larger ones freed: a step of a Transformer then
    asks for 4500 pages that the step before gave back, a fifth of its time. One large block, freed untouched, teaches it;
    elsewhere this does nothing. An own choice in the environment, ``MALLOC_TRIM_THRESHOLD_``, is respected.

    The next large block is then cut from the memory that later arrays share. NumPy asks Linux for huge pages wherever it makes
    a large array (``NUMPY_MADVISE_HUGEPAGE``), and the memory keeps them when the block is freed, untouched too:
    the arrays of a step lie in ten pages instead of thousands, which the processor finds a tenth of the time faster.

    Source: mallopt(3), the dynamic mmap threshold; madvise(2), MADV_HUGEPAGE.
    """
    for _ in range(2):
        np.empty(LARGEST, np.uint8)

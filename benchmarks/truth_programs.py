"""Judge many random programs against one-sided quotients and gradients beside the point, and count what was wrong.

python benchmarks/truth_programs.py [--programs 10000] [--first 0] [--kind array] [--second]
"""

import argparse
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

from rich.progress import track

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from array_programs import random_array_program
from certainties import findings
from judging import complaint, random_case


def scalars(seed: int, seen: Counter[str], _options: argparse.Namespace) -> None:
    """Judge a tree of numbers."""
    said, proved = complaint(seed)
    seen[f"{'wrong' if said else 'right'} and {'proved' if proved else 'not proved'}"] += 1
    seen["wrong certainties"] += bool(said and proved)
    if said:
        print(seed, "proved" if proved else "not proved", said, random_case(seed))


def arrays(seed: int, seen: Counter[str], options: argparse.Namespace) -> None:
    """Judge a program over vectors and matrices."""
    found = findings(seed, second=options.second)
    seen.update(found.counts)
    seen["wrong certainties"] += bool(found.wrong)
    for said in found.wrong:
        print(seed, said, random_array_program(seed), flush=True)


KINDS = {"scalar": scalars, "array": arrays}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--kind", choices=KINDS, default="array", help="numbers and pieces, or vectors, matrices, sorts and norms")
    parser.add_argument("--second", action="store_true", help="ask for second derivatives too")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    start, seen = time.perf_counter(), Counter[str]()
    for seed in track(range(options.first, options.first + options.programs), "programs"):
        KINDS[options.kind](seed, seen, options)
    print("\n".join(f"{count:8,} {name}" for name, count in sorted(seen.items())))
    print(f"{options.programs:,} programs in {time.perf_counter() - start:.0f} s")
    return int(seen["wrong certainties"] > 0)


if __name__ == "__main__":
    sys.exit(main())

"""Judge many random piecewise programs against one-sided quotients at 300 digits, and count what was wrong.

python benchmarks/truth_programs.py [--programs 10000] [--first 0]
"""

import argparse
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

from rich.progress import track

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from judging import complaint, random_case


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    start, seen = time.perf_counter(), Counter()
    for seed in track(range(options.first, options.first + options.programs), "programs"):
        said, proved = complaint(seed)
        seen["wrong" if said else "right", "proved" if proved else "not proved"] += 1
        if said:
            print(seed, "proved" if proved else "not proved", said, random_case(seed))
    print(", ".join(f"{count:,} {verdict} and {proof}" for (verdict, proof), count in sorted(seen.items())))
    print(f"{options.programs:,} programs in {time.perf_counter() - start:.0f} s")
    return int(any(verdict == "wrong" and proof == "proved" for verdict, proof in seen))


if __name__ == "__main__":
    sys.exit(main())

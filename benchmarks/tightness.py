"""How tight the rounding bound is: the largest error of right code in units of its bound, on random networks.

`python -m benchmarks.tightness` prints it in one line; what it rests on is harness.soundness.
"""

from __future__ import annotations

import sys

TRIALS = 200


def main() -> int:
    from harness.discover import find
    from harness.soundness import Tally, Trial

    right, tally = find(["batched_matrices"]), Tally()
    for number in range(TRIALS):
        tally = tally.plus(Trial(right, number).execute())
    worst, entries = tally.worst["batched_matrices"], tally.entries["batched_matrices"]
    print(f"{worst:.2g} of the bound, in {entries:,} entries of {TRIALS} random networks")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How tight the rounding bound is: the bound in units of the median error of right code, on random networks.

`python -m benchmarks.tightness` prints it in one line; what it rests on is harness.soundness.
"""

from __future__ import annotations

import sys

TRIALS = 200


def main() -> int:
    from harness.jobs.soundness.trials import Tally, submitted, tallies
    from harness.sandbox.loading import find
    from harness.sandbox.pool import Pool
    from harness.sandbox.processes.server import Server

    right, tally = find(["batched_matrices"]), Tally()
    with Server() as server, Pool(server, 1) as pool:
        for outcome in tallies(pool, submitted(right), range(TRIALS)):
            tally = tally.plus(outcome)
    name = "batched_matrices"
    tight = tally.tight(name)
    of_all, of_inexact = (1 / tight.quantile(0.5, with_exact=exact) for exact in (True, False))
    print(
        f"{of_all:.0f} times the median error is the bound, {of_inexact:.0f} times that of those not exact; "
        f"the largest error is {tally.worst[name]:.2g} of its bound, "
        f"in {tally.entries[name]:,} entries of {TRIALS} random networks"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

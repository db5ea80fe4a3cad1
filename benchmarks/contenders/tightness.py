"""How tight the rounding bound is: rounding bound / median error of a correct implementation, on random networks.

`python -m benchmarks.contenders.tightness` prints one line that begins with this ratio. harness.jobs.evidence.soundness
computes it.
"""

from __future__ import annotations

import sys

from benchmarks.contenders.spec import PRACTICAL

TRIALS = 200


def main() -> int:
    """Run the trials and print the line."""
    from harness.jobs.evidence.soundness.trials import TrialTally, submitted, tallies
    from harness.sandbox.pool import Pool
    from harness.sandbox.processes.server import Server
    from harness.sandbox.sources.find import find_implementations

    correct, tally = find_implementations([PRACTICAL]), TrialTally()
    with Server() as server, Pool(server, 1) as pool:
        for outcome in tallies(pool, submitted(correct), range(TRIALS)):
            tally = tally.plus(outcome)
    tight = tally.tight(PRACTICAL)
    of_all, of_inexact = (1 / tight.quantile(0.5, with_exact=exact) for exact in (True, False))
    print(
        f"{of_all:.0f} times the median error; {of_inexact:.0f} times the median error of the entries that are not "
        f"exact; the largest error is {tally.worst[PRACTICAL]:.2g} of its bound; "
        f"{tally.entries[PRACTICAL]:,} entries of {TRIALS} random networks"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What people run instead of a check: `python -m benchmarks.checkers CHECKER CASES`, cases as for a battery.

The gradients that it is given to check are those of batched_matrices, which are right.
"""

from __future__ import annotations

import importlib
import json
import sys

from benchmarks.battery import made

GRADCHECK, CENTRAL = "gradcheck", "central_differences"


def main(checker: str, text: str) -> int:
    from harness.jobs.peers import checkers

    backprop = importlib.import_module("implementations.batched_matrices").backprop

    check: checkers.Check = getattr(checkers, checker)
    for case in made(json.loads(text)):
        inputs = case.build(1)
        check(inputs, backprop(inputs.network, inputs.x, inputs.t))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

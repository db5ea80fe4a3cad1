"""The usual gradient checkers: `python -m benchmarks.contenders.checkers CHECKER CASES`.

CASES are described in benchmarks.contenders.battery. The checkers are given the gradients of PRACTICAL, which are
correct.
"""

from __future__ import annotations

import importlib
import json
import sys

from benchmarks.contenders.battery import cases_from
from benchmarks.contenders.spec import PRACTICAL

GRADCHECK, CENTRAL = "gradcheck", "central_differences"  # functions of harness.jobs.evidence.mistakes.peers.checkers


def main(checker: str, text: str) -> int:
    """Check the gradients of all cases."""
    from harness.jobs.evidence.mistakes.peers import checkers

    backprop = importlib.import_module(f"implementations.{PRACTICAL}").backprop

    check: checkers.Check = getattr(checkers, checker)
    for case in cases_from(json.loads(text)):
        inputs = case.build(1)
        check(inputs, backprop(inputs.network, inputs.x, inputs.t))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""One contender of benchmarks/check.py, as a process: `contenders.py check|central|gradcheck small|large`."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

CASES = 50


def cases(size):
    """The first 50 float64 cases of a check; or twelve networks of 10,062 parameters with 8 rows."""
    from harness.cases import gradient_cases, make

    if size == "small":
        return [case for case in gradient_cases() if case.dtype == "float64"][:CASES]
    hidden, outputs = ["tanh", "sigmoid", "relu", "softplus"], ["softmax", "sigmoid", "identity"]
    return [make("random", (64, 100, 32, 10), f"{one} {other}", 8) for one in hidden for other in outputs]


def check(size):
    """As the command does it."""
    import gc
    import os

    from harness.server import ONE_THREAD, Server

    gc.set_threshold(100_000)
    os.environ.update(ONE_THREAD)
    path = ROOT / "implementations" / "batched_matrices.py"
    with Server(by_fork=True) as server:
        from harness.apart import Limits, Submission
        from harness.asking import Asking

        with Submission(server, path, Limits()) as submission, Asking(submission, cases(size), 1) as asking:
            from harness.check import concluded

            found = concluded(asking, path)
    assert found.verdict == "agrees"


def other(name, size):
    from harness import peers
    from implementations.batched_matrices import backprop

    checker = {"central": peers.central_differences, "gradcheck": peers.gradcheck}[name]
    for case in cases(size):
        inputs = case.build(1)
        checker(inputs, backprop(inputs.network, inputs.x, inputs.t))


if __name__ == "__main__":
    name, size = sys.argv[1:]
    check(size) if name == "check" else other(name, size)

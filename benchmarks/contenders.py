"""One contender of benchmarks/check.py, as a process: `contenders.py check|central|gradcheck small|large`."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

CASES = 50


def cases(size):
    """The first 50 float64 cases of a check; or four networks of 10,062 parameters with 8 rows."""
    from harness.cases import make
    from harness.check import gradient_cases

    if size == "small":
        return [case for case in gradient_cases() if case.dtype == "float64"][:CASES]
    shapes = ["tanh softmax", "sigmoid", "relu identity", "tanh identity"]
    return [make("random", (64, 100, 32, 10), shape, 8) for shape in shapes]


def check(size):
    import os

    from harness.server import ONE_THREAD, Server

    os.environ.update(ONE_THREAD)
    with Server(by_fork=True) as server:  # as the command does
        from harness.apart import Limits
        from harness.check import check

        found = check(server, ROOT / "implementations" / "batched_matrices.py", cases(size), 1, Limits())
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

"""Formulations proved equal, for every activation at once, by exact arithmetic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from harness.jobs.prove import host
from harness.jobs.prove.evaluate import Values, differences
from harness.model.exact import SET_SIZE, Architecture
from harness.sandbox.answers import Answer
from harness.sandbox.pool import Pool
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import Limits, Request, Submission
from harness.sandbox.sources.find import Implementation

ARCHITECTURES = tuple(
    Architecture(widths, rows)
    for widths, rows in [
        ((3, 2), 1),
        ((4, 3), 3),
        ((2, 2, 2), 1),
        ((3, 4, 2), 1),
        ((4, 3, 5), 3),
        ((3, 3, 3), 2),
        ((3, 5, 4, 2), 1),
        ((2, 4, 3, 2), 3),
        ((3, 3, 3, 3), 2),
        ((3, 4, 2, 5, 2), 1),
        ((2, 3, 4, 3, 2), 2),
        ((2, 3, 2, 4, 3, 2), 1),
        ((3, 2, 4, 2, 3, 2), 2),
    ]
)


@dataclass(frozen=True)
class Proof:
    """What came out for one architecture.

    `ran` are the implementations that ran exactly, with the degree of their polynomials; `refused` those that do not
    support the architecture; `equal` the pairs whose every common quantity is equal in both trials, with an opaque
    and with an identity output, `different` those of which some is not, with the quantity; `numbers` is how many pairs
    of numbers were compared; `rational_equal` says the same of the concrete instance.
    """

    architecture: Architecture
    ran: dict[str, int]
    refused: dict[str, str]
    equal: tuple[tuple[str, str], ...]
    different: tuple[tuple[str, str, str], ...]
    numbers: int
    rational_equal: bool

    @property
    def false_equality(self) -> Fraction:
        """A bound on the probability that any pair of different polynomials has passed; the report derives it."""
        arguments = len(self.ran) * self.architecture.arguments
        pairs = len(self.equal) + len(self.different)
        # Two trials; each pair by its degree; each two arguments of f that meet, 2 / |S|, or values of f, 1 / |S|.
        return 2 * (pairs * max(self.ran.values(), default=0) + Fraction(3 * arguments * (arguments - 1), 2)) / SET_SIZE


@dataclass(frozen=True, eq=False)
class Attempt:
    """What came of one implementation on one architecture: the values of both trials and of the concrete instance,
    and the degree; or that it refused, or why it does not compute exactly."""

    name: str
    architecture: Architecture
    trials: tuple[Values, ...] = ()
    rational: Values | None = None
    degree: int = 0
    refused: str = ""
    unable: str = ""


def attempts(
    server: Server, implementations: Sequence[Implementation], seed: int, jobs: int, seconds: float
) -> list[Attempt]:
    """Every implementation on every architecture, each in a process of its own, in the order of ARCHITECTURES. The
    server has harness.jobs.prove.host loaded."""
    found: dict[tuple[str, Architecture], Attempt] = {}
    with Pool(server, jobs) as pool:
        for one in implementations:
            submission = Submission.of(one, Limits(seconds, math.inf), f"{host.__name__}:ExactHost")
            pool.add(submission, [_asked(one.name, architecture, seed) for architecture in ARCHITECTURES])
        for request in pool.outcomes():
            name, architecture = request.key
            found[name, architecture] = _tried(name, architecture, request.answers["exact"])
    return [found[one.name, architecture] for architecture in ARCHITECTURES for one in implementations]


def _asked(name: str, architecture: Architecture, seed: int) -> Request:
    message = {"widths": architecture.widths, "rows": architecture.rows, "seed": seed}
    names = {"exact": host.EXACT_NAMES}
    return Request((name, architecture), ("exact",), message, names, len(architecture.widths) - 1)


def _tried(name: str, architecture: Architecture, answer: Answer) -> Attempt:
    if answer.refusal is not None:
        refused, detail = answer.refusal.verdict == "unsupported", answer.refusal.detail
        return Attempt(name, architecture, refused=detail if refused else "", unable="" if refused else detail)
    runs = host.parted(answer.arrays)
    degree = answer.arrays["degree", 1]
    if degree.shape or not runs[0] or any(run.keys() != runs[0].keys() for run in runs):
        return Attempt(name, architecture, unable="it sent a malformed message: numbers are missing")
    return Attempt(name, architecture, tuple(runs[:-1]), runs[-1], int(degree[()]))


def prove(of_architecture: Sequence[Attempt]) -> Proof:
    """Every implementation against every other, on one architecture."""
    ran = {one.name: one for one in of_architecture if one.rational is not None}
    equal, different, numbers, rational_equal = [], [], 0, True
    for one, other in combinations(ran.values(), 2):
        compared = [differences(mine, theirs) for mine, theirs in zip(one.trials, other.trials, strict=True)]
        numbers += sum(count for _, count in compared)
        unequal = [quantity for names, _ in compared for quantity in names]
        if unequal:
            different.append((one.name, other.name, unequal[0]))
        else:
            equal.append((one.name, other.name))
        assert one.rational is not None
        assert other.rational is not None
        rational_equal &= not differences(one.rational, other.rational)[0]
    return Proof(
        of_architecture[0].architecture,
        {name: one.degree for name, one in ran.items()},
        {one.name: one.refused for one in of_architecture if one.refused},
        tuple(equal),
        tuple(different),
        numbers,
        rational_equal,
    )

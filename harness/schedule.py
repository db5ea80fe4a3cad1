"""In which order things are done: the cases in blocks, so that what is in memory does not grow with their number.

A case is open from the moment it is given to the implementations until its rows are in the table; then all that belongs
to it is dropped. Each result is judged when it comes, so that an interrupted run has lost nothing that it computed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from harness.cases import EPOCHS, Case
from harness.discover import Implementation
from harness.distances import Pair, Shared
from harness.holding import DEPARTS, Judge, Judged, Row
from harness.pairs import Pairs
from harness.table import Table
from harness.tasks import Finding, Ran, Run, Weigh
from harness.timings import Clock
from harness.workers import Pool

MOST_CASES = 64  # of a block
JUDGING = 3600.0  # seconds for the truth of one case, which no limit of an implementation cuts short
MOST_NUMBERS = 2**24  # that the implementations return on a block, all in all


@dataclass(eq=False)
class _Open:
    """A case that is being worked on: its block and its results until they are held against each other, rows that wait
    for the evidence on a departure, and how many outcomes are still to come."""

    case: Case
    block: int
    owner: str
    left: int
    results: dict[str, Ran] = field(default_factory=dict)
    departing: dict[str, Judged] = field(default_factory=dict)


class Schedule:
    """One run. `inside` are the seconds inside the implementations so far."""

    def __init__(
        self,
        implementations: Sequence[Implementation],
        cases: Sequence[Case],
        pool: Pool,
        jobs: int,
        seconds: float,
        clock: Clock,
        memory: float = math.inf,
    ) -> None:
        self.inside, self._clock = 0.0, clock
        self._implementations = {one.name: one for one in implementations}
        self._blocks = enumerate(blocks(cases, len(implementations)))
        self._pool, self._jobs, self._seconds, self._memory = pool, jobs, seconds, memory
        self._open: dict[str, _Open] = {}
        self._running = 0

    def results(self, table: Table, pairs: Pairs) -> Iterator[Ran]:
        """Do it all, and tell of each result when it is there; the rows and the pairs go where they belong."""
        self._open_next()
        for outcome in self._pool.outcomes():
            one = self._open[outcome.case]
            if isinstance(outcome, Judged):
                self._count(outcome.seconds)
            elif isinstance(outcome, Ran | Finding):
                self.inside += outcome.seconds
                self._count({"implementations": outcome.seconds})
            if isinstance(outcome, Ran):
                self._running -= 1
                self._judge(one, outcome)
                yield outcome
            elif isinstance(outcome, Judged) and outcome.departs:
                from harness.evidence import RUNS  # with the truth, which is loaded where something departs

                one.departing[outcome.implementation] = outcome
                weigh = Weigh(self._implementations[outcome.implementation], one.case)
                self._pool.add([weigh], RUNS * self._seconds)  # it has run; what the truth takes is no fault
            else:
                one.left -= 1
                if isinstance(outcome, Shared):
                    pairs.add(outcome)
                elif isinstance(outcome, Judged):
                    table.append(outcome.implementation, outcome.case, outcome.rows)
                else:
                    rows = explained(one.departing.pop(outcome.implementation).rows, outcome)
                    table.append(outcome.implementation, outcome.case, rows)
                if not one.left:
                    del self._open[outcome.case]
            self._open_next()

    def _count(self, seconds: Mapping[str, float]) -> None:
        for phase, spent in seconds.items():
            self._clock.elsewhere[phase] += spent

    def _open_next(self) -> None:
        """Open another block when the implementations are through with the last, and most of it is judged."""
        if self._running or len(self._open) >= MOST_CASES:
            return
        number, block = next(self._blocks, (0, ()))
        together = len(self._implementations) > 1
        for place, case in enumerate(block):
            left = len(self._implementations) + together
            self._open[case.id] = _Open(case, number, f"the truth, {number}, {place % self._jobs}", left)
        # The long ones first, so that no worker is left alone with one at the end.
        ordered = sorted(block, key=work, reverse=True)
        runs = [Run(one, case) for one in self._implementations.values() for case in ordered]
        self._running = len(runs)
        self._pool.add(runs, self._seconds, memory=self._memory)

    def _judge(self, one: _Open, result: Ran) -> None:
        one.results[result.implementation] = result
        tasks: list[Judge | Pair] = [Judge(one.owner, one.case, one.block, result)]
        if len(one.results) == len(self._implementations) > 1:
            tasks.append(Pair(one.owner, one.case, [one.results[name] for name in self._implementations]))
            one.results = {}
        self._pool.add(tasks, JUDGING, prompt=True)


def work(case: Case) -> int:
    """Parameters times rows, and epochs: what an implementation does, up to a constant."""
    return case.parameters * case.batch * (EPOCHS if case.online else 1)


def blocks(cases: Sequence[Case], implementations: int) -> Iterator[list[Case]]:
    """Cases that are worked on together, in their order; one that is very large alone."""
    block: list[Case] = []
    numbers = 0
    for case in cases:
        # Gradient, update and deltas.
        mine = implementations * (2 * case.parameters + case.batch * sum(case.widths[1:]))
        if block and (len(block) == MOST_CASES or numbers + mine > MOST_NUMBERS):
            yield block
            block, numbers = [], 0
        block.append(case)
        numbers += mine
    yield block


def explained(rows: Sequence[Row], finding: Finding) -> list[Row]:
    """The rows of a result that departs, with what the evidence says of it."""
    verdict, detail = finding.evidence.verdict, finding.evidence.reason
    return [row._replace(verdict=verdict, detail=detail) if row.verdict == DEPARTS else row for row in rows]

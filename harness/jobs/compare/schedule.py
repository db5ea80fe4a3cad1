"""In which order a comparison does things: the cases in blocks, so that what is in memory does not grow with their
number.

A case is open from the moment it is given to the implementations until their answers are judged; then what belongs to
it is dropped. Each answer is judged when it comes, so that an interrupted run has lost nothing that it computed; but
one that is out of bounds waits, with its truth, while a convention that the file does not declare may still explain it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from harness.cases.case import TRAINING_EPOCHS, Case
from harness.jobs.compare.distances import distances
from harness.jobs.compare.pairs import Pairs
from harness.jobs.compare.rows import rows_of
from harness.jobs.compare.table import ResultTable
from harness.judging.examine import Examination
from harness.judging.judge import CaseTruth
from harness.model.contract import Inputs
from harness.reporting.profile import Clock
from harness.sandbox.answers import Arrays
from harness.sandbox.pool import Pool
from harness.sandbox.requests import COMMAND_HOST, Limits, Submission
from harness.sandbox.sources.find import Implementation

MOST_CASES = 64  # of a block
MOST_NUMBERS = 2**24  # that the implementations return on a block, all in all


class Answered(NamedTuple):
    """An implementation has answered about a case, or failed to."""

    implementation: str
    case: str
    has_failed: bool


@dataclass(eq=False)
class _Open:
    """A case that is being worked on: its truth, once it is needed, and what the implementations gave, until all are
    through."""

    case: Case
    inputs: Inputs
    truth: CaseTruth | None = None
    given: dict[str, Arrays] = field(default_factory=dict)


class Schedule:
    """One run. `inside` are the seconds inside the implementations so far."""

    def __init__(
        self,
        implementations: Sequence[Implementation],
        cases: Sequence[Case],
        pool: Pool,
        limits: Limits,
        clock: Clock,
        seed: int | None = None,
    ) -> None:
        self._pool, self._clock, self._seed = pool, clock, seed
        self._examinations = [Examination(pool, Submission.of(one, limits), len(cases)) for one in implementations]
        self._blocks = enumerate(blocks(cases, len(implementations)))
        self._open: dict[str, _Open] = {}
        self._asked_inside = 0.0

    @property
    def inside(self) -> float:
        return self._asked_inside + sum(one.submission.loading for one in self._examinations)

    def results(self, table: ResultTable, pairs: Pairs) -> Iterator[Answered]:
        """Do it all, and tell of each answer when it is there; the rows and the pairs go where they belong."""
        while self._open_next():
            for request in self._pool.outcomes():
                examination, case, search, _ = request.key
                self._asked_inside += sum(answer.seconds for answer in request.answers.values())
                one = self._open[case] if search is None else None
                truth = one and self._truth(one)
                with self._clock.phase("verdicts"):
                    for outcome in examination.take(request, truth):
                        name, case = examination.submission.name, outcome.trial.case.id
                        table.append(name, case, [*rows_of(name, outcome)])
                if one is not None:
                    self._share(one, examination, pairs)
                    has_failed = any(a.refusal and a.refusal.verdict == "failed" for a in request.answers.values())
                    yield Answered(examination.submission.name, one.case.id, bool(has_failed))
        self._clock.elsewhere["implementations"] = self.inside

    def _truth(self, one: _Open) -> CaseTruth:
        if one.truth is None:
            one.truth = CaseTruth.of(one.case, one.inputs, self._clock)
        return one.truth

    def _open_next(self) -> bool:
        """Open another block; whether there is one."""
        _, block = next(self._blocks, (0, ()))
        with self._clock.phase("cases"):
            opened = [_Open(case, case.build(self._seed)) for case in block]
        self._open = {one.case.id: one for one in opened}
        # Training first, the longest before the others, so that no worker is left alone with it at the end; and
        # commands before Python files, since each step of theirs takes two messages of text.
        for one in sorted(opened, key=lambda one: -work(one.case) if one.case.online else 0):
            for examination in sorted(self._examinations, key=lambda each: each.submission.host != COMMAND_HOST):
                examination.ask(one.case, one.inputs)
        return bool(opened)

    def _share(self, one: _Open, examination: Examination, pairs: Pairs) -> None:
        """Keep what an implementation gave until all have, and compare them then."""
        if len(self._examinations) < 2:
            return
        one.given[examination.submission.name] = examination.verdicts.latest.quantities
        if len(one.given) == len(self._examinations):
            with self._clock.phase("pairs"):
                names = [each.submission.name for each in self._examinations]
                pairs.add(one.case.id, distances([one.given[name] for name in names]))
            one.given = {}


def work(case: Case) -> int:
    """Parameters times rows, and epochs: what an implementation does, up to a constant."""
    return case.parameters * case.batch * (TRAINING_EPOCHS if case.online else 1)


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

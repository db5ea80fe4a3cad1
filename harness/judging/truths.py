"""The truths of cases with inputs from one seed: each is computed once, however many submissions are judged by it."""

from __future__ import annotations

from collections.abc import Iterable

from harness.cases.case import Case
from harness.judging.judge import CaseTruth
from harness.model.contract import Inputs
from harness.reporting.profile import Clock

MOST_ADDED_TRUTHS = 1000  # cases beside those that are known at first: a check adds 800 at most


class Truths:
    """The inputs and truths of cases; `known` are some that were computed elsewhere with the same seed."""

    def __init__(self, seed: int, known: Iterable[CaseTruth] = ()) -> None:
        self.seed = seed
        self._first = {one.case.id: one for one in known}
        self._forget()

    def inputs(self, case: Case) -> Inputs:
        """The inputs of a case, drawn from the seed."""
        if case.id not in self._inputs:
            if len(self._inputs) == len(self._first) + MOST_ADDED_TRUTHS:
                self._forget()
            self._inputs[case.id] = case.build(self.seed)
        return self._inputs[case.id]

    def _forget(self) -> None:
        """Keep what was known at first: submissions may ask for ever more cases."""
        self._known = dict(self._first)
        self._inputs = {name: one.inputs for name, one in self._first.items()}

    def of(self, case: Case, clock: Clock | None = None) -> CaseTruth:
        """The truth of a case. The clock counts its phases."""
        if case.id not in self._known:
            self._known[case.id] = CaseTruth.of(case, self.inputs(case), clock)
        return self._known[case.id]

"""The truths of cases with inputs from one seed: each is computed once, however many submissions are judged by it."""

from __future__ import annotations

from collections.abc import Iterable

from harness.cases.case import Case
from harness.judging.judge import CaseTruth
from harness.model.contract import Inputs
from harness.reporting.profile import Clock


class Truths:
    """The inputs and truths of cases; `known` are some that were computed elsewhere with the same seed."""

    def __init__(self, seed: int, known: Iterable[CaseTruth] = ()) -> None:
        self.seed = seed
        self._known = {one.case.id: one for one in known}
        self._inputs = {name: one.inputs for name, one in self._known.items()}

    def inputs(self, case: Case) -> Inputs:
        """The inputs of a case, drawn from the seed."""
        if case.id not in self._inputs:
            self._inputs[case.id] = case.build(self.seed)
        return self._inputs[case.id]

    def of(self, case: Case, clock: Clock | None = None) -> CaseTruth:
        """The truth of a case. The clock counts its phases."""
        if case.id not in self._known:
            self._known[case.id] = CaseTruth.of(case, self.inputs(case), clock)
        return self._known[case.id]

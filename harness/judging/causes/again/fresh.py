"""Fresh cases: the cases of a check with inputs from another seed, to confirm what was found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from harness.cases.case import Case
from harness.judging.causes.again.runs import run_trials
from harness.judging.judge import Outcome, Trial
from harness.sandbox.pool import Pool
from harness.sandbox.requests import Submission

SEED_OFFSET = 2**32  # a check without --seed draws a smaller seed, so no check has these inputs by chance
FRESH_CASES = 12
MAX_FRESH_SECONDS = 0.5  # inside the file, in all fresh cases; of a slow file there are fewer, and at least one


@dataclass(frozen=True, eq=False)
class FreshRuns:
    """The fresh runs of a submission that was checked with inputs from `seed`; theirs are from seed + SEED_OFFSET."""

    pool: Pool
    submission: Submission
    seed: int

    def trials(self, cases: Iterable[Case]) -> list[Trial]:
        """The trials of these cases."""
        return run_trials(self.pool, self.submission, [(case, case.build(self.seed + SEED_OFFSET)) for case in cases])


def fresh_cases(outcomes: Iterable[Outcome]) -> list[Case]:
    """The cases to draw again: the smallest of these of each kind, then the second smallest, up to FRESH_CASES."""
    by_kind = sorted(outcomes, key=lambda one: (_network_kind(one), one.trial.inputs.work))
    groups = [[*group] for _, group in groupby(by_kind, _network_kind)]
    ranked = [(rank, one.trial.inputs.work, one) for group in groups for rank, one in enumerate(group)]
    chosen, seconds = list[Case](), 0.0
    for _, _, outcome in sorted(ranked, key=lambda one: one[:2])[:FRESH_CASES]:
        seconds += sum(answer.seconds for answer in outcome.trial.answers.values())
        if chosen and seconds > MAX_FRESH_SECONDS:
            break
        chosen.append(outcome.trial.case)
    return chosen


def _network_kind(outcome: Outcome) -> tuple[tuple[str, ...], str]:
    case = outcome.trial.case
    return case.activations, case.cost

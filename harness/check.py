"""Check one submission: run it apart on the battery, hold it against the truth, and explain what departs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.answers import Answer, Fault, Refusal
from harness.apart import Limits, Submission
from harness.asking import FUNCTIONS, Asking
from harness.cases import Case
from harness.certify import certify
from harness.conventions import OURS, Convention
from harness.judging import Outcome, Trial, judge_all
from harness.server import Server
from harness.timings import Clock
from harness.verdict import VERDICTS

if TYPE_CHECKING:
    from harness.diagnose import Diagnosis


@dataclass(frozen=True, eq=False)
class Check:
    """All that a check found. `found` is the convention that the numbers follow, `declared` the one in the file;
    `printed` counts the bytes that the file printed, and `output` is their beginning."""

    path: Path
    seed: int
    outcomes: tuple[Outcome, ...]
    declared: Convention
    found: Convention
    diagnoses: tuple[Diagnosis, ...]
    printed: int
    output: str
    seconds: float

    @property
    def verdict(self) -> str:
        """The worst over the cases; unsupported only if nothing ran."""
        return min((outcome.verdict for outcome in self.outcomes), key=VERDICTS.index)

    @property
    def ran(self) -> int:
        """How many cases were run, those that it refused not among them."""
        return sum(outcome.was_run and outcome.verdict != "unsupported" for outcome in self.outcomes)

    @property
    def by_verdict(self) -> dict[str, int]:
        """How many of the cases came to each verdict; one that was not run has failed."""
        counts = Counter(outcome.verdict for outcome in self.outcomes)
        return {verdict: counts[verdict] for verdict in VERDICTS if verdict in counts}


def check(server: Server, path: Path, cases: Sequence[Case], seed: int | None, limits: Limits) -> Check:
    """Run the file on the cases, with inputs drawn from the seed, or from a fresh one."""
    with Submission(server, path, limits) as submission, Asking(submission, cases, seed) as asking:
        return concluded(asking, path)


def concluded(asking: Asking, path: Path, clock: Clock | None = None) -> Check:
    """Hold what a submission answers against the truth, which is computed meanwhile. The clock counts the phases."""
    start, submission, clock = time.perf_counter(), asking.submission, clock or Clock()
    pairs = list(zip(asking.cases, asking.inputs, strict=True))
    standards = [certify(inputs, case.learning_rate, case.dtype, clock) for case, inputs in pairs]
    with clock.phase("implementations"):
        answers = asking.answers()
    clock.elsewhere["implementations"] += sum(one.seconds for of_case in answers for one in of_case.values())
    trials = [Trial(*part) for part in zip(asking.cases, asking.inputs, standards, answers, strict=True)]
    with clock.phase("verdicts"):
        declared, found, outcomes, diagnoses = _judged(trials, submission)
    output, seconds = submission.output, time.perf_counter() - start
    text = output.kept.decode(errors="replace")
    return Check(path, asking.seed, tuple(outcomes), declared, found, tuple(diagnoses), output.bytes, text, seconds)


def _judged(
    trials: list[Trial], submission: Submission
) -> tuple[Convention, Convention, list[Outcome], list[Diagnosis]]:
    """The convention that the file declares, the one that it follows, the outcomes, and what explains departures."""
    try:
        declared = Convention.declared(submission.declared)
    except Fault as fault:
        answers = dict.fromkeys(FUNCTIONS, Answer(refusal=Refusal("failed", fault.detail, fault.kind)))
        trials, declared = [replace(trial, answers=answers) for trial in trials], OURS
    found, outcomes = judge_all(trials, declared)
    diagnoses: list[Diagnosis] = []
    if found != declared or any(outcome.departures or outcome.faults for outcome in outcomes):
        from harness.explain import diagnosed, explained  # most checks end well, and need none of it

        diagnoses = diagnosed(outcomes, declared, found)
        outcomes = [explained(outcome, submission, found, diagnoses) for outcome in outcomes]
    return declared, found, outcomes, diagnoses

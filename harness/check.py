"""Check one submission: run it apart on the battery, hold it against the truth, and explain what departs."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from harness.answers import Answer, Fault, Refusal
from harness.apart import Limits, Submission
from harness.cases import Case, standard_cases
from harness.certify import certify
from harness.conventions import OURS, Convention
from harness.judging import FUNCTIONS, Outcome, Trial, judge_all
from harness.server import Server
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


def gradient_cases() -> tuple[Case, ...]:
    """The battery of a check: the standard cases that ask for a gradient and a step."""
    return tuple(case for case in standard_cases() if not case.online)


def check(server: Server, path: Path, cases: Sequence[Case], seed: int | None, limits: Limits) -> Check:
    """Run the file on the cases, with inputs drawn from the seed, or from a fresh one."""
    start = time.perf_counter()
    seed = int.from_bytes(os.urandom(4), "big") if seed is None else seed
    with Submission(server, path, limits) as submission:
        trials = _run(submission, cases, seed)
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
        output = submission.output
    text, seconds = output.kept.decode(errors="replace"), time.perf_counter() - start
    return Check(path, seed, tuple(outcomes), declared, found, tuple(diagnoses), output.bytes, text, seconds)


def _run(submission: Submission, cases: Sequence[Case], seed: int) -> list[Trial]:
    """The submission's answers, while the truth is computed here."""
    inputs = [case.build(seed) for case in cases]
    pairs = list(zip(cases, inputs, strict=True))
    answers: list[dict[str, Answer]] = []
    broken: list[BaseException] = []

    def ask_all() -> None:
        try:
            answers.extend(submission.answers(FUNCTIONS, given, case.learning_rate) for case, given in pairs)
        except BaseException as error:
            broken.append(error)

    asking = Thread(target=ask_all)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-3)  # seconds; the worker must not wait while the truth is computed
    asking.start()
    try:
        standards = [certify(given, case.learning_rate, case.dtype) for case, given in pairs]
        asking.join()
        if broken:
            raise broken[0]
    except BaseException:
        submission.interrupt()
        asking.join()
        raise
    finally:
        sys.setswitchinterval(before)
    return [Trial(*parts) for parts in zip(cases, inputs, standards, answers, strict=True)]

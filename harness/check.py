"""Check one submission: run it apart on the battery, hold it against the truth, and explain what departs."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from harness.answers import Answer, Fault, Refusal
from harness.apart import Limits, Submission
from harness.cases import Case, standard_cases
from harness.certify import certify
from harness.contract import Array, Inputs
from harness.conventions import OURS, Convention
from harness.diagnose import Diagnosis, diagnose
from harness.evidence import weigh
from harness.judging import Outcome, Trial, judge_all, judged, subjects
from harness.run import settled
from harness.verdict import VERDICTS

FUNCTIONS = ("backprop", "step")


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
        """How many of the cases that were run, or refused, came to each verdict."""
        counts = Counter(outcome.verdict for outcome in self.outcomes if outcome.was_run)
        return {verdict: counts[verdict] for verdict in VERDICTS if verdict in counts}


def gradient_cases() -> tuple[Case, ...]:
    """The battery of a check: the standard cases that ask for a gradient and a step."""
    return tuple(case for case in standard_cases() if not case.online)


def check(path: Path, cases: Sequence[Case], seed: int | None, limits: Limits) -> Check:
    """Run the file on the cases, with inputs drawn from the seed, or from a fresh one."""
    start = time.perf_counter()
    seed = secrets.randbelow(2**32) if seed is None else seed
    with Submission(path, limits) as submission:
        trials = _run(submission, cases, seed)
        try:
            declared = Convention.declared(submission.declared)
        except Fault as fault:
            answers = dict.fromkeys(FUNCTIONS, Answer(refusal=Refusal("failed", fault.detail, fault.kind)))
            trials, declared = [replace(trial, answers=answers) for trial in trials], OURS
        found, outcomes = judge_all(trials, declared)
        diagnoses = _diagnosed(outcomes, declared, found)
        outcomes = [_explained(outcome, submission, found, diagnoses) for outcome in outcomes]
        output = submission.output
    text, seconds = output.kept.decode(errors="replace"), time.perf_counter() - start
    return Check(path, seed, tuple(outcomes), declared, found, tuple(diagnoses), output.bytes, text, seconds)


def _run(submission: Submission, cases: Sequence[Case], seed: int) -> list[Trial]:
    """The submission's answers, while the truth is computed here."""
    inputs = [case.build(seed) for case in cases]
    pairs = list(zip(cases, inputs, strict=True))
    with ThreadPoolExecutor(1) as executor:
        try:
            asked = executor.submit(
                lambda: [submission.answers(FUNCTIONS, given, case.learning_rate) for case, given in pairs]
            )
            standards = [certify(given, case.learning_rate, case.dtype) for case, given in pairs]
            answers = asked.result()
        except BaseException:
            submission.close()  # or the executor would wait for all of the answers
            raise
    return [Trial(*parts) for parts in zip(cases, inputs, standards, answers, strict=True)]


def _diagnosed(outcomes: Sequence[Outcome], declared: Convention, found: Convention) -> list[Diagnosis]:
    """The mistakes that explain what departs or breaks the contract. A convention that was not declared is named as the
    mistake that it would be, if it was not meant."""
    if any(outcome.departures or outcome.faults for outcome in outcomes):
        return diagnose([subject for one in outcomes for subject in subjects(one, found)], found)
    if found == declared:
        return []
    plain = replace(declared, layout=found.layout, bias=found.bias)
    undeclared = [judged(outcome.trial, plain) for outcome in outcomes]
    return diagnose([subject for one in undeclared for subject in subjects(one, plain)], plain, single=True)


def _explained(
    outcome: Outcome, submission: Submission, convention: Convention, diagnoses: Sequence[Diagnosis]
) -> Outcome:
    """The outcome with the verdict on its departures: of the formula, or of the arithmetic."""
    if not outcome.departures or outcome.faults:
        return outcome
    if diagnoses:
        of_arithmetic = all(mistake.dtype for diagnosis in diagnoses for mistake in diagnosis.mistakes)
        return replace(outcome, verdict="inaccurate" if of_arithmetic else "wrong")
    trial = outcome.trial

    def run(inputs: Inputs) -> dict[tuple[str, int], Array]:
        answers = submission.answers(FUNCTIONS, inputs, trial.case.learning_rate)
        parts = [settled(name, answer, inputs, convention)[0] for name, answer in answers.items()]
        return parts[0] | parts[1]

    evidence = weigh(run, trial.inputs, trial.case.learning_rate, trial.case.dtype, convention)
    return replace(outcome, verdict="wrong" if submission.is_over else evidence.verdict)

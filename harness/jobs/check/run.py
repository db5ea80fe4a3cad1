"""Check one implementation: examine it on some cases, and diagnose its mistake."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.cases.case import Case
from harness.judging.conventions import Convention
from harness.judging.examine import Examination
from harness.judging.judge import CaseTruth, Outcome
from harness.judging.verdict import VERDICTS
from harness.reporting.profile import Clock
from harness.sandbox.pool import Pool
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import Limits, Submission

if TYPE_CHECKING:
    from harness.judging.ratios import Ratio
    from harness.mistakes.diagnose import Diagnosis


@dataclass(frozen=True, eq=False)
class CheckResult:
    """The result of a check.

    `declared` is the convention in the file, `found` the one that its numbers follow. `ratios` are exact ratios to the
    truth, where no mistake is named. `printed` is the number of bytes that the file printed, and `output` the first of
    them. `seconds` is the duration of the check.
    """

    path: Path
    seed: int
    outcomes: tuple[Outcome, ...]
    declared: Convention
    found: Convention
    diagnoses: tuple[Diagnosis, ...]
    ratios: tuple[Ratio, ...]
    printed: int
    output: str
    seconds: float

    @property
    def verdict(self) -> str:
        """The worst verdict of all cases; `unsupported` only if none ran."""
        return min((outcome.verdict for outcome in self.outcomes), key=VERDICTS.index)

    @property
    def ran(self) -> int:
        """The number of cases that ran, without those that the file refused."""
        return sum(outcome.was_run and outcome.verdict != "unsupported" for outcome in self.outcomes)

    @property
    def by_verdict(self) -> dict[str, int]:
        """The number of cases for each verdict, worst first."""
        counts = Counter(outcome.verdict for outcome in self.outcomes)
        return {verdict: counts[verdict] for verdict in VERDICTS if verdict in counts}

    def worst_errors(self) -> list[dict[str, Any]]:
        """The worst error ratio of each quantity and layer, as dictionaries.

        `below_output` counts layers backwards, from 0 for the output layer. `worst` is None if the ratio is infinite or
        NaN.
        """
        worst: dict[tuple[str, int], float] = {}
        for outcome in self.outcomes:
            last = len(outcome.trial.inputs.network.layers)
            for (quantity, layer), judgement in outcome.judgements.items():
                key = quantity, last - layer
                worst[key] = max(
                    worst.get(key, 0.0), math.inf if math.isnan(judgement.error_ratio) else judgement.error_ratio
                )
        return [
            {"quantity": quantity, "below_output": below, "worst": value if math.isfinite(value) else None}
            for (quantity, below), value in worst.items()
        ]


class CheckRun:
    """A running check; use it in a `with`.

    The file starts to compute when this object is created, while the process imports the modules that judge it.
    """

    def __init__(self, server: Server, path: Path, cases: Sequence[Case], seed: int, limits: Limits) -> None:
        self._start = time.perf_counter()
        self._path, self._seed = path, seed
        self._inputs = {case: case.build(seed) for case in cases}
        self._pool = Pool(server, 1)
        self._submission = Submission(path.stem, path.resolve(), limits)
        self._examination = Examination(self._pool, self._submission, len(cases))
        for case, inputs in self._inputs.items():
            self._examination.ask(case, inputs)
        self._early = self._pool.poll()

    def __enter__(self) -> CheckRun:
        return self

    def __exit__(self, *arguments: object) -> None:
        self._pool.__exit__(*arguments)

    def result(self, clock: Clock | None = None) -> CheckResult:
        """Compute the truth, judge the answers, and diagnose errors. The clock counts the phases."""
        clock = clock or Clock()
        truths, early = {}, self._early
        for case, inputs in self._inputs.items():
            truths[case.id] = CaseTruth.of(case, inputs, clock)
            early += self._pool.poll()
        outcomes: dict[str, Outcome] = {}
        inside = self._submission.loading
        answered = chain(early, self._pool.outcomes())
        while True:
            with clock.phase("implementations"):
                request = next(answered, None)
            if request is None:
                break
            inside += sum(answer.seconds for answer in request.answers.values())
            with clock.phase("verdicts"):
                _, case_id, search, _ = request.key
                final = self._examination.take(request, truths[case_id] if search is None else None)
                outcomes |= {outcome.trial.case.id: outcome for outcome in final}
        clock.elsewhere["implementations"] += inside
        return self._diagnose([outcomes[case.id] for case in self._inputs], clock)

    def _diagnose(self, outcomes: list[Outcome], clock: Clock) -> CheckResult:
        verdicts = self._examination.verdicts
        diagnoses, ratios = list["Diagnosis"](), list["Ratio"]()
        if verdicts.found != verdicts.declared or any(outcome.out_of_bounds or outcome.faults for outcome in outcomes):
            from harness.mistakes.explain import diagnose_outcomes  # most checks pass and do not need it

            with clock.phase("diagnosis"):
                diagnoses = diagnose_outcomes(outcomes, verdicts.declared, verdicts.found)
                if not diagnoses and any(outcome.cause == "wrong" and outcome.out_of_bounds for outcome in outcomes):
                    from harness.judging.ratios import exact_ratios

                    ratios = exact_ratios(outcomes, verdicts.found)
        output = self._submission.output
        return CheckResult(
            path=self._path,
            seed=self._seed,
            outcomes=tuple(outcomes),
            declared=verdicts.declared,
            found=verdicts.found,
            diagnoses=tuple(diagnoses),
            ratios=tuple(ratios),
            printed=output.bytes,
            output=output.kept.decode(errors="replace"),
            seconds=time.perf_counter() - self._start,
        )


def check_submission(
    server: Server,
    path: Path,
    cases: Sequence[Case],
    seed: int,
    limits: Limits = Limits(),  # noqa: B008
) -> CheckResult:
    """Check the file on the cases, with inputs drawn from the seed."""
    with CheckRun(server, path, cases, seed, limits) as run:
        return run.result()

"""Check one implementation: examine it on the battery, and name the mistake."""

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
    from harness.mistakes.diagnose import Diagnosis


@dataclass(frozen=True, eq=False)
class CheckResult:
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

    def worst_errors(self) -> list[dict[str, Any]]:
        """For each quantity and layer, counted down from the output, the worst error in units of what rounding
        explains; none for one without limit."""
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
    """A check under way: the file computes while this process loads what it is judged by. Use it in a `with`."""

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

    def concluded(self, clock: Clock | None = None) -> CheckResult:
        """Judge what it answers by the truth, which is computed meanwhile. The clock counts the phases."""
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
                _, case_id, search = request.key
                final = self._examination.take(request, truths[case_id] if search is None else None)
                outcomes |= {outcome.trial.case.id: outcome for outcome in final}
        clock.elsewhere["implementations"] += inside
        return self._check([outcomes[case.id] for case in self._inputs], clock)

    def _check(self, outcomes: list[Outcome], clock: Clock) -> CheckResult:
        verdicts, diagnoses = self._examination.verdicts, list["Diagnosis"]()
        if verdicts.found != verdicts.declared or any(outcome.out_of_bounds or outcome.faults for outcome in outcomes):
            from harness.mistakes.explain import diagnose_outcomes  # most checks end well, and need none of it

            with clock.phase("diagnosis"):
                diagnoses = diagnose_outcomes(outcomes, verdicts.declared, verdicts.found)
        output, seconds = self._submission.output, time.perf_counter() - self._start
        text = output.kept.decode(errors="replace")
        told = (*outcomes,), verdicts.declared, verdicts.found, (*diagnoses,)
        return CheckResult(self._path, self._seed, *told, output.bytes, text, seconds)


def check_file(server: Server, path: Path, cases: Sequence[Case], seed: int, limits: Limits = Limits()) -> CheckResult:  # noqa: B008
    """Run the file on the cases, with inputs drawn from the seed."""
    with CheckRun(server, path, cases, seed, limits) as checking:
        return checking.concluded()

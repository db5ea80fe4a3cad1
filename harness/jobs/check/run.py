"""Check one implementation: examine it on some cases, and diagnose its mistake."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.cases.case import Case
from harness.jobs.check.support import Support, refusal_reason
from harness.judging.conventions import Convention
from harness.judging.examine import Examination
from harness.judging.judge import CaseTruth, Outcome
from harness.judging.truths import Truths
from harness.judging.verdict import VERDICTS
from harness.reporting.profile import Clock
from harness.sandbox.pool import Pool
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import Limits, Request, Submission
from harness.sandbox.sources.find import Implementation, implementation_at
from harness.sandbox.sources.scope import DeclaredScope, cases_in_scope, scope_of

if TYPE_CHECKING:
    from harness.judging.hints.ratios import Ratio
    from harness.mistakes.diagnose import Diagnosis


@dataclass(frozen=True, eq=False)
class CheckResult:
    """The result of a check.

    `declared` is the convention in the file, `found` the one that its numbers follow. Where no mistake is named,
    `ratios` are exact ratios to the truth, and `dependences` says in sentences on what the wrong numbers depend, and on
    what they do not. `printed` is the number of bytes that the file printed, and `output` the first of them. `support`
    is what the file supports, or None if the cases were not fitted to it. `seconds` is the duration of the check.
    `driven` says how code that was not written for the contract is driven, one line each. `title` is what reports call
    the file, and `language` the name of its language, which a program may say itself, empty if it is not known. `notes`
    are sentences that a program says of itself, or that are to be said of its numbers.
    """

    path: Path
    seed: int
    outcomes: tuple[Outcome, ...]
    declared: Convention
    found: Convention
    diagnoses: tuple[Diagnosis, ...]
    ratios: tuple[Ratio, ...]
    dependences: tuple[str, ...]
    printed: int
    output: str
    support: Support | None
    seconds: float
    driven: tuple[str, ...]
    title: str
    language: str
    is_program: bool
    notes: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """The worst verdict of all cases; `unsupported` only if none ran."""
        return min((outcome.verdict for outcome in self.outcomes), key=VERDICTS.index)

    @property
    def first_failing(self) -> str:
        """The id of the first case with a number out of bounds, or else of the first that failed; empty if none."""
        failing = [one for one in self.outcomes if one.out_of_bounds] or [one for one in self.outcomes if one.faults]
        return failing[0].trial.case.id if failing else ""

    @property
    def ran(self) -> int:
        """The number of cases that ran, without those that the file refused."""
        return sum(outcome.was_run and outcome.verdict != "unsupported" for outcome in self.outcomes)

    @property
    def refused(self) -> dict[str, int]:
        """The number of cases that the file refused, for each of its reasons, the most frequent first."""
        return dict(Counter(refusal_reason(one) for one in self.outcomes if one.verdict == "unsupported").most_common())

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

    The file starts to compute when this object is created, while the process imports the modules that judge it. The
    cases are made to fit if `is_fitted`: those that the file declares not to be for are left out, and if few of them
    run, more are added of the kinds that do. `truths` may have been used before, with the same seed.
    """

    def __init__(
        self,
        server: Server,
        implementation: Implementation,
        cases: Sequence[Case],
        seed: int,
        limits: Limits,
        *,
        is_fitted: bool = False,
        truths: Truths | None = None,
    ) -> None:
        self._start = time.perf_counter()
        self._implementation, self._seed, self._is_fitted = implementation, seed, is_fitted
        self._known = truths or Truths(seed)
        self._scope = scope_of(implementation) if is_fitted else DeclaredScope()
        self._pool = Pool(server, 1)
        self._submission = Submission.of(implementation, limits)
        self._examination = Examination(self._pool, self._submission, 0)
        self._cases: dict[str, Case] = {}
        self._ran: list[Case] = []
        self._refused: list[Case] = []
        in_scope = cases_in_scope(cases, self._scope)
        self._left_out = [case for case in cases if case not in in_scope]
        self._first = tuple(in_scope or self._more() or cases)
        self._ask(self._first)
        self._early = self._pool.poll()

    def __enter__(self) -> CheckRun:
        return self

    def __exit__(self, *arguments: object) -> None:
        self._pool.__exit__(*arguments)

    def result(self, clock: Clock | None = None) -> CheckResult:
        """Compute the truth, judge the answers, and diagnose errors. The clock counts the phases."""
        clock = clock or Clock()
        truths, early = {}, self._early
        for case in self._first:
            truths[case.id] = self._known.of(case, clock)
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
            _, case_id, search, _ = request.key
            if search is None:
                self._note(self._cases[case_id], request)
                if len(self._ran) + len(self._refused) == len(self._cases):
                    with clock.phase("cases"):
                        self._ask(self._more())  # before the last answer is judged, which completes the examination
                if case_id not in truths:
                    truths[case_id] = self._truth(case_id, clock)
            with clock.phase("verdicts"):
                final = self._examination.take(request, truths[case_id] if search is None else None)
                outcomes |= {outcome.trial.case.id: outcome for outcome in final}
        clock.elsewhere["implementations"] += inside
        shown = dict.fromkeys((*self._first, *self._ran))  # a refused case that was added shows nothing new
        return self._diagnose([outcomes[case.id] for case in shown], clock)

    def _ask(self, cases: Iterable[Case]) -> None:
        """Queue cases, with inputs drawn from the seed."""
        for case in cases:
            self._cases[case.id] = case
            self._examination.extend(1)
            self._examination.ask(case, self._known.inputs(case))

    def _note(self, case: Case, request: Request) -> None:
        """Count a case as refused, or as one that ran."""
        refusals = [answer.refusal for answer in request.answers.values()]
        is_refused = all(refusal is not None and refusal.verdict == "unsupported" for refusal in refusals)
        (self._refused if is_refused else self._ran).append(case)

    def _more(self) -> list[Case]:
        """The cases to add."""
        refused = (*self._refused, *self._left_out)
        is_stopped = self._scope.fault is not None or self._submission.unusable is not None
        if not self._is_fitted or not refused or is_stopped:
            return []
        from harness.jobs.check.fitting import more_cases  # most files support enough of the standard cases

        return more_cases(self._ran, refused, self._scope)

    def _truth(self, case_id: str, clock: Clock) -> CaseTruth:
        """The truth of a case that was added; it is not computed if the file refused it."""
        case = self._cases[case_id]
        return self._known.of(case, clock) if case in self._ran else CaseTruth(case, self._known.inputs(case))

    def _support(self) -> Support | None:
        if not self._is_fitted:
            return None
        return Support.of(self._ran, (*self._refused, *self._left_out))

    def _diagnose(self, outcomes: list[Outcome], clock: Clock) -> CheckResult:
        verdicts = self._examination.verdicts
        diagnoses, ratios, dependences = list["Diagnosis"](), list["Ratio"](), list[str]()
        if verdicts.found != verdicts.declared or any(outcome.out_of_bounds or outcome.faults for outcome in outcomes):
            from harness.judging.causes.again.fresh import FreshRuns
            from harness.mistakes.explain import diagnose_outcomes  # most checks pass and do not need it

            with clock.phase("diagnosis"):
                fresh = FreshRuns(self._pool, self._submission, self._seed) if len(outcomes) > 1 else None
                diagnoses = diagnose_outcomes(outcomes, verdicts.declared, verdicts.found, fresh)
                causes = {outcome.cause for outcome in outcomes if outcome.out_of_bounds}
                if not diagnoses and "wrong" in causes:
                    from harness.judging.hints.ratios import exact_ratios

                    ratios = exact_ratios(outcomes, verdicts.found)
                if not diagnoses and not causes.isdisjoint(("wrong", "failed")):
                    from harness.judging.causes.again.dependences import find_dependences

                    dependences = find_dependences(self._pool, self._submission, outcomes, verdicts.found)
        output = self._submission.output
        return CheckResult(
            path=self._implementation.path,
            seed=self._seed,
            outcomes=tuple(outcomes),
            declared=verdicts.declared,
            found=verdicts.found,
            diagnoses=tuple(diagnoses),
            ratios=tuple(ratios),
            dependences=tuple(dependences),
            printed=output.bytes,
            output=output.kept.decode(errors="replace"),
            support=self._support(),
            seconds=time.perf_counter() - self._start,
            driven=self._implementation.driven,
            title=", ".join(filter(None, [self._implementation.path.name, self._implementation.about])),
            language=self._implementation.language or self._submission.language_said,
            is_program=bool(self._implementation.command),
            notes=self._submission.notes,
        )


def check_submission(
    server: Server,
    file: Path | Implementation,
    cases: Sequence[Case],
    seed: int,
    limits: Limits = Limits(),  # noqa: B008
    *,
    is_fitted: bool = False,
) -> CheckResult:
    """Check the file on the cases, with inputs drawn from the seed; or on cases that fit it (see CheckRun)."""
    implementation = file if isinstance(file, Implementation) else implementation_at(file)
    with CheckRun(server, implementation, cases, seed, limits, is_fitted=is_fitted) as run:
        return run.result()

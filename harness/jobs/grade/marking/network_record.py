"""The record of a submission that computes the gradients of a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from harness.cases.case import in_float32
from harness.cases.standard import gradient_cases
from harness.jobs.check.location import first_divergence
from harness.jobs.check.run import CheckResult, CheckRun
from harness.jobs.check.text import report_parts
from harness.jobs.check.text.formulas import formulas_in
from harness.jobs.grade.assignment.assignment import Assignment, Networks
from harness.jobs.grade.marking.networks import network_parts
from harness.jobs.grade.record import ComputedEquation, FoundMistake, Record
from harness.judging.conventions import Convention
from harness.judging.judge import UNDECLARED_CONVENTION, judge_case
from harness.judging.truths import Truths
from harness.judging.verdict import VERDICTS
from harness.mistakes.diagnose import Diagnosis
from harness.mistakes.render import plain
from harness.sandbox.greeting import stages_of_check
from harness.sandbox.inference.driving.adapters import Adapters
from harness.sandbox.processes.server import Server
from harness.sandbox.sources.find import implementation_at
from harness.sandbox.sources.scope import scope_of

TWO_CONVENTIONS = "Some of the gradients are of another convention than the others, such as a mean beside sums."
MOST_REASONS = 3  # of refusals
NO_FORMULA = "No formula was found that gives these numbers."


def network_record(
    empty: Record, assignment: Assignment, networks: Networks, path: Path, server: Server, truths: Truths
) -> tuple[Record, bool]:
    """The record, and whether the file was too slow in some cases and not in others.

    Raises UnusableInput if the file cannot be driven.
    """
    result, is_course = _checked(networks, assignment, path, server, truths)
    price = assignment.deductions.convention
    records = [_record_of(one, empty, assignment, is_course) for one in (result, *_with_declared(result))]
    record = max(records, key=lambda one: sum(part.points for part in one.parts) - price * len(one.conventions))
    kinds = [refusal.kind for outcome in result.outcomes for refusal in outcome.faults.values()]
    return record, "timeout" in kinds and any(outcome.judgements for outcome in result.outcomes)


def _with_declared(result: CheckResult) -> Iterator[CheckResult]:
    """The same under the convention that the file declares, if another one does not explain all of its numbers.

    A ∂C/∂W that is a mean beside a ∂C/∂b that is a sum is one mistake in either of two conventions.
    """
    if result.found == result.declared or not any(outcome.out_of_bounds for outcome in result.outcomes):
        return
    convention = replace(result.declared, layout=result.found.layout, bias=result.found.bias)
    outcomes = tuple(judge_case(outcome.trial, convention) for outcome in result.outcomes)
    yield replace(result, outcomes=outcomes, found=convention, diagnoses=(), dependences=(TWO_CONVENTIONS,))


def _record_of(result: CheckResult, empty: Record, assignment: Assignment, is_course: bool) -> Record:
    divergence = first_divergence(result.outcomes)
    parts, diagnosis = network_parts(assignment, result)
    equations, findings = _equations(result, diagnosis), _findings(result, diagnosis)
    declared = result.declared if is_course else Convention()
    conventions = result.found.differences_from(declared) | dict(diagnosis.convention_changes if diagnosis else {})
    refused = [f"It refused {count} cases: {reason}." for reason, count in result.refused.items() if not result.support]
    return replace(
        empty,
        parts=parts,
        verdict=result.verdict,
        place=f"{divergence.symbol}, {divergence.layers}, in case {divergence.case}" if divergence else "",
        mistake=" + ".join(one.name for one in findings if one.name),
        sentence=" ".join(one.sentence for one in findings) or _what_failed(result),
        findings=findings,
        equations=equations if divergence else (),
        group="; ".join(f"{one.label} {one.yours} {one.where}".strip() for one in equations) if divergence else "",
        ran=result.ran,
        of=len(result.outcomes),
        conventions=tuple(f"{name} = {value!r}" for name, value in sorted(conventions.items())),
        loses_digits=any(one.verdict == "inaccurate" for one in result.outcomes) or _is_all_single(result),
        notes=(*empty.notes, *result.notes, *refused[:MOST_REASONS]),
        report=_report(result),
    )


def _checked(
    networks: Networks, assignment: Assignment, path: Path, server: Server, truths: Truths
) -> tuple[CheckResult, bool]:
    """The check of a file, and whether it is one of a course, whose parts are checked one after the other."""
    required, limits = networks.required(), assignment.limits
    with Adapters(server, limits) as adapters:
        implementation = adapters.drive(implementation_at(path), networks.make, networks.cost)
        stages = stages_of_check(implementation, server, limits)
        results = list[CheckResult]()
        for stage in stages:
            is_single = scope_of(stage).dtype == "float32"
            cases = (in_float32(required) if is_single else required) or gradient_cases()
            with CheckRun(server, stage, cases, truths.seed, limits, is_fitted=not required, truths=truths) as run:
                results.append(run.result())
            if results[-1].verdict in ("wrong", "failed"):
                break
    worst = min(results, key=lambda one: VERDICTS.index(one.verdict))
    is_course = len(stages) > 1
    return _as_declared(worst) if is_course else worst, is_course


def _as_declared(result: CheckResult) -> CheckResult:
    """The check of a file of a course, which says what C is: another convention is a mistake there."""
    if result.verdict != UNDECLARED_CONVENTION:
        return result
    outcomes = tuple(judge_case(outcome.trial, result.declared) for outcome in result.outcomes)
    return replace(result, outcomes=outcomes, found=result.declared)


def _is_all_single(result: CheckResult) -> bool:
    return all(outcome.trial.case.dtype == "float32" for outcome in result.outcomes)


def _equations(result: CheckResult, diagnosis: Diagnosis | None) -> tuple[ComputedEquation, ...]:
    """The equations of an explanation."""
    found = formulas_in(diagnosis, result) if diagnosis else ()
    return tuple(ComputedEquation(one.equation, plain(one.yours), plain(one.right), one.where) for one in found)


def _findings(result: CheckResult, diagnosis: Diagnosis | None) -> tuple[FoundMistake, ...]:
    """The mistakes of an explanation one by one, or what can be said of wrong numbers without one."""
    if not any(outcome.out_of_bounds for outcome in result.outcomes):
        return ()
    if diagnosis is None:
        reasons = [outcome.reason for outcome in result.outcomes if outcome.out_of_bounds and outcome.reason]
        said = " ".join(result.dependences) or (reasons[0] if result.verdict != "wrong" and reasons else NO_FORMULA)
        return (FoundMistake("", said),)
    named = [FoundMistake(one.known_as(), one.sentence()) for one in diagnosis.mistakes]
    others = [one for one in formulas_in(diagnosis, result) if one.rules & {*diagnosis.nameless}]
    if diagnosis.function == "step":
        sentences = [f"The step is that of {plain(one.yours)}, though the gradients are right." for one in others]
    else:
        sentences = [f"{plain(one.yours)} is computed{_also(one.where)}." for one in others]
    return (*named, *(FoundMistake("", one) for one in sentences))


def _also(where: str) -> str:
    return f", {where}" if where else ""


def _what_failed(result: CheckResult) -> str:
    """Why a file failed, or refused everything; empty if it did not."""
    faults = [refusal for outcome in result.outcomes for refusal in outcome.faults.values()]
    if faults:
        return f"{faults[0].detail}."
    return "" if result.ran else _refusal_sentence(result.refused)


def _refusal_sentence(refused: dict[str, int]) -> str:
    reasons: Sequence[str] = [*refused]
    return f"It refuses every case: {reasons[0]}." if reasons else ""


def _report(result: CheckResult) -> str:
    """The text of the check, without its time and its seed."""
    parts = report_parts(result, "", is_coloured=False)
    parts["headline"] = parts["headline"].rpartition(", with inputs from seed ")[0] + "."  # which is the teacher's
    return "\n\n".join(parts.values()).strip()

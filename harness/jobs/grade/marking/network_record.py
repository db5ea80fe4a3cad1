"""The record of a submission that computes the gradients of a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.cases.standard import gradient_cases
from harness.jobs.check.location import first_divergence
from harness.jobs.check.run import CheckResult, CheckRun
from harness.jobs.check.text import report_parts
from harness.jobs.check.text.formulas import formulas_in
from harness.jobs.grade.assignment.assignment import Assignment, Networks
from harness.jobs.grade.marking.networks import network_parts
from harness.jobs.grade.record import ComputedEquation, FoundMistake, Record
from harness.judging.conventions import Convention
from harness.judging.truths import Truths
from harness.mistakes.render import plain
from harness.sandbox.greeting import stages_of_check
from harness.sandbox.inference.driving.adapters import Adapters
from harness.sandbox.processes.server import Server
from harness.sandbox.sources.find import implementation_at

NO_FORMULA = "No formula was found that gives these numbers."


def network_record(
    empty: Record, assignment: Assignment, networks: Networks, path: Path, server: Server, truths: Truths
) -> tuple[Record, bool]:
    """The record, and whether the file was too slow in some cases and not in others.

    Raises UnusableInput if the file cannot be driven.
    """
    result = _checked(networks, assignment, path, server, truths)
    divergence = first_divergence(result.outcomes)
    equations, findings = _equations(result), _findings(result)
    record = replace(
        empty,
        parts=network_parts(assignment, result),
        verdict=result.verdict,
        place=f"{divergence.symbol}, {divergence.layers}, in case {divergence.case}" if divergence else "",
        mistake=" + ".join(one.name for one in findings if one.name),
        sentence=" ".join(one.sentence for one in findings) or _what_failed(result),
        findings=findings,
        equations=equations if divergence else (),
        group="; ".join(f"{one.label} {one.yours} {one.where}".strip() for one in equations) if divergence else "",
        ran=result.ran,
        of=len(result.outcomes),
        conventions=tuple(f"{name} = {value!r}" for name, value in result.found.differences_from(Convention()).items()),
        notes=(*empty.notes, *result.notes),
        report=_report(result, path),
    )
    kinds = [refusal.kind for outcome in result.outcomes for refusal in outcome.faults.values()]
    return record, "timeout" in kinds and any(outcome.judgements for outcome in result.outcomes)


def _checked(networks: Networks, assignment: Assignment, path: Path, server: Server, truths: Truths) -> CheckResult:
    required, limits = networks.required(), assignment.limits
    with Adapters(server, limits) as adapters:
        implementation = adapters.drive(implementation_at(path), networks.make, networks.cost)
        for stage in stages_of_check(implementation, server, limits):
            cases = required or gradient_cases()
            with CheckRun(server, stage, cases, truths.seed, limits, is_fitted=not required, truths=truths) as run:
                result = run.result()
            if result.verdict != "agrees":
                break
    return result


def _equations(result: CheckResult) -> tuple[ComputedEquation, ...]:
    """The equations of the first explanation."""
    found = [formula for one in result.diagnoses[:1] for formula in formulas_in(one, result)]
    return tuple(ComputedEquation(one.equation, plain(one.yours), plain(one.right), one.where) for one in found)


def _findings(result: CheckResult) -> tuple[FoundMistake, ...]:
    """The mistakes of the first explanation one by one, or what can be said of wrong numbers without one."""
    if not any(outcome.out_of_bounds for outcome in result.outcomes):
        return ()
    if not result.diagnoses:
        reasons = [outcome.reason for outcome in result.outcomes if outcome.out_of_bounds and outcome.reason]
        said = " ".join(result.dependences) or (reasons[0] if result.verdict != "wrong" and reasons else NO_FORMULA)
        return (FoundMistake("", said),)
    diagnosis = result.diagnoses[0]
    named = [FoundMistake(one.known_as(), one.sentence()) for one in diagnosis.mistakes]
    others = [one for one in formulas_in(diagnosis, result) if one.rules & {*diagnosis.nameless}]
    return (*named, *(FoundMistake("", f"{plain(one.yours)} is computed{_also(one.where)}.") for one in others))


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


def _report(result: CheckResult, path: Path) -> str:
    """The text of the check, without its time, and without the folder that the file was in."""
    parts = report_parts(result, "", is_coloured=False)
    parts["headline"] = parts["headline"].rpartition(", in ")[0] + "."
    return "\n\n".join(parts.values()).replace(str(path.parent), "").strip()

"""The result of a check as data for JSON; harness/jobs/check/schema.json describes it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from harness.jobs.check.location import first_divergence
from harness.jobs.check.run import CheckResult
from harness.jobs.check.support import answered_by_function, refusal_reason
from harness.judging.judge import Outcome

if TYPE_CHECKING:
    from harness.mistakes.diagnose import Diagnosis
    from harness.mistakes.render import Formula


def as_data(check: CheckResult, rerun: str) -> dict[str, Any]:
    """The result as plain data. `rerun` is the command that shows the first failing case, or empty."""
    divergence = first_divergence(check.outcomes)
    return {
        "implementation": check.path.stem,
        "path": str(check.path),
        "language": check.language,
        "driven": [*check.driven] or None,
        "notes": [*check.notes],
        "verdict": check.verdict,
        "seed": check.seed,
        "seconds": round(check.seconds, 3),
        "cases": {"run": check.ran, "of": len(check.outcomes), "by_verdict": check.by_verdict},
        "functions": answered_by_function(check.outcomes),
        "supports": check.support and check.support.as_data(),
        "refused": [{"reason": reason, "cases": count} for reason, count in check.refused.items()],
        "errors": check.worst_errors(),
        "first_divergence": divergence
        and {"quantity": divergence.quantity, "layer": divergence.layer, "case": divergence.case},
        "layers": divergence.layers if divergence else "",
        "in_common": divergence.common if divergence else "",
        "conventions": [
            {"name": name, "value": value, "declared": False}
            for name, value in check.found.differences_from(check.declared).items()
        ]
        + [
            {"name": name, "value": value, "declared": True}
            for name, value in check.declared.differences_from(type(check.declared)()).items()
        ],
        "diagnosis": [_diagnosis_data(diagnosis, check) for diagnosis in check.diagnoses],
        "dependences": [*check.dependences],
        "ratios": [asdict(one) for one in check.ratios],
        "failures": [
            {"case": one.trial.case.id, "function": function, "kind": refusal.kind, "message": refusal.detail}
            | ({"traceback": refusal.traceback} if refusal.traceback else {})
            for one in check.outcomes
            for function, refusal in one.faults.items()
        ],
        "results": [
            {"case": one.trial.case.id, "verdict": one.verdict, "reason": _reason(one)} for one in check.outcomes
        ],
        "output": {"bytes": check.printed, "kept": check.output},
        "rerun": rerun,
    }


def _diagnosis_data(diagnosis: Diagnosis, check: CheckResult) -> dict[str, Any]:
    from harness.jobs.check.text.formulas import formulas_in  # most checks pass and do not need it

    return {
        "mistake": diagnosis.name,
        "parts": [mistake.known_as() for mistake in diagnosis.mistakes],
        "where": diagnosis.where,
        "function": diagnosis.function,
        "convention": dict(diagnosis.convention_changes),
        "apart": diagnosis.apart,
        "formulas": [_formula_data(one, check) for one in formulas_in(diagnosis, check)],
        "sentence": " ".join(mistake.sentence() for mistake in diagnosis.mistakes),
        "sources": [source for mistake in diagnosis.mistakes for source in mistake.sources],
        "reproduces": diagnosis.reproduces,
        "of": diagnosis.of,
        "fresh": diagnosis.fresh,
        "left_out": diagnosis.left_out,
    }


def _formula_data(formula: Formula, check: CheckResult) -> dict[str, Any]:
    from harness.jobs.check.source_line import line_of
    from harness.mistakes.render import plain

    line = line_of(formula, check.path)
    return {
        "equation": formula.equation,
        "yours": plain(formula.yours),
        "right": plain(formula.right),
        "where": formula.where,
        "meaning": formula.meaning,
        "line": line and {"number": line[0], "text": line[1]},
    }


def _reason(outcome: Outcome) -> str:
    """Why a case was refused, the reason for its verdict, or what else was observed. Failures are listed separately."""
    return refusal_reason(outcome) if outcome.verdict == "unsupported" else outcome.reason or outcome.note

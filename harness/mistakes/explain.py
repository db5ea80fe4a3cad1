"""Explain wrong results by mistakes of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.judging.conventions import Convention, quantities_of
from harness.judging.judge import Outcome, judge_case, standard_of
from harness.mistakes.candidates import arithmetic_mistakes, single_mistakes
from harness.mistakes.diagnose import Diagnosis, diagnose, diagnose_fully
from harness.mistakes.subject import Subject
from harness.model.contract import Inputs
from harness.sandbox.answers import Arrays, Fault
from harness.truth.certify import error_over_bound

# The kinds of failure that a mistake may explain; the others leave nothing to reproduce.
_EXPLAINABLE_KINDS = ("inputs", "two calls", "values")


def diagnose_outcomes(outcomes: Sequence[Outcome], declared: Convention, found: Convention) -> list[Diagnosis]:
    """The mistakes that explain the numbers out of bounds and the broken contract.

    If there are none, an undeclared convention is diagnosed as the mistake that it is if it was not intended.
    """
    if any(outcome.out_of_bounds or outcome.faults for outcome in outcomes):
        subjects = [subject for one in outcomes for subject in subjects_of(one, found)]
        if all(one.cause == "inaccurate" for one in outcomes if one.out_of_bounds or one.faults):
            return diagnose(subjects, [arithmetic_mistakes(found)])
        if len(outcomes) == 1:  # a single case distinguishes few candidates
            return diagnose(subjects, [single_mistakes(found)])
        return diagnose_fully(subjects, found)
    plain = replace(declared, layout=found.layout, bias=found.bias)
    undeclared = [judge_case(outcome.trial, plain) for outcome in outcomes]
    return diagnose([subject for one in undeclared for subject in subjects_of(one, plain)], [single_mistakes(plain)])


def subjects_of(outcome: Outcome, convention: Convention) -> list[Subject]:
    """What there is to explain of each function in an outcome, except failures that no mistake explains."""
    trial, found = outcome.trial, list[Subject]()
    if not trial.truth.under(convention).standards:  # without a truth there is no error
        return found
    for function, answer in trial.answers.items():
        refusal = outcome.refusals.get(function)
        if refusal is not None and refusal.kind not in _EXPLAINABLE_KINDS:
            continue
        calls = (answer.arrays, answer.again)
        first, second = (_readable(function, arrays, trial.inputs, convention) for arrays in calls)
        if not first:
            continue
        out_of_bounds = {}
        for key, array in first.items():
            standard = standard_of(key, array, trial, convention)
            entries = ~(error_over_bound(array, standard) <= 1)
            if entries.any():
                out_of_bounds[key] = entries, standard.truth.high
        found.append(
            Subject(
                case=trial.case.id,
                function=function,
                convention=convention,
                inputs=trial.inputs,
                learning_rate=convention.rate(trial.case.learning_rate),
                dtype=trial.case.dtype,
                first=first,
                second=second or None,
                changed=bool(answer.changed),
                out_of_bounds=out_of_bounds,
            )
        )
    return found


def _readable(function: str, arrays: Arrays | None, inputs: Inputs, convention: Convention) -> Arrays:
    """The quantities of a call, even with NaN or infinity; empty if a shape is wrong."""
    try:
        return quantities_of(function, arrays, inputs, convention) if arrays else {}
    except Fault:
        return {}

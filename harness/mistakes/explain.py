"""Explain wrong results by mistakes of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.judging.causes.again.fresh import FreshRuns, fresh_cases
from harness.judging.conventions import Convention, quantities_of
from harness.judging.judge import Outcome, judge_case, standard_of
from harness.mistakes.diagnose import Diagnosis, diagnose, diagnose_arithmetic
from harness.mistakes.formulation import formulation
from harness.mistakes.reproduce import CONTRADICTED, REPRODUCED, try_formulation
from harness.mistakes.subject import Subject
from harness.model.contract import Inputs
from harness.sandbox.answers import Arrays, Fault
from harness.truth.certify import error_over_bound

# The kinds of failure that a mistake may explain; the others leave nothing to reproduce.
_EXPLAINABLE_KINDS = ("inputs", "two calls", "values")


def diagnose_outcomes(
    outcomes: Sequence[Outcome], declared: Convention, found: Convention, runs: FreshRuns | None = None
) -> list[Diagnosis]:
    """The mistakes that explain the numbers out of bounds and the broken contract, confirmed by fresh runs, if given.

    If there are none, an undeclared convention is diagnosed as the mistake that it is if it was not intended.
    """
    convention, search = found, diagnose
    failing = [one for one in outcomes if one.out_of_bounds or one.faults]
    if not failing:
        convention = replace(declared, layout=found.layout, bias=found.bias)
        outcomes = [judge_case(outcome.trial, convention) for outcome in outcomes]
    elif all(one.cause == "inaccurate" for one in failing):
        search = diagnose_arithmetic
    found_subjects = [subject for one in outcomes for subject in subjects_of(one, convention)]
    diagnoses = search(found_subjects)
    if not diagnoses or runs is None:
        return diagnoses
    shown = {one.case for one in found_subjects if one.is_failing}
    usable = [one for one in outcomes if one.trial.case.id in shown and _has_no_other_fault(one)]
    fresh = [judge_case(trial, convention) for trial in runs.trials(fresh_cases(usable))]
    return confirmed(diagnoses, [subject for one in fresh for subject in subjects_of(one, convention)])


def _has_no_other_fault(outcome: Outcome) -> bool:
    return all(refusal.kind in _EXPLAINABLE_KINDS for refusal in outcome.faults.values())


def confirmed(diagnoses: Sequence[Diagnosis], fresh: Sequence[Subject]) -> list[Diagnosis]:
    """The diagnoses that no fresh subject contradicts, each with the number of fresh cases that it reproduces."""
    found = []
    for one in diagnoses:
        kind = formulation(one.rules) if one.rules else one.mistakes[0]
        some = [subject for subject in fresh if subject.is_finite or kind.shows_as_nan()]
        subjects = [subject for subject in some if one.function in ("", subject.function)]
        results = [(subject.case, try_formulation(kind, subject)) for subject in subjects]
        if all(result != CONTRADICTED for _, result in results):
            found.append(replace(one, fresh=len({case for case, result in results if result == REPRODUCED})))
    return found


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

"""Explain what departs from the truth by a mistake of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.judging.conventions import Convention, quantities_of
from harness.judging.judge import Outcome, judge_case, standard_of
from harness.mistakes.diagnose import Diagnosis, Subject, diagnose, every_kind, singles
from harness.model.contract import Inputs
from harness.sandbox.answers import Arrays, Fault
from harness.truth.certify import error_over_bound

# Failures that a mistake may explain; of the others there is nothing to reproduce.
_TELLING = ("inputs", "two calls", "values")


def diagnosed(outcomes: Sequence[Outcome], declared: Convention, found: Convention) -> list[Diagnosis]:
    """The mistakes that explain what departs or breaks the contract. A convention that was not declared is named as the
    mistake that it would be, if it was not meant."""
    if any(outcome.departures or outcome.faults for outcome in outcomes):
        kinds = every_kind(found) if len(outcomes) > 1 else [singles(found)]  # one case tells little apart
        return diagnose([subject for one in outcomes for subject in subjects(one, found)], kinds)
    plain = replace(declared, layout=found.layout, bias=found.bias)
    undeclared = [judge_case(outcome.trial, plain) for outcome in outcomes]
    return diagnose([subject for one in undeclared for subject in subjects(one, plain)], [singles(plain)])


def subjects(outcome: Outcome, convention: Convention) -> list[Subject]:
    """What each function did, for the diagnosis; also where the contract was broken, if a mistake may explain that."""
    trial, found = outcome.trial, []
    for function, answer in trial.answers.items():
        refusal = outcome.refusals.get(function)
        if refusal is not None and refusal.kind not in _TELLING:
            continue
        first, second = (_readable(function, part, trial.inputs, convention) for part in (answer.arrays, answer.again))
        if not first:
            continue
        beyond = {}
        for key, array in first.items():
            standard = standard_of(key, array, trial, convention)
            entries = ~(error_over_bound(array, standard) <= 1)
            if entries.any():
                beyond[key] = entries, standard.truth.high
        found.append(
            Subject(
                case=trial.case.id,
                function=function,
                convention=convention,
                inputs=trial.inputs,
                learning_rate=trial.case.learning_rate,
                dtype=trial.case.dtype,
                first=first,
                second=second or None,
                changed=bool(answer.changed),
                beyond=beyond,
            )
        )
    return found


def _readable(function: str, arrays: Arrays | None, inputs: Inputs, convention: Convention) -> Arrays:
    """The quantities of a call, whatever they hold; none where they do not have their shapes."""
    try:
        return quantities_of(function, arrays, inputs, convention) if arrays else {}
    except Fault:
        return {}

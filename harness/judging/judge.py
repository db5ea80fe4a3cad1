"""The verdict on one case: what the functions of an implementation gave, under a convention, against the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from harness.cases.case import TRAINING_EPOCHS, Case
from harness.judging.conventions import Convention, Quantities, settled
from harness.judging.verdict import VERDICTS, Judgement, Part, judge_together, parts
from harness.model.contract import Array, Inputs
from harness.model.costs import UNSCALED
from harness.reporting.profile import Clock
from harness.sandbox.answers import Answer, Arrays, Refusal, difference
from harness.truth.certify import Standard, certify, certify_forward, error_over_bound

CONVENTION = "agrees up to a convention"
# From the first to the last that is computed; what follows from a wrong one is wrong too.
ORDER = ("z", "a", "delta", "w", "b", "update")
SYMBOLS = {"z": "z", "a": "a", "delta": "δ", "w": "∂C/∂W", "b": "∂C/∂b", "update": "the update"}


@dataclass(frozen=True, eq=False)
class CaseTruth:
    """A case with its inputs, and a standard for every quantity of a gradient case, or the weights of the true training
    for a training case; nothing, and why, where there is no truth."""

    case: Case
    inputs: Inputs
    standards: Mapping[tuple[str, int], Standard] = field(default_factory=dict)
    trained: Mapping[tuple[str, int], Array] = field(default_factory=dict)
    reason: str = ""

    @classmethod
    def of(cls, case: Case, inputs: Inputs, clock: Clock | None = None) -> CaseTruth:
        """That of a case. The clock counts the phases `truth` and `bound`."""
        clock = clock or Clock()
        try:
            if case.online:
                from harness.truth.gradient import train  # a check trains nothing

                with clock.phase("truth"):
                    return cls(case, inputs, trained=train(inputs, case.learning_rate, TRAINING_EPOCHS))
            return cls(case, inputs, certify(inputs, case.learning_rate, case.dtype, clock))
        except ValueError as error:
            return cls(case, inputs, reason=str(error))

    @cached_property
    def parts(self) -> Sequence[Part]:
        """The standards, laid end to end."""
        return parts(self.standards)

    @cached_property
    def forward(self) -> Mapping[tuple[str, int], Standard]:
        """The standards of z and a, which few implementations show."""
        return certify_forward(self.inputs, self.case.dtype)


@dataclass(frozen=True, eq=False)
class Trial:
    """One case as it was run: its truth, and what each function did."""

    truth: CaseTruth
    answers: Mapping[str, Answer]

    @property
    def case(self) -> Case:
        return self.truth.case

    @property
    def inputs(self) -> Inputs:
        return self.truth.inputs

    @property
    def standards(self) -> Mapping[tuple[str, int], Standard]:
        """Of what is always judged, not scaled by any convention."""
        return self.truth.standards


@dataclass(frozen=True, eq=False)
class Outcome:
    """A trial, judged: its verdict, the quantities in our layout, a judgement of each that has a standard, why a
    function gave none, the `cause` of its departures, which is the verdict on them, and in a line each what that rests
    on and what else was seen."""

    trial: Trial
    verdict: str
    quantities: Arrays
    judgements: Mapping[tuple[str, int], Judgement]
    refusals: Mapping[str, Refusal]
    reason: str = ""
    note: str = ""
    cause: str = "wrong"

    @property
    def departures(self) -> list[tuple[str, int]]:
        """The quantities that depart from the truth: forward from layer 1, backward from layer L."""
        departing = [key for key, judgement in self.judgements.items() if not judgement.verdict]
        return sorted(departing, key=lambda key: (ORDER.index(key[0]), key[1] if key[0] in "za" else -key[1]))

    @property
    def faults(self) -> dict[str, Refusal]:
        """The functions that failed."""
        return {name: refusal for name, refusal in self.refusals.items() if refusal.verdict == "failed"}

    @property
    def was_run(self) -> bool:
        """Whether any function was."""
        never = [refusal.kind in ("not run", "import", "declaration") for refusal in self.refusals.values()]
        return not (len(never) == len(self.trial.answers) and all(never))


def first_failing(outcomes: Sequence[Outcome]) -> str:
    """The id of the first case with a number that departs, or else of the first that failed; empty where none did."""
    departing = [outcome for outcome in outcomes if outcome.departures] or [one for one in outcomes if one.faults]
    return departing[0].trial.case.id if departing else ""


def judge_case(trial: Trial, convention: Convention) -> Outcome:
    """The verdict on a trial under a convention. A departure is `wrong` until its cause is known."""
    quantities: Quantities = {}
    refusals: dict[str, Refusal] = {}
    notes = []
    for function, answer in trial.answers.items():
        given, refusal = settled(function, answer, trial.inputs, convention)
        if refusal is None and answer.again is not None:
            again, _ = settled(function, replace(answer, arrays=answer.again), trial.inputs, convention)
            name, layer = difference(answer.arrays, answer.again)
            said = f"two calls with the same inputs differ in {name} of layer {layer}"
            if not trial.standards:
                notes.append(f"{function}: {said}")
            elif _is_rounding(given, again, trial, convention):
                notes.append(f"{function}: {said}, by no more than rounding explains")
            else:
                given, refusal = {}, Refusal("failed", said, "two calls")
        quantities |= given
        if refusal is not None:
            refusals[function] = refusal
    judgements = _judgements(trial, quantities, convention)
    verdicts = {judgement.verdict or "wrong" for judgement in judgements.values()}
    verdicts |= {refusal.verdict for refusal in refusals.values() if refusal.verdict == "failed" or not quantities}
    if trial.truth.reason and quantities:
        verdicts.add("cannot tell")
    verdict = min(verdicts, key=VERDICTS.index, default="")
    return Outcome(
        trial, verdict, quantities, judgements, refusals, trial.truth.reason if quantities else "", "; ".join(notes)
    )


def with_cause(outcome: Outcome, cause: str, reason: str) -> Outcome:
    """The outcome, now that the cause of its departures is known."""
    verdicts = {judgement.verdict or cause for judgement in outcome.judgements.values()}
    verdicts |= {refusal.verdict for refusal in outcome.faults.values()}
    return replace(outcome, verdict=min(verdicts, key=VERDICTS.index), cause=cause, reason=reason)


def _judgements(trial: Trial, quantities: Quantities, convention: Convention) -> dict[tuple[str, int], Judgement]:
    if not trial.standards:
        return {}
    if quantities.keys() <= trial.standards.keys() and convention.scale(trial.inputs) == UNSCALED:
        return judge_together(quantities, trial.truth.parts)
    standards = {key: standard_of(key, array, trial, convention) for key, array in quantities.items()}
    return judge_together(quantities, parts(standards))


def standard_of(key: tuple[str, int], array: Array, trial: Trial, convention: Convention) -> Standard:
    """What a quantity is held against. A delta may be that of the sum where the gradients are those of the mean: both
    are in use."""
    if key[0] in ("z", "a"):
        return trial.truth.forward[key]
    plain = trial.standards[key]
    scaled = convention.standards({key: plain}, trial.inputs)[key]
    if scaled is plain or key[0] != "delta":
        return scaled
    return (
        scaled if (error_over_bound(array, scaled) <= 1).all() or (error_over_bound(array, plain) > 1).any() else plain
    )


def _is_rounding(one: Quantities, other: Quantities, trial: Trial, convention: Convention) -> bool:
    """Whether two answers differ by no more than two that are right may."""
    if one.keys() != other.keys():
        return False
    for key, array in one.items():
        standard = standard_of(key, array, trial, convention)
        allowed = 2 * (standard.bound + standard.truth.radius)
        if not ((np.abs(array - other[key]) <= allowed) | standard.undecidable).all():
            return False
    return True

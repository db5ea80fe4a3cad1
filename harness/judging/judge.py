"""The verdict on one case: compare the answers of an implementation, under a convention, with the truth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from harness.cases.case import TRAINING_EPOCHS, Case
from harness.judging.conventions import Convention, Quantities, quantities_of, quantities_or_refusal
from harness.judging.verdict import VERDICTS, Batch, Judgement, batched, judge_arrays
from harness.model.contract import Array, Inputs
from harness.model.costs import UNSCALED
from harness.reporting.profile import Clock
from harness.sandbox.answers import Answer, ArrayKey, Arrays, Refusal, first_difference
from harness.truth.certify import Standard, certify, certify_forward, error_over_bound

UNDECLARED_CONVENTION = "agrees up to a convention"
# In the order of computation: what is computed from a wrong quantity is wrong too.
QUANTITY_ORDER = ("z", "a", "delta", "w", "b", "update")
MOST_OTHERS = 8  # truths of a case under other conventions that are kept
FORWARD_QUANTITIES = ("z", "a")
QUANTITY_SYMBOLS = {"z": "z", "a": "a", "delta": "δ", "w": "∂C/∂W", "b": "∂C/∂b", "update": "the update"}


@dataclass(frozen=True, eq=False)
class CaseTruth:
    """The truth of a case and of its inputs.

    A gradient case has a standard for every quantity, by (quantity, layer). A training case has the parameters of exact
    training after each epoch, [n_l, n_{l-1} + 1]. If there is no truth, both are empty and `reason` says why.
    """

    case: Case
    inputs: Inputs
    standards: Mapping[ArrayKey, Standard] = field(default_factory=dict)
    trained: Mapping[ArrayKey, Array] = field(default_factory=dict)
    reason: str = ""

    @classmethod
    def of(cls, case: Case, inputs: Inputs, clock: Clock | None = None, *, any_subgradient: bool = False) -> CaseTruth:
        """Compute the truth of a case. The clock counts the phases `truth` and `bound`.

        With `any_subgradient`, it is that of code which may take any subgradient at an exact kink.
        """
        clock = clock or Clock()
        try:
            if case.online:
                from harness.truth.gradient import train  # a check does not need it

                with clock.phase("truth"):
                    return cls(case, inputs, trained=train(inputs, case.learning_rate, TRAINING_EPOCHS))
            rate, dtype = case.learning_rate, case.dtype
            return cls(case, inputs, certify(inputs, rate, dtype, clock, any_subgradient=any_subgradient))
        except ValueError as error:
            return cls(case, inputs, reason=str(error))

    def under(self, convention: Convention) -> CaseTruth:
        """The truth for the inputs and the learning rate that code of this convention computes with.

        Training cases are not judged, so theirs stays.
        """
        inputs, rate = convention.inputs(self.inputs), convention.rate(self.case.learning_rate)
        is_any = convention.subgradient == "any"
        if self.case.online or (inputs is self.inputs and rate == self.case.learning_rate and not is_any):
            return self
        key = convention.bias == "none", rate, is_any
        if key not in self._others:
            if len(self._others) == MOST_OTHERS:  # a truth may outlive many submissions, each with a rate of its own
                self._others.clear()
            case = replace(self.case, learning_rate=rate)
            self._others[key] = CaseTruth.of(case, inputs, any_subgradient=is_any)
        return self._others[key]

    @cached_property
    def _others(self) -> dict[tuple[bool, float, bool], CaseTruth]:
        return {}

    @cached_property
    def batches(self) -> Sequence[Batch]:
        """The standards in batches."""
        return batched(self.standards)

    @cached_property
    def forward(self) -> Mapping[ArrayKey, Standard]:
        """The standards of z and a, computed only for implementations that return them."""
        return certify_forward(self.inputs, self.case.dtype)


@dataclass(frozen=True, eq=False)
class Trial:
    """One case, its truth, and the answer of each function."""

    truth: CaseTruth
    answers: Mapping[str, Answer]

    @property
    def case(self) -> Case:
        return self.truth.case

    @property
    def inputs(self) -> Inputs:
        return self.truth.inputs

    @property
    def standards(self) -> Mapping[ArrayKey, Standard]:
        """The standards under the default convention, without z and a."""
        return self.truth.standards


@dataclass(frozen=True, eq=False)
class Outcome:
    """The verdict on a trial.

    `quantities` are in the default layout, and `judgements` has one for each that has a standard. `refusals` says why a
    function returned nothing to judge. `cause` is the verdict on quantities that are out of bounds, `reason` what it is
    based on, and `note` what else was observed, each in one line.
    """

    trial: Trial
    verdict: str
    quantities: Arrays
    judgements: Mapping[ArrayKey, Judgement]
    refusals: Mapping[str, Refusal]
    reason: str = ""
    note: str = ""
    cause: str = "wrong"

    @property
    def out_of_bounds(self) -> list[ArrayKey]:
        """The (quantity, layer) with an entry out of bounds, in the order of computation."""
        return in_order_of_computation(key for key, judgement in self.judgements.items() if not judgement.verdict)

    @property
    def faults(self) -> dict[str, Refusal]:
        """The functions that failed, and why."""
        return {name: refusal for name, refusal in self.refusals.items() if refusal.verdict == "failed"}

    @property
    def was_run(self) -> bool:
        """Whether any function was called."""
        not_called = [refusal.kind in ("not run", "import", "declaration") for refusal in self.refusals.values()]
        return not (len(not_called) == len(self.trial.answers) and all(not_called))


def in_order_of_computation(keys: Iterable[ArrayKey]) -> list[ArrayKey]:
    """These (quantity, layer), from layer 1 for z and a, and from layer L for the others."""
    return sorted(keys, key=lambda key: (QUANTITY_ORDER.index(key[0]), key[1] if key[0] in "za" else -key[1]))


def judge_case(trial: Trial, convention: Convention) -> Outcome:
    """The verdict on a trial under a convention. What is out of bounds is `wrong` until its cause is found."""
    truth = trial.truth.under(convention)
    quantities, refusals, notes = _accepted(trial, convention)
    judgements = _judgements(trial, quantities, convention)
    verdicts = {judgement.verdict or "wrong" for judgement in judgements.values()}
    verdicts |= {refusal.verdict for refusal in refusals.values() if refusal.verdict == "failed" or not quantities}
    if truth.reason and quantities:
        verdicts.add("cannot tell")
    verdict = min(verdicts, key=VERDICTS.index, default="")
    reason = truth.reason if quantities else ""
    return Outcome(trial, verdict, quantities, judgements, refusals, reason, "; ".join(notes))


def is_out_of_bounds(trial: Trial, convention: Convention) -> bool:
    """Whether `judge_case` finds an entry out of bounds; the first one decides, which is faster."""
    if not trial.truth.under(convention).standards:
        return False
    return not all(
        (error_over_bound(array, standard_of(key, array, trial, convention)) <= 1).all()
        for key, array in _accepted(trial, convention)[0].items()
    )


def _accepted(trial: Trial, convention: Convention) -> tuple[Quantities, dict[str, Refusal], list[str]]:
    """The quantities to judge; why a function returned none, by its name; and what else was observed."""
    quantities: Quantities = {}
    refusals: dict[str, Refusal] = {}
    truth, notes = trial.truth.under(convention), list[str]()
    for function, answer in trial.answers.items():
        given, refusal = quantities_or_refusal(function, answer, trial.inputs, convention)
        if refusal is not None and refusal.kind == "values":
            overflowed = quantities_of(function, answer.arrays, trial.inputs, convention)
            if _may_overflow(overflowed, trial, convention):
                given, refusal = overflowed, None
        if refusal is None and answer.again is not None:
            again, _ = quantities_or_refusal(function, replace(answer, arrays=answer.again), trial.inputs, convention)
            name, layer = first_difference(answer.arrays, answer.again)
            difference = f"two calls with the same inputs differ in {name} of layer {layer}"
            if not truth.standards:
                notes.append(f"{function}: {difference}")
            elif _is_rounding(given, again, trial, convention):
                notes.append(f"{function}: {difference}, within rounding")
            else:
                given, refusal = {}, Refusal("failed", difference, "two calls")
        quantities |= given
        if refusal is not None:
            refusals[function] = refusal
    return quantities, refusals, notes


def _judgements(trial: Trial, quantities: Quantities, convention: Convention) -> dict[ArrayKey, Judgement]:
    truth = trial.truth.under(convention)
    if not truth.standards:
        return {}
    is_default = truth is trial.truth and convention.scale(trial.inputs) == UNSCALED
    is_default &= convention.learning_rate is None
    if quantities.keys() <= trial.standards.keys() and is_default:
        return judge_arrays(quantities, trial.truth.batches)
    standards = {key: standard_of(key, array, trial, convention) for key, array in quantities.items()}
    return judge_arrays(quantities, batched(standards))


def standard_of(key: ArrayKey, array: Array, trial: Trial, convention: Convention) -> Standard:
    """The standard that a quantity is compared with.

    A delta may be that of the sum although the gradients are those of the mean, because both forms are in use.
    """
    truth = trial.truth.under(convention)
    if key[0] in FORWARD_QUANTITIES:
        return truth.forward[key]
    unscaled, update = truth.standards[key], ("update", key[1])
    needed = {key: unscaled} if convention.learning_rate is None else {update: truth.standards[update], key: unscaled}
    scaled = convention.standards(needed, trial.inputs, trial.case.learning_rate, trial.case.dtype)[key]
    if scaled is unscaled or key[0] != "delta":
        return scaled
    is_scaled = (error_over_bound(array, scaled) <= 1).all() or (error_over_bound(array, unscaled) > 1).any()
    return scaled if is_scaled else unscaled


def _may_overflow(quantities: Quantities, trial: Trial, convention: Convention) -> bool:
    """Whether the computation of every entry that is not finite may overflow, so that nothing can be said of it."""
    if not trial.truth.under(convention).standards:
        return False
    return all(
        (np.isfinite(array) | ~np.isfinite(standard_of(key, array, trial, convention).bound)).all()
        for key, array in quantities.items()
    )


def _is_rounding(one: Quantities, other: Quantities, trial: Trial, convention: Convention) -> bool:
    """Whether two answers differ by at most twice the bound, as two correct answers may."""
    if one.keys() != other.keys():
        return False
    for key, array in one.items():
        standard = standard_of(key, array, trial, convention)
        allowed = 2 * (standard.bound + standard.truth.radius) + standard.changes.width
        if not ((np.abs(array - other[key]) <= allowed) | standard.undecidable).all():
            return False
    return True

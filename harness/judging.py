"""Hold the answers of a submission against the truth, under the convention that its numbers follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from harness.answers import Answer, Arrays, Refusal
from harness.cases import Case
from harness.certify import Standard, certify_forward, excess
from harness.contract import Array, Inputs
from harness.conventions import Convention, fits, layouts, scalings
from harness.judgements import judge_together, parts
from harness.run import settled
from harness.verdict import VERDICTS, Judgement

CONVENTION = "agrees up to a convention"
# From the first to the last that is computed; what follows from a wrong one is wrong too.
ORDER = ("z", "a", "delta", "w", "b", "update")


@dataclass(frozen=True, eq=False)
class Trial:
    """One case as it was run: its inputs, the standards of what is always judged (not scaled by any convention), and
    what each function did."""

    case: Case
    inputs: Inputs
    standards: Mapping[tuple[str, int], Standard]
    answers: Mapping[str, Answer]

    @cached_property
    def forward(self) -> Mapping[tuple[str, int], Standard]:
        """The standards of z and a, which few submissions show."""
        return certify_forward(self.inputs, self.case.dtype)


@dataclass(frozen=True, eq=False)
class Outcome:
    """A trial, judged: its verdict, the quantities in our layout, a judgement of each, why a function gave none, and
    what the verdict on a departure rests on, in a line."""

    trial: Trial
    verdict: str
    quantities: Arrays
    judgements: Mapping[tuple[str, int], Judgement]
    refusals: Mapping[str, Refusal]
    reason: str = ""

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


def judge_all(trials: Sequence[Trial], declared: Convention) -> tuple[Convention, list[Outcome]]:
    """The outcomes under the declared convention; or under the one that the numbers follow, if one explains them all;
    or else under the layout that explains most. A departure has the verdict `wrong` until it is explained."""
    returned = [(arrays, trial.inputs) for trial in trials if (arrays := trial.answers["backprop"].arrays)]
    laid_out = [one for one in layouts(declared) if all(fits(one, arrays, inputs) for arrays, inputs in returned)]
    by_layout = {layout: [judged(trial, layout) for trial in trials] for layout in laid_out or [declared]}
    for layout, outcomes in by_layout.items():
        if not any(outcome.departures for outcome in outcomes):
            return layout, _said(outcomes, layout, declared)
    for layout in by_layout:
        for convention in scalings(layout)[1:]:
            if not any(judged(trial, convention).departures for trial in trials):
                return convention, _said([judged(trial, convention) for trial in trials], convention, declared)
    # Of what no convention explains, the layout alone is kept: a scaling would hide where it goes wrong.
    nearest = min(by_layout, key=lambda layout: sum(bool(outcome.departures) for outcome in by_layout[layout]))
    return nearest, _said(by_layout[nearest], nearest, declared)


def _said(outcomes: Sequence[Outcome], convention: Convention, declared: Convention) -> list[Outcome]:
    """The outcomes, with the convention said where it was needed."""
    if convention == declared:
        return [*outcomes]
    needed = [one.verdict == "agrees" and judged(one.trial, declared).verdict != "agrees" for one in outcomes]
    return [replace(one, verdict=CONVENTION) if said else one for one, said in zip(outcomes, needed, strict=True)]


def standard_of(key: tuple[str, int], array: Array, trial: Trial, convention: Convention) -> Standard:
    """What a quantity is held against. A delta may be that of the sum where the gradients are those of the mean: both
    are in use."""
    if key[0] in ("z", "a"):
        return trial.forward[key]
    plain = trial.standards[key]
    scaled = convention.standards({key: plain}, trial.inputs)[key]
    if scaled is plain or key[0] != "delta":
        return scaled
    return scaled if (excess(array, scaled) <= 1).all() or (excess(array, plain) > 1).any() else plain


def judged(trial: Trial, convention: Convention) -> Outcome:
    """The trial under a convention."""
    quantities: dict[tuple[str, int], Array] = {}
    refusals: dict[str, Refusal] = {}
    for function, answer in trial.answers.items():
        given, refusal = settled(function, answer, trial.inputs, convention)
        quantities |= given
        if refusal is not None:
            refusals[function] = refusal
    standards = {key: standard_of(key, array, trial, convention) for key, array in quantities.items()}
    judgements = judge_together(quantities, parts(standards))
    verdicts = {judgement.verdict or "wrong" for judgement in judgements.values()}
    verdicts |= {refusal.verdict for refusal in refusals.values() if refusal.verdict == "failed" or not quantities}
    return Outcome(trial, min(verdicts, key=VERDICTS.index), quantities, judgements, refusals)

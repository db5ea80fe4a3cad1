"""Hold the answers of a submission against the truth, under the convention that its numbers follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from harness.answers import Answer, Arrays, Refusal
from harness.cases import Case
from harness.certify import Standard, excess
from harness.contract import Array, Inputs
from harness.conventions import Convention, fits, layouts, scalings
from harness.run import settled
from harness.verdict import VERDICTS, Judgement, judge

FUNCTIONS = ("backprop", "step")
CONVENTION = "agrees up to a convention"
# From the first to the last that is computed; what follows from a wrong one is wrong too.
ORDER = ("z", "a", "delta", "w", "b", "update")


@dataclass(frozen=True, eq=False)
class Trial:
    """One case as it was run: its inputs, its standards (not scaled by any convention), and what each function did."""

    case: Case
    inputs: Inputs
    standards: Mapping[tuple[str, int], Standard]
    answers: Mapping[str, Answer]


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
    by_layout = {}
    for layout in laid_out or [declared]:
        outcomes = by_layout[layout] = [judged(trial, layout) for trial in trials]
        for convention in scalings(layout) if any(outcome.quantities for outcome in outcomes) else [layout]:
            if not any(judged(trial, convention).departures for trial in trials):
                return convention, [_said(judged(trial, convention), declared) for trial in trials]
    # Of what no convention explains, the layout alone is kept: a scaling would hide where it goes wrong.
    nearest = min(by_layout, key=lambda layout: sum(bool(outcome.departures) for outcome in by_layout[layout]))
    return nearest, [_said(outcome, declared) for outcome in by_layout[nearest]]


def _said(outcome: Outcome, declared: Convention) -> Outcome:
    """The outcome under a convention, which is said where it was needed."""
    if outcome.verdict != "agrees" or judged(outcome.trial, declared).verdict == "agrees":
        return outcome
    return replace(outcome, verdict=CONVENTION)


def standard_of(key: tuple[str, int], array: Array, trial: Trial, convention: Convention) -> Standard:
    """What a quantity is held against. A delta may be that of the sum where the gradients are those of the mean: both
    are in use."""
    scaled = convention.standards({key: trial.standards[key]}, trial.inputs)[key]
    if key[0] == "delta" and not _agrees(array, scaled) and _agrees(array, trial.standards[key]):
        return trial.standards[key]
    return scaled


def _agrees(array: Array, standard: Standard) -> bool:
    return bool((excess(array, standard) <= 1).all())


def judged(trial: Trial, convention: Convention) -> Outcome:
    """The trial under a convention."""
    quantities: dict[tuple[str, int], Array] = {}
    refusals: dict[str, Refusal] = {}
    for function, answer in trial.answers.items():
        given, refusal = settled(function, answer, trial.inputs, convention)
        quantities |= given
        if refusal is not None:
            refusals[function] = refusal
    judgements = {key: judge(array, standard_of(key, array, trial, convention)) for key, array in quantities.items()}
    verdicts = {judgement.verdict or "wrong" for judgement in judgements.values()}
    verdicts |= {refusal.verdict for refusal in refusals.values() if refusal.verdict == "failed" or not quantities}
    return Outcome(trial, min(verdicts, key=VERDICTS.index), quantities, judgements, refusals)

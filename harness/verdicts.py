"""The verdicts on one implementation, whose cases come one at a time: those that agree under the convention that its
file declares, and the others, under the one that its numbers follow if one explains them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from harness.answers import Answer, Fault, Refusal
from harness.contract import Inputs
from harness.conventions import OURS, Convention, fits, layouts, scalings
from harness.judging import CONVENTION, Outcome, Trial, judge_case

# A case tells one scale of the cost from another if some true number is so many times what rounding explains of it:
# then no factor of 2 or more apart lies within the bounds of both, which are twice as wide for the other.
TELLS = 10


def declared(constants: Mapping[str, Any]) -> tuple[Convention, Refusal | None]:
    """The convention that the constants of a file declare; or ours, and why it is none."""
    try:
        return Convention.declared(constants), None
    except Fault as fault:
        return OURS, fault.refusal


class Verdicts:
    """`found` is the convention that the numbers follow, `declared` the one in the file, ours where that is none;
    `latest` the last case as it is under that."""

    latest: Outcome

    def __init__(self, constants: Mapping[str, Any]) -> None:
        self.declared, self._fault = declared(constants)
        self.found = self.declared
        self._layouts = layouts(self.declared)
        self._candidates: list[Convention] | None = None  # conventions that explain all that is pending; None at first
        self._departing: Counter[Convention] = Counter()  # cases, by layout
        self._telling: dict[tuple[int, int, str], Inputs] = {}  # of cases that agree
        self._pending: list[Trial] = []

    def add(self, trial: Trial) -> list[Outcome]:
        """Judge another case; the outcomes that are known by now, in the order in which their cases came. A departure
        is `wrong` until its cause is known."""
        if self._fault is not None:
            trial = replace(trial, answers=dict.fromkeys(trial.answers, Answer(refusal=self._fault)))
        self.latest = outcome = judge_case(trial, self.declared)
        fitting = self._fitting(trial)
        if not outcome.departures and (self.declared in fitting or not fitting):
            if outcome.verdict == "agrees":
                self._agree(trial, fitting)
            return [outcome]
        self._depart(trial, fitting)
        return [] if self._candidates or len(self._layouts) > 1 else self.rest()

    def rest(self) -> list[Outcome]:
        """The outcomes that are left when there are no more cases."""
        if self._pending and self._candidates:
            self.found = self._candidates[0]
        elif self._pending and self._layouts:
            # The layout alone is kept: a scale that does not explain all would hide where it goes wrong.
            self.found = min(self._layouts, key=self._departing.__getitem__)
        return self._settled()

    def _settled(self) -> list[Outcome]:
        outcomes = [judge_case(trial, self.found) for trial in self._pending]
        self._pending = []
        return [replace(one, verdict=CONVENTION) if one.verdict == "agrees" else one for one in outcomes]

    def _fitting(self, trial: Trial) -> list[Convention]:
        """The layouts that what backprop returned has the shapes of; all where it returned nothing."""
        arrays = trial.answers["backprop"].arrays if "backprop" in trial.answers else {}
        if not arrays:
            return layouts(self.declared)
        return [one for one in layouts(self.declared) if fits(one, arrays, trial.inputs)]

    def _agree(self, trial: Trial, fitting: list[Convention]) -> None:
        """Note what a case that agrees says against other conventions."""
        inputs = trial.inputs
        place = len(inputs.x), inputs.t.shape[1], inputs.network.cost.name
        if place not in self._telling and _tells(trial):
            self._telling[place] = inputs
            self._narrow(lambda one: not self._is_contradicted(one))
        if len(self._layouts) > 1:
            others = [one for one in fitting if one == self.declared or not judge_case(trial, one).departures]
            self._layouts = [one for one in self._layouts if one in others]
            self._narrow(lambda one: any(_is_laid_out(one, layout) for layout in self._layouts))

    def _depart(self, trial: Trial, fitting: list[Convention]) -> None:
        """Note which conventions explain a case that does not agree."""
        self._pending.append(trial)
        self._layouts = [one for one in self._layouts if one in fitting]
        self._departing.update(one for one in self._layouts if judge_case(trial, one).departures)
        if self._candidates is None:
            scaled = [one for layout in self._layouts for one in scalings(layout)[1:]]
            self._candidates = [one for one in (*self._layouts, *scaled) if not self._is_contradicted(one)]
        self._narrow(
            lambda one: (
                any(_is_laid_out(one, layout) for layout in self._layouts) and not judge_case(trial, one).departures
            )
        )

    def _narrow(self, explains: Callable[[Convention], bool]) -> None:
        if self._candidates is not None:
            self._candidates = [one for one in self._candidates if explains(one)]

    def _is_contradicted(self, one: Convention) -> bool:
        """Whether a case that agrees under the declared convention cannot agree under this one."""
        return any(
            one.sign != self.declared.sign or one.scale(inputs) != self.declared.scale(inputs)
            for inputs in self._telling.values()
        )


def _is_laid_out(one: Convention, layout: Convention) -> bool:
    return (one.layout, one.bias) == (layout.layout, layout.bias)


def _tells(trial: Trial) -> bool:
    """Whether a case has numbers that another scale of the cost would change by more than rounding."""
    return any(bool((np.abs(part.high) > TELLS * part.allowed)[~part.undecidable].any()) for part in trial.truth.parts)

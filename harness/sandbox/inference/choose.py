"""Choose among the plans that run: one for the gradients, one for a step, and the formula that they follow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.sandbox.inference.adapter.plan import FittedFormula, Plan
from harness.sandbox.inference.fit import Fit


@dataclass(frozen=True, eq=False)
class Candidate:
    """A plan with how well formulas fit it.

    `pinned` is what a bias unit is set to, `fits` are equally good. `is_exact` says that two calls gave the same bits.
    `rows` are the numbers of rows on which it was tried, in the order of the fits' counts. `has_known_output` says that
    its outputs are those of a formula.
    """

    plan: Plan
    pinned: str
    fits: tuple[Fit, ...]
    is_exact: bool
    rows: tuple[int, ...]
    has_known_output: bool

    @property
    def fit(self) -> Fit:
        """The first of the best fits."""
        return self.fits[0]

    @property
    def parameters(self) -> tuple[object, ...]:
        """What two candidates must share to be in one adapter."""
        return *self.plan.parameters, self.pinned

    @property
    def is_online(self) -> bool:
        """Whether it fits a single row, and nothing of it fits a batch: it may take one step for each row."""
        matching = dict(zip(self.rows, self.fit.matching, strict=True))
        return self.rows[0] > 1 and self.fit.matching[0] == 0 < matching.get(1, 0)


@dataclass(frozen=True, eq=False)
class ChosenPlans:
    """The plans of an adapter, of which one may be missing, and the formula.

    `is_mean` says that a step takes the mean of the gradients of single rows, whatever their formula. `declared` are
    the conventions that the file declares itself, by the names of their constants.
    """

    backprop: Candidate | None
    step: Candidate | None
    formula: FittedFormula
    is_mean: bool = False
    declared: Mapping[str, Any] = field(default_factory=dict)

    @property
    def divides_gradients(self) -> bool:
        """Whether the gradients are divided by the number of rows: the code does so only when it takes a step."""
        backprop, step = self.backprop, self.step
        if backprop is None or step is None or not backprop.fit.share or not step.fit.share or step.plan.feed.is_row:
            return False
        return not backprop.plan.feed.is_row and (backprop.fit.reduction, step.fit.reduction) == ("sum", "mean")

    @property
    def first(self) -> Candidate:
        """One of the candidates, for what they share."""
        found = self.backprop or self.step
        assert found is not None
        return found


def choose(candidates: Sequence[Candidate]) -> ChosenPlans:
    """The best candidates of the same parameters."""
    best = _best(candidates)
    same = [one for one in candidates if one.parameters == best.parameters]
    chosen = {name: _best_if_any(same, name) for name in ("backprop", "step")}
    if any(one is not None and one.fit.share > 0 for one in chosen.values()):
        chosen = {name: one if one is not None and _is_to_be_checked(one) else None for name, one in chosen.items()}
    most = max((one for one in chosen.values() if one is not None), key=lambda one: one.fit.share)
    return ChosenPlans(chosen["backprop"], chosen["step"], most.fit.formula)


def _is_to_be_checked(one: Candidate) -> bool:
    """Whether a plan is taken beside one that fits.

    Arrays of the right shapes that fit nothing may be read from a wrong place, and a step that fits nothing may follow
    another rule, but what is called a gradient must be one.
    """
    called = re.search(r"grad|backprop|backward", one.plan.called, re.IGNORECASE) is not None
    return one.fit.share > 0 or (called and one.plan.reading.function == "backprop")


def unchecked_calls(candidates: Iterable[Candidate], choice: ChosenPlans) -> list[str]:
    """The calls that ran too, and that are in no adapter, because what they compute follows no formula in full."""
    taken = {one.plan.called: one.plan.reading.where for one in (choice.backprop, choice.step) if one is not None}
    shares: dict[str, float] = {}
    for one in candidates:
        name, where = one.plan.called, one.plan.reading.where
        if taken.get(name) == where or (name in taken and one.fit.share == 0):
            continue
        text = name if name not in taken else f"what {name} {'returns' if where == 'returned' else 'keeps'}"
        shares[text] = max(shares.get(text, 0.0), one.fit.share)
    return [text for text, share in shares.items() if share < 1]


def _best_if_any(candidates: Iterable[Candidate], function: str) -> Candidate | None:
    some = [one for one in candidates if one.plan.reading.function == function]
    return _best(some) if some else None


def _best(candidates: Sequence[Candidate]) -> Candidate:
    """The candidate that explains the most. Of one function, a batch comes before single rows, if it shows anything:
    what is wrong in batches alone must be seen."""
    by_driver: dict[object, Candidate] = {}
    for one in candidates:
        calls = tuple(line for line in one.plan.driver.lines if not line.startswith("output = "))
        key = calls, one.plan.reading.function, one.parameters
        by_driver[key] = max(by_driver.get(key, one), one, key=_preference_of_feed)
    return max(by_driver.values(), key=_preference)


def _preference_of_feed(one: Candidate) -> tuple[object, ...]:
    shows_batch = not one.plan.feed.is_row and sum(one.fit.matching) > 0
    return shows_batch, *_preference(one)


def _preference(one: Candidate) -> tuple[object, ...]:
    is_one_step = re.search(r"update|step|batch|partial", one.plan.called) is not None
    feed, lines = one.plan.feed, one.plan.driver.lines
    return one.fit.share, one.fit.is_usual, not feed.is_row, is_one_step, -len(lines), one.is_exact

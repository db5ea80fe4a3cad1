"""Evaluate formulas on a subject, and find the first quantity that is not the subject's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from harness.mistakes.formulation import AlteredTextbook, formulation
from harness.mistakes.grammar import MISFITS
from harness.mistakes.reproduce import RoundedQuantities, are_of_formula, candidate_calls, delta_divisors
from harness.mistakes.rules import Rule
from harness.mistakes.subject import Subject
from harness.model.contract import Array, Inputs
from harness.truth.bounds.rounded_array import RoundedArray, value_of


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Formulas on one subject, up to the first quantity that differs from the subject's.

    `stage` counts the stages of the computation that agree; `layer` and `names` are those of the first that differ,
    none if nothing does. The names are "z", "a", "delta", "w", "b", or "calls" for what only a second call shows.
    `targets` has the subject's numbers for that layer, `allowed` the tolerance of each, of the shape of the quantity.
    """

    subject: Subject
    book: AlteredTextbook
    stage: int
    layer: int
    names: frozenset[str]
    targets: Mapping[str, Array]
    allowed: Mapping[str, Array]

    @property
    def equation(self) -> str:
        """The equation that differs first: in the forward pass, at the output or at another layer, or of the calls."""
        if self.names & {"z", "a", "calls"}:
            return "".join(sorted(self.names))
        return "output" if self.layer == self.book.last else "hidden"

    @property
    def progress(self) -> tuple[int, int]:
        """Larger if more agrees."""
        return self.stage, -len(self.names)


def evaluate_rules(rules: tuple[Rule, ...], subject: Subject) -> Evaluation | None:
    """The formulas on the subject; None if they do not fit its network."""
    kind = formulation(rules)
    with np.errstate(all="ignore"):
        try:
            book, first, second = candidate_calls(kind, subject)
        except MISFITS:
            return None
        found = [_first_difference(book, subject, first, second, divisor) for divisor in delta_divisors(subject)]
    return max(found, key=lambda one: one.progress)


def _first_difference(
    book: AlteredTextbook, subject: Subject, first: RoundedQuantities, second: RoundedQuantities, divisor: float
) -> Evaluation:
    last, stage = book.last, 0
    stages: list[tuple[tuple[str, ...], int]] = [((name,), l) for l in range(1, last + 1) for name in ("z", "a")]
    stages += [(names, l) for l in range(last, 0, -1) for names in (("delta",), ("b", "w"))]
    for names, l in stages:
        targets, allowed, wrong = {}, {}, set()
        for name in names:
            pair = _pair(name, l, subject, first)
            if pair is None:
                continue
            mine, its = pair
            its = its / divisor if name == "delta" and divisor != 1 else its
            targets[name], allowed[name] = mine, 2 * its.error
            if not are_of_formula(mine, its):
                wrong.add(name)
        if wrong:
            return Evaluation(subject, book, stage, l, frozenset(wrong), targets, allowed)
        stage += 1
    again = subject.first if subject.second is None else subject.second
    calls = book.changes_inputs() != subject.changed or not (
        subject.changed or all(are_of_formula(again[key], second[key]) for key in again if key[0] != "delta")
    )
    return Evaluation(subject, book, stage, last, frozenset({"calls"} if calls else ()), {}, {})


def _pair(name: str, l: int, subject: Subject, first: RoundedQuantities) -> tuple[Array, RoundedArray] | None:
    """The subject's numbers and the formulas', for a step those that the move of the parameters shows."""
    if subject.function == "backprop" or name not in ("w", "b"):
        if (name, l) not in subject.first:
            return None
        return subject.first[name, l], first[name, l]
    rate = subject.learning_rate
    part = (slice(None), slice(None, -1)) if name == "w" else (slice(None), -1)
    mine, its = subject.first["update", l][part] / rate, first["update", l]
    return mine, RoundedArray(its.value[part] / rate, its.error[part] / rate, its.fmt)


def in_floats(found: Evaluation) -> AlteredTextbook:
    """The book of an evaluation with plain numbers, which are quicker."""
    rounded, layers = found.book, found.book.network.layers
    network = found.subject.inputs.network.with_parameters(
        [value_of(layer.w) for layer in layers], [value_of(layer.b) for layer in layers]
    )
    plain = Inputs(network, value_of(rounded.inputs.x), value_of(rounded.inputs.t))
    book = type(rounded)(plain, rounded.learning_rate, rounded.scale)
    for name in ("z", "a", "delta", "back"):
        setattr(book, name, {l: value_of(one) for l, one in getattr(rounded, name).items()})
    return book

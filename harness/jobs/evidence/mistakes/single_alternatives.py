"""Each usual alternative of the grammar alone: which numbers of a small network it changes, and which cases see it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from harness.cases.case import make_case
from harness.jobs.evidence.mistakes.kill_matrix import answers, found_in
from harness.jobs.evidence.mistakes.report import MARK_OF, formula_facts
from harness.judging.conventions import DEFAULT_CONVENTION
from harness.judging.judge import Trial, judge_case
from harness.mistakes.formulation import AlteredTextbook, formulation
from harness.mistakes.grammar import MISFITS, SLOTS, Alternative, Slot
from harness.mistakes.render import formulas_of
from harness.mistakes.rules import Rule, Scope
from harness.model.contract import Array, Inputs

# Square, so that a transpose fits, and with two hidden layers, so that the layers around one differ.
NETWORK = make_case("random", (2, 2, 2, 2), "sigmoid", 2)
WITHOUT = ("penalty",)  # slots that only a declared convention has
# Where an alternative has no value in some layers, it stands in the others.
_WIDEST_FIRST = ("", "the hidden layers but the last", "hidden layers", "all layers but the first")
_IN_COMPUTATION = ("data", "z", "a", "BP1", "BP2", "BP3", "BP4", "rule")
_DIGITS = 4  # significant
_PLACES = 2  # of the weights and the data, which are here to be read
_SMALL = 1e-9  # relative to the number: above rounding, and far below what a person sees


def alternatives_facts(cases: Sequence[Trial]) -> dict[str, Any]:
    """The small network with its numbers, and for each slot its alternatives, as JSON can hold them.

    The numbers are by id, as `delta-l-j` and `gw-l-j-k`: those of the first row for z, a and delta. An alternative has
    those that it changes, and a mark for each case.
    """
    inputs = example_inputs()
    right = numbers_of((), inputs)
    slots = sorted(
        (
            slot
            for slot in SLOTS.values()
            if slot.name not in WITHOUT and any(one.cost == 1 for one in slot.alternatives)
        ),
        key=lambda slot: _IN_COMPUTATION.index(slot.equations.split(", ")[0]),
    )
    return {
        "widths": list(NETWORK.widths),
        "numbers": {name: _rounded_number(value) for name, value in right.items()},
        "slots": [
            {
                "name": slot.name,
                "equations": slot.equations,
                "right": slot.right,
                "alternatives": [
                    alternative_facts(slot, one, inputs, right, cases) for one in slot.alternatives if one.cost == 1
                ],
            }
            for slot in slots
        ],
    }


def alternative_facts(
    slot: Slot, alternative: Alternative, inputs: Inputs, right: dict[str, float], cases: Sequence[Trial]
) -> dict[str, Any]:
    """One alternative, in all layers where it has a value."""
    rules, numbers = _widest(slot, alternative, inputs, right)
    changed = {
        name: _rounded_number(value)
        for name, value in numbers.items()
        if not abs(value - right[name]) <= _SMALL * abs(right[name])
    }
    kind = formulation(rules)
    outcomes = (judge_case(replace(one, answers=answers(kind, one)), DEFAULT_CONVENTION) for one in cases)
    formulas = formulas_of(rules, [inputs.network]) or formulas_of(rules)
    return {
        "symbol": alternative.symbol,
        "formulas": [formula_facts(formula) for formula in formulas],
        "changed": changed,
        "marks": "".join(MARK_OF[found_in(outcome)] for outcome in outcomes),
    }


def example_inputs() -> Inputs:
    """The small network and its data, rounded to be read."""
    built = NETWORK.build()
    w, b = ([np.round(getattr(one, part), _PLACES) for one in built.network.layers] for part in ("w", "b"))
    return Inputs(built.network.with_parameters(w, b), np.round(built.x, _PLACES), np.round(built.t, _PLACES))


def _widest(
    slot: Slot, alternative: Alternative, inputs: Inputs, right: dict[str, float]
) -> tuple[tuple[Rule, ...], dict[str, float]]:
    """The rule in the widest scope where it has a value in the small network, and the numbers that it gives."""
    for position in _WIDEST_FIRST:
        rules = (Rule(slot.name, alternative.symbol, Scope(position)),)
        try:
            return rules, numbers_of(rules, inputs)
        except MISFITS:
            continue
    return (Rule(slot.name, alternative.symbol),), right


def numbers_of(rules: tuple[Rule, ...], inputs: Inputs) -> dict[str, float]:
    """The numbers of the network, computed with the rules; of the second call, where that differs."""
    with np.errstate(all="ignore"):
        book: AlteredTextbook = formulation(rules)(inputs, NETWORK.learning_rate)
        gradients, moved = book.gradients(2), book.step()
    found: dict[str, float] = {}
    for l in range(1, book.last + 1):
        layer, after = book.layer(l), moved.layers[l - 1]
        arrays: dict[str, Array] = {"w": layer.w, "b": layer.b, "z": book.z[l][0], "a": book.a[l][0]}
        arrays |= {"delta": book.delta[l][0], "gb": gradients.b[l - 1], "gw": gradients.w[l - 1]}
        arrays |= {"new_w": after.w, "new_b": after.b}
        found |= {name: value for kind, array in arrays.items() for name, value in _named_entries(f"{kind}-{l}", array)}
    return dict(_named_entries("a-0", inputs.x[0])) | dict(_named_entries(f"t-{book.last}", inputs.t[0])) | found


def _named_entries(name: str, array: Array) -> Iterator[tuple[str, float]]:
    for place in np.ndindex(array.shape):
        yield "-".join(map(str, (name, *place))), float(array[place])


def _rounded_number(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")

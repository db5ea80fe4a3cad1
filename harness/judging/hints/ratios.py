"""Quantities that are the truth times one number: a factor in the code, such as a 2, 1/n at every layer, or η².

A ratio is found only if it explains every entry of the quantity, within rounding, in every case in which the quantity
is out of bounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.judging.conventions import Convention
from harness.judging.judge import Outcome, standard_of
from harness.sandbox.answers import ArrayKey

POWERS = range(-3, 4)
USUAL_FACTORS = (0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 8.0, 10.0, 16.0, 32.0, 64.0)


@dataclass(frozen=True)
class Ratio:
    """A quantity of one layer is the truth times one of `factors`, in words, in all `cases` where it is out of bounds.

    The layer is counted from the first one, or from the output backwards if `from_output`; then 0 is the output layer.
    """

    quantity: str
    layer: int
    from_output: bool
    factors: tuple[str, ...]
    cases: int


_MEANINGS = {
    "n": "Perhaps a sum over the rows where a mean belongs",
    "1/n": "Perhaps a mean over the rows where a sum belongs",
    "m": "Perhaps a sum over the outputs where a mean belongs",
    "1/m": "Perhaps a mean over the outputs where a sum belongs",
    "η": "Perhaps the learning rate is applied twice",
    "η²": "Perhaps the learning rate is applied three times",
    "1/η": "Perhaps the learning rate is not applied",
    "−1": "The sign is turned",
}
POWERS_OF_TWO = {"2", "4", "8", "16", "32", "64"}


def meanings_of(factors: Sequence[tuple[str, str]]) -> list[str]:
    """What the factors usually come from, each given as the quantity and the factor in words."""
    found = list(dict.fromkeys(_MEANINGS[factor] for _, factor in factors if factor in _MEANINGS))
    powers = {(quantity, factor) for quantity, factor in factors if factor in POWERS_OF_TWO}
    if any((quantity, "2") in powers and (quantity, "4") in powers for quantity, _ in powers):
        found.append("Perhaps the 2 of a square counts once more at each layer")
    return found


def exact_ratios(outcomes: Sequence[Outcome], convention: Convention) -> list[Ratio]:
    """The quantities that are out of bounds and the truth times one number, of those that are so in all their cases.

    Layers are counted from the output or from the first layer: whichever explains more, or the same with fewer ratios.
    """
    failing = [outcome for outcome in outcomes if outcome.out_of_bounds]
    ways = [_ratios(failing, convention, from_output=from_output) for from_output in (True, False)]
    return max(ways, key=lambda found: (sum(one.cases for one in found), -len(found)))


def _ratios(failing: Sequence[Outcome], convention: Convention, *, from_output: bool) -> list[Ratio]:
    factors: dict[ArrayKey, list[set[str]]] = {}
    for outcome in failing:
        last = len(outcome.trial.inputs.network.layers)
        for quantity, layer in outcome.out_of_bounds:
            key = quantity, last - layer if from_output else layer
            factors.setdefault(key, []).append(_factors_that_fit(outcome, (quantity, layer), convention))
    found = []
    for (quantity, layer), each in factors.items():
        common = set.intersection(*each)
        if common:
            # Where all cases have one number of rows, 8 and n cannot be told apart: both are said.
            said = tuple(sorted(common, key=lambda factor: (len(factor), factor))[:2])
            found.append(Ratio(quantity, layer, from_output, said, len(each)))
    return found


def _factors_that_fit(outcome: Outcome, key: ArrayKey, convention: Convention) -> set[str]:
    """The factors, in words, for which the whole array is the truth times the factor, within rounding."""
    value = outcome.quantities[key]
    standard = standard_of(key, value, outcome.trial, convention)
    truth, allowed = standard.truth.high, standard.bound + standard.truth.radius + standard.changes.width
    largest = np.unravel_index(int(np.argmax(np.abs(truth))), truth.shape)
    if truth[largest] == 0 or not np.isfinite(value).all():
        return set()
    ratio, doubt = value[largest] / truth[largest], allowed[largest] / abs(truth[largest])
    fitting = set()
    for name, number in _named_factors(outcome).items():
        if abs(ratio - number) <= 2 * (1 + abs(number)) * doubt:
            error = np.abs(value - number * truth)
            # A factor adds a rounding or two, which the bound of a product covers.
            if ((error <= 2 * (1 + abs(number)) * allowed) | standard.undecidable).all():
                fitting.add(name)
    return fitting


def _named_factors(outcome: Outcome) -> Mapping[str, float]:
    """The factors that people's code has, other than 1: numbers, and powers of n, m and η, also with the other sign."""
    inputs, eta = outcome.trial.inputs, outcome.trial.case.learning_rate
    named = {_number_in_words(size): size for size in USUAL_FACTORS}
    for symbol, base in (("n", float(len(inputs.x))), ("m", float(inputs.t.shape[1])), ("η", eta)):
        for power in POWERS:
            if power and base != 1:
                named[_power_in_words(symbol, power)] = base**power
    named |= {f"−{name}": -number for name, number in named.items()}
    return {name: number for name, number in named.items() if number != 1}


def _number_in_words(size: float) -> str:
    return f"{size:g}" if size >= 1 else f"1/{1 / size:g}"


def _power_in_words(symbol: str, power: int) -> str:
    size = symbol + {1: "", 2: "²", 3: "³"}[abs(power)]
    return size if power > 0 else f"1/{size}"

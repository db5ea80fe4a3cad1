"""Numbers rounded or truncated to some decimals are recognised, with the place; wrong formulas are not."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from support.observing import backprop, observed

from harness.judging.arithmetic.decimals import DIRECTIONS, Decimals
from harness.judging.arithmetic.named import named_arithmetic

PARTS = {"in δ": "delta", "in a": "a", "in z": "z", "in f'(z)": "slope"}


def to_decimals(places, direction):
    return Decimals(places, direction).converted


def test_the_conversions_are_those_of_numpy():
    numbers = np.array([0.123456, -0.123456, 2.0, -7.99996])
    assert (to_decimals(4, "rounded")(numbers) == np.round(numbers, 4)).all()
    assert (to_decimals(4, "truncated")(numbers) == np.trunc(numbers * 1e4) / 1e4).all()
    assert (to_decimals(4, "rounded down")(numbers) == np.floor(numbers * 1e4) / 1e4).all()
    assert (to_decimals(4, "rounded up")(numbers) == np.ceil(numbers * 1e4) / 1e4).all()


# No f'(z) is negative, so that those rounded down are those truncated.
KINDS = [pair for pair in product(("in ∂C/∂W and ∂C/∂b", *PARTS), DIRECTIONS) if pair != ("in f'(z)", "rounded down")]


@pytest.mark.parametrize(
    ("where", "direction", "places"), [(*kind, (2, 4, 8)[number % 3]) for number, kind in enumerate(KINDS)]
)
def test_decimals_are_named_with_the_part(where, direction, places):
    convert = to_decimals(places, direction)

    def compute(inputs):
        if where in PARTS:
            return backprop(inputs, **{PARTS[where]: convert})
        return {key: convert(one) for key, one in backprop(inputs).items()}

    found = named_arithmetic(observed(compute))
    assert (found.name, found.where) == (f"{places} decimals", where)
    assert f"{direction} to {places} decimals" in found.reason
    assert found.risk <= 1e-9


@pytest.mark.parametrize("factor", [1.001, 1.1, -1])
def test_a_wrong_formula_with_four_decimals_is_not_named(factor):
    convert = to_decimals(4, "rounded down")
    cases = observed(lambda inputs: {key: convert(factor * one) for key, one in backprop(inputs).items()})
    assert named_arithmetic(cases) is None

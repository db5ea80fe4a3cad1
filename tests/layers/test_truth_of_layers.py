"""The certified truth of layers, compared with mpmath: the forward pass and difference quotients at 60 digits."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest

from harness.layers.cases import as_tuple, draw
from harness.layers.library import known_layers
from harness.layers.standards import TracedCase

DIGITS, STEP = 60, mpmath.mpf(10) ** -22
ACCURACY = Fraction(1, 10**26)  # of both: the enclosure has two floats, the quotient an error of the square of the step
CASES = [
    pytest.param(layer, name, id=f"{layer.name}-{name}")
    for layer in known_layers().values()
    for name in layer.cases
    if "tie" not in name and "kink" not in name
]


class Precise(mpmath.mpf):
    """A number of mpmath with the methods that numpy calls for its functions of arrays of objects."""

    def exp(self):
        return Precise(mpmath.exp(self))

    def log(self):
        return Precise(mpmath.log(self))

    def sqrt(self):
        return Precise(mpmath.sqrt(self))

    def tanh(self):
        return Precise(mpmath.tanh(self))


def precise(array):
    return np.vectorize(Precise, otypes=[object])(array) if array.dtype.kind == "f" else array


def again(value):
    """mpmath's operators give its own numbers; an array of them gets the methods again."""
    return np.vectorize(Precise, otypes=[object])(value)


def cost(case, arguments):
    results = as_tuple(case.layer.forward(**arguments, **case.options))
    parts = [np.sum(one * up) for one, up in zip(results, map(precise, case.upstream), strict=True)]
    return results, sum(parts, mpmath.mpf(0))


@pytest.mark.parametrize(("layer", "name"), CASES)
def test_the_truth_is_that_of_mpmath(layer, name):
    case = draw(layer, name, 7)
    standards = TracedCase(case).standards()
    with mpmath.workdps(DIGITS):
        arguments = {key: precise(array) for key, array in case.arguments.items()}
        results, _ = cost(case, arguments)
        for key, result in zip(layer.results, results, strict=True):
            assert_near(np.asarray(result), standards[key], key)
        generator = np.random.default_rng(3)
        for key in layer.differentiable:
            direction = precise(generator.normal(size=case.arguments[key].shape))
            moved = [cost(case, arguments | {key: again(arguments[key] + h * direction)})[1] for h in (STEP, -STEP)]
            quotient = (moved[0] - moved[1]) / (2 * STEP)
            truth = standards[f"d{key}"].truth
            exact = precise(truth.high) + precise(truth.low)
            size = np.sum(np.abs(exact * direction))
            assert abs(np.sum(exact * direction) - quotient) <= size * ACCURACY.numerator / ACCURACY.denominator


def assert_near(found, standard, key):
    exact = precise(standard.truth.high) + precise(standard.truth.low)
    scale = np.max(np.abs(exact))
    assert np.max(np.abs(found - exact)) <= scale * ACCURACY.numerator / ACCURACY.denominator, key

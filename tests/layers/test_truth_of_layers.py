"""The certified truth of layers, compared with mpmath: the forward pass and difference quotients at 60 digits."""

import operator

import mpmath
import numpy as np
import pytest
import scipy.special

from harness.layers.cases import as_tuple, draw
from harness.layers.library import known_layers
from harness.layers.standards import TracedCase

DIGITS, STEP = 60, 1e-22
ACCURACY = 1e-26  # of both: the enclosure has two floats, the quotient an error of the square of the step
CASES = [
    pytest.param(layer, name, id=f"{layer.name}-{name}")
    for layer in known_layers().values()
    for name in layer.cases
    if "tie" not in name and "kink" not in name
]


class Precise:
    """A number of mpmath with the methods that numpy calls for its functions of arrays of objects."""

    def __init__(self, value):
        value = value.item() if isinstance(value, np.ndarray) else value
        self.value = value.value if isinstance(value, Precise) else mpmath.mpf(value)

    def __float__(self):
        return float(self.value)

    def __abs__(self):
        return Precise(abs(self.value))

    def __neg__(self):
        return Precise(-self.value)


def _operator(name):
    function = getattr(operator, name)
    is_comparison = name in ("lt", "le", "gt", "ge", "eq")

    def forwards(self, other):
        found = function(self.value, Precise(other).value)
        return bool(found) if is_comparison else Precise(found)

    def backwards(self, other):
        return Precise(function(Precise(other).value, self.value))

    setattr(Precise, f"__{name}__", forwards)
    if not is_comparison:
        setattr(Precise, f"__r{name}__", backwards)


def _function(name):
    function = getattr(mpmath, name)
    setattr(Precise, name, lambda self: Precise(function(self.value)))


for _name in ("exp", "log", "sqrt", "tanh", "cos", "sin", "expm1", "log1p"):
    _function(_name)
for _name in ("add", "sub", "mul", "truediv", "pow", "lt", "le", "gt", "ge", "eq"):
    _operator(_name)


def precise(array):
    return np.vectorize(Precise, otypes=[object])(array) if array.dtype.kind == "f" else array


def cost(case, arguments):
    results = as_tuple(case.layer.forward(**arguments, **case.options))
    parts = [np.sum(one * up) for one, up in zip(results, map(precise, case.upstream), strict=True)]
    return results, sum(parts, Precise(0))


@pytest.mark.parametrize(("layer", "name"), CASES)
def test_the_truth_is_that_of_mpmath(layer, name, monkeypatch):
    of_entries = np.vectorize(lambda entry: Precise(mpmath.erf(Precise(entry).value)), otypes=[object])
    monkeypatch.setattr(scipy.special, "erf", of_entries)
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
            moved = [cost(case, arguments | {key: arguments[key] + h * direction})[1] for h in (STEP, -STEP)]
            quotient = (moved[0] - moved[1]) / (2 * STEP)
            truth = standards[f"d{key}"].truth
            exact = precise(truth.high) + precise(truth.low)
            size = np.sum(np.abs(exact * direction))
            assert abs(np.sum(exact * direction) - quotient) <= size * ACCURACY


def assert_near(found, standard, key):
    exact = precise(standard.truth.high) + precise(standard.truth.low)
    scale = np.max(np.abs(exact))
    assert np.max(np.abs(found - exact)) <= scale * ACCURACY, key

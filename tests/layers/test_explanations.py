"""What explains wrong arrays: a formula that says something, and of two mistakes the one that explains more."""

from dataclasses import replace

import numpy as np
import pytest

from harness.jobs.evidence.layers.formulations import by_numpy
from harness.layers.cases import draw
from harness.layers.definition import Argument, Definition, LayerMistake
from harness.layers.library import known_layers
from harness.layers.standards import TracedCase
from harness.layers.verdicts.compare import is_near
from harness.layers.verdicts.explain import explain

LAYERS = known_layers()


def forward(x):
    return x * 2.0


def backward(dout, x):
    dx = dout * 2.0
    return (dx,)


LOSSY = LayerMistake("lossy", "dx = dout * 2.0", "dx = ((dout + 1e30) - 1e30) * 2.0", "digits are lost")
DOUBLE = Definition(
    "double", (), forward, backward, {"x": Argument("N")}, {"three": {"N": 3}, "four": {"N": 4}}, "", mistakes=(LOSSY,)
)


def explained(layer, change, mistake=None):
    """The explanations of what the plain formulation computes, with a mistake and a change."""
    traced = {name: TracedCase(draw(layer, name, 1)) for name in layer.cases}
    values = {name: change(dict(by_numpy(one.case, mistake))) for name, one in traced.items()}
    names = layer.gradients or layer.results
    right = {name: one.standards() for name, one in traced.items()}
    wrong = [key for key in names if not all(is_near(values[name][key], right[name][key]) for name in traced)]
    return explain(layer, wrong, values, traced)


def test_a_formula_with_wide_bounds_explains_nothing():
    noise = np.random.default_rng(1)
    said = explained(DOUBLE, lambda found: {**found, "dx": found["dx"] + noise.normal(size=found["dx"].shape)})
    assert said == ()


def test_the_formula_itself_is_named():
    said = explained(DOUBLE, lambda found: {**found, "dx": -found["dx"]})
    assert [one.sentence for one in said] == ["the sign is wrong"]


@pytest.mark.parametrize("name", [one.name for one in LAYERS["nesterov momentum"].mistakes])
def test_of_two_mistakes_that_which_explains_more_is_named(name):
    layer = LAYERS["nesterov momentum"]
    for mistakes in (layer.mistakes, layer.mistakes[::-1]):
        mistake = next(one for one in mistakes if one.name == name)
        said = explained(replace(layer, mistakes=mistakes), lambda found: found, mistake)
        assert [one.mistake and one.mistake.name for one in said] == [name]

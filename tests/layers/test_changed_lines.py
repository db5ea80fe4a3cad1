"""The definition with one changed line: such a mistake is explained, and numbers that are only near its are not."""

import numpy as np
import pytest

from harness.layers.cases import as_tuple, draw
from harness.layers.library import known_layers
from harness.layers.standards import TracedCase
from harness.layers.verdicts.changes import changed, is_in
from harness.layers.verdicts.compare import is_near
from harness.layers.verdicts.explain import explain
from harness.layers.verdicts.lines import line_mistakes

NAMES = ("layer norm", "rms norm", "softmax", "silu", "affine")
LAYERS = [pytest.param(known_layers()[name], id=name) for name in NAMES]


def gradients(layer, case, backward):
    """What a backward pass computes, by name; nothing if it does not run."""
    try:
        with np.errstate(all="ignore"):
            made = as_tuple(backward(*case.upstream, **case.arguments, **case.options))
    except (IndexError, TypeError, ValueError):
        return {}
    return {name: np.asarray(one) for name, one in zip(layer.gradients, made, strict=True)}


def is_finite(found):
    return bool(found) and all(np.isfinite(one).all() for one in found.values())


@pytest.mark.parametrize("layer", LAYERS)
def test_every_changed_line_of_a_backward_pass_is_explained(layer):
    traced = {name: TracedCase(draw(layer, name, 1)) for name in layer.cases}
    count = 0
    for mistake in line_mistakes(layer.backward):
        values = {name: gradients(layer, one.case, changed(layer.backward, mistake)) for name, one in traced.items()}
        if is_in(layer.forward, mistake) or not all(is_finite(found) for found in values.values()):
            continue
        wrong = [
            name
            for name in layer.gradients
            if not all(is_near(values[case][name], one.standards()[name]) for case, one in traced.items())
        ]
        if wrong:
            count += 1
            said = explain(layer, wrong, values, traced)
            assert {name for one in said for name in one.arrays} == set(wrong), mistake
    assert count >= 2


@pytest.mark.parametrize("layer", LAYERS)
def test_numbers_near_those_of_a_changed_line_are_not_explained(layer):
    traced = {name: TracedCase(draw(layer, name, 1)) for name in layer.cases}
    mistake = layer.mistakes[0]
    values = {name: gradients(layer, one.case, changed(layer.backward, mistake)) for name, one in traced.items()}
    spoilt = {case: {name: one * (1 + 1e-9) for name, one in found.items()} for case, found in values.items()}
    assert explain(layer, layer.gradients[:1], spoilt, traced) == ()

"""Every layer: its plain formulation and PyTorch are within its bounds, and each of its mistakes is found and named."""

import pytest

from harness.jobs.evidence.layers.formulations import by_numpy, by_torch
from harness.layers.cases import draw
from harness.layers.library import known_layers
from harness.layers.standards import TracedCase
from harness.layers.verdicts.changes import is_in
from harness.layers.verdicts.compare import is_near, ratios
from harness.layers.verdicts.explain import explain

LAYERS = known_layers()
CASES = [
    pytest.param(variant, name, id="-".join([layer.name, name, *said]))
    for layer in LAYERS.values()
    for variant, *said in [(layer,), *((layer.under(one), one) for one in layer.conventions)]
    for name in layer.cases
]
MISTAKES = [
    pytest.param(layer, mistake, id=f"{layer.name}-{mistake.name}")
    for layer in LAYERS.values()
    for mistake in layer.mistakes
]
SEEDS = (1, 2, 3)


def outside(values, standards):
    return {name: float(ratios(array, standards[name]).max(initial=0.0)) for name, array in values.items()}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("layer", "name"), CASES)
def test_the_plain_formulation_is_within_the_bounds(layer, name, seed):
    case = draw(layer, name, seed)
    found = outside(by_numpy(case), TracedCase(case).standards())
    assert max(found.values()) <= 1, found


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("layer", "name"), [one for one in CASES if one.values[0].reference])
def test_pytorch_is_within_the_bounds(layer, name, dtype):
    case = draw(layer, name, 1).rounded_to(dtype)
    found = outside(by_torch(case, dtype), TracedCase(case, dtype).standards())
    assert max(found.values()) <= 1, found


@pytest.mark.parametrize(("layer", "name"), CASES)
def test_a_case_decides_every_number_but_those_at_kinks(layer, name):
    standards = TracedCase(draw(layer, name, 1)).standards()
    undecided = {key: int(one.undecidable.sum()) for key, one in standards.items() if one.undecidable.any()}
    assert not undecided or "tie" in name or "kink" in name, undecided


@pytest.mark.parametrize(("layer", "mistake"), MISTAKES)
def test_a_mistake_is_found_and_named(layer, mistake):
    """Under a convention at least: a mistake may be in what others have not."""
    variants = [layer, *map(layer.under, layer.conventions)]
    found = [is_found_and_named(variant, mistake) for variant in variants]
    assert any(found)


def is_found_and_named(layer, mistake):
    traced = {name: TracedCase(draw(layer, name, 1)) for name in layer.cases}
    is_forward = is_in(layer.forward, mistake)
    values = {}
    for name, one in traced.items():
        if is_forward:  # a right backward pass for a wrong forward pass
            values[name] = {key: found.truth.high for key, found in one.mistaken(mistake).items()}
        else:
            values[name] = by_numpy(one.case, mistake)
    wrong = [
        key
        for key in (*layer.results, *layer.gradients)
        if not all(is_near(values[name][key], one.standards()[key]) for name, one in traced.items())
    ]
    if not wrong:
        return False
    said = explain(layer, wrong, values, traced)
    assert {name for one in said for name in one.arrays} == set(wrong)
    assert [one.mistake and one.mistake.name for one in said] == [mistake.name]
    return True

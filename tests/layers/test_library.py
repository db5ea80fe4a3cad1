"""Every layer: its plain formulation and PyTorch are within its bounds, and each of its mistakes is found and named."""

import numpy as np
import pytest
import torch

from harness.layers.cases import as_tuple, draw
from harness.layers.library import known_layers
from harness.layers.standards import TracedCase
from harness.layers.verdicts.changes import changed, is_in
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


def plain(layer, case, forward=None, backward=None):
    """What the formulations of a layer compute, by name."""
    results = as_tuple((forward or layer.forward)(**case.arguments, **case.options))
    found = dict(zip(layer.results, results, strict=True))
    if layer.backward:
        upstream = () if layer.kind == "loss" else case.upstream
        slopes = as_tuple((backward or layer.backward)(*upstream, **case.arguments, **case.options))
        found |= zip(layer.gradients, slopes, strict=True)
    return {name: np.asarray(array, dtype=np.float64) for name, array in found.items()}


def by_torch(layer, case, dtype):
    """What PyTorch computes, by name."""
    inputs = {
        name: torch.tensor(array, dtype=dtype if array.dtype.kind == "f" else torch.int64)
        for name, array in case.arguments.items()
    }
    for name in layer.differentiable:
        inputs[name].requires_grad_()
    results = as_tuple(layer.reference(torch, **inputs, **case.options))
    found = dict(zip(layer.results, results, strict=True))
    if layer.differentiable:
        upstream = [torch.tensor(one, dtype=dtype) for one in case.upstream]
        torch.autograd.backward(results, upstream)
        found |= {f"d{name}": inputs[name].grad for name in layer.differentiable}
    return {name: array.detach().numpy().astype(np.float64) for name, array in found.items()}


def outside(values, standards):
    return {name: float(ratios(array, standards[name]).max(initial=0.0)) for name, array in values.items()}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("layer", "name"), CASES)
def test_the_plain_formulation_is_within_the_bounds(layer, name, seed):
    case = draw(layer, name, seed)
    found = outside(plain(layer, case), TracedCase(case).standards())
    assert max(found.values()) <= 1, found


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("layer", "name"), [one for one in CASES if one.values[0].reference])
def test_pytorch_is_within_the_bounds(layer, name, dtype):
    case = draw(layer, name, 1).rounded_to(dtype)
    found = outside(by_torch(layer, case, getattr(torch, dtype)), TracedCase(case, dtype).standards())
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
    forward = changed(layer.forward, mistake) if is_in(layer.forward, mistake) else None
    backward = None if forward else changed(layer.backward, mistake)
    values = {}
    for name, one in traced.items():
        if forward:  # a right backward pass for a wrong forward pass
            values[name] = {key: found.truth.high for key, found in one.mistaken(mistake).items()}
        else:
            values[name] = plain(layer, one.case, forward, backward)
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

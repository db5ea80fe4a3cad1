"""The report on layers: what the usual checks make of mistakes, and right forms that are within the bounds."""

import json
from pathlib import Path

import numpy as np
import pytest

from harness.jobs.evidence.layers.forms import OTHER_FORMS, forms_of
from harness.jobs.evidence.layers.report import layer_facts, layers_document
from harness.jobs.evidence.layers.run import FOUND, PASSED, UNUSABLE, found_of, killed
from harness.jobs.evidence.soundness.layers import sound_layers
from harness.layers.cases import draw, draw_resized
from harness.layers.library import known_layers
from harness.layers.standards import TracedCase
from harness.layers.verdicts.compare import ratios
from harness.reporting.markdown import rendered

ROOT = Path(__file__).resolve().parents[4]
LAYERS = known_layers()


def mistake(layer, name):
    return next(one for one in LAYERS[layer].mistakes if one.name == name)


def test_an_upstream_of_ones_hides_that_it_is_left_out():
    found = killed(LAYERS["relu"], mistake("relu", "without_upstream"))
    assert found.is_named
    assert [*found.usual.values()] == [FOUND, FOUND, PASSED]


def test_the_sum_of_the_results_says_nothing_of_batch_norm():
    """The sum of normalised columns is constant, so that every dx is 0 and a relative error is one of rounding."""
    found = killed(LAYERS["batch norm"], mistake("batch norm", "gamma_missing"))
    assert [*found.usual.values()] == [FOUND, FOUND, UNUSABLE]


def test_right_float32_code_is_rejected_by_each_usual_check():
    found = found_of(LAYERS["affine"])
    assert found.is_sound
    assert set(found.rejected.values()) == {len(LAYERS["affine"].cases)}


def test_the_report_shows_each_layer_and_each_mistake():
    found = [found_of(LAYERS[name]) for name in ("relu", "affine")]
    text = rendered(layers_document(found), "layers")
    assert "def forward(x: Any, w: Any, b: Any) -> Any:" in text
    for one in found:
        assert all(row.mistake.sentence in text for row in one.mistakes)
    assert [one["name"] for one in layer_facts(found)["layers"]] == ["relu", "affine"]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", OTHER_FORMS)
def test_other_forms_are_within_the_bounds(name, dtype):
    layer, generator = LAYERS[name], np.random.default_rng(5)
    for case_name in layer.cases:
        case = draw_resized(layer, case_name, generator).rounded_to(dtype)
        standards = TracedCase(case, dtype).standards()
        for form, compute in forms_of(layer, dtype).items():
            for key, array in compute(case).items():
                assert ratios(array, standards[key]).max() <= 1, (form, case_name, key)


def test_the_committed_report_is_that_of_the_library():
    """If this fails, run `nox -s layers` and commit reports/."""
    data = json.loads((ROOT / "reports/data/layers.json").read_text(encoding="utf-8"))
    found = {one["name"]: [mistake["name"] for mistake in one["mistakes"]] for one in data["layers"]}
    assert found == {layer.name: [one.name for one in layer.mistakes] for layer in LAYERS.values()}


def test_soundness_counts_what_it_compares():
    [*_, tally] = sound_layers(2_000, 3)
    assert tally.entries.total() >= 2_000
    assert tally.alarms.total() == 0


@pytest.mark.parametrize(("name", "case_name"), [(one.name, case) for one in LAYERS.values() for case in one.cases])
def test_each_case_can_have_other_sizes(name, case_name):
    generator, usual = np.random.default_rng(11), shapes(draw(LAYERS[name], case_name, 1))
    assert any(shapes(draw_resized(LAYERS[name], case_name, generator)) != usual for _ in range(9))


def shapes(case):
    return [one.shape for one in case.arguments.values()]

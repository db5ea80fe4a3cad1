"""Right code of any style is right: every form of the activations, order of the sums, layout and library."""

from __future__ import annotations

import pytest
from support.checking import STYLES, checked, names
from support.running import shared

FEWEST_CASES = 20
SEEDS = (1, 2, 3)
# What a file does not declare on purpose.
UNDECLARED = {
    "mean_over_outputs_undeclared": {"REDUCTION": "mean over outputs"},
    "mean_undeclared": {"REDUCTION": "mean"},
    "negative_mean_undeclared": {"REDUCTION": "mean", "SIGN": "negative"},
    "ones_column_first_row_undeclared": {"LAYOUT": "in, out", "BIAS": "first row"},
    "ones_column_first_undeclared": {"BIAS": "first column"},
    "weights_in_out_undeclared": {"LAYOUT": "in, out"},
    "whole_squared_error_undeclared": {"HALF": False},
}
pytestmark = pytest.mark.usefixtures("known_truths")


def pytest_generate_tests(metafunc):
    if "style" not in metafunc.fixturenames:
        return
    every = metafunc.config.getoption("all_seeds")
    pairs = [
        (path, seed)
        for number, path in enumerate(STYLES)
        for seed in SEEDS
        if every or seed == SEEDS[number % len(SEEDS)]
    ]
    metafunc.parametrize(("style", "seed"), pairs, ids=[f"{path.stem}-{seed}" for path, seed in pairs])


def test_there_are_enough_styles():
    assert len(STYLES) >= 90
    assert {path.stem for path in STYLES} >= UNDECLARED.keys()


def test_a_right_style_is_right(style, seed):
    found = checked(shared(), style, seed, is_fitted=True)
    undeclared, ran = found.found.differences_from(found.declared), found.ran
    expected = UNDECLARED.get(style.stem, {})
    assert (found.verdict, undeclared) == ("agrees up to a convention" if expected else "agrees", expected)
    assert expected or names(found) == []
    assert ran >= FEWEST_CASES

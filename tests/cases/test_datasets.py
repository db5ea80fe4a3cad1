"""The bundled datasets equal those of scikit-learn, and invalid cases are refused."""

from __future__ import annotations

import re

import numpy as np
import pytest
from sklearn import datasets as scikit_learn

from harness.cases import datasets
from harness.cases.case import DTYPES, HIDDEN_ACTIVATIONS, OUTPUT_ACTIVATIONS, make_case
from harness.cases.standard import standard_cases
from harness.model.activations import ACTIVATIONS
from harness.model.errors import UnusableInput
from harness.truth.bounds.float_format import FUNCTION_ULPS


@pytest.mark.parametrize("name", [name for name in datasets.DATASET_NAMES if name not in ("xor", "ten_rows")])
def test_bundled_datasets_equal_those_of_scikit_learn(name):
    """They are stored as arrays, integers as bytes, because a check takes less time than importing scikit-learn."""
    bunch = getattr(scikit_learn, f"load_{name}")()
    assert np.array_equal(np.load(datasets.DATA / f"{name}.npy"), bunch.data)
    assert np.array_equal(np.load(datasets.DATA / f"{name}_target.npy"), bunch.target)


@pytest.mark.parametrize("case", [case for case in standard_cases() if not case.online], ids=lambda case: case.id)
def test_each_seed_draws_different_numbers_reproducibly(case):
    first, again, second, unseeded = (case.build(seed) for seed in (1, 1, 2, None))
    for mine, repeated, theirs in zip(first.arrays(), again.arrays(), second.arrays(), strict=True):
        assert np.array_equal(mine, repeated)
        assert mine.shape == theirs.shape
        assert mine.dtype == case.dtype
    weights = [inputs.network.layers[0].w for inputs in (first, second, unseeded)]
    assert not any(np.array_equal(weights[i], weights[j]) for i, j in ((0, 1), (0, 2), (1, 2)))


@pytest.mark.parametrize(
    ("widths", "others", "words"),
    [
        ((), {}, r"^widths \(\): expected two whole numbers or more, each at least 1, as \(4, 5, 3\)$"),
        ((3,), {}, r"^widths \(3,\): expected two"),
        ((3, 0, 2), {}, r"^widths \(3, 0, 2\): expected two"),
        ((3, -1), {}, r"^widths \(3, -1\): expected two"),
        ((3, 2.5), {}, r"^widths \(3, 2.5\): expected two"),
        ((3, 2), {"batch": 0}, r"^batch 0: expected a whole number of rows, at least 1$"),
        ((3, 2), {"batch": None}, r"^batch None: expected"),
        ((3, 2), {"activations": "sigmoyd"}, r"^unknown output activation 'sigmoyd': did you mean 'sigmoid'\? known: "),
        ((3, 2, 2), {"activations": "tan sigmoid"}, r"^unknown hidden activation 'tan': did you mean 'tanh'\?"),
        ((3, 2, 2), {"activations": "softmax"}, r"^unknown hidden activation 'softmax': "),
        ((3, 2, 2), {"activations": " sigmoid"}, r"^unknown hidden activation ''"),
        ((3, 2), {"activations": ""}, r"^unknown output activation ''"),
        ((3, 2), {"dtype": "float16"}, r"^unknown dtype 'float16': .*known: float32, float64$"),
        ((3, 2), {"dtype": np.float32}, r"^unknown dtype .*known: float32, float64$"),
        ((3, 2), {"flag": "satured"}, r"^unknown flag 'satured': did you mean 'saturated'\?"),
    ],
)
def test_an_invalid_case_is_refused_in_one_line(widths, others, words):
    with pytest.raises(UnusableInput) as refused:
        make_case("random", widths, **others).build()
    assert re.match(words, str(refused.value))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("widths", [(3, 3), (4, 2), (5, 6, 3)])
def test_widths_that_do_not_match_the_dataset_are_refused_in_one_line(widths):
    with pytest.raises(UnusableInput, match=r"on iris: expected 4 at the start and 3 at the end$"):
        make_case("iris", widths).build()


def test_case_names_list_all_activations_and_dtypes():
    assert set(OUTPUT_ACTIVATIONS) == ACTIVATIONS.keys()
    assert set(HIDDEN_ACTIVATIONS) == {name for name, activation in ACTIVATIONS.items() if activation.slope is not None}
    assert set(DTYPES) == FUNCTION_ULPS.keys()

"""The bundled tables are those of scikit-learn, number by number."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import datasets as scikit_learn

from harness import datasets
from harness.cases import standard_cases


@pytest.mark.parametrize("name", [name for name in datasets.NAMES if name not in ("xor", "ten_rows")])
def test_the_tables_are_those_of_scikit_learn(name):
    """They are kept as plain arrays, whole numbers as bytes: a check is over before scikit-learn is imported."""
    bunch = getattr(scikit_learn, f"load_{name}")()
    assert np.array_equal(np.load(datasets.DATA / f"{name}.npy"), bunch.data)
    assert np.array_equal(np.load(datasets.DATA / f"{name}_target.npy"), bunch.target)


@pytest.mark.parametrize("case", [case for case in standard_cases() if not case.online], ids=lambda case: case.id)
def test_a_seed_draws_other_numbers_and_the_same_ones_again(case):
    one, again, other, usual = (case.build(seed) for seed in (1, 1, 2, None))
    for mine, repeated, theirs in zip(one.arrays(), again.arrays(), other.arrays(), strict=True):
        assert np.array_equal(mine, repeated)
        assert mine.shape == theirs.shape
        assert mine.dtype == case.dtype
    weights = [inputs.network.layers[0].w for inputs in (one, other, usual)]
    assert not any(np.array_equal(weights[i], weights[j]) for i, j in ((0, 1), (0, 2), (1, 2)))

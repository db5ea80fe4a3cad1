"""The bundled tables are those of scikit-learn, number by number."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import datasets as scikit_learn

from harness import datasets
from harness.cases import standard_cases


@pytest.mark.parametrize("name", datasets.SCIKIT_LEARN)
def test_the_bundle_holds_what_scikit_learn_holds(name):
    bunch = getattr(scikit_learn, f"load_{name}")()
    with np.load(datasets.BUNDLE) as bundle:
        assert np.array_equal(bundle[name], bunch.data)
        assert np.array_equal(bundle[f"{name}_target"], bunch.target)


@pytest.mark.parametrize("case", [case for case in standard_cases() if not case.online], ids=lambda case: case.id)
def test_a_seed_draws_other_numbers_and_the_same_ones_again(case):
    one, again, other, usual = (case.build(seed) for seed in (1, 1, 2, None))
    for mine, repeated, theirs in zip(one.arrays(), again.arrays(), other.arrays(), strict=True):
        assert np.array_equal(mine, repeated)
        assert mine.shape == theirs.shape
        assert mine.dtype == case.dtype
    weights = [inputs.network.layers[0].w for inputs in (one, other, usual)]
    assert not any(np.array_equal(weights[i], weights[j]) for i, j in ((0, 1), (0, 2), (1, 2)))

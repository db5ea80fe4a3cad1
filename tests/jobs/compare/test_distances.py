"""All pairs at once: the same numbers as one pair after the other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.jobs.compare import distances as module
from harness.jobs.compare.distances import distances
from harness.judging.verdict import max_norm_distance


@pytest.mark.parametrize("together", [1, 10, 2**16])
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 7))
@settings(max_examples=60)
def test_the_worst_layer_of_each_two_is_that_of_one_pair_at_a_time(together, seed, count):
    random = np.random.default_rng(seed)
    shapes = {("delta", 1): (3, 2), ("w", 1): (2, 4), ("w", 2): (1, 2), ("b", 1): (2,)}
    pool = [{key: random.choice([0.0, -0.0, 1e300, 1.0, 1e-300], shape) for key, shape in shapes.items()}] * 2
    pool += [{key: array * random.uniform(-2, 2) for key, array in pool[0].items()} for _ in range(2)]
    given_ = []
    for _ in range(count):
        one = pool[random.integers(len(pool))]
        given_.append({key: array for key, array in one.items() if random.random() < 0.8})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_TOGETHER", together)
        patch.setattr(module, "_AT_ONCE", together)
        found = distances(given_)
    assert set(found) == {key[0] for one in given_ for key in one}
    for quantity, matrix in found.items():
        for i in range(count):
            for j in range(count):
                keys = [key for key in given_[i] if key in given_[j] and key[0] == quantity]
                expected = max((max_norm_distance(given_[i][key], given_[j][key]) for key in keys), default=math.nan)
                assert matrix[i, j] == (
                    pytest.approx(expected, rel=0, abs=0, nan_ok=True)
                    if i < j
                    else pytest.approx(math.nan, nan_ok=True)
                )

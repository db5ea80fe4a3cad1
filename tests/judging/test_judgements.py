"""A batch of arrays gets the same judgements as single arrays, also with NaN, infinities and kinks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.cases.case import make_case
from harness.judging import verdict
from harness.judging.verdict import Judgement, batched, judge_array, judge_arrays
from harness.truth.certify import certify

CASES = [
    make_case("random", (3, 4, 2), "sigmoid", 5),
    make_case("random", (4, 1), "sigmoid", 1),
    make_case("random", (3, 5, 4, 2), "relu softmax", 4, flag="dead"),
    make_case("random", (3, 2, 2), "tanh", 3, dtype="float32"),
]
STANDARDS = [certify(case.build(), case.learning_rate, case.dtype) for case in CASES]
SPOILED = [0.0, np.nan, np.inf, -np.inf, 1e300]


def by_hand(value, standard):
    """The rule, an entry at a time."""
    errors, units = {}, {}
    for entry in np.ndindex(value.shape):
        high, low = standard.truth.high[entry], standard.truth.low[entry]
        error = abs((value[entry] - high) - low)
        allowed = standard.bound[entry] + standard.truth.radius[entry]
        errors[entry] = float(error)
        units[entry] = 0.0 if standard.undecidable[entry] or error == 0 else float(error / allowed)
    # The first of the worst; a NaN is worse than all, as an infinity is.
    worst = max(units, key=lambda entry: np.inf if np.isnan(units[entry]) else units[entry])
    explained = all(one <= 1 for one in units.values())
    undecidable = int(standard.undecidable.sum())
    largest = np.nan if any(map(np.isnan, errors.values())) else max(errors.values())
    return Judgement(
        verdict="" if not explained else "cannot tell" if undecidable else "agrees",
        error_ratio=units[worst],
        entry=worst,
        error=errors[worst],
        bound=float(standard.bound[worst] + standard.truth.radius[worst]),
        undecidable=undecidable,
        relative=float(0.0 if largest == 0 else largest / np.abs(standard.truth.high).max()),
    )


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("together", [1, 20, 2**16])
@given(seed=st.integers(0, 2**32 - 1), number=st.integers(0, len(CASES) - 1))
@settings(max_examples=80)
def test_a_batch_is_judged_like_single_arrays(together, seed, number):
    random = np.random.default_rng(seed)
    standards = {
        key: replace(
            one,
            undecidable=one.undecidable | (random.random(one.bound.shape) < random.choice([0, 0.2, 1])),
            bound=np.where(random.random(one.bound.shape) < 0.1, random.choice([0.0, np.inf, np.nan]), one.bound),
        )
        for key, one in STANDARDS[number].items()
    }
    values = {}
    for key, one in standards.items():
        moved = one.truth.high + one.bound * random.uniform(-2, 2, one.bound.shape)
        spoiled = random.random(moved.shape) < random.choice([0, 0.1])
        values[key] = np.where(spoiled, random.choice(SPOILED, moved.shape), moved)
    chosen = random.permutation(len(values))[: number + 3]
    some = {key: array for place, (key, array) in enumerate(values.items()) if place in chosen}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verdict, "MAX_BATCH_SIZE", together)
        found = judge_arrays(some, batched(standards))
    assert set(found) == set(some)
    for key, judgement in found.items():
        assert repr(judgement) == repr(by_hand(some[key], standards[key])), key
        assert repr(judge_array(some[key], standards[key])) == repr(judgement)

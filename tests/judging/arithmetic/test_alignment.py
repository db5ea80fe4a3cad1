"""The statistic of alignment: its distribution, and that errors of few sources do not deceive it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from harness.judging.arithmetic.alignment import risk_of_alignment, student_tail, unexplained_part

KEY = "w", 1


@pytest.mark.parametrize("t", [-3.0, 0.5, 4.0, 30.0])
@pytest.mark.parametrize("freedom", [5, 31])
def test_the_tail_is_that_of_students_distribution(t, freedom):
    assert student_tail(t, freedom) == pytest.approx(stats.t.sf(t, freedom), rel=1e-9)


@pytest.mark.parametrize("sources", [1, 3, 40, 1000])
def test_risks_of_independent_errors_are_uniform(sources):
    """Errors of 1000 entries that come from so many sources, as those of δ reach many gradients."""
    random = np.random.default_rng(sources)
    mixing = random.normal(size=(1000, sources))

    def drawn(_=0):
        return [{KEY: mixing @ random.uniform(-1, 1, sources)}]

    risks = np.array([risk_of_alignment(drawn(), drawn(), 32, drawn) for _ in range(300)])
    if sources > 1:  # the alignment with the errors of one source has two values
        assert stats.kstest(risks, "uniform").pvalue > 1e-4
    assert risks.min() > 1e-5


def test_errors_of_the_emulation_have_a_small_risk():
    random = np.random.default_rng(1)
    e = random.uniform(-1, 1, 2000)
    r = [{KEY: e + 0.1 * random.normal(size=2000)}]
    assert risk_of_alignment(r, [{KEY: e}], 32, lambda _: [{KEY: random.uniform(-1, 1, 2000)}]) < 1e-12
    assert unexplained_part(r, [{KEY: e}]) < 0.1


def test_an_emulation_with_errors_where_there_are_none_explains_nothing():
    assert unexplained_part([{KEY: np.zeros(3)}], [{KEY: np.ones(3)}]) == np.inf
    assert unexplained_part([{KEY: np.ones(3)}], [{KEY: np.zeros(3)}]) == 1

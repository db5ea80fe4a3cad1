"""The order of errors along a line: noise of any kind is taken for a formula as rarely as stated."""

from __future__ import annotations

import numpy as np
import pytest

from harness.judging.causes.smoothness import (
    LINE_POINTS,
    RISK,
    examine_line,
    is_arithmetic,
    is_formula,
    risk_of,
)

NOISES = {
    "normal": lambda random, shape: random.normal(size=shape),
    "of either sign": lambda random, shape: random.uniform(-1, 1, shape),
    "of one sign": lambda random, shape: random.uniform(0, 1, shape),
    "heavy tails": lambda random, shape: random.standard_cauchy(shape),
    "a few values": lambda random, shape: random.integers(-2, 3, shape).astype(float),
    "one rounding in all entries": lambda random, shape: random.normal(size=(shape[0], 1)) * np.ones(shape),
}
ENTRIES = 20


def lines_of(errors_of_a_line, count=3, gross=False):
    return [examine_line(errors_of_a_line(number), np.full(ENTRIES, gross)) for number in range(count)]


@pytest.mark.parametrize("kind", NOISES)
def test_the_risk_is_what_it_says(kind):
    """Over many files whose errors are noise, a risk of r or less is found in a share of r at most."""
    random, trials = np.random.default_rng(1), 2000
    shape = (LINE_POINTS, ENTRIES)
    one_line = [risk_of(lines_of(lambda _: NOISES[kind](random, shape), 1)) for _ in range(trials)]
    found = np.array(one_line)
    for level in (0.5, 0.1, 0.02):
        share = float((found <= level).mean())
        assert share <= level + 3 * np.sqrt(level / trials), (kind, level, share)


@pytest.mark.parametrize("kind", NOISES)
def test_noise_is_never_a_formula(kind):
    random = np.random.default_rng(2)
    shape = (LINE_POINTS, ENTRIES)
    for _ in range(500):
        assert not is_formula(lines_of(lambda _: NOISES[kind](random, shape), 4))


@pytest.mark.parametrize("kind", ["normal", "of either sign", "heavy tails"])
def test_noise_is_arithmetic(kind):
    random = np.random.default_rng(3)
    shape = (LINE_POINTS, ENTRIES)
    found = [is_arithmetic(lines_of(lambda _: NOISES[kind](random, shape), 2)) for _ in range(200)]
    assert sum(found) >= 190


ALONG = np.linspace(0, 1, LINE_POINTS)[:, None]


def smooth(number):
    """The errors of a formula: each entry has its own size and slope, and some are constant."""
    random = np.random.default_rng([7, number])
    slopes = random.uniform(0.01, 0.1, ENTRIES) * random.choice([-1, 1, 0], ENTRIES)
    return 10.0 ** random.uniform(-6, 0, ENTRIES) * (1 + slopes * ALONG)


def test_the_errors_of_a_formula_are_a_formula():
    lines = lines_of(smooth)
    assert is_formula(lines)
    assert risk_of(lines) <= RISK
    assert not is_arithmetic(lines)


def test_one_wrong_entry_among_noise_is_a_formula():
    """The largest error of a gradient that is otherwise computed in coarse arithmetic grows steadily."""
    random = np.random.default_rng(5)

    def mixed(_):
        errors = 1e-3 * random.normal(size=(LINE_POINTS, ENTRIES))
        errors[:, 3] = 1 + 0.1 * ALONG[:, 0]
        return errors

    assert is_formula(lines_of(mixed))
    fine = [examine_line(mixed(0), np.zeros(ENTRIES, dtype=bool), is_coarse=False) for _ in range(4)]
    assert not is_formula(fine), "between its own units coarse arithmetic is smooth, too"


def test_a_smooth_error_no_larger_than_the_noise_shows_nothing():
    """Coarse arithmetic loses a small entry as a whole: its error is minus its value, as smooth as a formula."""
    random = np.random.default_rng(6)

    def lost(_):
        errors = random.normal(size=(LINE_POINTS, ENTRIES))
        errors[:, 3] = -0.5 * (1 + ALONG[:, 0])
        return errors

    assert not is_formula(lines_of(lost, 4))


def test_nothing_is_shown_by_errors_that_are_not_finite():
    line = examine_line(np.full((LINE_POINTS, ENTRIES), np.nan), np.zeros(ENTRIES, dtype=bool))
    assert line.is_empty
    assert not line.is_irregular
    assert not is_formula([line] * 4)

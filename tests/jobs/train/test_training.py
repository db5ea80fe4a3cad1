"""Training, followed: the exact run, and the spread of perturbed runs."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from flint import ctx

from harness.jobs.train import spread
from harness.jobs.train.courses import DATASETS, Course, courses
from harness.jobs.train.states import balls_of, network_of, of_balls, of_network
from harness.judging.verdict import judge_array as judge_array
from harness.model.contract import Inputs
from harness.truth import gradient
from harness.truth.certify import certify
from harness.truth.enclosures import ball_backprop

SHORT = {course.id: course for course in courses(16)}


def test_the_exact_training_in_batches_is_that_of_mpmath_at_70_digits():
    """A sigmoid hidden layer of two units, one linear output; three rows in batches of two, three epochs."""
    inputs = Course("iris", (4, 2, 3), "identity", 3, 2, 0.25).build()
    with mpmath.workdps(70):
        (w1, b1), (w2, b2) = (
            ([[mpmath.mpf(v) for v in row] for row in layer.w.tolist()], [mpmath.mpf(v) for v in layer.b.tolist()])
            for layer in inputs.network.layers
        )
        for _ in range(3):
            for x, t in inputs.batches(2):
                g1, h1, g2, h2 = np.zeros((2, 4), object), np.zeros(2, object), np.zeros((3, 2), object), [0, 0, 0]
                for row, target in zip(x.tolist(), t.tolist(), strict=True):
                    a = [1 / (1 + mpmath.exp(-(mpmath.fdot(w1[j], row) + b1[j]))) for j in range(2)]
                    d2 = [mpmath.fdot(w2[j], a) + b2[j] - target[j] for j in range(3)]
                    d1 = [sum(d2[j] * w2[j][k] for j in range(3)) * a[k] * (1 - a[k]) for k in range(2)]
                    for j in range(3):
                        h2[j] += d2[j]
                        g2[j] += [d2[j] * a[k] for k in range(2)]
                    for j in range(2):
                        h1[j] += d1[j]
                        g1[j] += [d1[j] * mpmath.mpf(row[k]) for k in range(4)]
                w1 = [[w1[j][k] - g1[j, k] / 4 for k in range(4)] for j in range(2)]
                b1 = [b1[j] - h1[j] / 4 for j in range(2)]
                w2 = [[w2[j][k] - g2[j, k] / 4 for k in range(2)] for j in range(3)]
                b2 = [b2[j] - h2[j] / 4 for j in range(3)]
        expected = [[*row, b] for w, bs in ((w1, b1), (w2, b2)) for row, b in zip(w, bs, strict=True)]
        found = gradient.advance(inputs, ball_backprop.ball_parameters(inputs.network), 0.25, 2, 3)
        parts = [row for layer in of_balls(found) for row in np.moveaxis(layer, 0, -1).tolist()]
        errors = [
            abs(mpmath.fsum(of_entry) - value)
            for row, values in zip(parts, expected, strict=True)
            for of_entry, value in zip(row, values, strict=True)
        ]
        # Each of a step's roundings, some tens, is of 2^-192, and there are six steps.
        assert max(errors) < mpmath.mpf(2) ** (12 - gradient.TRAINING_PRECISION)
    assert len(errors) == 19


def test_the_truth_can_be_kept_as_floats_without_loss_and_goes_on_from_there():
    inputs = SHORT["iris-4-5-3-batches20"].build()
    start = ball_backprop.ball_parameters(inputs.network)
    at_once = gradient.advance(inputs, start, 0.01, 20, 3)
    parted = gradient.advance(inputs, balls_of(of_balls(gradient.advance(inputs, start, 0.01, 20, 1))), 0.01, 20, 2)
    before, ctx.prec = ctx.prec, 400
    try:
        for one, other in zip(at_once, parted, strict=True):
            assert all(x - y == 0 for x, y in zip(one.entries(), other.entries(), strict=True))
    finally:
        ctx.prec = before


@pytest.mark.parametrize("name", ["iris-4-5-3-batches20", "iris-4-3-batches20", "breast_cancer-30-4-1-online"])
def test_each_of_the_runs_side_by_side_takes_a_right_step(name):
    course = SHORT[name]
    inputs = course.build()
    x, t = inputs.batches(course.batch)[0]
    starts = spread.perturbed(course, of_network(inputs.network))
    moved = of_network(spread.perturbed_step(network_of(inputs.network, starts), x, t, course.learning_rate))
    for k in range(spread.RUNS):
        alone = network_of(inputs.network, tuple(layer[k] for layer in starts))
        standards = certify(Inputs(alone, x, t), course.learning_rate, "float64")
        for l, (before, after) in enumerate(zip(starts, moved, strict=True), start=1):
            assert judge_array(before[k] - after[k], standards["update", l]).verdict == "agrees"


def test_perturbed_starts_are_one_ulp_away_in_both_directions():
    course = SHORT["digits-64-10-online"]
    [start] = of_network(course.build().network)
    [moved] = spread.perturbed(course, (start,))
    up, down = np.nextafter(start, np.inf), np.nextafter(start, -np.inf)
    assert moved.shape == (spread.RUNS, *start.shape)
    assert ((moved == up) ^ (moved == down)).all()
    assert len({run.tobytes() for run in moved}) == spread.RUNS


@pytest.mark.parametrize(("false_alarm", "published"), [(0.05, "2.120"), (0.01, "2.921"), (0.001, "4.015")])
def test_the_quantile_is_that_of_the_published_table(false_alarm, published):
    """Two-sided, 16 degrees of freedom: Fisher and Yates, Statistical Tables, table III."""
    assert f"{spread.quantile(16, false_alarm):.3f}" == published


def test_the_quantile_leaves_out_the_probability_that_it_is_asked_for():
    n, q = spread.RUNS, spread.quantile()
    with mpmath.workdps(30):
        scale = mpmath.gamma((n + 1) / mpmath.mpf(2)) / (mpmath.sqrt(n * mpmath.pi) * mpmath.gamma(n / mpmath.mpf(2)))
        outside = 2 * mpmath.quad(lambda t: scale * (1 + t * t / n) ** (-(n + 1) / mpmath.mpf(2)), [q, 100, mpmath.inf])
    assert f"{float(outside):.6e}" == f"{spread.FALSE_ALARM:.6e}"


def test_courses_have_one_hidden_layer_or_none_on_each_dataset_online_and_in_batches():
    found = {(course.dataset, len(course.widths), course.batch == 1) for course in courses()}
    assert len(found) == len(courses()) == 4 * len(DATASETS)
    assert all(course.epochs == 300 and course.recorded[0] == 1 and course.recorded[-1] == 300 for course in courses())
    assert {1, 10, 100} <= set(courses()[0].recorded)

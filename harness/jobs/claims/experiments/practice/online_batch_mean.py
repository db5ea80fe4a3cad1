"""Sums of samples, means, and many small steps."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
from flint import ctx

from harness.cases.case import make_case
from harness.jobs.claims.claim import Claim, ClaimTable, Evidence, Statement
from harness.jobs.claims.tools import exponent, figure, moved_by, order, parameters, rates
from harness.mistakes.entries.batches import OnlineUpdatesInsideBatch
from harness.model.contract import Inputs
from harness.model.costs import CostScale
from harness.model.exact import Architecture, opaque_inputs, rational_inputs, small_inputs
from harness.model.textbook import Textbook
from harness.reporting.figures import Line, Panel, Picture
from harness.truth.enclosures.precise import precise_inputs

BATCH_BITS = 200
BATCH_RATES = [10.0**-k for k in np.arange(0, 6.1, 0.5)]
ROWS = 10


def experiment() -> Evidence:
    summed, numbers = _summed()
    picture, table = _online_and_batch()
    of_step, of_difference = _batch_orders()
    return Evidence(
        (
            Statement(
                f"The gradient of a batch is the sum of those of its samples, exactly: {numbers} integers.", summed
            ),
            Statement(
                "A step along the mean of n samples with η is a step along their sum with η / n, exactly (in "
                "fractions).",
                _mean(),
            ),
            Statement(
                f"A batch update is of order η^{of_step}, and what n online updates differ from it of order "
                f"η^{of_difference}, exactly (with η as an unknown, on a linear network of integers).",
                (of_step, of_difference) == (1, 2),
            ),
        ),
        (picture, table),
    )


def _batch_orders() -> tuple[int, int]:
    """The lowest powers of η in one batch update, and in its difference from online updates."""
    given, eta = rates(small_inputs(Architecture((2, 3, 2), 3), random.Random(4)))
    once, online = (book(given, eta).step() for book in (Textbook, OnlineUpdatesInsideBatch))  # type: ignore[arg-type]
    start = parameters(given.network)
    return order(parameters(once), start), order(parameters(online), parameters(once))


def _batch_row(inputs: Inputs, i: int) -> Inputs:
    return Inputs(inputs.network, inputs.x[i : i + 1], inputs.t[i : i + 1])


def _summed() -> tuple[bool, int]:
    inputs = opaque_inputs(Architecture((3, 4, 2), 5), random.Random(2))
    of_batch = Textbook(inputs).gradients()
    of_each = [Textbook(_batch_row(inputs, i)).gradients() for i in range(len(inputs.x))]
    pairs = [
        (whole, sum(part))
        for whole, part in zip(of_batch.w, zip(*(one.w for one in of_each), strict=True), strict=True)
    ]
    pairs += [
        (whole, sum(part))
        for whole, part in zip(of_batch.b, zip(*(one.b for one in of_each), strict=True), strict=True)
    ]
    return all(np.array_equal(one, other) for one, other in pairs), sum(one.size for one, _ in pairs)


def _mean() -> bool:
    inputs, eta = rational_inputs(Architecture((3, 4, 2), 5), random.Random(3)), Fraction(2, 7)
    along_mean = Textbook(inputs, eta, CostScale(divisor=5)).step()  # type: ignore[arg-type]  # a fraction, not a float
    along_sum = Textbook(inputs, eta / 5).step()  # type: ignore[arg-type]
    return all(
        np.array_equal(a.w, b.w) and np.array_equal(a.b, b.b)
        for a, b in zip(along_mean.layers, along_sum.layers, strict=True)
    )


def _online_and_batch() -> tuple[Picture, ClaimTable]:
    inputs = make_case("iris", (4, 5, 3), "sigmoid", ROWS).build()
    with ctx.workprec(BATCH_BITS):
        given = precise_inputs(inputs)
        batch, apart = [], []
        for eta in BATCH_RATES:
            once, online = (book(given, eta).step() for book in (Textbook, OnlineUpdatesInsideBatch))
            batch.append(moved_by(once, given.network))
            apart.append(moved_by(online, once))
    power = exponent(BATCH_RATES[-5:], apart[-5:])
    lines = (
        Line("one batch update", BATCH_RATES, batch),
        Line(f"its distance from {ROWS} online updates", BATCH_RATES, apart),
    )
    caption = (
        f"How far one update of {ROWS} rows moves the weights, and how far from it {ROWS} updates of one row end, "
        f"against η: slopes 1 and 2 (fitted: {power:.2f}). At η = 1 they are apart by {apart[0] / batch[0]:.0%} of "
        "the step; for small η they agree ever better."
    )
    rows = [
        [*map(figure, (BATCH_RATES[i], batch[i], apart[i], apart[i] / batch[i], apart[i] / BATCH_RATES[i] ** 2))]
        for i in range(0, len(BATCH_RATES), 2)
    ]
    headers = ["η", "‖batch update‖", "‖online − batch‖", "ratio", "‖online − batch‖ / η²"]
    table = ClaimTable(
        f"iris (4-5-3, sigmoid), {ROWS} rows, in {BATCH_BITS} bits: the last column tends to a constant.", headers, rows
    )
    picture = Picture("online-batch-mean", caption, "learning rate η", "distance of weights", (Panel("", lines),), "xy")
    return picture, table


CLAIM = Claim(
    position=10,
    name="online-batch-mean",
    question="Online, batch or mean: do they give the same training?",
    answer=(
        "The gradient of a batch is the sum of its samples' gradients, and a mean is only another learning rate. But n "
        "online updates are not one batch update: each sample after the first meets weights that have moved."
    ),
    source="article 2 trains online, Nielsen in mini-batches with a mean, 15 Steps in one batch.",
    method=(
        "Sums and means are checked on exact numbers; the updates are compared in arithmetic of 200 bits, so that no "
        "rounding hides their difference at small η."
    ),
    limits=(
        "With the same η a mean over n rows moves the weights n times less: rates of articles are to be compared "
        "only after that. Momentum, weight decay and adaptive rates make a mean and a sum differ in more than η."
    ),
    experiment=experiment,
)

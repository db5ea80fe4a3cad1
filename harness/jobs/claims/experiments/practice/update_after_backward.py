"""A layer is updated after its delta has been sent back, not before."""

from __future__ import annotations

import random

import numpy as np
from flint import ctx

from harness.cases.case import make_case
from harness.jobs.claims.claim import Claim, ClaimTable, Evidence, Statement
from harness.jobs.claims.tools import costs, exponent, figure, moved_by, order, parameters, rates, relative
from harness.mistakes.entries.backward import UpdatedWeightsUsedToPropagate
from harness.model.contract import Inputs
from harness.model.exact import Architecture, small_inputs
from harness.model.textbook import Textbook
from harness.reporting.figures import Line, Panel, Picture
from harness.truth.enclosures.precise import precise_inputs

UPDATE_BITS = 200
UPDATE_RATES = [10.0**-k for k in np.arange(0, 6.1, 0.5)]
SLOW_UPDATES, UPDATE_STEPS = 0.1, 200


def experiment() -> Evidence:
    inputs = make_case("iris", (4, 5, 3), "sigmoid", 10).build()
    picture, table, same_at_output = _measured(inputs)
    of_gradient, of_step = _update_orders()
    start, *_, late = costs(Textbook, inputs, SLOW_UPDATES, UPDATE_STEPS)
    early = costs(UpdatedWeightsUsedToPropagate, inputs, SLOW_UPDATES, UPDATE_STEPS)[-1]
    return Evidence(
        (
            Statement("The output layer's gradient is the same, in every bit.", same_at_output),
            Statement(
                f"The hidden layer's gradient differs by an amount of order η^{of_gradient}, the weights after a "
                f"step by one of order η^{of_step}, exactly (with η as an unknown, on a linear network of integers).",
                (of_gradient, of_step) == (1, 2),
            ),
            Statement(
                f"The cost falls all the same, so that its curve does not show the mistake: {UPDATE_STEPS} steps at "
                f"η = {SLOW_UPDATES} take it from {start:.2f} to {late:.4f}, and with the mistake to {early:.4f}.",
                max(late, early) < start and late != early,
            ),
        ),
        (picture, table),
    )


def _update_orders() -> tuple[int, int]:
    """The lowest powers of η in the difference of the hidden layer's gradient and of the weights after a step."""
    given, eta = rates(small_inputs(Architecture((2, 3, 2), 2), random.Random(6)))
    books = [book(given, eta) for book in (Textbook, UpdatedWeightsUsedToPropagate)]  # type: ignore[arg-type]
    gradients, moved = ([book.gradients().w[0]] for book in books), (parameters(book.step()) for book in books)
    return order(*gradients), order(*moved)


def _measured(inputs: Inputs) -> tuple[Picture, ClaimTable, bool]:
    """Both differences on a real network, and whether the output layer has none."""
    hidden, output, updates = [], [], []
    with ctx.workprec(UPDATE_BITS):
        given = precise_inputs(inputs)
        for eta in UPDATE_RATES:
            right, early = Textbook(given, eta), UpdatedWeightsUsedToPropagate(given, eta)
            one, other = right.gradients(), early.gradients()
            hidden.append(relative(other.w[0], one.w[0]))
            output.append(relative(other.w[1], one.w[1]))
            updates.append(moved_by(early.step(), right.step()))
    powers = [exponent(UPDATE_RATES[-5:], values[-5:]) for values in (hidden, updates)]
    caption = (
        "Updating before sending back, against η: the hidden gradient is off in proportion to η, the weights after "
        f"the step in proportion to η² (fitted exponents {powers[0]:.2f} and {powers[1]:.2f}). Small rates hide the "
        "mistake; a gradient check, which knows no η, never sees it."
    )
    panels = (
        Panel("∂C/∂W^1, relative", (Line("difference", UPDATE_RATES, hidden),)),
        Panel("weights after one step, ‖difference‖", (Line("difference", UPDATE_RATES, updates),)),
    )
    picture = Picture("update-after-backward", caption, "learning rate η", "difference", panels, "xy")
    rows = [[figure(eta), figure(error)] for eta, error in list(zip(UPDATE_RATES, hidden, strict=True))[::2]]
    table = ClaimTable("The first layer's gradient, iris (4-5-3, sigmoid), 10 rows.", ["η", "relative error"], rows)
    return picture, table, max(output) == 0


CLAIM = Claim(
    position=11,
    name="update-after-backward",
    question="May a layer be updated before its delta is sent back through it?",
    answer=(
        "No: the delta must go back through the weights that the forward pass used. With updated weights it is "
        "another algorithm, whose hidden gradients are off in proportion to η. Its cost falls, too; a curve does not "
        "show the mistake."
    ),
    source=(
        "https://github.com/CodingTrain/Toy-Neural-Network-JS/issues/72 and others; the code behind the most copied "
        "worked example."
    ),
    method=(
        "The catalogue's `updated_weights_used_to_propagate` beside the textbook, in 200 bits so that small "
        "differences are not rounded away, from η = 1 to 10^-6."
    ),
    limits=(
        "One layer alone has nothing to send back, and the output layer's gradient is always right. Some methods "
        "update layer by layer on purpose; they are not gradient descent on C."
    ),
    experiment=experiment,
)

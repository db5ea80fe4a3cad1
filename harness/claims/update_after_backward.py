"""A layer is updated after its delta has been sent back, not before."""

from __future__ import annotations

import numpy as np
from flint import ctx

from harness.cases import make
from harness.claims.claim import Claim, Evidence, Statement, Table
from harness.claims.tools import costs, exponent, figure, moved_by, relative
from harness.mistakes.backward import UpdatedWeightsUsedToPropagate
from harness.pictures import Line, Panel, Picture
from harness.precise import precise
from harness.textbook import Textbook

BITS = 200
RATES = [10.0**-k for k in np.arange(0, 6.1, 0.5)]
SLOW, STEPS = 0.1, 200


def experiment() -> Evidence:
    inputs = make("iris", (4, 5, 3), "sigmoid", 10).build()
    hidden, output, updates = [], [], []
    with ctx.workprec(BITS):
        given = precise(inputs)
        for eta in RATES:
            right, early = Textbook(given, eta), UpdatedWeightsUsedToPropagate(given, eta)
            one, other = right.gradients(), early.gradients()
            hidden.append(relative(other.w[0], one.w[0]))
            output.append(relative(other.w[1], one.w[1]))
            updates.append(moved_by(early.step(), right.step()))
    first, second = exponent(RATES[-5:], hidden[-5:]), exponent(RATES[-5:], updates[-5:])
    lines = (Line("first layer's gradient, relative", RATES, hidden), Line("weights after the step", RATES, updates))
    caption = (
        "Updating before sending back, against η: the hidden gradient is off in proportion to η, the weights after the "
        "step in proportion to η². Small rates hide the mistake; a gradient check, which knows no η, never sees it."
    )
    picture = Picture("update-after-backward", caption, "learning rate η", "difference", (Panel("", lines),), "xy")
    start, *_, late = costs(Textbook, inputs, SLOW, STEPS)
    early_end = costs(UpdatedWeightsUsedToPropagate, inputs, SLOW, STEPS)[-1]
    rows = [[figure(eta), figure(error)] for eta, error in list(zip(RATES, hidden, strict=True))[::2]]
    return Evidence(
        (
            Statement("The output layer's gradient is the same.", max(output) == 0),
            Statement(
                f"The hidden layer's differs, by an amount of order η (fitted exponent {first:.2f}).",
                round(first, 1) == 1,
            ),
            Statement(
                f"The weights after one step differ by an amount of order η² (fitted exponent {second:.2f}).",
                round(second, 1) == 2,
            ),
            Statement(
                f"It still learns, which is why it goes unnoticed: {STEPS} steps at η = {SLOW} take the cost from "
                f"{start:.2f} to {late:.4f}, and {early_end:.4f} with the mistake.",
                early_end < start and early_end != late,
            ),
        ),
        (
            picture,
            Table(
                "Relative error of the first layer's gradient, iris (4-5-3, sigmoid), 10 rows.",
                ["η", "relative error"],
                rows,
            ),
        ),
    )


CLAIM = Claim(
    name="update-after-backward",
    question="May a layer be updated before its delta is sent back through it?",
    answer=(
        "No: the delta must go back through the weights that the forward pass used. With updated weights it is another "
        "algorithm, whose hidden gradients are off in proportion to η; it learns almost as well, so nobody notices."
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

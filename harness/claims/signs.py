"""The sign of the error and the sign of the update."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np

from harness import datasets
from harness.claims.claim import Claim, Evidence, Statement, Table
from harness.claims.tools import figure, functions, layers, output
from harness.contract import Inputs
from harness.exact import Architecture, draw, opaque_inputs
from harness.mistakes.costs import SignError
from harness.pictures import Line, Panel, Picture
from harness.prove import differences, evaluate
from harness.textbook import Textbook

STEPS = 40
# The sign of the error's definition and that of the update, as factors of the gradient step.
RIGHT = {"output − target, W −= η …": (1, -1), "target − output, W += η …": (-1, 1)}
MIXED = {"output − target, W += η …": (1, 1), "target − output, W −= η …": (-1, -1)}


def experiment() -> Evidence:
    data = datasets.load("iris")
    inputs = Inputs(layers((4, 3), ["sigmoid"], np.random.default_rng(1)), data.x, data.t)
    curves = {name: _trained(inputs, *signs) for name, signs in (RIGHT | MIXED).items()}
    down, up = ([curves[name] for name in part] for part in (RIGHT, MIXED))
    lines = tuple(Line(name, range(STEPS + 1), curve) for name, curve in curves.items())
    caption = (
        "Two of the four combinations go downhill, on one and the same path; the two mixed ones climb, on another."
    )
    rows = [[name, figure(curve[0]), figure(curve[1]), figure(curve[-1])] for name, curve in curves.items()]
    articles = [functions(name) for name in ("fifteen_steps", "row_matrices")]
    source = random.Random(7)
    given, rate = opaque_inputs(Architecture((3, 4), 3), source), draw(source)
    unequal, numbers = differences(*(evaluate(one, given, rate) for one in articles))
    negative = SignError(inputs).gradients()
    right = Textbook(inputs).gradients()
    return Evidence(
        (
            Statement(
                "15 Steps (target − output, `+=`) and article 1 (output − target, `-=`) make the same step, exactly: "
                f"{numbers} pairs of integers.",
                not unequal,
            ),
            Statement("In floating point the two right combinations train to the same bits.", down[0] == down[1]),
            Statement(
                "Both go downhill: the cost falls at every step.",
                all(a > b for curve in down for a, b in pairwise(curve)),
            ),
            Statement(
                "Both mixed combinations climb: the cost never falls, and ends above its start.",
                all(curve[-1] > curve[0] and all(a <= b for a, b in pairwise(curve)) for curve in up),
            ),
            Statement(
                "A mixed sign is exactly minus the gradient (the mistake `sign_error`).",
                all(np.array_equal(-one, other) for one, other in zip(negative.w, right.w, strict=True)),
            ),
        ),
        (
            Picture("error-sign-and-update-sign", caption, "step", "cost", (Panel("iris, one sigmoid layer", lines),)),
            Table("The cost on iris.", ["combination", "start", "1 step", f"{STEPS} steps"], rows),
        ),
    )


def _trained(inputs: Inputs, error_sign: int, update_sign: int) -> list[float]:
    """The cost along the way, with the error and the update each in their own sign."""
    network, rate, found = inputs.network, 1 / len(inputs.x), []
    for _ in range(STEPS + 1):
        found.append(float(network.cost.value(output(network, inputs.x), inputs.t)))
        [layer], [a] = network.layers, [output(network, inputs.x)]
        error = a - inputs.t if error_sign > 0 else inputs.t - a
        delta = error * a * (1 - a)
        gradients = delta.T @ inputs.x, delta.sum(axis=0)
        if update_sign > 0:
            w, b = layer.w + rate * gradients[0], layer.b + rate * gradients[1]
        else:
            w, b = layer.w - rate * gradients[0], layer.b - rate * gradients[1]
        network = network.with_parameters([w], [b])
    return found


CLAIM = Claim(
    name="error-sign-and-update-sign",
    question="Is the error target − output or output − target, and is the update += or −=?",
    answer=(
        "Either, as long as they match: target − output goes with +=, output − target with −=. The two are the same "
        "step. Mixing them climbs the hill."
    ),
    source=(
        "15 Steps and older versions of article 2 (target − output, +=); article 1, Nielsen and PyTorch (output − "
        "target, −=)."
    ),
    method=(
        "One sigmoid layer on iris is trained with each of the four combinations, from the same start, η = 1 / rows; "
        "then the formulations of 15 Steps and of article 1 make one step on exact integers."
    ),
    limits=(
        "With a mixed sign the cost rises, which is seen at once on a plot of the cost; but a saturated network may "
        "sit still and hide it, and an accuracy that is reported without a cost may, too."
    ),
    experiment=experiment,
)

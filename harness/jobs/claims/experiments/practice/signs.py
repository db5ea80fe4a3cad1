"""The sign of the error and the sign of the update."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np

from harness.cases import datasets
from harness.jobs.claims.claim import Claim, ClaimTable, Evidence, Statement
from harness.jobs.claims.tools import figure, functions, layers, output
from harness.jobs.prove.evaluate import differences, evaluate
from harness.model.contract import Inputs
from harness.model.exact import Architecture, draw_integer, opaque_inputs
from harness.reporting.figures import Line, Panel, Picture

SIGN_STEPS = 40
# The sign of the error's definition and that of the update, as factors of the gradient step.
RIGHT_SIGNS = {"output − target, W −= η δᵀx": (1, -1), "target − output, W += η δᵀx": (-1, 1)}
MIXED = {"output − target, W += η δᵀx": (1, 1), "target − output, W −= η δᵀx": (-1, -1)}


def experiment() -> Evidence:
    data = datasets.load_dataset("iris")
    inputs = Inputs(layers((4, 3), ["sigmoid"], np.random.default_rng(1)), data.x, data.t)
    curves = {name: _trained(inputs, *signs) for name, signs in (RIGHT_SIGNS | MIXED).items()}
    down, up = ([curves[name] for name in part] for part in (RIGHT_SIGNS, MIXED))
    lines = tuple(Line(name, range(SIGN_STEPS + 1), curve) for name, curve in curves.items())
    caption = (
        "Two of the four combinations go downhill, on one and the same path; the two mixed ones climb, on another. "
        "(The two lines of a pair coincide, so only one of them is visible.)"
    )
    rows = [[name, figure(curve[0]), figure(curve[1]), figure(curve[-1])] for name, curve in curves.items()]
    articles = [functions(name) for name in ("fifteen_steps", "column_vectors")]
    source = random.Random(7)
    given, rate = opaque_inputs(Architecture((3, 4), 3), source), draw_integer(source)
    unequal, numbers = differences(*(evaluate(one, given, rate) for one in articles))
    return Evidence(
        (
            Statement(
                "15 Steps (target − output, `+=`) and Nielsen (output − target, `-=`) make the same step, exactly: "
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
        ),
        (
            Picture("error-sign-and-update-sign", caption, "step", "cost", (Panel("iris, one sigmoid layer", lines),)),
            ClaimTable("The cost on iris.", ["combination", "start", "1 step", f"{SIGN_STEPS} steps"], rows),
        ),
    )


def _trained(inputs: Inputs, error_sign: int, update_sign: int) -> list[float]:
    """The cost along the way, with the error and the update each in their own sign."""
    network, rate, found = inputs.network, 1 / len(inputs.x), []
    for _ in range(SIGN_STEPS + 1):
        [layer], a = network.layers, output(network, inputs.x)
        found.append(float(network.cost.value(a, inputs.t)))
        error = a - inputs.t if error_sign > 0 else inputs.t - a
        delta = error * a * (1 - a)  # BP1
        change = rate * (delta.T @ inputs.x), rate * delta.sum(axis=0)  # BP4, BP3
        moved = [
            now + one if update_sign > 0 else now - one for now, one in zip((layer.w, layer.b), change, strict=True)
        ]
        network = network.with_parameters(moved[:1], moved[1:])  # rule
    return found


CLAIM = Claim(
    position=7,
    name="error-sign-and-update-sign",
    question="Is the error target − output or output − target, and is the update += or −=?",
    answer=(
        "Either, as long as they match: target − output goes with +=, output − target with −=. The two are the same "
        "step. Mixing them climbs the hill."
    ),
    source=(
        "15 Steps, older versions of article 2, and the copies of article 1 that circulate (target − output, +=); "
        "today's article 2, Nielsen and PyTorch (output − target, −=)."
    ),
    method=(
        "One sigmoid layer on iris is trained with each of the four combinations, from the same start, η = 1 / rows; "
        "then the formulations of 15 Steps and of Nielsen make one step on exact integers."
    ),
    limits=(
        "A mixed sign is seen at once on a plot of the cost, if one is drawn. Where all units are saturated the cost "
        "hardly moves in either direction, and an accuracy alone may stand still as well."
    ),
    experiment=experiment,
)

"""o(1 − o) and σ'(z): the same function, and not the same numbers where units saturate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, ctx

from harness.cases.case import make_case
from harness.jobs.claims.claim import Claim, ClaimTable, Evidence, Statement
from harness.jobs.claims.tools import figure, is_right, relative_distance, true_gradients
from harness.mistakes.entries.slopes import OutputFormFedZ, SigmaPrimeOfActivation
from harness.model.activations import ACTIVATIONS
from harness.reporting.figures import Line, Panel, Picture
from harness.truth.bounds.float_format import FUNCTION_ULPS

SLOPE_BITS = 300
WAYS = FROM_Z, FROM_OUTPUT = "from z", "from the output"
END = 40.0
POINTS = np.linspace(-END, END, 321).tolist()
LEAST = 2.0**-54  # what is right to the last bit is drawn here
U = 2.0**-53
# By e/(1 + e)² the rounding of e counts once, that of 1 + e twice, and those of the square and the quotient once each.
ALLOWED = 5


@dataclass(frozen=True)
class Forms:
    """The output, and f' in both forms, by the exponential e: exp(−z) for sigmoid, exp(−2z) for tanh."""

    exponential: Callable[[arb], arb]
    output: Callable[[Any], Any]
    from_output: Callable[[Any], Any]
    from_z: Callable[[Any], Any]


FORMS = {
    "sigmoid": Forms(lambda z: (-z).exp(), lambda e: 1 / (1 + e), lambda o: o * (1 - o), lambda e: e / (1 + e) ** 2),
    "tanh": Forms(
        lambda z: (-2 * z).exp(), lambda e: (1 - e) / (1 + e), lambda o: 1 - o * o, lambda e: 4 * e / (1 + e) ** 2
    ),
}


def experiment() -> Evidence:
    from_z, from_output = ([_slope_errors(name, way) for name in FORMS] for way in WAYS)
    lost = {name: _lost_from(line) for name, line in zip(FORMS, from_output, strict=True)}
    at = ", ".join(f"{z:g} for {name}" for name, z in lost.items())
    sigmoid = ACTIVATIONS["sigmoid"].f
    caption = (
        f"Relative error of f' in float64 against arithmetic of {SLOPE_BITS} bits, with o and exp rounded as well as "
        "can be. From z all digits are right. From the output they are lost one by one as the unit saturates, until o "
        "is 1 and the slope 0 (relative error 1). The sigmoid loses them on one side only: floats are dense near 0, "
        "where its small outputs lie, and not near 1."
    )
    drawn = tuple(Line(line.label, line.x, [max(y, LEAST) for y in line.y]) for line in (*from_z, *from_output))
    picture = Picture("slope-forms", caption, "z", "relative error of f'", (Panel("", drawn),), "y")
    fed, both_wrong = _fed_the_other()
    available, told_apart = _available()
    return Evidence(
        (
            Statement(
                "The two forms are the same function of z for sigmoid and tanh: identities between rational "
                "functions of the exponential, checked in fractions at more points than their degree. So is 1 − "
                "e^{−o} for softplus.",
                _identical(),
            ),
            Statement(
                f"By q/(1 + q)², with q = exp(−|z|), nothing is lost at any of {len(POINTS)} z: the error stays within "
                f"{ALLOWED} units of roundoff.",
                max(max(line.y) for line in from_z) <= ALLOWED * U,
            ),
            Statement(
                f"From the output all digits are lost where o has rounded to 1: from z = {at}, in steps of ¼.",
                all(_output(name, z) == 1 for name, z in lost.items()),
            ),
            Statement(
                "It is the formula that loses them, not the argument: σ(z)(1 − σ(z)), as σ' is often written, is 0 at "
                f"z = {END:g}.",
                bool(sigmoid(END) * (1 - sigmoid(END)) == 0),
            ),
            Statement("Where the harness has a form from the output it gives the slope; z² can have none.", told_apart),
            Statement("Fed with the other's argument, either form is wrong beyond rounding.", both_wrong),
        ),
        (available, picture, fed),
    )


def _identical() -> bool:
    """Whether the forms are the same function. Times (1 + e)² both sides are polynomials of degree 2 at most: equal at
    more points, equal everywhere."""
    points = [Fraction(k) for k in range(1, 10)]
    both = all(form.from_output(form.output(e)) == form.from_z(e) for form in FORMS.values() for e in points)
    # Softplus: e^{−o} = 1 / (1 + e^z) = e / (1 + e), and the slope is the sigmoid.
    return both and all(1 - e / (1 + e) == FORMS["sigmoid"].output(e) for e in points)


def _e(name: str, z: float) -> arb:
    """The exponential of a form, in many bits."""
    return FORMS[name].exponential(arb(z))


def _output(name: str, z: float) -> float:
    """f(z), rounded as well as can be."""
    with ctx.workprec(SLOPE_BITS):
        return float(FORMS[name].output(_e(name, z)))


def _slope_errors(name: str, way: str) -> Line:
    """The relative error of f' over POINTS, in floats; the exponential, or the output, is rounded once."""
    form, errors = FORMS[name], []
    for z in POINTS:
        with ctx.workprec(SLOPE_BITS):
            exact = form.from_z(_e(name, z))
            e = float(_e(name, abs(z)))  # f' is even
        found = form.from_z(e) if way == FROM_Z else form.from_output(_output(name, z))
        with ctx.workprec(SLOPE_BITS):
            errors.append(float(abs((arb(found) - exact) / exact)))
    return Line(f"{name}, {way}", POINTS, errors)


def _lost_from(line: Line) -> float:
    """The smallest z > 0 at which no digit is right."""
    return min(z for z, error in zip(line.x, line.y, strict=True) if z > 0 and error >= 1)


def _available() -> tuple[ClaimTable, bool]:
    """For each activation how f' follows from the output, and whether it does; z² for one of which it does not."""
    forms = {
        "sigmoid": "o(1 − o)",
        "tanh": "1 − o²",
        "softplus": "1 − e^{−o}",
        "relu": "1 where o > 0, else 0",
        "leaky_relu": "1 where o > 0, else 0.01",
        "identity": "1",
    }
    agree = True
    for name in forms:
        one = ACTIVATIONS[name]
        assert one.slope is not None
        assert one.slope_from_output is not None
        apart = max(abs(one.slope_from_output(one.f(z)) - one.slope(z)) for z in (-2.0, -0.5, 0.25, 2.0))
        # Two functions of the standard library, and a few operations on numbers up to 3.
        agree &= bool(apart <= 3 * (4 * FUNCTION_ULPS["float64"] + 8) * U)
    rows = [[name, "yes", form] for name, form in forms.items()]
    square, slope = {z: z * z for z in (2, -2)}, {z: 2 * z for z in (2, -2)}
    rows.append(["z²", "no", f"f(2) = f(−2) = {square[2]}, but f'(2) = {slope[2]} and f'(−2) = {slope[-2]}"])
    caption = (
        "Is f' a function of the output? Where f is one-to-one it is, softplus included; relu is not one-to-one, and "
        "has slope 0 at all z that share an output."
    )
    table = ClaimTable(caption, ["f", "available", "f' from o"], rows)
    return table, agree and square[2] == square[-2] and slope[2] != slope[-2]


def _fed_the_other() -> tuple[ClaimTable, bool]:
    inputs = make_case("iris", (4, 5, 3), "sigmoid", 8).build()
    rows, wrong = [], True
    for book, form in ((OutputFormFedZ, "o(1 − o) fed z"), (SigmaPrimeOfActivation, "σ'(z) fed o")):
        gradients = book(inputs).gradients()
        wrong &= not is_right(gradients, inputs)
        rows.append([form, book.known_as(), figure(relative_distance(gradients.w, true_gradients(inputs).w))])
    return ClaimTable("Weight gradients on iris (4-5-3, sigmoid).", ["form", "mistake", "relative error"], rows), wrong


CLAIM = Claim(
    position=6,
    name="slope-from-output-or-input",
    question="One article multiplies by o(1 − o), another by σ'(z). Are they the same?",
    answer=(
        "The same function: o(1 − o) is σ'(z), and for tanh 1 − o² is tanh'(z). In floating point o(1 − o) loses "
        "digits as o nears 1, where the slope hardly matters, and so does σ(z)(1 − σ(z)): use either. What goes "
        "wrong in practice is to feed one form the other's argument: with `o = sigmoid(z)` it is `o * (1 - o)` or "
        "`sigmoid_prime(z)`, never `sigmoid_prime(o)`."
    ),
    source=(
        "Brownlee (article 2) has o(1 − o), Nielsen σ'(z). The copies of Szabo's code (article 1) that circulate "
        "feed the output to σ'(z), which is the mix-up itself."
    ),
    method=(
        "The identities are checked in fractions, with the exponential as the unknown. Both forms are evaluated in "
        f"floats from z = −40 to 40, and held against arithmetic of {SLOPE_BITS} bits; the two mix-ups come from the "
        "catalogue."
    ),
    limits=(
        "Not every activation has a form from the output: z² has none. Softplus has one, although lists often leave it "
        "out: it is one-to-one, and its slope is 1 − e^{−o}."
    ),
    experiment=experiment,
)

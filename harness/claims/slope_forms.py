"""o(1 − o) and σ'(z): the same function, and not the same numbers where units saturate."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from flint import arb, ctx

from harness.activations import ACTIVATIONS
from harness.balls import FUNCTIONS
from harness.cases import make
from harness.claims.claim import Claim, Evidence, Statement, Table
from harness.claims.tools import distance, figure, is_right, true_gradients
from harness.mistakes.slopes import OutputFormFedZ, SigmaPrimeOfActivation
from harness.pictures import Line, Panel, Picture
from harness.rounding import FUNCTION_ULPS

BITS = 300
ALLOWED = 2 * FUNCTION_ULPS + 4  # a unit in the last place is two units of roundoff
SIGMOID, TANH = "sigmoid, from the output", "tanh, from the output"
POINTS = np.linspace(-40, 40, 321)
LEAST = 2.0**-54  # what is right to the last bit is drawn here
# f' from the output and from z, as rational functions of e: exp(−z) for sigmoid and softplus, exp(−2z) for tanh.
IDENTITIES: dict[str, tuple[Callable[[Fraction], Fraction], Callable[[Fraction], Fraction]]] = {
    "sigmoid: o(1 − o)": (lambda e: (1 / (1 + e)) * (1 - 1 / (1 + e)), lambda e: e / (1 + e) ** 2),
    "tanh: 1 − o²": (lambda e: 1 - ((1 - e) / (1 + e)) ** 2, lambda e: 4 * e / (1 + e) ** 2),
    # e^{−o} = 1 / (1 + e^z) = e / (1 + e)
    "softplus: 1 − e^{−o}": (lambda e: 1 - e / (1 + e), lambda e: 1 / (1 + e)),
}


def experiment() -> Evidence:
    # Times (1 + e)² both sides are polynomials of degree 2 at most: equal at more points, equal everywhere.
    points = [Fraction(k) for k in range(1, 10)]
    identical = all(one(e) == other(e) for one, other in IDENTITIES.values() for e in points)
    from_z, from_output = _errors(from_output=False), _errors(from_output=True)
    lost = {line.label: _lost_from(line) for line in from_output}
    caption = (
        "Relative error of f' in float64 against arithmetic of 300 bits. From z all digits are right everywhere. From "
        "the output they are lost one by one as the unit saturates, until o rounds to 1 and the slope to 0 (relative "
        "error 1). The sigmoid loses them on one side only: floats are dense near 0, where its small outputs lie, and "
        "not near 1."
    )
    drawn = tuple(Line(line.label, line.x, [max(y, LEAST) for y in line.y]) for line in (*from_z, *from_output))
    picture = Picture("slope-forms", caption, "z", "relative error of f'", (Panel("", drawn),), "y")
    fed, both_wrong = _fed_the_other()
    return Evidence(
        (
            Statement(
                "The two forms are the same function of z for sigmoid, tanh and softplus: identities between rational "
                "functions, checked in fractions at more points than their degree.",
                identical,
            ),
            Statement(
                f"From z nothing is lost at any z: the error stays within the {ALLOWED} units of roundoff that exp and "
                "four more operations may cost.",
                max(max(line.y) for line in from_z) <= ALLOWED * 2.0**-53,
            ),
            Statement(
                f"From the output all digits are lost where o rounds to 1: for the sigmoid from z = {lost[SIGMOID]:g}, "
                f"for tanh from |z| = {lost[TANH]:g}.",
                all(np.isfinite(z) for z in lost.values()),
            ),
            Statement("Fed with the other's argument, either form is wrong beyond rounding.", both_wrong),
        ),
        (_available(), picture, fed),
    )


def _errors(*, from_output: bool) -> tuple[Line, ...]:
    """The relative error of f' over POINTS, for sigmoid and tanh."""
    lines = []
    for name in ("sigmoid", "tanh"):
        activation = ACTIVATIONS[name]
        slope = activation.slope_from_output if from_output else activation.slope
        assert slope is not None
        found = slope(activation.f(POINTS) if from_output else POINTS)
        errors = [_relative_error(name, z, value) for z, value in zip(POINTS.tolist(), found.tolist(), strict=True)]
        lines.append(Line(f"{name}, from {'the output' if from_output else 'z'}", POINTS.tolist(), errors))
    return tuple(lines)


def _relative_error(name: str, z: float, value: float) -> float:
    with ctx.workprec(BITS):
        _, exact = FUNCTIONS[name](arb(z))
        return float(abs((arb(value) - exact) / exact))


def _lost_from(line: Line) -> float:
    """The smallest z > 0 at which no digit is right."""
    return min((z for z, error in zip(line.x, line.y, strict=True) if z > 0 and error >= 1), default=np.inf)


def _available() -> Table:
    def square(z: float) -> float:
        return z * z

    forms = {
        "sigmoid": "o(1 − o)",
        "tanh": "1 − o²",
        "softplus": "1 − e^{−o}",
        "relu": "[o > 0]",
        "leaky_relu": "1 where o > 0, else 0.01",
        "identity": "1",
    }
    rows = [[name, "yes", form] for name, form in forms.items() if ACTIVATIONS[name].slope_from_output is not None]
    same = square(2.0) == square(-2.0)
    rows.append(
        ["z²", "no", f"f(2) = f(−2) = {square(2.0):g}, and the slopes are 4 and −4"] if same else ["z²", "yes", ""]
    )
    caption = (
        "Is f' a function of the output? Where f is one-to-one it is, softplus included; relu is not one-to-one, and "
        "has slope 0 at all z that share an output."
    )
    return Table(caption, ["f", "available", "f' from o"], rows)


def _fed_the_other() -> tuple[Table, bool]:
    inputs = make("iris", (4, 5, 3), "sigmoid", 8).build()
    rows, wrong = [], True
    for book, form in ((OutputFormFedZ, "o(1 − o) fed z"), (SigmaPrimeOfActivation, "σ'(z) fed o")):
        gradients = book(inputs).gradients()
        wrong &= not is_right(gradients, inputs)
        rows.append([form, book.known_as(), figure(distance(gradients.w, true_gradients(inputs).w))])
    return Table("Weight gradients on iris (4-5-3, sigmoid).", ["form", "mistake", "relative error"], rows), wrong


CLAIM = Claim(
    name="slope-from-output-or-input",
    question="One article multiplies by o(1 − o), another by σ'(z). Are they the same?",
    answer=(
        "The same function, for sigmoid and tanh. In floating point o(1 − o) loses digits as o nears 1, where the "
        "slope hardly matters; what goes wrong in practice is to feed one form the other's argument."
    ),
    source="Brownlee (article 2) and Szabo (article 1) use the output; Nielsen uses z.",
    method=(
        "The identities are checked in fractions, with e = exp(−z) as the unknown; both forms of the harness are "
        "evaluated from z = −40 to 40 and held against arithmetic of 300 bits; the two mix-ups come from the "
        "catalogue."
    ),
    limits=(
        "Not every activation has a form from the output: z² has none. Softplus has one, although lists often leave "
        "it out: it is one-to-one, and its slope is 1 − e^{−o}."
    ),
    experiment=experiment,
)

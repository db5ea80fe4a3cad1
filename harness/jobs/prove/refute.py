"""Wrong formulations, each the textbook with one line changed, refuted by exact arithmetic and by a small example."""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from harness.mistakes import Mistake
from harness.mistakes.entries.backward import InverseWhereTransposeBelongs, WrongLayersWeights
from harness.mistakes.entries.gradients import OutputsWhereInputsBelong
from harness.mistakes.render import plain
from harness.model.contract import Array, Inputs
from harness.model.exact import Architecture, opaque_inputs, small_inputs
from harness.model.textbook import Textbook


@dataclass(frozen=True)
class Refutation:
    """A wrong formulation, where it first differs from the textbook in random integers, and a counterexample in
    one-digit integers with f(z) = z: the quantity, its right and its wrong value."""

    name: str
    right: str
    wrong: str
    refuted: int
    of: int
    example: Inputs
    quantity: str
    right_value: Array
    wrong_value: Array


class ExactInverse(InverseWhereTransposeBelongs):
    __doc__ = InverseWhereTransposeBelongs.__doc__

    def sent_back(self, l: int) -> Array:
        return np.asarray(self.delta[l + 1] @ adjugate_inverse(self.weights_back(l + 1)).T)


def adjugate_inverse(w: Array) -> Array:
    """The inverse of a 2 × 2 matrix, exactly. Raises ZeroDivisionError where there is none."""
    (a, b), (c, d) = w
    determinant = Fraction(a * d - b * c)
    return np.array([[d / determinant, -b / determinant], [-c / determinant, a / determinant]], dtype=object)


# Those that the articles' readers ask about.
WRONG_FORMULATIONS: dict[str, type[Mistake]] = {
    "the weights of the wrong layer": WrongLayersWeights,
    "the outputs where the inputs belong": OutputsWhereInputsBelong,
    "the inverse where the transpose belongs": ExactInverse,
}


def refute(name: str, trials: int = 100) -> Refutation:
    """Run a wrong formulation on random integers and count the trials that refute it; then find a small example."""
    formulation = WRONG_FORMULATIONS[name]
    architecture = Architecture((2, 2, 2), 1)  # all of them run here: widths are equal and matrices square
    source = random.Random(name)
    refuted = 0
    for _ in range(trials):
        inputs = opaque_inputs(architecture, source)
        refuted += bool(_difference(inputs, formulation))
    while True:
        example = small_inputs(architecture, source)
        try:
            found = _difference(example, formulation)
        except ZeroDivisionError:
            continue
        # A plain example: nothing that is 0 or a fraction, and numbers that are quickly checked.
        if found and all(value == int(value) and 0 < abs(value) < 1000 for array in found[1:] for value in array.flat):
            [formula] = formulation.formulas()
            wrong = plain(formula.yours).replace("pinv(W^{l+1})", "((W^{l+1})^{-1})")  # it has an inverse
            return Refutation(name, plain(formula.right), wrong, refuted, trials, example, *found)


def _difference(inputs: Inputs, formulation: type[Mistake]) -> tuple[str, Array, Array] | None:
    """The first quantity, from the output back, in which a formulation differs from the textbook, and both values."""
    one, other = Textbook(inputs).gradients(), formulation(inputs).gradients()
    assert one.delta is not None
    assert other.delta is not None
    for l in reversed(range(len(one.w))):
        for quantity, mine, theirs in (("δ", one.delta[l], other.delta[l]), ("∂C/∂W", one.w[l], other.w[l])):
            if not np.array_equal(mine, theirs):
                return f"{quantity}^{l + 1}", mine, theirs
    return None

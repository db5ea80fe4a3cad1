"""Fit the activations, the cost and one constant to what a plan computed on random networks of its own.

The numbers of a plan are those of a formula up to a constant, or they are not; then the formula that gives the most
arrays is taken, and a check will say what is wrong with the others. Nothing is fitted but one constant for all layers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from harness.cases.case import HIDDEN_ACTIVATIONS
from harness.cases.fitted import OUTPUT_PAIRS
from harness.model.activations import ACTIVATIONS
from harness.model.contract import Array, Inputs, Layer, Network
from harness.model.costs import COSTS
from harness.model.textbook import Textbook
from harness.sandbox.inference.adapter.plan import FittedFormula

# Numbers of one formula differ by less than this from those computed in float32; those of two formulas by far more.
CLOSE = 2.0**-12
STEP_CLOSE = 2.0**-20  # of the weights: what is left of the digits of a step in float32
RATE = 0.3  # the learning rate that is given
DIVISORS = ("sum", "mean", "mean over outputs", "mean over rows and outputs")


FORMULAS = tuple(FittedFormula(hidden, output, cost) for hidden in HIDDEN_ACTIVATIONS for output, cost in OUTPUT_PAIRS)


@dataclass(frozen=True, eq=False)
class Probe:
    """A random network with data, on which plans are tried; its gradients by each formula, computed once."""

    inputs: Inputs
    has_biases: bool = True

    @cached_property
    def gradients(self) -> dict[tuple[str, int], Array]:
        """For w and b of each layer from 1, the flat gradients by each of the FORMULAS, [formulas, numbers]."""
        names = [(name, l) for name in ("w", "b") for l in range(1, len(self.inputs.network.layers) + 1)]
        found = [book.gradients() for book in self._books]
        return {(name, l): np.array([np.ravel(getattr(one, name)[l - 1]) for one in found]) for name, l in names}

    @cached_property
    def outputs(self) -> Array:
        """a^L by each of the FORMULAS, row by row, [formulas, rows · outputs]."""
        return np.array([np.ravel(outputs_of(self.inputs, formula)) for formula in FORMULAS])

    @property
    def _books(self) -> list[Textbook]:
        return [Textbook(_with_formula(self.inputs, formula)) for formula in FORMULAS]


@dataclass(frozen=True)
class Fit:
    """How well one formula explains a plan: the number of arrays that it gives, of how many, for each probe.

    `reduction` and `constant`: the arrays are the formula's, times `constant`, divided as this reduction of the cost
    says. `constant` is NaN if no array is given. `is_usual` says that it is that of a convention.
    """

    formula: FittedFormula
    reduction: str
    constant: float
    is_usual: bool
    matching: tuple[int, ...]
    arrays: int

    @property
    def share(self) -> float:
        """The share of the arrays that is given, 0 to 1."""
        return sum(self.matching) / (self.arrays * len(self.matching))


def best_fits(
    probes: Sequence[Probe],
    answers: Sequence[Mapping[tuple[str, int], Array]],
    *,
    is_step: bool,
    has_rate: bool,
    possible: Iterable[FittedFormula],
) -> list[Fit]:
    """The fits of the possible formulas that give the most arrays, one for each formula; the simplest first.

    `is_step` says that the arrays are those after a step, and `has_rate` that its learning rate was RATE.
    """
    multiples = [
        {
            key: _multiples(array, key, probe, is_step=is_step)
            for key, array in answer.items()
            if key[0] == "w" or probe.has_biases
        }
        for probe, answer in zip(probes, answers, strict=True)
    ]

    def is_usual(constant: float) -> bool:
        if is_step and not has_rate:
            return constant > 0  # downhill, at a rate of its own
        factor = constant / RATE if is_step else abs(constant)
        return any(abs(factor - usual) <= CLOSE * usual for usual in (1.0, 2.0))

    rows = [FORMULAS.index(formula) for formula in possible]
    fits = [max(_fits_of(row, probes, multiples, is_usual), key=_goodness) for row in sorted(rows)]
    return [fit for fit in fits if _goodness(fit) == max(map(_goodness, fits))]


def _goodness(fit: Fit) -> tuple[int, bool, bool]:
    return sum(fit.matching), fit.is_usual, fit.constant > 0


def _fits_of(
    row: int,
    probes: Sequence[Probe],
    multiples: Sequence[Mapping[tuple[str, int], Array]],
    is_usual: Callable[[float], bool],
) -> Iterator[Fit]:
    """The fits of the formula in this row, with each reduction and each constant that some array has."""
    formula, arrays = FORMULAS[row], len(multiples[0])
    yield Fit(formula, "sum", math.nan, False, tuple(0 for _ in probes), arrays)
    # A single number is the multiple of any other.
    told = {key for key, gradients in probes[0].gradients.items() if gradients.shape[1] > 1}
    for reduction in DIVISORS:
        scaled = [
            {key: float(one[row]) * divisor(reduction, probe.inputs) for key, one in some.items()}
            for probe, some in zip(probes, multiples, strict=True)
        ]
        for constant in {value for some in scaled for key, value in some.items() if key in told and value == value}:
            near = [[abs(one - constant) <= CLOSE * abs(constant) for one in some.values()] for some in scaled]
            yield Fit(formula, reduction, constant, is_usual(constant), tuple(map(sum, near)), arrays)


def divisor(reduction: str, inputs: Inputs) -> int:
    """What the sum over the rows is divided by under a reduction of the cost."""
    rows, outputs = inputs.t.shape
    divisors: dict[str, int] = {
        "sum": 1,
        "mean": rows,
        "mean over outputs": outputs,
        "mean over rows and outputs": rows * outputs,
    }
    return divisors[reduction]


def _multiples(array: Array, key: tuple[str, int], probe: Probe, *, is_step: bool) -> Array:
    """The constant by which the array is the gradient of each formula, NaN where it is not, [formulas]."""
    layer = probe.inputs.network.layers[key[1] - 1]
    before = layer.w if key[0] == "w" else layer.b
    if array.shape != before.shape or not np.isfinite(array).all():
        return np.full(len(FORMULAS), math.nan)
    numbers = (before - array if is_step else array).ravel()
    allowed = CLOSE * np.abs(numbers).max() + (STEP_CLOSE * np.abs(before).max() if is_step else 0.0)
    true = probe.gradients[key]
    with np.errstate(all="ignore"):
        constants = (true @ numbers) / (true * true).sum(axis=1)
        errors = np.abs(numbers - constants[:, None] * true).max(axis=1)
    is_given = (errors <= allowed) & (np.abs(numbers).max() > 2 * allowed)
    return np.where(is_given, constants, math.nan)


def outputs_of(inputs: Inputs, formula: FittedFormula) -> Array:
    """a^L by a formula, [n, n_L]."""
    book = Textbook(_with_formula(inputs, formula))
    book.gradients()
    return np.asarray(book.a[book.last])


def _with_formula(inputs: Inputs, formula: FittedFormula) -> Inputs:
    *hidden, output = inputs.network.layers
    layers = [Layer(layer.w, layer.b, ACTIVATIONS[formula.hidden]) for layer in hidden]
    layers.append(Layer(output.w, output.b, ACTIVATIONS[formula.output]))
    return Inputs(Network(tuple(layers), COSTS[formula.cost]), inputs.x, inputs.t)

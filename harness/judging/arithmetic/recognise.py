"""Recognise a narrow format inside the computation: emulate it in every part, and find what the numbers follow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

import numpy as np

from harness.judging.arithmetic.alignment import Errors, risk_of_alignment, unexplained_part
from harness.judging.arithmetic.formats import BITS_OF, Conversion, NarrowFormat, narrower_than
from harness.judging.arithmetic.observation import NamedArithmetic, Observation
from harness.judging.arithmetic.parts import (
    FORWARD_PRODUCTS,
    GRADIENT_PRODUCTS,
    MAIN_SCOPES,
    SENT_BACK_PRODUCTS,
    STORED_SCOPES,
    narrowed,
    quantities,
    scopes,
)
from harness.model.contract import Array, Inputs
from harness.model.textbook import Textbook
from harness.sandbox.answers import ArrayKey, Arrays
from harness.truth.bounds.rounded_array import rounded_inputs

# The accepted probability of a false alarm in one search: for all failing cases of a file together, and for each case
# whose numbers are within bounds that have lost their power.
FALSE_ALARM_RISK = 1e-9
# To save time: the observations with the largest errors are emulated, by a part that cannot explain the first of
# them no others; all must be covered by the bound. Up to SMALL_WORK (parameters × rows of the observations) all formats
# are tried in all parts.
FIRST_OBSERVATIONS, MOST_OBSERVATIONS, SMALL_WORK = 4, 12, 1e6
MOST_TESTED = 3  # parts, the nearest ones
FEWEST_DRAWS, MOST_DRAWS, DRAWN_WORK = 32, 40, 1e9


@dataclass(frozen=True)
class ConvertedPart:
    """A conversion in a part of the computation, `where` in words."""

    narrow: Conversion
    where: str
    parts: frozenset[str]


@dataclass(frozen=True)
class NarrowPart(ConvertedPart):
    """A format in a part of the computation."""

    narrow: NarrowFormat


@dataclass(frozen=True, eq=False)
class Emulation:
    """Emulations of an observation, whose errors are in units of its bounds, flat, without undecidable entries."""

    observation: Observation

    @cached_property
    def found(self) -> Errors:
        """The observation's errors."""
        return self._in_units(self.observation.signed_errors)

    @cached_property
    def _inputs(self) -> Inputs:
        return self.observation.inputs.astype("float64")

    @cached_property
    def _without_narrow(self) -> Arrays:
        return self._computed(Textbook, self._inputs)

    def errors(self, candidate: ConvertedPart) -> Errors:
        """The errors of a candidate."""
        return self._differences(candidate, self._inputs, self._without_narrow)

    def drawn_errors(self, candidate: NarrowPart, seed: Sequence[int]) -> Errors:
        """The errors of a candidate for perturbed inputs."""
        inputs = _perturbed_by(candidate.narrow.perturbation, self._inputs, np.random.default_rng(seed))
        return self._differences(candidate, inputs, self._computed(Textbook, inputs))

    def _differences(self, candidate: ConvertedPart, inputs: Inputs, exact: Arrays) -> Errors:
        narrow = self._computed(narrowed(candidate.narrow, candidate.parts), inputs)
        with np.errstate(all="ignore"):
            differences = {key: narrow[key] - exact[key] for key in self.observation.values}
            return self._in_units({key: error - self._of_kinks(key, error) for key, error in differences.items()})

    def _of_kinks(self, key: ArrayKey, error: Array) -> Array:
        """The part of an error that a unit near its kink may cause; the observation's errors are without it too."""
        changes = self.observation.standards[key].changes
        return np.clip(error, changes.lower, changes.upper)

    def _computed(self, formulation: type[Textbook], inputs: Inputs) -> Arrays:
        one = self.observation
        with np.errstate(all="ignore"):
            return quantities(formulation, inputs, one.learning_rate, one.scale, {name for name, _ in one.values})

    def _in_units(self, errors: Arrays) -> Errors:
        bounds, standards = self.observation.bounds, self.observation.standards
        return {key: (error / bounds[key])[~standards[key].undecidable] for key, error in errors.items()}


def _perturbed_by(size: float, inputs: Inputs, random: np.random.Generator) -> Inputs:
    """The inputs with every weight, bias and x changed at random, by a relative `size` at most."""

    def near(array: Array) -> Array:
        return array * (1 + size * random.uniform(-1, 1, array.shape))

    return inputs.changed(near)


def narrow_format(observations: Sequence[Observation]) -> NamedArithmetic | None:
    """The format narrower than the dtype that explains all errors, in a part of the computation.

    It must reproduce the numbers better than the truth does, all entries that are out of bounds must be within its own
    bound, and the errors must be aligned with the emulation's as those of other arithmetic are with a probability of at
    most FALSE_ALARM_RISK.
    """
    failing = [one for one in observations if one.out_of_bounds]
    largest = sorted(failing or observations, key=lambda one: one.largest_ratio, reverse=True)[:MOST_OBSERVATIONS]
    emulations = [Emulation(one) for one in largest]
    if not (_may_be_narrow(emulations) if not failing else _may_be_covered(emulations)):
        return None
    distances = _distances(emulations)
    tried = len(_formats(emulations)) * len(list(scopes()))
    nearest = sorted((one for one in distances if distances[one] < 1), key=distances.__getitem__)
    covering = (one for one in nearest if all(covers(one, each) for each in failing))
    for one in islice(covering, MOST_TESTED):
        risk = tried * _risk(one, emulations)
        if risk > FALSE_ALARM_RISK:
            continue
        # Formats with as many bits differ in their exponents, which few numbers show.
        names = [
            other.narrow.name
            for other in distances
            if distances[other] < 1 and (other.where, _precision(other)) == (one.where, _precision(one))
        ]
        return _named(one, " or ".join(names), distances[one], risk)
    return None


def _named(one: NarrowPart, name: str, distance: float, risk: float) -> NamedArithmetic:
    reason = (
        f"its errors are those of {name} {one.where}, where numbers are {one.narrow.how}: "
        f"computing so reproduces {1 - distance:.0%} of them"
    )
    return NamedArithmetic(name, one.where, None, reason, risk)


def _precision(candidate: NarrowPart) -> tuple[int, bool]:
    return candidate.narrow.bits, candidate.narrow.truncates


def _may_be_narrow(emulations: Sequence[Emulation]) -> bool:
    """Whether the errors are at least as large as those of the finest format in some product.

    If they are those of any format in this product, perhaps among others, then ‖r − e‖ ≤ ‖r‖ + ‖e‖ ≤ 2 ‖r‖.
    """
    finest = _formats(emulations)[0]
    products = (FORWARD_PRODUCTS, SENT_BACK_PRODUCTS, GRADIENT_PRODUCTS)
    trials = (NarrowPart(finest, "", parts) for parts in products)
    return any(_left_unexplained(one, emulations) <= 4 for one in trials)


def _may_be_covered(emulations: Sequence[Emulation]) -> bool:
    """Whether errors as large as these are within the bounds of some format in all parts, which are the largest bounds.

    A bound that is NaN excludes nothing.
    """

    def is_exceeded(candidate: NarrowPart, one: Observation) -> bool:
        return any((error > bound).any() for error, bound in _errors_and_bounds(candidate, one))

    everywhere = (NarrowPart(one, "throughout", STORED_SCOPES["throughout"]) for one in _formats(emulations))
    return any(not any(is_exceeded(one, each.observation) for each in emulations) for one in everywhere)


def _left_unexplained(candidate: NarrowPart, emulations: Sequence[Emulation]) -> float:
    return unexplained_part([one.found for one in emulations], [one.errors(candidate) for one in emulations])


def _distances(emulations: Sequence[Emulation]) -> dict[NarrowPart, float]:
    """How much of the errors each candidate leaves unexplained.

    In large networks all formats are tried in the main products, and the best of them in all parts.
    """

    def distances(candidates: Iterable[NarrowPart]) -> dict[NarrowPart, float]:
        return {one: _left_unexplained(one, emulations) for one in candidates}

    formats = _formats(emulations)
    if work_of(emulations) <= SMALL_WORK:
        every = [NarrowPart(one, *scope) for one in formats for scope in scopes()]
        return distances(one for one in every if _left_unexplained(one, emulations[:FIRST_OBSERVATIONS]) < 1)
    by_precision = {(one.bits, one.truncates): one for one in reversed(formats)}
    found = distances(NarrowPart(one, *scope) for one in by_precision.values() for scope in MAIN_SCOPES)
    best = min(found, key=found.__getitem__)
    found |= distances(one for scope in scopes() if (one := NarrowPart(best.narrow, *scope)) not in found)
    best = min(found, key=found.__getitem__)
    others = (replace(best, narrow=one) for one in formats if one.bits == best.narrow.bits)
    return found | distances(one for one in others if _precision(one) == _precision(best) and one not in found)


def _formats(emulations: Sequence[Emulation]) -> list[NarrowFormat]:
    """The formats narrower than the dtype of some observation, the finest first."""
    return narrower_than(max((one.observation.dtype for one in emulations), key=BITS_OF.__getitem__))


def work_of(emulations: Sequence[Emulation]) -> int:
    return sum(one.observation.inputs.work for one in emulations)


def _risk(candidate: NarrowPart, emulations: Sequence[Emulation]) -> float:
    return risk_of_alignment(
        [one.found for one in emulations],
        [one.errors(candidate) for one in emulations],
        int(np.clip(DRAWN_WORK / work_of(emulations), FEWEST_DRAWS, MOST_DRAWS)),
        lambda number: [one.drawn_errors(candidate, [number, index]) for index, one in enumerate(emulations)],
    )


def covers(candidate: ConvertedPart, observation: Observation) -> bool:
    """Whether all entries out of bounds are within the bound of code with this format in this part."""
    return all((error <= bound).all() for error, bound in _errors_and_bounds(candidate, observation))


def _errors_and_bounds(candidate: ConvertedPart, observation: Observation) -> list[tuple[Array, Array]]:
    """The errors of the entries out of bounds, and the bounds of code with this format in this part, flat."""
    given = rounded_inputs(observation.inputs, observation.dtype)
    names = {name for name, _ in observation.out_of_bounds}
    formulation = narrowed(candidate.narrow, candidate.parts)
    with np.errstate(all="ignore"):
        values = quantities(formulation, given, observation.learning_rate, observation.scale, names)
    return [
        (observation.errors[key][entries], (values[key].error + observation.bounds[key])[entries])
        for key, entries in observation.out_of_bounds.items()
    ]

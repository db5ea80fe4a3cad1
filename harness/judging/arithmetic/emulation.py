"""The errors of an observation, and those of the same computation with a part of it in a narrow format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from harness.judging.arithmetic.alignment import Errors
from harness.judging.arithmetic.formats import NarrowFormat
from harness.judging.arithmetic.observation import Observation
from harness.judging.arithmetic.parts import narrowed, quantities
from harness.model.contract import Array, Inputs
from harness.model.textbook import Textbook
from harness.sandbox.answers import Arrays

PERTURBATION = 8  # units in the last place of the format: all bits that it drops are drawn anew


@dataclass(frozen=True)
class NarrowPart:
    """A format in a part of the computation, `where` in words."""

    narrow: NarrowFormat
    where: str
    parts: frozenset[str]


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

    def errors(self, candidate: NarrowPart) -> Errors:
        """The errors of a candidate."""
        return self._differences(candidate, self._inputs, self._without_narrow)

    def drawn_errors(self, candidate: NarrowPart, seed: Sequence[int]) -> Errors:
        """The errors of a candidate for perturbed inputs."""
        size = PERTURBATION * 2.0 ** (1 - candidate.narrow.bits)
        inputs = _perturbed_by(size, self._inputs, np.random.default_rng(seed))
        return self._differences(candidate, inputs, self._computed(Textbook, inputs))

    def _differences(self, candidate: NarrowPart, inputs: Inputs, exact: Arrays) -> Errors:
        narrow = self._computed(narrowed(candidate.narrow, candidate.parts), inputs)
        with np.errstate(all="ignore"):
            return self._in_units({key: narrow[key] - exact[key] for key in self.observation.values})

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

    layers = inputs.network.layers
    network = inputs.network.with_parameters(
        w=[near(layer.w) for layer in layers], b=[near(layer.b) for layer in layers]
    )
    return Inputs(network, near(inputs.x), inputs.t)

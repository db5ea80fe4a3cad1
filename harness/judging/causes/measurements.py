"""The failing cases of a file, and what is measured of an answer: its errors, bounds, and which are out of bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from harness.judging.arithmetic.observation import Observation, observed
from harness.judging.conventions import DEFAULT_CONVENTION, Convention
from harness.model.contract import Array, Inputs
from harness.sandbox.answers import ArrayKey, Arrays
from harness.truth.certify import Standard, certify, certify_forward, error_over_bound

Standards = Mapping[ArrayKey, Standard]


@dataclass(frozen=True, eq=False)
class Suspect:
    """A case with numbers out of bounds. `standards` are those of its inputs; with `forward`, z and a are examined."""

    inputs: Inputs
    learning_rate: float
    dtype: str
    convention: Convention
    standards: Standards
    forward: bool = False

    @classmethod
    def of(
        cls, inputs: Inputs, learning_rate: float, dtype: str, convention: Convention = DEFAULT_CONVENTION
    ) -> Suspect:
        """A suspect whose standards are computed here. Raises ValueError if there is no truth."""
        empty = cls(inputs, convention.rate(learning_rate), dtype, convention, {})
        return replace(empty, standards=empty.standards_of(inputs, dtype))

    def standards_of(self, inputs: Inputs, dtype: str) -> Standards:
        """The standards of other inputs. Raises ValueError if there is no truth, as for an input that is infinite."""
        used = self.convention.inputs(inputs)
        if self.forward:
            return certify_forward(used, dtype)
        is_any = self.convention.subgradient == "any"
        standards = certify(used, self.learning_rate, dtype, any_subgradient=is_any)
        return self.convention.standards(standards, inputs, self.learning_rate, dtype)

    def observations(self, values: Arrays) -> list[Observation]:
        """What each function computed for these inputs."""
        return observed(values, self.standards, self.inputs, self.learning_rate, self.dtype, self.convention)


@dataclass(frozen=True, eq=False)
class Measurement:
    """The signed errors of one answer, their bounds, and which entries are out of bounds or cannot be judged.

    `worst` is the largest ratio of an error to its bound.
    """

    values: Arrays
    errors: dict[ArrayKey, Array]
    bounds: dict[ArrayKey, Array]
    out_of_bounds: dict[ArrayKey, Array]
    undecidable: dict[ArrayKey, Array]
    truths: dict[ArrayKey, Array]
    worst: float

    @property
    def has_out_of_bounds(self) -> bool:
        return any(entries.any() for entries in self.out_of_bounds.values())

    def covers(self, base: Measurement) -> bool:
        """Whether it has all quantities of another measurement."""
        return self.errors.keys() >= base.errors.keys()


def measured_anew(suspect: Suspect, inputs: Inputs, values: Arrays, dtype: str = "") -> Measurement:
    """The measurement of an answer for other inputs; empty if there is no truth."""
    try:
        return measured(values, suspect.standards_of(inputs, dtype or suspect.dtype))
    except ValueError:
        return measured({}, {})


def measured(given: Arrays, standards: Standards) -> Measurement:
    values = {key: value for key, value in given.items() if key in standards}
    ratios = {key: error_over_bound(value, standards[key]) for key, value in values.items()}
    return Measurement(
        values,
        errors={key: standards[key].error(value) for key, value in values.items()},
        bounds={key: standards[key].bound for key in values},
        out_of_bounds={key: ~(ratio <= 1) for key, ratio in ratios.items()},
        undecidable={key: standards[key].undecidable for key in values},
        truths={key: standards[key].truth.high for key in values},
        worst=max((float(np.nan_to_num(ratio, nan=np.inf).max()) for ratio in ratios.values()), default=0.0),
    )

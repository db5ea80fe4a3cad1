"""What one function of a submission computed on one case, and what there is to explain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from harness.judging.conventions import Convention
from harness.model.contract import Array, Inputs
from harness.model.textbook import Textbook
from harness.sandbox.answers import ArrayKey, Arrays
from harness.truth.bounds.rounded_array import rounded_inputs


@dataclass(frozen=True, eq=False)
class Subject:
    """What one function of a submission computed on one case, and what there is to explain.

    `first` and `second` are the quantities of its two calls, `second` only if they differ; `changed` says whether it
    changed its inputs. `out_of_bounds` maps each quantity that is, under `convention`, to a mask of the entries and to
    the true values.
    """

    case: str
    function: str
    convention: Convention
    inputs: Inputs
    learning_rate: float
    dtype: str
    first: Arrays
    second: Arrays | None
    changed: bool
    out_of_bounds: Mapping[ArrayKey, tuple[Array, Array]]
    _right: dict[str, Textbook] = field(default_factory=dict)

    @property
    def is_failing(self) -> bool:
        """Whether there is anything to explain."""
        return bool(self.out_of_bounds) or self.second is not None or self.changed

    @property
    def is_finite(self) -> bool:
        """Whether all its numbers are finite."""
        return all(np.isfinite(array).all() for array in self.first.values())

    def right_formulation(self, dtype: str) -> Textbook:
        """The textbook in rounded numbers of this dtype, with its forward pass; computed once."""
        if dtype not in self._right:
            book = Textbook(rounded_inputs(self.convention.inputs(self.inputs), dtype))
            with np.errstate(all="ignore"):
                book.gradients()
            self._right[dtype] = book
        return self._right[dtype]

"""Forms that are right in exact arithmetic and lose digits in floating-point arithmetic, by cancellation.

A form explains numbers if these are within its own rounding bound, and some are not within that of the usual form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from harness.judging.arithmetic.observation import NamedArithmetic, Observation
from harness.judging.arithmetic.parts import quantities
from harness.model.contract import Numbers
from harness.model.textbook import Textbook
from harness.truth.bounds.rounded_array import apply_activation, rounded_inputs


class LossyTextbook(Textbook):
    """The textbook in a form that loses digits: its `name`, `where` it is, and its `effect`."""

    name: ClassVar[str]
    where: ClassVar[str]
    effect: ClassVar[str]


class SigmoidByTanh(LossyTextbook):
    """σ(z) = ½(1 + tanh(z/2))."""

    name, where = "σ(z) computed as ½(1 + tanh(z/2))", "in a"
    effect = "the sum cancels for negative z: σ(z) is correct to an absolute error only, and 0 below z = −37"

    def output(self, l: int) -> Numbers:
        if self.layer(l).activation.name != "sigmoid":
            return super().output(l)
        return (apply_activation("tanh", self.z[l] * 0.5) + 1) * 0.5

    def slope(self, l: int) -> Numbers:
        return self.a[l] * (1 - self.a[l]) if self.layer(l).activation.name == "sigmoid" else super().slope(l)


class TanhBySigmoid(LossyTextbook):
    """tanh(z) = 2σ(2z) − 1."""

    name, where = "tanh(z) computed as 2σ(2z) − 1", "in a"
    effect = "the difference cancels for z near 0: tanh(z) is correct to an absolute error only"

    def output(self, l: int) -> Numbers:
        if self.layer(l).activation.name != "tanh":
            return super().output(l)
        return apply_activation("sigmoid", self.z[l] * 2) * 2 - 1

    def slope(self, l: int) -> Numbers:
        return 1 - self.a[l] * self.a[l] if self.layer(l).activation.name == "tanh" else super().slope(l)


LOSSY_FORMS: tuple[type[LossyTextbook], ...] = (SigmoidByTanh, TanhBySigmoid)


def lossy_form(observations: Sequence[Observation]) -> NamedArithmetic | None:
    """The form whose rounding errors explain all numbers that are out of bounds; None if there is none."""
    failing = [one for one in observations if one.out_of_bounds]
    if all(_is_covered(Textbook, one) for one in failing):
        return None
    for form in LOSSY_FORMS:
        if all(_is_covered(form, one) for one in failing):
            reason = f"its errors are within the rounding bound of {form.name}: {form.effect}"
            return NamedArithmetic(form.name, form.where, None, reason, None)
    return None


def _is_covered(form: type[Textbook], one: Observation) -> bool:
    """Whether all entries out of bounds are within a finite rounding bound of the form."""
    given, names = rounded_inputs(one.inputs, one.dtype), {name for name, _ in one.out_of_bounds}
    with np.errstate(all="ignore"):
        found = quantities(form, given, one.learning_rate, one.scale, names)
        return not any(
            (entries & ~(one.errors[key] <= np.where(np.isfinite(found[key].error), found[key].error, 0.0))).any()
            for key, entries in one.out_of_bounds.items()
        )

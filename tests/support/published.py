"""Figures that are printed with so many places, and what is held against them."""

from __future__ import annotations

from decimal import Decimal

import numpy as np


def rounds_to(value, printed, slack=0.0):
    """Whether the value is within half a unit of the last printed place."""
    half = Decimal((0, (5,), Decimal(printed).as_tuple().exponent - 1))
    return abs(Decimal(float(value)) - Decimal(printed)) <= half + Decimal(slack)


def figures_of(gradients, moved, cost):
    """What an implementation gives, by the names of the figures: gW2 is ∂C/∂W^2, nW2 the weights after the step."""
    figures = {"loss": cost}
    tables = {
        "gW": gradients.w,
        "gb": gradients.b,
        "delta": gradients.delta,
        "nW": moved and [m.w for m in moved.layers],
    }
    for kind, arrays in tables.items():
        figures |= {f"{kind}{layer}": np.asarray(array) for layer, array in enumerate(arrays or [], start=1)}
    return figures

"""The one question to this package: which arithmetic explains all numbers of a file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.judging.arithmetic.observation import NamedArithmetic, Observation
from harness.judging.arithmetic.recognise import narrow_format


def named_arithmetic(observations: Sequence[Observation]) -> NamedArithmetic | None:
    """The arithmetic that explains all numbers of a file; None if there is none that is known.

    If some numbers are out of bounds, it explains all of these. If none is, the arithmetic is recognised in the errors
    that the bounds allow; that is worth its time where `loses_power` says so.
    """
    with np.errstate(all="ignore"):
        if not any(one.out_of_bounds for one in observations):
            return narrow_format(observations)
        from harness.judging.arithmetic.clip_search import safeguard  # a check of correct code does not need them
        from harness.judging.arithmetic.decimals import decimals
        from harness.judging.arithmetic.storage import stored_format

        recognisers = (stored_format, safeguard, narrow_format, decimals)
        return next((found for recognise in recognisers if (found := recognise(observations)) is not None), None)

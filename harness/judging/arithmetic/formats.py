"""Floating-point formats with fewer bits than float64: rounding to them, and which numbers they have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from harness.model.contract import Array


class Conversion(Protocol):
    """A conversion of numbers to fewer digits: the error of one is at most |number| largest_relative_error + tiny.

    `how` says in words what it does to a number.
    """

    @property
    def name(self) -> str: ...
    @property
    def how(self) -> str: ...
    @property
    def largest_relative_error(self) -> float: ...
    @property
    def tiny(self) -> float: ...
    def converted(self, numbers: Array) -> Array: ...


@dataclass(frozen=True)
class NarrowFormat:
    """A format with `bits` significant bits, the hidden one included, and normal numbers from 2^smallest_exponent.

    With `truncates`, conversion to it drops the other bits, as some processors do; otherwise it rounds to nearest.
    """

    name: str
    bits: int
    smallest_exponent: int
    dtype: str = ""  # of NumPy, if it has one
    truncates: bool = False

    @property
    def how(self) -> str:
        return f"{'truncated' if self.truncates else 'rounded'} to {self.bits} significant bits"

    @property
    def perturbation(self) -> float:
        """Some units in the last place: all bits that it drops are drawn anew."""
        return 8 * 2.0 ** (1 - self.bits)

    @property
    def largest_relative_error(self) -> float:
        """Of one conversion to a normal number."""
        return 2.0 ** (-self.bits + self.truncates)

    @property
    def tiny(self) -> float:
        """The smallest normal number."""
        return 2.0**self.smallest_exponent

    def half_ulp(self, numbers: Array) -> Array:
        """The largest error of rounding to nearest with these results."""
        exponents = np.frexp(np.maximum(np.abs(numbers), self.tiny))[1]
        return np.asarray(np.ldexp(1.0, exponents - self.bits - 1))

    def converted(self, numbers: Array) -> Array:
        """The float64 numbers, converted to this format and back to float64."""
        if self.dtype:
            with np.errstate(over="ignore", invalid="ignore", under="ignore"):
                return numbers.astype(self.dtype).astype(np.float64)
        # Formats without a dtype have the exponents of float32, in which nothing of interest underflows.
        dropped = 53 - self.bits
        patterns = np.ascontiguousarray(numbers, dtype=np.float64).view(np.int64)
        if not self.truncates:  # ties go to even
            patterns = patterns + (((patterns >> dropped) & 1) + ((1 << (dropped - 1)) - 1))
        return np.asarray((patterns & ~np.int64((1 << dropped) - 1)).view(np.float64))

    def holds(self, numbers: Array, room: Array | float = 0.0) -> bool:
        """Whether all numbers are numbers of this format, to within `room`."""
        with np.errstate(invalid="ignore"):
            rounded = self.converted(numbers)
            return bool(((numbers == rounded) | (np.abs(numbers - rounded) <= room)).all())


FLOAT32 = NarrowFormat("float32", 24, -126, "float32")
TF32 = NarrowFormat("TF32", 11, -126)
TF32_TRUNCATED = NarrowFormat("TF32", 11, -126, truncates=True)
FLOAT16 = NarrowFormat("float16", 11, -14, "float16")
BFLOAT16 = NarrowFormat("bfloat16", 8, -126)
BFLOAT16_TRUNCATED = NarrowFormat("bfloat16", 8, -126, truncates=True)
BITS_OF = {"float32": 24, "float64": 53}


def narrower_than(dtype: str) -> list[NarrowFormat]:
    """The formats with fewer bits than the dtype, the finest first."""
    formats = [FLOAT32, TF32, TF32_TRUNCATED, FLOAT16, BFLOAT16, BFLOAT16_TRUNCATED]
    return [one for one in formats if one.bits < BITS_OF[dtype]]

"""Find a clip or an epsilon, and its size, from the numbers of a file.

The size is solved for in the entry with the largest error. A usual number near the solution is preferred. A size is
reported if the textbook with it reproduces all numbers within their rounding bounds, and not without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from harness.judging.arithmetic.clips import SAFEGUARDS, ClippedWeightedInputs, SafeguardedTextbook
from harness.judging.arithmetic.observation import NamedArithmetic, Observation
from harness.judging.arithmetic.parts import quantities
from harness.sandbox.answers import ArrayKey
from harness.truth.bounds.rounded_array import rounded_inputs

_EPSILONS = 10.0 ** np.arange(-45, 0)  # between which the solution is searched
_LIMITS = 2.0 ** np.arange(0, 11)  # for |z|
_BISECTIONS = 40
_USUAL_EPSILONS = tuple(float(np.finfo(dtype).eps) for dtype in ("float64", "float32", "float16"))


def safeguard(observations: Sequence[Observation]) -> NamedArithmetic | None:
    """The clip or epsilon that explains all numbers; None if none of the known forms does."""
    worst = max(observations, key=lambda one: one.largest_ratio)
    ratios = {key: np.where(np.isfinite(one), one, 0.0) for key, one in worst.ratios.items()}
    key = max(ratios, key=lambda one: float(ratios[one].max()))
    index = tuple(int(i) for i in np.unravel_index(int(ratios[key].argmax()), ratios[key].shape))
    by_ratio = sorted(observations, key=lambda one: one.largest_ratio, reverse=True)
    for form in SAFEGUARDS:
        for size in _sizes(form, worst, key, index):
            sized = _with_size(form, size)
            shown = False
            for one in by_ratio:
                found = _compare(sized, one)
                if found is None:
                    break
                shown = shown or found
            else:
                if shown:
                    return _named_safeguard(sized)
    return None


def _with_size(form: type[SafeguardedTextbook], size: float) -> type[SafeguardedTextbook]:
    return type(form.__name__, (form,), {"size": size})


def _named_safeguard(form: type[SafeguardedTextbook]) -> NamedArithmetic:
    size = f"{form.size:.3g}"
    reason = f"{form.safeguard} of {size} {form.where} reproduces its numbers: {form.effect.replace('{}', size)}"
    return NamedArithmetic(form.safeguard, form.where, form.size, reason, None)


def _sizes(form: type[SafeguardedTextbook], one: Observation, key: ArrayKey, index: tuple[int, ...]) -> Iterator[float]:
    """Sizes with which the form may give the entry, the usual numbers first."""
    value, allowed = float(one.values[key][index]), float(one.errors[key][index]) * 2.0**-10
    solved: list[float] = []

    def difference(size: float) -> float:
        given = one.inputs.astype("float64")
        with np.errstate(all="ignore"):
            found = quantities(_with_size(form, size), given, one.learning_rate, one.scale, {key[0]})
        return float(found[key][index]) - value

    grid = _LIMITS if form is ClippedWeightedInputs else _EPSILONS
    differences = [difference(float(size)) for size in grid]
    for number in range(len(grid) - 1):
        low, high = float(grid[number]), float(grid[number + 1])
        signs = np.sign(differences[number]), np.sign(differences[number + 1])
        if abs(differences[number]) <= allowed:  # many sizes give this entry: it was clipped
            solved.append(low)
        elif signs[0] * signs[1] < 0:
            for _ in range(_BISECTIONS):
                middle = float(np.sqrt(low * high))
                if np.sign(difference(middle)) == signs[0]:
                    low = middle
                else:
                    high = middle
            solved.append(low)
    usual = [near for size in solved for near in _usual_numbers(size)]
    yield from dict.fromkeys([*usual, *solved])


def _usual_numbers(size: float) -> list[float]:
    """The numbers 1, 2 or 5 times a power of ten, and the usual epsilons, within a tenth of the size."""
    exponent = int(np.floor(np.log10(size)))
    near = [float(f"{digit}e{power}") for power in (exponent, exponent + 1) for digit in (1, 2, 5)]
    return [one for one in (*near, *_USUAL_EPSILONS) if abs(one - size) <= size / 10]


def _compare(form: type[SafeguardedTextbook], one: Observation) -> bool | None:
    """None if a number is not the form's, within the rounding of both; else whether some number shows it.

    A number shows it if it is out of bounds, and the form's differs from the truth by more than rounding.
    """
    given, names = rounded_inputs(one.inputs, one.dtype), {name for name, _ in one.values}
    shown = False
    with np.errstate(all="ignore"):
        found = quantities(form, given, one.learning_rate, one.scale, names)
        for key, value in one.values.items():
            standard, other = one.standards[key], found[key]
            unknown = ~np.isfinite(other.value) | np.isnan(other.error) | standard.undecidable
            if not ((np.abs(value - other.value) <= 2 * other.error) | unknown).all():
                return None
            differs = np.abs(other.value - standard.truth.high) > 2 * other.error
            shown = shown or bool((differs & one.out_of_bounds.get(key, np.zeros(1, bool))).any())
    return shown

"""Find a number that is fixed in the code and not declared: a learning rate, or the factor of a penalty.

Of each case, the entry that tells the most gives an interval that contains the number. If the intervals of all cases
have a point in common, it is the number with the fewest digits among these; whether it explains all entries is judged
afterwards. Cases of different rates or weights are needed: a single one is explained by some number always.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from harness.judging.conventions import Convention, quantities_or_refusal
from harness.judging.conventions.declarations import LARGEST_FACTOR
from harness.judging.conventions.standards import old_parameters
from harness.judging.judge import Trial, standard_of
from harness.model.contract import Array
from harness.sandbox.answers import ArrayKey
from harness.truth.certify import Standard

Entries = Iterator[tuple[Array, Array]]  # the number that each entry of an array gives, and its doubt
DIGITS_OF_FLOAT64 = 17
CASES_OF_A_RATE = 3  # cases of each learning rate, the smallest ones


def with_fixed_number(base: Convention, failing: Sequence[Trial]) -> Iterator[Convention]:
    """The conventions beside `base` with a fixed number that the failing cases give."""
    by_rate: dict[float, list[Trial]] = {}
    for trial in sorted(failing, key=lambda trial: trial.inputs.work):
        by_rate.setdefault(trial.case.learning_rate, []).append(trial)
    some = [trial for trials in by_rate.values() for trial in trials[:CASES_OF_A_RATE]]
    if base.learning_rate is None and len(by_rate) > 1:
        with np.errstate(all="ignore"):
            rate = _common_number(some, lambda trial: _rates(base, trial))
        if rate is not None and 1 / LARGEST_FACTOR <= rate <= LARGEST_FACTOR:
            yield replace(base, learning_rate=rate)
    if not base.l2 and len(some) > 1:
        with np.errstate(all="ignore"):
            factor = _common_number(some, lambda trial: _penalties(base, trial))
        if factor is not None and 0 < factor <= LARGEST_FACTOR:
            yield from (replace(base, l2=factor, l2_biases=biases) for biases in (False, True))


def _common_number(trials: Iterable[Trial], entries_of: Callable[[Trial], Entries]) -> float | None:
    """The number with the fewest digits in the intervals of all trials; None if they have no point in common."""
    low, high = -np.inf, np.inf
    for trial in trials:
        for numbers, doubts in entries_of(trial):
            known = np.isfinite(numbers) & np.isfinite(doubts)
            if known.any():
                best = np.argmin(np.where(known, doubts, np.inf))
                number, doubt = float(numbers.flat[best]), float(doubts.flat[best])
                low, high = max(low, number - doubt), min(high, number + doubt)
            if not low <= high:
                return None
    if not np.isfinite(high - low):
        return None
    rounded = (float(f"{(low + high) / 2:.{digits}e}") for digits in range(DIGITS_OF_FLOAT64))
    return next((one for one in rounded if low <= one <= high), None)


def _rates(base: Convention, trial: Trial) -> Entries:
    """The rates η' of the updates, that is η · update / true update for the given η."""
    eta = trial.case.learning_rate
    for (_, l), value, standard in _compared(base, trial, ("update",)):
        rates, size = eta * value / standard.truth.high, np.abs(old_parameters(trial.inputs, l))
        # The bound of an update grows with the rate, but for the rounding of the old weights.
        allowed = _allowed(standard) * np.maximum(1, np.abs(rates) / eta) + 2.0**-52 * size
        yield rates, 4 * eta * allowed / np.abs(standard.truth.high)


def _penalties(base: Convention, trial: Trial) -> Entries:
    """The factors λ of a penalty, that is (∂C/∂w − its truth) / w."""
    for (name, l), value, standard in _compared(base, trial, ("w", "update")):
        eta, columns = (1.0, slice(None)) if name == "w" else (trial.case.learning_rate, slice(-1))
        w = eta * trial.inputs.network.layers[l - 1].w.astype(np.float64)
        yield standard.error(value)[:, columns] / w, 4 * _allowed(standard)[:, columns] / np.abs(w)


def _compared(base: Convention, trial: Trial, names: Sequence[str]) -> Iterator[tuple[ArrayKey, Array, Standard]]:
    """The quantities with these names, with what they are compared with under the convention."""
    if not trial.truth.under(base).standards:
        return
    for function, answer in trial.answers.items():
        for key, value in quantities_or_refusal(function, answer, trial.inputs, base)[0].items():
            if key[0] in names:
                yield key, value, standard_of(key, value, trial, base)


def _allowed(standard: Standard) -> Array:
    return np.where(standard.undecidable, np.inf, standard.bound + standard.truth.radius + standard.changes.width)

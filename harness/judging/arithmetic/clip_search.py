"""Find a clip or an epsilon, and its size, from the numbers of a file.

The size is solved for in an entry that depends on it, and rounded to as few digits as explain the numbers. It is
reported if the textbook with it reproduces all numbers within their rounding bounds, and more of those that the
textbook without does not than a clip has free parameters: the size can be chosen to explain one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from harness.judging.arithmetic.clips import SAFEGUARDS, ClippedWeightedInputs, SafeguardedTextbook
from harness.judging.arithmetic.observation import NamedArithmetic, Observation
from harness.judging.arithmetic.parts import quantities, quantities_of_book
from harness.model.contract import Array, Inputs
from harness.model.textbook import Textbook
from harness.sandbox.answers import ArrayKey
from harness.truth.bounds.rounded_array import rounded_inputs

# Usual sizes; the limits are for |z|. The solution is searched between sizes that are _BESIDE them, and no usual ones.
_EPSILONS, _LIMITS = (
    np.array([float(f"1e-{k}") for k in range(45, 0, -1)]),
    np.array([*range(1, 10), *range(10, 100, 10), *range(100, 1001, 100)]),
)
_BESIDE = 0.37
_BISECTIONS = 50
_LARGEST = float(np.finfo(np.float64).max)
SOLVABLE_WORK = 1e6  # parameters × rows of an observation in which the size is solved for
MOST_SOLVED = 3  # observations, those with the most entries out of bounds; and solutions of each
# The sizes that code has most often; of several that explain the same numbers the first is reported.
USUAL_SIZES = (1e-7, 1e-8, 1e-12, 1e-15, 1e-10, 1e-16, 1e-9, 1e-6, 1e-5, 500.0, 100.0)
_FREE_PARAMETERS = 1  # the size
_UNITS = tuple(float(np.finfo(dtype).eps) for dtype in ("float64", "float32", "float16"))


def safeguard(observations: Sequence[Observation]) -> NamedArithmetic | None:
    """The clip or epsilon that explains all numbers; None if none of the known forms does."""
    failing = [one for one in observations if one.out_of_bounds]
    small = [one for one in failing if one.inputs.work <= SOLVABLE_WORK]
    by_count = sorted(small, key=lambda one: -sum(int(mask.sum()) for mask in one.out_of_bounds.values()))
    solvable = [_Solvable(one) for one in by_count[:MOST_SOLVED]]
    in_turn = sorted(observations, key=lambda one: (not one.out_of_bounds, one.inputs.work))
    by_kind = [_Solvable(one) for one in _smallest_by_kind(in_turn)]
    for form in SAFEGUARDS if small else ():
        if any(one.excludes(form) for one in by_kind):
            continue
        solved, clipped = zip(*(one.solutions(form) for one in solvable), strict=True)
        sizes = dict.fromkeys(near for some in solved for size in some for near in _sizes_near(size))
        found = next((size for size in sizes if _reproduces(form, size, in_turn)), None)
        if found is not None:
            return _named_safeguard(form, found, [])
        # Every entry is one that is clipped by many sizes.
        some = [set(sizes) for sizes in clipped if sizes]
        possible = sorted(set.intersection(*some), key=_unusualness) if some else []
        fitting = [size for size in possible if _reproduces(form, size, in_turn)]
        if fitting:
            return _named_safeguard(form, fitting[0], sorted(fitting))
    return None


def _smallest_by_kind(in_turn: Sequence[Observation]) -> list[Observation]:
    """The first observation with entries out of bounds for each list of activations and cost."""
    found: dict[tuple[str, ...], Observation] = {}
    for one in in_turn:
        network = one.inputs.network
        if one.out_of_bounds and one.inputs.work <= SOLVABLE_WORK:
            found.setdefault((network.cost.name, *(layer.activation.name for layer in network.layers)), one)
    return [*found.values()]


def _unusualness(size: float) -> tuple[int, float]:
    return USUAL_SIZES.index(size) if size in USUAL_SIZES else len(USUAL_SIZES), -size


def _with_size(form: type[SafeguardedTextbook], size: float) -> type[SafeguardedTextbook]:
    return type(form.__name__, (form,), {"size": size})


def _strongest(form: type[SafeguardedTextbook]) -> type[SafeguardedTextbook]:
    """The form with the size of those searched that changes the most entries."""
    size = _BESIDE * _LIMITS.min() if form is ClippedWeightedInputs else _EPSILONS.max()
    return _with_size(form, float(size))


def _named_safeguard(form: type[SafeguardedTextbook], size: float, fitting: Sequence[float]) -> NamedArithmetic:
    """`fitting` are the other sizes that explain the numbers, and the size among them."""
    text = f"{size:.3g}"
    reason = f"{form.safeguard} of {text} {form.where} reproduces its numbers: {form.effect.replace('{}', text)}"
    if len(fitting) > 1:
        reason += f" (sizes from {fitting[0]:.3g} to {fitting[-1]:.3g} explain these numbers too)"
    return NamedArithmetic(form.safeguard, form.where, size, reason, None)


@dataclass(frozen=True, eq=False)
class _Solvable:
    """An observation in which the size is solved for, from its entries out of bounds, flat."""

    observation: Observation

    @cached_property
    def _given(self) -> Inputs:
        return self.observation.inputs.astype("float64")

    @cached_property
    def _plain(self) -> tuple[Textbook, Array]:
        """The textbook without a clip, and textbook − value."""
        book = Textbook(self._given, self.observation.learning_rate, self.observation.scale)
        return book, self._differences_of(book)

    @cached_property
    def _allowed(self) -> Array:
        """Differences as small as rounding errors say nothing of the size; a clipped number may be far below its
        bound."""
        one = self.observation
        limits = {key: np.minimum(8 * one.bounds[key], 2.0**-20 * np.abs(one.values[key])) for key in one.out_of_bounds}
        return np.concatenate([limits[key][mask] for key, mask in one.out_of_bounds.items()])

    def _differences_of(self, book: Textbook) -> Array:
        one, names = self.observation, {name for name, _ in self.observation.out_of_bounds}
        with np.errstate(all="ignore"):
            found = quantities_of_book(book, one.learning_rate, names)
            parts: Array = np.concatenate(
                [(found[key] - one.values[key])[mask] for key, mask in one.out_of_bounds.items()]
            )
        parts = np.clip(parts, -_LARGEST, _LARGEST)
        parts[np.isnan(parts)] = np.inf
        return parts

    def differences(self, form: type[SafeguardedTextbook], size: float) -> Array:
        """form − value, with this size."""
        book = _with_size(form, size)(self._given, self.observation.learning_rate, self.observation.scale)
        book.take_forward(self._plain[0])
        return self._differences_of(book)

    def excludes(self, form: type[SafeguardedTextbook]) -> bool:
        """Whether entries are out of bounds that no size of the form changes, so that it does not explain them."""
        return self._is_independent_of(form) and _compare(_strongest(form), self.observation) is None

    def _is_independent_of(self, form: type[SafeguardedTextbook]) -> bool:
        book = _strongest(form)(self._given, self.observation.learning_rate, self.observation.scale)
        book.take_forward(self._plain[0])
        return np.array_equal(self._differences_of(book), self._plain[1])

    def solutions(self, form: type[SafeguardedTextbook]) -> tuple[list[float], list[float]]:
        """The sizes with which the form gives most of the entries that depend on it; if none do, usual sizes that
        fit."""
        usual = _LIMITS if form is ClippedWeightedInputs else _EPSILONS
        grid = _BESIDE * usual
        if self._is_independent_of(form):
            return [], usual.tolist() if self._is_fitting(self._plain[1]) else []
        table = np.array([self.differences(form, float(size)) for size in grid])
        is_same = np.abs(table) <= self._allowed
        crosses = (table[:-1] * table[1:] < 0) & ~is_same[:-1] & ~is_same[1:]
        if not crosses.any():
            # An entry that no size between two of the grid crosses fits there only if it fits one of these.
            possible = np.append((is_same[:-1] | is_same[1:]).all(axis=1), True)
            return [], [size for size in usual[possible].tolist() if self._is_fitting(self.differences(form, size))]
        intervals = np.argsort(-crosses.sum(axis=1), kind="stable")[:MOST_SOLVED]
        return [self._bisected(form, grid, table, crosses, int(i)) for i in intervals if crosses[i].any()], []

    def _is_fitting(self, differences: Array) -> bool:
        return bool((np.abs(differences) <= self._allowed).all())

    def _bisected(
        self, form: type[SafeguardedTextbook], grid: Array, table: Array, crosses: Array, number: int
    ) -> float:
        """The size between two of the grid for the entry that changes most between them."""
        changes = np.where(crosses[number], np.abs(table[number + 1] - table[number]), 0.0)
        entry, (low, high) = int(changes.argmax()), (float(grid[number]), float(grid[number + 1]))
        for _ in range(_BISECTIONS):
            middle = float(np.sqrt(low * high))
            if self.differences(form, middle)[entry] * table[number, entry] > 0:
                low = middle
            else:
                high = middle
        return low


def _sizes_near(size: float) -> Iterator[float]:
    """The size rounded to a few digits, the usual epsilons near it, and the size."""
    yield from (float(f"{size:.{digits}e}") for digits in range(2))
    yield from (unit for unit in _UNITS if abs(unit - size) <= size / 2)
    yield from (float(f"{size:.{digits}e}") for digits in range(2, 6))
    yield size


def _reproduces(form: type[SafeguardedTextbook], size: float, observations: Sequence[Observation]) -> bool:
    """Whether all numbers are the form's, and more of them show it than the form has free parameters."""
    shown = 0
    for one in observations:
        found = _compare(_with_size(form, size), one)
        if found is None:
            return False
        shown += found
    return shown > _FREE_PARAMETERS


def _compare(form: type[SafeguardedTextbook], one: Observation) -> int | None:
    """None if a number is not the form's, within the rounding of both; else how many numbers show it.

    A number shows it if it is out of bounds, and the form's differs from the truth by more than rounding.
    """
    given, names = rounded_inputs(one.inputs, one.dtype), {name for name, _ in one.values}
    showing: dict[ArrayKey, Array] = {}
    with np.errstate(all="ignore"):
        found = quantities(form, given, one.learning_rate, one.scale, names)
        for key, value in one.values.items():
            standard, other = one.standards[key], found[key]
            out_of_bounds = one.out_of_bounds.get(key, np.zeros(1, bool))
            # Without a bound, the form may have any value: that does not explain an entry that is out of bounds.
            unknown = ~np.isfinite(other.value) | standard.undecidable | (np.isnan(other.error) & ~out_of_bounds)
            if not ((np.abs(value - other.value) <= 2 * other.error) | unknown).all():
                return None
            differs = np.abs(other.value - standard.truth.high) > 2 * other.error
            showing[key] = differs & out_of_bounds
    return _independent(showing)


def _independent(showing: Mapping[ArrayKey, Array]) -> int:
    """How many of these entries are not consequences of one another.

    What one δ causes is one: its row of ∂C/∂W, its ∂C/∂b, and all layers before it. So only the last layer with such an
    entry counts, and in it the quantity with the most rows of units, or entries of z, a or δ.
    """
    last = max((l for (_, l), entries in showing.items() if entries.any()), default=0)
    counts = [
        int((entries.any(axis=1) if name in ("w", "update") else entries).sum())
        for (name, l), entries in showing.items()
        if l == last
    ]
    return max(counts, default=0)

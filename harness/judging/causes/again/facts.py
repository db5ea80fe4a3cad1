"""What runs on varied inputs show: on what wrong numbers depend, and on what they do not.

A dependence is shown by numbers that differ by more than the coarsest arithmetic in use explains. An independence is
shown by numbers that stay the same within the bounds of both runs, although the true ones change by more than these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from harness.judging.causes.again.runs import Rerun
from harness.judging.causes.again.variations import ArrayName, in_former_order
from harness.model.contract import Array
from harness.sandbox.answers import ArrayKey

BY_ROW = ("z", "a", "delta")
CLEAR = 8  # an error that is so many times larger than rounding


def independences(
    base: Rerun, runs: Mapping[ArrayName, Rerun], keys: Iterable[ArrayKey]
) -> dict[tuple[ArrayKey, ArrayName], bool]:
    """For each quantity and each input array that changes its true numbers, whether the numbers stay the same."""
    found = {}
    for key in keys:
        for name, run in runs.items():
            if run.covers(key):
                room = base.room(key) + run.room(key)
                if (np.abs(run.truth(key) - base.truth(key)) > CLEAR * room).any():
                    is_dead = not base.value(key).any()  # it is 0, and may depend on much where it is not
                    found[key, name] = not is_dead and bool((np.abs(run.value(key) - base.value(key)) <= room).all())
    return found


def error_independences(
    base: Rerun, runs: Mapping[ArrayName, Rerun], keys: Iterable[ArrayKey]
) -> dict[tuple[ArrayKey, ArrayName], bool]:
    """The same for the errors, of the quantities whose errors are clear."""
    found = {}
    for key in keys:
        for name, run in runs.items():
            if run.covers(key):
                room = base.room(key) + run.room(key)
                if (np.abs(base.error(key)) > CLEAR * room).any():
                    found[key, name] = bool((np.abs(run.error(key) - base.error(key)) <= room).all())
    return found


def unmoved_by_small_changes(
    base: Rerun, runs: Mapping[ArrayName, Rerun], keys: Iterable[ArrayKey]
) -> dict[tuple[ArrayKey, ArrayName], bool]:
    """Whether quantities are exactly the same after a small change of an array that changes the true ones.

    Numbers that are all of one size are left out: these are 0, or a limit.
    """
    found = {}
    for key in keys:
        for name, run in runs.items():
            if run.covers(key):
                is_moved = np.abs(run.truth(key) - base.truth(key)) > base.room(key) + run.room(key)
                has_sizes = len(np.unique(np.abs(base.value(key)[is_moved]))) > 1  # not only 0, or a limit
                found[key, name] = has_sizes and bool((run.value(key) == base.value(key)).all())
    return found


def dependent_unlike_truth(base: Rerun, run: Rerun, keys: Iterable[ArrayKey]) -> list[ArrayKey]:
    """The quantities that change by more than rounding although the true ones do not."""
    return [
        key
        for key in different(base, run, keys)
        if (np.abs(run.truth(key) - base.truth(key)) <= base.room(key) + run.room(key)).all()
    ]


def different(one: Rerun, other: Rerun, keys: Iterable[ArrayKey]) -> list[ArrayKey]:
    """The quantities that differ by more than rounding, of two runs of which they should be the same."""
    common = [key for key in keys if one.covers(key) and other.covers(key)]
    return [key for key in common if _is_different(one, other, key)]


def different_by_row_order(base: Rerun, run: Rerun, order: Array, keys: Iterable[ArrayKey]) -> list[ArrayKey]:
    """The quantities that depend on the order of the rows; `run` has them in this order."""
    back, found = np.argsort(order), []
    for key in keys:
        if run.covers(key) and _is_different(base, run, key, back if key[0] in BY_ROW else slice(None)):
            found.append(key)
    return found


def different_by_unit_order(
    base: Rerun, run: Rerun, layer: int, order: Array, keys: Iterable[ArrayKey]
) -> list[ArrayKey]:
    """The quantities that depend on the order of the units of a layer; `run` has them in this order."""
    found = []
    for key in keys:
        if run.covers(key):
            value = in_former_order(run.value(key), key, layer, order)
            room = in_former_order(run.room(key, is_coarse=True), key, layer, order)
            if (np.abs(value - base.value(key)) > base.room(key, is_coarse=True) + room).any():
                found.append(key)
    return found


def dependent_on_other_rows(base: Rerun, runs: Mapping[int, Rerun], keys: Iterable[ArrayKey]) -> list[ArrayKey]:
    """The quantities with a row that changes with another row of x and t; `runs` have one row changed."""
    found = []
    for key in (key for key in keys if key[0] in BY_ROW):
        for row, run in runs.items():
            if run.covers(key):
                room = base.room(key, is_coarse=True) + run.room(key, is_coarse=True)
                changed = (np.abs(run.value(key) - base.value(key)) > room).any(axis=1)
                if np.delete(changed, row).any():
                    found.append(key)
                    break
    return found


def unused_rows(base: Rerun, runs: Mapping[int, Rerun], key: ArrayKey) -> tuple[list[int], list[int]]:
    """The rows of x and t on which a quantity does not depend, and those on which it does."""
    found: dict[bool, list[int]] = {True: [], False: []}
    for row, run in runs.items():
        for is_same in independences(base, {ArrayName("x"): run}, [key]).values():
            found[is_same].append(row)
    return found[True], found[False]


def not_proportional(base: Rerun, run: Rerun, scale: float, keys: Iterable[ArrayKey]) -> list[ArrayKey]:
    """The quantities whose errors are not multiplied by the number by which their true numbers are."""
    found = []
    for key in keys:
        if run.covers(key):
            room = run.room(key, is_coarse=True) + scale * base.room(key, is_coarse=True)
            if (np.abs(run.error(key) - scale * base.error(key)) > room).any():
                found.append(key)
    return found


def not_additive(whole: Rerun, parts: Sequence[Rerun], keys: Iterable[ArrayKey]) -> list[ArrayKey]:
    """The quantities whose errors in all rows are not the sum of those in these parts of them, as true gradients are.

    Under a convention of a mean over the rows, the errors of each part count by its share of the rows.
    """
    found = []
    for key in keys:
        if key[0] not in BY_ROW and all(part.covers(key) for part in parts):
            shares = [part.divisor / whole.divisor for part in parts]
            pairs = list(zip(shares, parts, strict=True))
            room = whole.room(key, is_coarse=True) + sum(share * one.room(key, is_coarse=True) for share, one in pairs)
            error = whole.error(key) - sum(share * one.error(key) for share, one in pairs)
            if (np.abs(error) > room).any():
                found.append(key)
    return found


def units_in_another_order(base: Rerun, key: ArrayKey) -> tuple[int, ...]:
    """The order of the units, from 1, if a quantity is the true one in another order of the units; empty if not."""
    value, truth, room = base.value(key), base.truth(key), base.room(key)
    axis = 1 if key[0] in BY_ROW else 0
    value, truth, room = (np.moveaxis(one, axis, 0).reshape(one.shape[axis], -1) for one in (value, truth, room))
    is_unit = [(np.abs(mine - truth) <= room).all(axis=1) for mine in value]
    order = [int(np.argmax(matches)) for matches in is_unit]
    is_clear = all(matches.sum() == 1 for matches in is_unit) and sorted(order) == [*range(len(order))]
    return tuple(unit + 1 for unit in order) if is_clear and order != sorted(order) else ()


def limit_of_wrong_entries(sizes: Sequence[tuple[Array, Array]]) -> tuple[str, float] | None:
    """Whether the entries above a limit are wrong and the others right, or those below it; each pair has the sizes of
    some entries and whether they are wrong. At least FEWEST entries of each kind must show it, and a share of all:
    a few small errors would show a limit where nearly all is wrong."""
    every = np.concatenate([size.ravel() for size, _ in sizes])
    wrong = np.concatenate([mask.ravel() for _, mask in sizes])
    bad, good = every[wrong], every[~wrong]
    if min(len(bad), len(good)) < max(FEWEST, len(every) / MOST_TO_ONE):
        return None
    if good.max() < bad.min():
        return "above", _roundest(good.max(), bad.min())
    if bad.max() < good.min():
        return "below", _roundest(bad.max(), good.min())
    return None


FEWEST = 8  # entries on each side of a limit
MOST_TO_ONE = 10  # of all entries to those on one side


def _roundest(low: float, high: float) -> float:
    """The number with the fewest digits between two numbers."""
    for digits in range(1, 17):
        for number in (float(f"{low:.{digits - 1}e}"), float(f"{high:.{digits - 1}e}")):
            if low <= number <= high:
                return number
    return low


def _is_different(base: Rerun, run: Rerun, key: ArrayKey, order: Array | slice = slice(None)) -> bool:
    """Whether the numbers differ, with the rows of `run` in this order."""
    room = base.room(key, is_coarse=True) + run.room(key, is_coarse=True)[order]
    return bool((np.abs(run.value(key)[order] - base.value(key)) > room).any())

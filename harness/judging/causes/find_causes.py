"""Find the cause of errors that are out of bounds, for all failing cases of a file together: arithmetic or formula.

The cause is the arithmetic if the numbers are those of a known narrower arithmetic, if the error shrinks in higher
precision, or if it is irregular along lines through the inputs. It is the formula if the error is shown to be smooth
along them (harness.judging.causes.smoothness). Where neither is shown, the cause is not decided, and said to be so.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np

from harness.judging.arithmetic.named import named_arithmetic
from harness.judging.causes.measurements import Measurement, Suspect, measured, measured_anew
from harness.judging.causes.smoothness import LINE_POINTS, ErrorsAlongLine, examine_line, is_arithmetic, is_formula
from harness.model.contract import Array, Inputs
from harness.sandbox.answers import ArrayKey, Arrays

Result = TypeVar("Result")
# The relative step along the lines, in turn: some units in the last place of bfloat16, of float16, and a thousand of
# float32. Along steps within one unit, the error of rounding would be as smooth as that of a formula.
STEPS = (2.0**-6, 2.0**-10, 2.0**-6, 2.0**-14, 2.0**-6)
CURVED = ("sigmoid", "tanh", "softplus")  # a slope that is a constant has the same rounding error everywhere


@dataclass(frozen=True)
class Cause:
    """The cause as a verdict, `inaccurate`, `wrong`, `failed` or `cannot tell`, and the reason for it in one line."""

    verdict: str
    reason: str


SHRINKS = Cause("inaccurate", "its error shrinks in higher precision")
IRREGULAR = Cause("inaccurate", "its error changes completely when the inputs move slightly")
LOST = Cause("inaccurate", "small entries have lost their digits: their errors are those of rounding the largest entry")
FORMULA = Cause("wrong", "its error is smooth in the inputs, which rounding is not: the formula is wrong")
UNDECIDED = "it is out of bounds, by the formula or by the arithmetic:"
NO_ANSWER = Cause("cannot tell", f"{UNDECIDED} it gave no answer for other inputs, or none that can be judged")
NEITHER = Cause("cannot tell", f"{UNDECIDED} its error is neither smooth in the inputs nor irregular")
DEPENDS_ON_HISTORY = Cause("failed", "its answer depends on earlier calls: run alone, this case agrees")


class CauseRun(NamedTuple):
    """The implementation must be run on these inputs, for the suspect with this index."""

    suspect: int
    inputs: Inputs


Rounds = Generator[Sequence[CauseRun], Sequence[Arrays], Result]  # of runs


def find_causes(suspects: Sequence[Suspect]) -> Rounds[list[Cause]]:
    """The cause for each suspect, as a generator: the same for all, except where an answer depends on earlier calls.

    It yields runs and is sent the quantities that the implementation computes in each, in another process than its
    first run.
    """
    every = [CauseRun(number, suspect.inputs) for number, suspect in enumerate(suspects)]
    bases = [
        measured(values, suspects[run.suspect].standards) for run, values in zip(every, (yield every), strict=True)
    ]
    failing = [run for run in every if bases[run.suspect].has_out_of_bounds or not bases[run.suspect].errors]
    causes = dict.fromkeys(range(len(suspects)), DEPENDS_ON_HISTORY)
    if failing:
        cause = yield from _common_cause(suspects, bases, [run.suspect for run in failing])
        for run, values in zip(failing, (yield failing), strict=True):
            last = measured(values, suspects[run.suspect].standards)
            if not last.covers(bases[run.suspect]) or last.has_out_of_bounds or not last.errors:
                causes[run.suspect] = cause
    return [causes[number] for number in range(len(suspects))]


def _common_cause(suspects: Sequence[Suspect], bases: Sequence[Measurement], failing: Sequence[int]) -> Rounds[Cause]:
    """The cause of the errors of all failing cases."""
    answered = [number for number in failing if bases[number].errors]
    if not answered:
        return Cause("cannot tell", f"{UNDECIDED} run again it gave no numbers")
    observations = [one for number in answered for one in suspects[number].observations(bases[number].values)]
    named = named_arithmetic(observations)
    if named is not None:
        return Cause("inaccurate", named.reason)
    found: dict[int, Cause] = {}
    excesses = {number: _coarse_ratios(suspects[number], bases[number]) for number in answered}
    for number in _examined(suspects, excesses):
        gross = {key: ratio > 1 for key, ratio in excesses[number].items()}
        found[number] = yield from _cause_of_one(number, suspects[number], bases[number], gross)
    return _verdict_on_all(found, excesses)


def _verdict_on_all(found: Mapping[int, Cause], excesses: Mapping[int, Mapping[ArrayKey, Array]]) -> Cause:
    """The cause of all errors, from those of the examined cases.

    If coarse arithmetic is shown in one case, smooth errors in another may be those of a constant that is rounded to
    it, or of numbers that are lost in it: they are wrong only if they exceed the bounds of coarse arithmetic.
    """
    arithmetic = [cause for cause in found.values() if cause.verdict == "inaccurate"]
    for number, cause in found.items():
        is_gross = any((ratio > 1).any() for ratio in excesses[number].values())
        if cause.verdict == "wrong" and (is_gross or not arithmetic):
            return cause
    return arithmetic[0] if arithmetic else next(iter(found.values()))


def _examined(suspects: Sequence[Suspect], excesses: Mapping[int, Mapping[ArrayKey, Array]]) -> list[int]:
    """The cases to run on other inputs: that with the worst error, also of those with curved activations only, and the
    smallest one.

    Errors are compared with the bounds of coarse arithmetic, because a wrong formula shows where these are exceeded.
    """
    worst = {number: max(ratio.max() for ratio in excess.values()) for number, excess in excesses.items()}
    layers = {number: suspects[number].inputs.network.layers[:-1] for number in worst}
    curved = [number for number in worst if layers[number] and all(l.activation.name in CURVED for l in layers[number])]
    smallest = min(worst, key=lambda number: suspects[number].inputs.work)
    chosen = [max(worst, key=worst.__getitem__), smallest, max(curved, key=worst.__getitem__, default=smallest)]
    return list(dict.fromkeys(chosen))


def _cause_of_one(number: int, suspect: Suspect, base: Measurement, gross: Mapping[ArrayKey, Array]) -> Rounds[Cause]:
    """The cause of the errors of one case; `gross` says which of them no usual arithmetic has."""
    if (yield from _shrinks(number, suspect, base)):
        return SHRINKS
    lines: list[ErrorsAlongLine] = []
    for direction, step in enumerate(STEPS):
        inputs = [_moved(suspect.inputs, direction, k * step) for k in range(1, LINE_POINTS)]
        answers = yield [CauseRun(number, one) for one in inputs]
        points = [measured_anew(suspect, one, values) for one, values in zip(inputs, answers, strict=True)]
        if not all(point.covers(base) for point in points):
            return NO_ANSWER
        line = _along_line(base, points, gross, is_coarse=step == STEPS[0])
        if line is None:
            continue
        lines.append(line)
        if line.is_empty:
            return LOST
        if is_formula(lines):
            return FORMULA
        if is_arithmetic(lines):
            return IRREGULAR
    return NEITHER if lines else NO_ANSWER


def _shrinks(number: int, suspect: Suspect, base: Measurement) -> Rounds[bool]:
    """Whether the error shrinks in higher precision."""
    other = "float32" if suspect.dtype == "float64" else "float64"
    with np.errstate(over="ignore"):
        cast = suspect.inputs.astype(other)
    if not all(np.isfinite(array).all() for array in cast.arrays()):
        return False
    [values] = yield [CauseRun(number, cast)]
    run = measured_anew(suspect, cast, values, other)
    if not run.covers(base):
        return False
    single, double = (base, run) if suspect.dtype == "float32" else (run, base)
    return _is_nearer_to_the_truth(single, double)


def _is_nearer_to_the_truth(single: Measurement, double: Measurement) -> bool:
    """Whether each error in float64 is nearer to 0 than to the error in float32, as the error of arithmetic is.

    The error of a formula is the same in both. Only entries that are out of bounds in float32 can tell; at least half
    of those that are so in float64 must be among them.
    """
    telling, asked = 0, 0
    for key, in_single in single.out_of_bounds.items():
        if key in double.errors:
            errors = double.errors[key]
            if not (np.abs(errors) < np.abs(errors - single.errors[key]))[in_single].all():
                return False
            telling += int((in_single & double.out_of_bounds[key]).sum())
            asked += int(double.out_of_bounds[key].sum())
    return single.has_out_of_bounds and 2 * telling >= asked


def _along_line(
    base: Measurement, points: Sequence[Measurement], gross: Mapping[ArrayKey, Array], *, is_coarse: bool
) -> ErrorsAlongLine | None:
    """What a line shows of the entries that are out of bounds at its start, except those that are lost there; None if
    each of them cannot be judged at some point.

    An entry is lost if its errors are within the largest bound of its array and its value stays the same from one point
    to the next: in a sum with a larger number it is rounded to one value, and that error is as smooth as a formula's.
    """
    measured, errors, is_judged = [base, *points], [], False
    for key, entries in base.out_of_bounds.items():
        unknown = np.any([one.undecidable[key] | ~np.isfinite(one.errors[key]) for one in measured], axis=0)
        is_judged |= bool((entries & ~unknown).any())
        stays = (np.diff([one.values[key] for one in measured], axis=0) == 0).any(axis=0)
        unknown |= stays & np.all([np.abs(one.errors[key]) <= base.bounds[key].max() for one in measured], axis=0)
        scale = float(np.abs(base.truths[key]).max()) or 1.0
        errors.append(np.array([np.where(unknown, np.nan, one.errors[key])[entries] / scale for one in measured]))
    if not is_judged:
        return None
    every = np.concatenate([gross[key][entries] for key, entries in base.out_of_bounds.items()])
    with np.errstate(invalid="ignore", over="ignore"):
        return examine_line(np.concatenate(errors, axis=1), every, is_coarse=is_coarse)


def _coarse_ratios(suspect: Suspect, base: Measurement) -> dict[ArrayKey, Array]:
    """The errors divided by the bounds of the coarsest arithmetic in use; 0 where there is no bound."""
    try:
        coarse = suspect.standards_of(suspect.inputs, "coarse")
    except ValueError:  # a sum is too long
        return {key: np.zeros(error.shape) for key, error in base.errors.items()}
    return {key: np.abs(error) / coarse[key].bound for key, error in base.errors.items()}


def _moved(inputs: Inputs, direction: int, way: float) -> Inputs:
    """The inputs with every weight, bias and x changed by a relative `way` at most, in a random direction.

    Equal rows stay equal, because an error may come from their being so, as in code that keeps each row once.
    """
    random = np.random.default_rng(direction)

    def moved(array: Array) -> Array:
        # No number stands still, because its own rounding would then be the same all along.
        slope = random.uniform(0.5, 1, array.shape) * random.choice([-1, 1], array.shape)
        if array.ndim == 2:
            _, first, alike = np.unique(array, axis=0, return_index=True, return_inverse=True)
            slope = slope[first[alike.ravel()]]
        return np.asarray(array * (1 + way * slope), dtype=array.dtype)

    return inputs.changed(moved)

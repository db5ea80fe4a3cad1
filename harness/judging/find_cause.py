"""Find the cause of errors that are out of bounds, for all failing cases of a file together: arithmetic or formula.

The cause is the arithmetic if the numbers are those of a known narrower arithmetic, if the error shrinks in higher
precision, or if it is irregular along lines through the inputs. It is the formula if the error is shown to be smooth
along them (harness.judging.smoothness). Where neither is shown, the cause is not decided, and said to be so.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

import numpy as np

from harness.judging.arithmetic.float16 import has_nonzero, is_truth_stored
from harness.judging.conventions import DEFAULT_CONVENTION, Convention
from harness.judging.smoothness import LINE_POINTS, ErrorsAlongLine, examine_line, is_arithmetic, is_formula
from harness.model.contract import Array, Inputs
from harness.sandbox.answers import ArrayKey, Arrays
from harness.truth.certify import Standard, certify, certify_forward, error_over_bound

Standards = Mapping[ArrayKey, Standard]
Result = TypeVar("Result")
# The relative step along the lines, in turn: the step of a table of function values, and a thousand float32 bits.
STEPS = (2.0**-10, 2.0**-14, 2.0**-10, 2.0**-14)


@dataclass(frozen=True)
class Cause:
    """The cause as a verdict, `inaccurate`, `wrong`, `failed` or `cannot tell`, and the reason for it in one line."""

    verdict: str
    reason: str


STORED_IN_FLOAT16 = Cause("inaccurate", "its numbers are the true ones, stored in float16")
SHRINKS = Cause("inaccurate", "its error shrinks in higher precision")
IRREGULAR = Cause("inaccurate", "its error changes completely when the inputs move slightly")
LOST = Cause("inaccurate", "small entries have lost their digits: their errors are those of rounding the largest entry")
FORMULA = Cause("wrong", "its error is smooth in the inputs, which rounding is not: the formula is wrong")
UNDECIDED = "it is out of bounds, but not decided whether by the formula or the arithmetic:"
NO_ANSWER = Cause("cannot tell", f"{UNDECIDED} it gave no answer for other inputs")
NEITHER = Cause("cannot tell", f"{UNDECIDED} its error is neither smooth in the inputs nor irregular")
DEPENDS_ON_HISTORY = Cause("failed", "its answer depends on earlier calls: run alone, this case agrees")


@dataclass(frozen=True, eq=False)
class Suspect:
    """A case with numbers out of bounds. `standards` are those of its inputs; with `forward`, z and a are examined."""

    inputs: Inputs
    learning_rate: float
    dtype: str
    convention: Convention
    standards: Standards
    forward: bool = False

    @classmethod
    def of(
        cls, inputs: Inputs, learning_rate: float, dtype: str, convention: Convention = DEFAULT_CONVENTION
    ) -> Suspect:
        """A suspect whose standards are computed here. Raises ValueError if there is no truth."""
        empty = cls(inputs, convention.rate(learning_rate), dtype, convention, {})
        return replace(empty, standards=empty.standards_of(inputs, dtype))

    def standards_of(self, inputs: Inputs, dtype: str) -> Standards:
        """The standards of other inputs. Raises ValueError if there is no truth, as for an input that is infinite."""
        used = self.convention.inputs(inputs)
        if self.forward:
            return certify_forward(used, dtype)
        standards = certify(used, self.learning_rate, dtype)
        return self.convention.standards(standards, inputs, self.learning_rate, dtype)


class CauseRun(NamedTuple):
    """The implementation must be run on these inputs, for the suspect with this index."""

    suspect: int
    inputs: Inputs


@dataclass(frozen=True, eq=False)
class _Measurement:
    """The signed errors of one answer, their bounds, and which entries are out of bounds or cannot be judged.

    `worst` is the largest ratio of an error to its bound.
    """

    values: Arrays
    errors: dict[ArrayKey, Array]
    bounds: dict[ArrayKey, Array]
    out_of_bounds: dict[ArrayKey, Array]
    undecidable: dict[ArrayKey, Array]
    truths: dict[ArrayKey, Array]
    worst: float

    @property
    def has_out_of_bounds(self) -> bool:
        return any(entries.any() for entries in self.out_of_bounds.values())

    def covers(self, base: _Measurement) -> bool:
        """Whether it has all quantities of another measurement."""
        return self.errors.keys() >= base.errors.keys()


Rounds = Generator[Sequence[CauseRun], Sequence[Arrays], Result]  # of runs


def find_causes(suspects: Sequence[Suspect]) -> Rounds[list[Cause]]:
    """The cause for each suspect, as a generator: the same for all, except where an answer depends on earlier calls.

    It yields runs and is sent the quantities that the implementation computes in each, in another process than its
    first run.
    """
    every = [CauseRun(number, suspect.inputs) for number, suspect in enumerate(suspects)]
    bases = [
        _compared(values, suspects[run.suspect].standards) for run, values in zip(every, (yield every), strict=True)
    ]
    failing = [run for run in every if bases[run.suspect].has_out_of_bounds or not bases[run.suspect].errors]
    causes = dict.fromkeys(range(len(suspects)), DEPENDS_ON_HISTORY)
    if failing:
        cause = yield from _common_cause(suspects, bases, [run.suspect for run in failing])
        for run, values in zip(failing, (yield failing), strict=True):
            last = _compared(values, suspects[run.suspect].standards)
            if not last.covers(bases[run.suspect]) or last.has_out_of_bounds or not last.errors:
                causes[run.suspect] = cause
    return [causes[number] for number in range(len(suspects))]


def _common_cause(suspects: Sequence[Suspect], bases: Sequence[_Measurement], failing: Sequence[int]) -> Rounds[Cause]:
    """The cause of the errors of all failing cases."""
    answered = [number for number in failing if bases[number].errors]
    if not answered:
        return Cause("cannot tell", f"{UNDECIDED} run again it gave no numbers")
    stored = [_is_stored_in_float16(suspects[number], bases[number]) for number in answered]
    if all(stored) and any(has_nonzero(bases[number].values, bases[number].out_of_bounds) for number in answered):
        return STORED_IN_FLOAT16
    found: list[Cause] = []
    excesses = {number: _coarse_ratios(suspects[number], bases[number]) for number in answered}
    for number in _examined(suspects, excesses):
        gross = {key: ratio > 1 for key, ratio in excesses[number].items()}
        cause = yield from _cause_of_one(number, suspects[number], bases[number], gross)
        if cause.verdict == "wrong":
            return cause
        found.append(cause)
    return next((cause for cause in found if cause.verdict == "inaccurate"), found[0])


def _examined(suspects: Sequence[Suspect], excesses: Mapping[int, Mapping[ArrayKey, Array]]) -> list[int]:
    """The cases to run on other inputs: those with the worst and with the median error, and the smallest one.

    Errors are compared with the bounds of coarse arithmetic, because a wrong formula shows where these are exceeded.
    """
    worst = {number: max(ratio.max() for ratio in excess.values()) for number, excess in excesses.items()}
    by_error = sorted(worst, key=lambda number: -worst[number])
    smallest = min(worst, key=lambda number: suspects[number].inputs.work)
    return list(dict.fromkeys([by_error[0], smallest, by_error[len(by_error) // 2]]))


def _is_stored_in_float16(suspect: Suspect, base: _Measurement) -> bool:
    def in_float32() -> Standards:
        return suspect.standards_of(suspect.inputs, "float32")

    return is_truth_stored(base.values, suspect.standards, in_float32, suspect.inputs, suspect.learning_rate)


def _cause_of_one(number: int, suspect: Suspect, base: _Measurement, gross: Mapping[ArrayKey, Array]) -> Rounds[Cause]:
    """The cause of the errors of one case; `gross` says which of them no usual arithmetic has."""
    if (yield from _shrinks(number, suspect, base)):
        return SHRINKS
    lines: list[ErrorsAlongLine] = []
    for direction, step in enumerate(STEPS):
        inputs = [_moved(suspect.inputs, direction, k * step) for k in range(1, LINE_POINTS)]
        answers = yield [CauseRun(number, one) for one in inputs]
        points = [_compared_anew(suspect, one, values) for one, values in zip(inputs, answers, strict=True)]
        if not all(point.covers(base) for point in points):
            return NO_ANSWER
        lines.append(_along_line(base, points, gross))
        if lines[-1].is_empty:
            return LOST
        if is_formula(lines):
            return FORMULA
        if is_arithmetic(lines):
            return IRREGULAR
    return NEITHER


def _shrinks(number: int, suspect: Suspect, base: _Measurement) -> Rounds[bool]:
    """Whether the error shrinks in higher precision."""
    other = "float32" if suspect.dtype == "float64" else "float64"
    with np.errstate(over="ignore"):
        cast = suspect.inputs.astype(other)
    if not all(np.isfinite(array).all() for array in cast.arrays()):
        return False
    [values] = yield [CauseRun(number, cast)]
    run = _compared_anew(suspect, cast, values, other)
    if not run.covers(base):
        return False
    single, double = (base, run) if suspect.dtype == "float32" else (run, base)
    return _is_nearer_to_the_truth(single, double)


def _is_nearer_to_the_truth(single: _Measurement, double: _Measurement) -> bool:
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


def _along_line(base: _Measurement, points: Sequence[_Measurement], gross: Mapping[ArrayKey, Array]) -> ErrorsAlongLine:
    """What a line shows of the entries that are out of bounds at its start, except those that are lost there.

    An entry is lost if its errors are within the largest bound of its array and its value stays the same from one point
    to the next: in a sum with a larger number it is rounded to one value, and that error is as smooth as a formula's.
    """
    measured, errors = [base, *points], []
    for key, entries in base.out_of_bounds.items():
        unknown = np.any([one.undecidable[key] for one in measured], axis=0)
        stays = (np.diff([one.values[key] for one in measured], axis=0) == 0).any(axis=0)
        unknown |= stays & np.all([np.abs(one.errors[key]) <= base.bounds[key].max() for one in measured], axis=0)
        scale = float(np.abs(base.truths[key]).max()) or 1.0
        errors.append(np.array([np.where(unknown, np.nan, one.errors[key])[entries] / scale for one in measured]))
    every = np.concatenate([gross[key][entries] for key, entries in base.out_of_bounds.items()])
    with np.errstate(invalid="ignore", over="ignore"):
        return examine_line(np.concatenate(errors, axis=1), every)


def _coarse_ratios(suspect: Suspect, base: _Measurement) -> dict[ArrayKey, Array]:
    """The errors divided by the bounds of bfloat16, the coarsest arithmetic in use; 0 where there is no bound."""
    try:
        coarse = suspect.standards_of(suspect.inputs, "bfloat16")
    except ValueError:  # a sum is too long
        return {key: np.zeros(error.shape) for key, error in base.errors.items()}
    return {key: np.abs(error) / coarse[key].bound for key, error in base.errors.items()}


def _compared_anew(suspect: Suspect, inputs: Inputs, values: Arrays, dtype: str = "") -> _Measurement:
    """The measurement of an answer for other inputs; empty if there is no truth."""
    try:
        return _compared(values, suspect.standards_of(inputs, dtype or suspect.dtype))
    except ValueError:
        return _compared({}, {})


def _compared(given: Arrays, standards: Standards) -> _Measurement:
    values = {key: value for key, value in given.items() if key in standards}
    ratios = {key: error_over_bound(value, standards[key]) for key, value in values.items()}
    return _Measurement(
        values,
        errors={key: standards[key].error(value) for key, value in values.items()},
        bounds={key: standards[key].bound for key in values},
        out_of_bounds={key: ~(ratio <= 1) for key, ratio in ratios.items()},
        undecidable={key: standards[key].undecidable for key in values},
        truths={key: standards[key].truth.high for key in values},
        worst=max((float(np.nan_to_num(ratio, nan=np.inf).max()) for ratio in ratios.values()), default=0.0),
    )


def _moved(inputs: Inputs, direction: int, way: float) -> Inputs:
    """The inputs with every weight, bias and x changed by a relative `way` at most, in a random direction."""
    random = np.random.default_rng(direction)

    def moved(array: Array) -> Array:
        # No number stands still, because its own rounding would then be the same all along.
        slope = random.uniform(0.5, 1, array.shape) * random.choice([-1, 1], array.shape)
        return np.asarray(array * (1 + way * slope), dtype=array.dtype)

    layers = inputs.network.layers
    network = inputs.network.with_parameters(
        w=[moved(layer.w) for layer in layers], b=[moved(layer.b) for layer in layers]
    )
    return Inputs(network, moved(inputs.x), inputs.t)

"""Find the cause of an error that is out of bounds: the arithmetic or the formula. Its size decides nothing.

The cause is the arithmetic if the error shrinks in higher precision, or if it is irregular: rounding depends on the
last bits of the inputs, so slightly perturbed inputs have completely different rounding errors, while the error of a
wrong formula is as smooth as the formula. An error that is the same in float64 as in float32, and smooth in the inputs,
comes from the formula. Numbers stored in float16 may show neither, and are recognised by their values
(harness.judging.float16). Without evidence of arithmetic, a number out of bounds is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.judging.conventions import DEFAULT_CONVENTION, Convention
from harness.judging.float16 import is_truth_stored
from harness.model.contract import Array, Inputs
from harness.sandbox.answers import ArrayKey, Arrays
from harness.truth.certify import Standard, certify, certify_forward, error_over_bound

Standards = Mapping[ArrayKey, Standard]
# From float32 to float64 the unit roundoff shrinks by 2^29. An error of arithmetic shrinks by at least a quarter of
# these bits (that of central differences by two thirds), an error of the formula does not shrink.
MAX_SHRINKAGE = 2.0**-7
# The relative size of perturbations: a thousand times float32's last bit, and the step of a table of function values.
PERTURBATIONS = (2.0**-14, 2.0**-10)
MAX_DRAWS = 3  # random perturbations of each size
# Under a perturbation, a rounding error changes by about its own size, the error of a formula by the perturbation's.
IRREGULAR_ABOVE = 1 / 2
SMOOTH_BELOW = 1 / 16


@dataclass(frozen=True)
class Cause:
    """The cause as a verdict, `inaccurate`, `wrong` or `failed`, and the reason for it in one line."""

    verdict: str
    reason: str


STORED_IN_FLOAT16 = Cause("inaccurate", "its numbers are the true ones, stored in float16")
NOT_ANSWERED = Cause(
    "wrong", "it gave no answer for perturbed inputs, so nothing shows that the arithmetic is the cause"
)
DEPENDS_ON_HISTORY = Cause("failed", "its answer depends on earlier calls: run alone, this case agrees")


@dataclass(frozen=True, eq=False)
class _Measurement:
    """The errors of one answer: for every quantity the values and their standard, the signed errors, the bounds, and
    which entries are out of bounds."""

    values: Arrays
    standards: Standards
    errors: dict[ArrayKey, Array]
    bounds: dict[ArrayKey, Array]
    out_of_bounds: dict[ArrayKey, Array]

    @property
    def has_out_of_bounds(self) -> bool:
        return any(entries.any() for entries in self.out_of_bounds.values())

    def covers(self, base: _Measurement) -> bool:
        """Whether it has all quantities of another measurement."""
        return self.errors.keys() >= base.errors.keys()


def find_cause(
    inputs: Inputs,
    learning_rate: float,
    dtype: str,
    convention: Convention = DEFAULT_CONVENTION,
    known: Standards | None = None,
    *,
    forward: bool = False,
) -> Generator[Inputs, Arrays, Cause]:
    """Find the cause of an error on a case, as a generator.

    It yields inputs and is sent the quantities that the implementation computes for them, in another process than its
    first run; its return value is the cause. `known` are the standards of the inputs, if they are already computed.
    With `forward`, only z and a are examined.
    """

    def standards_of(given: Inputs, precision: str) -> Standards:
        if forward:
            return certify_forward(given, precision)
        return convention.standards(certify(given, learning_rate, precision), given)

    def measure(given: Inputs, precision: str) -> Generator[Inputs, Arrays, _Measurement]:
        values = yield given
        try:
            return _measure_errors(values, standards_of(given, precision))
        except ValueError:  # there is no truth; for example, an input has become infinite
            return _measure_errors({}, {})

    own = standards_of(inputs, dtype) if known is None else known
    base = _measure_errors((yield inputs), own)
    if not base.errors:
        return Cause("wrong", "run again it gave no numbers, so nothing shows that the arithmetic is the cause")
    if not base.has_out_of_bounds:
        return DEPENDS_ON_HISTORY
    if is_truth_stored(base.values, base.standards, lambda: standards_of(inputs, "float32"), inputs, learning_rate):
        return STORED_IN_FLOAT16
    other = "float32" if dtype == "float64" else "float64"
    with np.errstate(over="ignore"):
        cast = inputs.astype(other)
    shrinks, changes = False, []
    if all(np.isfinite(array).all() for array in cast.arrays()):
        precise = yield from measure(cast, other)
        single, double = (base, precise) if dtype == "float32" else (precise, base)
        shrinks = precise.covers(base) and single.has_out_of_bounds and _is_shrinking(single, double)
    if not shrinks:
        changes = yield from _error_changes(base, inputs, lambda perturbed: measure(perturbed, dtype))
    last = _measure_errors((yield inputs), own)
    if last.covers(base) and not last.has_out_of_bounds:
        return DEPENDS_ON_HISTORY
    if shrinks:
        return Cause("inaccurate", "its error shrinks in higher precision")
    if any(change is None for change in changes):
        return NOT_ANSWERED
    if _is_irregular(changes) and not _is_gross(base, changes, standards_of(inputs, "float32")):
        return Cause("inaccurate", "its error changes completely when the inputs move slightly")
    return Cause("wrong", "its error is the same in every precision and smooth in the inputs: the formula is wrong")


def _error_changes(
    base: _Measurement, inputs: Inputs, measure: Callable[[Inputs], Generator[Inputs, Arrays, _Measurement]]
) -> Generator[Inputs, Arrays, list[Array | None]]:
    """The relative changes of the errors under random perturbations of each size; None for one without an answer.

    There are MAX_DRAWS perturbations of each size, or one if no change is irregular in the first draw.
    """
    changes: list[Array | None] = []
    for draw in range(MAX_DRAWS):
        for number, size in enumerate(PERTURBATIONS):
            run = yield from measure(_perturbed(inputs, size, np.random.default_rng([number, draw])))
            changes.append(_relative_changes(base, run) if run.covers(base) else None)
        if any(change is None for change in changes) or not _is_irregular(changes):
            break
    return changes


def _is_irregular(changes: Sequence[Array | None]) -> bool:
    """Whether for some size of perturbation most errors change by about their own size in every draw."""
    by_size = [changes[number :: len(PERTURBATIONS)] for number in range(len(PERTURBATIONS))]
    return any(all(one is not None and np.median(one) > IRREGULAR_ABOVE for one in draws) for draws in by_size if draws)


def _is_gross(base: _Measurement, changes: Sequence[Array | None], coarse: Standards) -> bool:
    """Whether some error is smooth and larger than float32's bound: a wrong formula in coarse arithmetic."""
    smooth = (np.array(changes) < SMOOTH_BELOW).all(axis=0)
    out_of_bounds = [(key, entries) for key, entries in base.out_of_bounds.items() if entries.any()]
    gross = np.concatenate([(np.abs(base.errors[key]) > coarse[key].bound)[entries] for key, entries in out_of_bounds])
    return bool((smooth & gross).any())


def _measure_errors(given: Arrays, standards: Standards) -> _Measurement:
    values = {key: value for key, value in given.items() if key in standards}
    return _Measurement(
        values,
        standards,
        errors={k: standards[k].error(v) for k, v in values.items()},
        bounds={k: standards[k].bound for k in values},
        out_of_bounds={k: ~(error_over_bound(v, standards[k]) <= 1) for k, v in values.items()},
    )


def _is_shrinking(single: _Measurement, double: _Measurement) -> bool:
    """Whether every error out of bounds in float64 is small relative to that entry's error, or bound, in float32."""
    return all(
        (np.abs(double.errors[key]) <= MAX_SHRINKAGE * np.maximum(np.abs(single.errors[key]), single.bounds[key]))[
            entries
        ].all()
        for key, entries in double.out_of_bounds.items()
        if key in single.errors
    )


def _relative_changes(base: _Measurement, perturbed: _Measurement) -> Array:
    """The change of every error that is out of bounds, relative to that error, concatenated."""
    return np.concatenate(
        [
            np.abs(perturbed.errors[key] - base.errors[key])[entries] / np.abs(base.errors[key][entries])
            for key, entries in base.out_of_bounds.items()
            if entries.any()
        ]
    )


def _perturbed(inputs: Inputs, size: float, random: np.random.Generator) -> Inputs:
    """The inputs with every weight, bias and x changed at random, by a relative `size` at most.

    With the squared error the targets change as the outputs do, so that the residual, and with it the error of a wrong
    formula, stays the same.
    """

    def near(array: Array) -> Array:
        return (array * (1 + size * random.uniform(-1, 1, array.shape))).astype(array.dtype)

    layers = inputs.network.layers
    network = inputs.network.with_parameters(
        w=[near(layer.w) for layer in layers], b=[near(layer.b) for layer in layers]
    )
    perturbed = Inputs(network, near(inputs.x), inputs.t)
    if network.cost.name != "half_squared_error":
        return perturbed
    return Inputs(network, perturbed.x, (inputs.t + (_outputs(perturbed) - _outputs(inputs))).astype(inputs.t.dtype))


def _outputs(inputs: Inputs) -> Array:
    a = inputs.x
    for layer in inputs.network.layers:
        a = layer.activation.f(a @ layer.w.T + layer.b)
    return a

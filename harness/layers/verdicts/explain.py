"""What explains wrong arrays of a layer: a formula whose exact values they are, in every case.

Tried in turn: the layer's own mistakes, first the one that explains most arrays; a constant times the right array, or
another array; the derivative with one change at one place of the forward pass, such as a mean that is taken as a
constant; and the definition with one changed line. A formula is named only if the file's numbers are as near to its
exact values as rounding allows, in every case that ran, and if these values are far from the right ones compared with
its rounding errors: a formula whose errors grow from step to step would explain anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np

from harness.layers.definition import Definition, LayerMistake
from harness.layers.standards import NamedStandards, TracedCase
from harness.layers.verdicts.compare import is_near, ratios
from harness.layers.verdicts.edits import Edit, edited, last_uses
from harness.layers.verdicts.lines import likely_mistakes
from harness.model.contract import Array
from harness.truth.certify import Standard
from harness.truth.enclosures.enclosure import Enclosure

CONSTANTS = {
    -1.0: "the sign is wrong",
    2.0: "it is twice the right one",
    0.5: "it is half the right one",
    0.0: "it is 0 everywhere",
}
DIGITS_OF_FACTOR = 5  # a constant that somebody wrote has no more
_DISTINCT = 128  # times the bound of a wrong formula is the distance of its values from the right ones


@dataclass(frozen=True)
class Explanation:
    """A formula whose values some arrays have: a sentence that says it, and the known mistake, if it is one."""

    arrays: tuple[str, ...]
    sentence: str
    mistake: LayerMistake | None = None


@dataclass(frozen=True, eq=False)
class _Candidate:
    """A wrong formula: what is said of it, and its exact values in a case."""

    said: Explanation
    predict: Callable[[TracedCase], NamedStandards]


def explain(
    layer: Definition,
    wrong: Sequence[str],
    values: Mapping[str, Mapping[str, Array]],
    traced: Mapping[str, TracedCase],
) -> tuple[Explanation, ...]:
    """Explanations of the wrong arrays, at most one for each; one may explain several.

    values: by case and name. traced: by case. Cases at kinks and ties are left out: what is right there is a choice.
    """
    right = {case: one.right for case, one in traced.items()}
    values = {case: _decided(arrays, right[case]) for case, arrays in values.items()}

    def explained_by(candidate: _Candidate, names: Sequence[str]) -> Explanation:
        predict = cache(candidate.predict)  # the cases of several arrays
        arrays = tuple(name for name in names if _has_values(name, predict, values, traced, right))
        # What explains the weights after one step explains those after the next ones.
        is_partial = layer.kind == "optimiser" and len(arrays) < len(wrong)
        return replace(candidate.said, arrays=() if is_partial else arrays)

    left, found = list(wrong), list[Explanation]()
    known = [explained_by(candidate, left) for candidate in _known_mistakes(layer)]
    while best := max((_of_those(one, left) for one in known), key=lambda one: len(one.arrays), default=None):
        if not best.arrays:
            break
        found.append(best)
        left = [name for name in left if name not in best.arrays]
    for candidate in _formulas(layer, wrong, values, traced) if left else ():
        said = explained_by(candidate, left)
        if said.arrays:
            found.append(said)
            left = [name for name in left if name not in said.arrays]
        if not left:
            break
    return tuple(found)


def _of_those(said: Explanation, names: Sequence[str]) -> Explanation:
    """The explanation of those of its arrays that are among the names."""
    return replace(said, arrays=tuple(name for name in said.arrays if name in names))


def _decided(arrays: Mapping[str, Array], right: NamedStandards) -> dict[str, Array]:
    """The arrays of which every right entry is known."""
    return {name: array for name, array in arrays.items() if not right[name].undecidable.any()}


def _has_values(
    name: str,
    predict: Callable[[TracedCase], NamedStandards],
    values: Mapping[str, Mapping[str, Array]],
    traced: Mapping[str, TracedCase],
    right: Mapping[str, NamedStandards],
) -> bool:
    """Whether an array has the predicted values in every case, and these are distinct from the right ones."""
    is_wrong = False
    for case, found in values.items():
        if name not in found:
            continue
        standard = predict(traced[case]).get(name)
        if standard is None or not is_near(found[name], standard):
            return False
        outside = ratios(found[name], right[case][name]) > 1
        if outside.any() and not _is_distinct(standard, right[case][name], outside):
            return False
        is_wrong |= bool(outside.any())
    return is_wrong


def _is_distinct(standard: Standard, right: Standard, outside: Array) -> bool:
    """Whether most of the entries that are out of bounds tell a wrong formula from the right one."""
    if right.bound.shape != standard.bound.shape:  # then all are out of bounds
        return bool(np.isfinite(standard.bound).all())
    allowed = standard.bound + standard.truth.radius
    far = np.abs(standard.truth.high - right.truth.high) > _DISTINCT * allowed
    return bool(far[outside].mean() > 0.5)


def _known_mistakes(layer: Definition) -> Iterator[_Candidate]:
    for mistake in layer.mistakes:
        yield _Candidate(Explanation((), mistake.sentence, mistake), partial(TracedCase.mistaken, mistake=mistake))


def _formulas(
    layer: Definition,
    wrong: Sequence[str],
    values: Mapping[str, Mapping[str, Array]],
    traced: Mapping[str, TracedCase],
) -> Iterator[_Candidate]:
    if layer.kind == "engine":
        yield _Candidate(
            Explanation(
                (), "of several uses of a value only the last one counts (= in place of +=, or nodes in a wrong order)"
            ),
            _last_uses,
        )
    for factor, sentence in CONSTANTS.items():
        yield _Candidate(Explanation((), sentence), partial(_times, factor=factor))
    for factor in dict.fromkeys(filter(None, (_measured_factor(name, values, traced) for name in wrong))):
        if factor not in (*CONSTANTS, 1.0):
            yield _Candidate(Explanation((), f"it is {factor:g} times the right one"), partial(_times, factor=factor))
    yield _Candidate(Explanation((), "it is divided by the number of rows"), partial(_times_rows, exponent=-1))
    yield _Candidate(Explanation((), "it is multiplied by the number of rows"), partial(_times_rows, exponent=1))
    for name in wrong:
        for other in (*layer.results, *layer.gradients):
            if other != name:
                yield _Candidate(Explanation((), f"it is the right {other}"), partial(_other, name=name, other=other))
    for n, name in enumerate(layer.results if layer.kind == "layer" else ()):
        yield _Candidate(Explanation((), f"d{name} is taken as 1"), partial(_with_upstream, position=n, value=1.0))
        yield _Candidate(Explanation((), f"d{name} is left out"), partial(_with_upstream, position=n, value=0.0))
    if layer.differentiable:
        example = next(iter(traced.values()))
        for edit in edited(example.results, example.named_inputs):
            yield _Candidate(Explanation((), edit.sentence), partial(_with_edit, edit=edit))
    cases = {case: one.case for case, one in traced.items()}
    for mistake in likely_mistakes(layer, wrong, values, cases):
        yield _Candidate(Explanation((), mistake.sentence, mistake), partial(TracedCase.mistaken, mistake=mistake))


def _last_uses(traced: TracedCase) -> NamedStandards:
    return traced.standards(last_uses(traced.results))


def _measured_factor(
    name: str, values: Mapping[str, Mapping[str, Array]], traced: Mapping[str, TracedCase]
) -> float | None:
    """The ratio of an array's largest right entry in a case to what stands there, to DIGITS_OF_FACTOR digits."""
    for case, found in values.items():
        right = traced[case].right[name].truth.high
        if name not in found or found[name].shape != right.shape or not right.size:
            continue
        place = np.unravel_index(int(np.abs(right).argmax()), right.shape)
        ratio = float(found[name][place] / right[place]) if right[place] else 0.0
        return float(f"{ratio:.{DIGITS_OF_FACTOR}g}") if np.isfinite(ratio) else None
    return None


def _times(traced: TracedCase, factor: float) -> NamedStandards:
    return {name: _scaled(one, factor) for name, one in traced.right.items()}


def _times_rows(traced: TracedCase, exponent: int) -> NamedStandards:
    rows = (np.shape(next(iter(traced.case.arguments.values()))) or (1,))[0]
    return _times(traced, float(rows) ** exponent)


def _scaled(standard: Standard, factor: float) -> Standard:
    """The standard of a constant times an array; the radius covers the rounding of the product."""
    truth = standard.truth
    high, low = truth.high * factor, truth.low * factor
    radius = truth.radius * abs(factor) + np.abs(high) * 2.0**-52
    return Standard(Enclosure(high, low, radius), standard.bound * abs(factor), standard.undecidable)


def _other(traced: TracedCase, name: str, other: str) -> NamedStandards:
    return {name: traced.right[other]}


def _with_upstream(traced: TracedCase, position: int, value: float) -> NamedStandards:
    """The standards if one of the upstream gradients has this value everywhere."""
    upstream = [*traced.case.upstream]
    upstream[position] = np.full_like(upstream[position], value)
    return traced.standards(upstream=upstream)


def _with_edit(traced: TracedCase, edit: Edit) -> NamedStandards:
    return traced.standards(edit.passed(traced.named_inputs))

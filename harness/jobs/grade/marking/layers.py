"""The mark of a file of layers, by layer and array, each given what the submission computed before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.jobs.grade.assignment.assignment import Asked
from harness.jobs.grade.record import Part
from harness.layers.check import WORST_FIRST, LayerResult
from harness.layers.verdicts.changes import is_in
from harness.layers.verdicts.compare import ArrayResult

CREDITED = ("agrees", "inaccurate", "cannot tell")
NOT_FOUND = "not found in the file"


def layer_parts(asked: Sequence[Asked], results: Sequence[LayerResult]) -> tuple[Part, ...]:
    """The points for each part. Of several functions or classes for one layer, the best counts."""
    found: dict[str, LayerResult] = {}
    for one in sorted(results, key=lambda one: WORST_FIRST.index(one.verdict) if one.ran else -1):
        found[one.plan.layer.name] = one
    return tuple(_layer_part(one, found) for one in asked)


def _layer_part(asked: Asked, results: Mapping[str, LayerResult]) -> Part:
    result = results.get(asked.what)
    if result is None:
        return Part(asked.name, 0.0, asked.of, NOT_FOUND)
    if not result.ran or not result.arrays:
        why = "not written yet" if result.verdict == "not written" else "it did not run in any case"
        return Part(asked.name, 0.0, asked.of, why)
    arrays = [one for one in result.arrays if asked.where in ("", one.name)]
    if not arrays:
        return Part(asked.name, 0.0, asked.of, f"{asked.where} is not returned")
    bad = [one for one in arrays if not _is_right(one, result)]
    share = (len(arrays) - len(bad)) / len(arrays)
    why = "; ".join(f"{one.name} is {'not written yet' if one.verdict == 'not written' else 'wrong'}" for one in bad)
    if result.verdict == "failed" and result.ran < result.of:
        share *= result.ran / result.of
        why = "; ".join(filter(None, [why, f"it ran in {result.ran} of {result.of} cases"]))
    return Part(asked.name, asked.of * share, asked.of, why)


def _is_right(one: ArrayResult, result: LayerResult) -> bool:
    """Whether an array is right, or its numbers are those of a right gradient after a wrong forward pass."""
    if one.verdict in CREDITED:
        return True
    layer = result.plan.layer
    explanation = next((found for found in result.explanations if one.name in found.arrays), None)
    if explanation is None or explanation.mistake is None or one.name in layer.results:
        return False
    is_of_forward = is_in(layer.forward, explanation.mistake) and not {*layer.results}.isdisjoint(explanation.arrays)
    return is_of_forward and layer.kind == "layer"

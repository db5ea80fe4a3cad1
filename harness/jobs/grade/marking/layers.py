"""The mark of a file of layers, by layer and array, each given what the submission computed before."""

from __future__ import annotations

from collections.abc import Sequence

from harness.jobs.grade.assignment.assignment import Asked
from harness.jobs.grade.record import Part
from harness.layers.check import LayerResult
from harness.layers.verdicts.changes import is_in
from harness.layers.verdicts.compare import ArrayResult

CREDITED = ("agrees", "inaccurate", "cannot tell")
NOT_FOUND = "not found in the file"


def layer_parts(asked: Sequence[Asked], results: Sequence[LayerResult]) -> tuple[Part, ...]:
    """The points for each part. Of several functions or classes for one layer, the best counts."""
    return tuple(
        max(
            (_layer_part(one, result) for result in results if result.plan.layer.name == one.what),
            key=lambda part: part.points,
            default=Part(one.name, 0.0, one.of, NOT_FOUND),
        )
        for one in asked
    )


def _layer_part(asked: Asked, result: LayerResult) -> Part:
    if not result.ran or not result.arrays:
        why = "not written yet" if result.verdict == "not written" else "it did not run in any case"
        return Part(asked.name, 0.0, asked.of, why)
    arrays = [one for one in result.arrays if asked.where in ("", one.name)]
    if not arrays:
        return Part(asked.name, 0.0, asked.of, f"{asked.where} is not returned")
    bad = [one for one in arrays if not _is_right(one, result)]
    share = (len(arrays) - len(bad)) / len(arrays)
    why = "; ".join(f"{one.name} is {'not written yet' if one.verdict == 'not written' else 'wrong'}" for one in bad)
    layer = result.plan.layer
    optional = {*layer.optional, *(layer.optional_in_classes if result.plan.is_supposed else ())}
    needed = result.of - len(optional)
    if result.ran < needed:
        share *= result.ran / needed
        why = "; ".join(filter(None, [why, f"it ran in {result.ran} of {needed} cases"]))
    return Part(asked.name, asked.of * share, asked.of, why)


def _is_right(one: ArrayResult, result: LayerResult) -> bool:
    """Whether an array is right, or its numbers are those of a right gradient after a wrong forward pass."""
    # Of a class whose results are in no way those of the layer, nothing is decided, and nothing is right.
    is_nothing = result.plan.is_supposed and one.verdict == "cannot tell"
    if one.verdict in CREDITED and not is_nothing:
        return True
    layer = result.plan.layer
    explanation = next((found for found in result.explanations if one.name in found.arrays), None)
    if explanation is None or explanation.mistake is None or one.name in layer.results:
        return False
    is_of_forward = is_in(layer.forward, explanation.mistake) and not {*layer.results}.isdisjoint(explanation.arrays)
    return is_of_forward and layer.kind == "layer"

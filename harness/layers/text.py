"""The result of a check of layers as text: a line for each layer, and below it what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from harness.layers.check import LayerResult
from harness.layers.verdicts.changes import changed_lines, is_in
from harness.layers.verdicts.compare import ArrayResult

_WORDS = {"not written": "not written yet", "wrong": "WRONG", "failed": "FAILED", "inaccurate": "INACCURATE"}
DETAIL_WIDTH = 110


def report_lines(results: Sequence[LayerResult]) -> Iterator[str]:
    """The lines of the report."""
    width = max(len(one.plan.layer.name) for one in results)
    for result in results:
        verdict = _WORDS.get(result.verdict, result.verdict)
        yield f"{result.plan.layer.name:{width}}  {verdict:15}  {_summary(result)}"
        yield from (f"{'':{width}}    {line}" for line in _details(result))


def _summary(result: LayerResult) -> str:
    if result.verdict in ("unsupported", "failed") and not result.ran:
        return result.plan.title
    judged = sum(one.entries for one in result.arrays)
    undecided = sum(one.undecided for one in result.arrays)
    left = f", {undecided} not decided" if undecided else ""
    return f"{result.plan.title}: {result.ran} of {result.of} cases, {judged} numbers{left}"


def _details(result: LayerResult) -> Iterator[str]:
    if result.detail:
        yield from wrap(result.detail, DETAIL_WIDTH)
    missing = [one.name for one in result.arrays if one.verdict == "not written"]
    if missing and result.verdict != "not written":
        yield f"not written yet: {', '.join(missing)}"
    for one in result.arrays:
        if one.verdict in ("wrong", "inaccurate"):
            yield _array_line(one)
    for explanation in result.explanations:
        names = " and ".join(explanation.arrays)
        yield from wrap(f"your {names}: {explanation.sentence}", DETAIL_WIDTH)
        if explanation.mistake:
            layer = result.plan.layer
            function = layer.forward if is_in(layer.forward, explanation.mistake) else layer.backward
            right, wrong = changed_lines(function, explanation.mistake)
            yield f"  as in      {wrong}"
            yield f"  right is   {right}"
    if result.changed:
        yield f"it changes its arguments: {', '.join(result.changed)}"


def _array_line(one: ArrayResult) -> str:
    if not one.entry and one.detail and one.verdict == "wrong":
        return f"{one.name}: {one.detail} (case: {one.case})"
    place = f"[{', '.join(map(str, one.entry))}]" if one.entry else ""
    counts = f"{one.outside} of {one.entries} numbers out of bounds"
    also = f"; {one.detail}" if one.detail else ""
    numbers = f"{one.name}{place} is {one.found:.10g}, expected {one.expected:.10g}"
    return f"{one.name}: {counts}; {numbers} (case: {one.case}){also}"

"""The result of a check of layers as text: a line for each layer, and below it what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from textwrap import wrap

from harness.layers.check import WORST_FIRST, LayerResult
from harness.layers.definition import Definition, LayerMistake
from harness.layers.verdicts.changes import changed_lines, is_in
from harness.layers.verdicts.compare import ArrayResult

_WORDS = {
    "not written": "not written yet",
    "wrong": "WRONG",
    "failed": "FAILED",
    "inaccurate": "INACCURATE",
    "unsupported": "not called",
}
DETAIL_WIDTH = 100


def report_lines(file: str, results: Sequence[LayerResult]) -> Iterator[str]:
    """The lines of the report, the count of each verdict first."""
    counts = Counter(one.verdict for one in results)
    said = ", ".join(f"{counts[verdict]} {_WORDS.get(verdict, verdict)}" for verdict in WORST_FIRST if counts[verdict])
    yield f"{file}: {len(results)} layers: {said}"
    yield ""
    name = max((len(one.plan.layer.name) for one in results), default=0)
    word = max((len(_word(one)) for one in results), default=0)
    for result in results:
        yield f"  {result.plan.layer.name:{name}}  {_word(result):{word}}  {_summary(result)}"
        yield from (f"      {line}" for line in _details(result))


def _word(result: LayerResult) -> str:
    return _WORDS.get(result.verdict, result.verdict)


def _summary(result: LayerResult) -> str:
    if not result.ran or result.verdict == "not written":
        return result.plan.title
    judged = sum(one.entries for one in result.arrays)
    undecided = sum(one.undecided for one in result.arrays)
    left = f", {undecided} not decided" if undecided else ""
    return f"{result.plan.title}: {judged} numbers in {result.ran} of {result.of} cases{left}"


def _details(result: LayerResult) -> Iterator[str]:
    if result.plan.convention:
        yield from wrap(f"taken as: {result.plan.convention}", DETAIL_WIDTH)
    if result.detail:
        yield from wrap(result.detail, DETAIL_WIDTH)
    missing = [one.name for one in result.arrays if one.verdict == "not written"]
    if missing and result.verdict not in ("not written", "failed"):
        yield f"not written yet: {', '.join(missing)}"
    for one in result.arrays:
        if one.verdict in ("wrong", "inaccurate"):
            yield from _array_lines(one)
    for explanation in result.explanations:
        yield from wrap(f"your {_names_text(explanation.arrays)}: {explanation.sentence}", DETAIL_WIDTH)
        if explanation.mistake:
            yield from _changed_text(result.plan.layer, explanation.mistake)
    if result.changed:
        yield f"It changes its arguments: {', '.join(result.changed)}. A caller may still need them."


def _names_text(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _changed_text(layer: Definition, mistake: LayerMistake) -> Iterator[str]:
    right, wrong = changed_lines(layer.forward if is_in(layer.forward, mistake) else layer.backward, mistake)
    for sign, text in (("-", wrong), ("+", right)):
        for line in text.splitlines():
            yield f"    {sign} {line.strip()}"
    if mistake.source:
        yield f"    also reported in {mistake.source}"


def _array_lines(one: ArrayResult) -> Iterator[str]:
    if not one.entry and one.detail and one.verdict == "wrong":
        yield f"{one.name}: {one.detail} (case: {one.case})"
        return
    place = f"[{', '.join(map(str, one.entry))}]" if one.entry else ""
    also = f"; {one.detail}" if one.detail else ""
    yield f"{one.name}: {one.outside} of {one.entries} numbers are out of bounds{also}"
    yield f"  {one.name}{place} is {one.found:.10g}, expected {one.expected:.10g} (case: {one.case})"

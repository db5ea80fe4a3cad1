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
    said = ", ".join(
        f"{counts[verdict]} {_verdict_of(verdict, counts[verdict])}" for verdict in WORST_FIRST if counts[verdict]
    )
    yield f"{file}: {len(results)} {'layer' if len(results) == 1 else 'layers'}: {said}"
    yield ""
    name = max((len(one.plan.layer.name) for one in results), default=0)
    word = max((len(_word(one)) for one in results), default=0)
    for result in results:
        yield f"  {result.plan.layer.name:{name}}  {_word(result):{word}}  {_summary(result)}"
        yield from (f"      {line}" for line in _details(result))


def _verdict_of(verdict: str, count: int) -> str:
    return "agree" if verdict == "agrees" and count > 1 else _WORDS.get(verdict, verdict)


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
    if result.detail:
        yield from wrap(result.detail, DETAIL_WIDTH)
    missing = [one for one in result.arrays if one.verdict == "not written"]
    nowhere = [one.name for one in missing if not one.detail]
    if 0 < len(nowhere) < len(result.arrays) and result.ran:
        yield f"not written yet: {', '.join(nowhere)}"
    yield from (f"{one.name}: {one.detail}" for one in missing if one.detail)
    wrong = {one.name: one for one in result.arrays if one.verdict in ("wrong", "inaccurate")}
    for explanation in result.explanations:
        yield from _arrays_text([wrong.pop(name) for name in explanation.arrays])
        yield from wrap(f"your {_names_text(explanation.arrays)}: {explanation.sentence}", DETAIL_WIDTH)
        if explanation.mistake:
            yield from _changed_text(result.plan.layer, explanation.mistake)
    for one in wrong.values():
        yield from _arrays_text([one])
    for one in result.arrays:
        if one.verdict == "agrees" and one.detail:
            yield f"{one.name}: its numbers are right; {one.detail}"
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


def _arrays_text(arrays: Sequence[ArrayResult]) -> Iterator[str]:
    """The arrays that one thing explains, with the worst number of the first."""
    first = arrays[0]
    outside, entries = sum(one.outside for one in arrays), sum(one.entries for one in arrays)
    if not first.entry and first.detail and first.verdict == "wrong":
        yield f"{first.name}: {first.detail} (case: {first.case})"
        return
    also = f"; {first.detail}" if first.detail else ""
    yield f"{_names_text([one.name for one in arrays])}: {outside} of {entries} numbers are out of bounds{also}"
    place = f"[{', '.join(map(str, first.entry))}]" if first.entry else ""
    yield f"  {first.name}{place} is {first.found:.10g}, expected {first.expected:.10g} (case: {first.case})"

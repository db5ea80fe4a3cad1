"""What a student may see of a record, and the same in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.jobs.grade.assignment.assignment import SHOWABLE_PARTS
from harness.jobs.grade.exports.readable import points_text
from harness.jobs.grade.record import JUDGED, Record

# What `show` may name. "right" are the right forms of the equations that were computed otherwise.
SHOWABLE = frozenset(SHOWABLE_PARTS)
LONGEST_REPORT = 100_000  # characters: course systems refuse results of a megabyte
_NOT_JUDGED = {
    "missing": "There is no submission.",
    "empty": "The submission is empty.",
    "unreadable": "The submission could not be read.",
    "two files": "The submission has more than one file that could be meant.",
    "forbidden": "The submission uses what the assignment forbids.",
    "not found": "Nothing that the assignment asks for was found in the submission.",
}


def shown_to_student(record: Record, show: frozenset[str]) -> Record:
    """The record without what its student may not see. Late days, and why nothing could be judged, are always shown;
    the group, which says what others wrote, never is."""
    judged = record.status == JUDGED
    equations = [one if "right" in show else replace(one, right="") for one in record.equations]
    return replace(
        record,
        parts=record.parts if "points" in show else (),
        deductions=record.deductions if "points" in show else (),
        verdict=record.verdict if "verdict" in show else "",
        place=record.place if "place" in show else "",
        mistake=record.mistake if "mistake" in show else "",
        sentence=record.sentence if "mistake" in show or not judged else "",
        findings=record.findings if "mistake" in show else (),
        equations=tuple(equations) if show & {"equations", "right"} else (),
        group="",
        ran=record.ran if "cases" in show else 0,
        of=record.of if "cases" in show else 0,
        conventions=record.conventions if "conventions" in show else (),
        notes=record.notes if "notes" in show else (),
        report=record.report[:LONGEST_REPORT] if "report" in show else "",
    )


def status_sentence(record: Record) -> str:
    """Why nothing was judged, in one sentence, or empty."""
    if record.status == JUDGED:
        return ""
    return _NOT_JUDGED.get(record.status, f"Nothing was judged: {record.status}.")


def days_text(days: int) -> str:
    """A number of days in words."""
    return f"{days} day{'' if days == 1 else 's'}"


def feedback(shown: Record) -> str:
    """What a student may see besides the parts, as lines of plain text."""
    return "\n".join(_feedback_lines(shown))


def _feedback_lines(shown: Record) -> Iterator[str]:
    if shown.status != JUDGED:
        yield status_sentence(shown)
    if shown.verdict:
        yield f"Verdict: {shown.verdict}"
    if shown.place:
        yield f"Where: {shown.place}"
    if text := ": ".join(filter(None, (shown.mistake, shown.sentence))):
        yield f"{'What' if shown.status == JUDGED else 'Why'}: {text}"
    for one in shown.equations:
        yield f"{one.label}{f' ({one.where})' if one.where else ''}, yours: {one.yours}"
        if one.right:
            yield f"{one.label}, right: {one.right}"
    if shown.of:
        yield f"Cases: {shown.ran} of {shown.of} ran"
    yield from (f"Convention: {one}" for one in shown.conventions)
    if shown.days_late:
        yield f"Late: {days_text(shown.days_late)}"
    yield from (f"Taken off: {points_text(one.points)} points: {one.why}" for one in shown.deductions)
    yield from (f"Note: {one}" for one in shown.notes)
    if shown.report:
        yield f"\n{shown.report}"

"""The JSON of `check50 -o json`, one file a student.

Specification: https://cs50.readthedocs.io/projects/check50/en/latest/json_specification/
"""

from __future__ import annotations

from typing import Any

from harness.jobs.grade.exports import ClassResults
from harness.jobs.grade.exports.formats import json_document
from harness.jobs.grade.exports.readable import points_text
from harness.jobs.grade.exports.shown import feedback, status_sentence
from harness.jobs.grade.record import JUDGED, Part, Record

_VERSION = "3.0.0"  # of the specification
_FIRST = "submission"


def check50(results: ClassResults) -> dict[str, str]:
    """`check50/STUDENT.json` for each student: a check that there is something to judge, and one for each part."""
    rows = zip(results.names, results.records, results.shown, strict=True)
    return {
        f"check50/{name}.json": json_document(
            {"slug": results.title, "results": _part_checks(record, shown), "version": _VERSION}
        )
        for name, record, shown in rows
    }


def _part_checks(record: Record, shown: Record) -> list[dict[str, Any]]:
    judged = record.status == JUDGED
    first = {
        "name": _FIRST,
        "description": "the submission can be judged",
        "passed": judged,
        "log": feedback(shown).splitlines(),
        "cause": None if judged else {"rationale": status_sentence(record), "help": shown.sentence or None},
        "data": {},
        "dependency": None,
    }
    visible = {part.name for part in shown.parts}
    return [
        first,
        *(_check(i, part, record, shown, part.name in visible) for i, part in enumerate(record.parts, start=1)),
    ]


def _check(number: int, part: Part, record: Record, shown: Record, visible: bool) -> dict[str, Any]:
    """The check of a part; one of a submission that was not judged is skipped, as that of a dependency that failed. The
    first that fails has the mistake as help."""
    judged, points = record.status == JUDGED, f": {points_text(part.points)} of {points_text(part.of)} points"
    passed = part not in record.missing if judged else None
    why = (part.why if visible else "") or f"{part.name} is not right"
    cause = {
        "rationale": why if judged else "there was nothing to judge",
        "help": shown.sentence or None if judged and part in record.missing[:1] else None,
    }
    return {
        "name": f"part_{number}",
        "description": part.name + (points if visible else ""),
        "passed": passed,
        "log": [],
        "cause": None if passed else cause,
        "data": {"points": round(part.points, 2), "of": part.of} if visible else {},
        "dependency": _FIRST,
    }

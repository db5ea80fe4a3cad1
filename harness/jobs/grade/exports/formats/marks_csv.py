"""The marks of a class as a table for spreadsheets, for teachers.

What a spreadsheet would take as a formula: https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
import io
import re

from harness.jobs.grade.exports import ClassResults
from harness.jobs.grade.exports.readable import points_text
from harness.jobs.grade.record import Record

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # spreadsheets in some languages take the wide ones too
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_BEFORE = ("student", "status", "verdict", "points", "of")
_AFTER = (
    *("where", "mistake", "sentence", "cases ran", "of cases", "conventions", "days late", "deductions", "notes"),
)


def marks_csv(results: ClassResults) -> dict[str, str]:
    """`marks.csv`: a row a student, a column for each part. Text that would be a formula begins with an apostrophe."""
    parts = list(dict.fromkeys(part.name for record in results.records for part in record.parts))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(map(safe_cell, (*_BEFORE, *(f"points: {part}" for part in parts), *_AFTER)))
    for record in results.records:
        points = {part.name: points_text(part.points) for part in record.parts}
        mark = (points_text(record.points), points_text(record.of_points), *(points.get(part, "") for part in parts))
        table.writerow(map(safe_cell, (record.student, record.status, record.verdict, *mark, *_found_cells(record))))
    return {"marks.csv": text.getvalue()}


def _found_cells(record: Record) -> tuple[str, ...]:
    deductions = "; ".join(f"{points_text(one.points)}: {one.why}" for one in record.deductions)
    return (
        *(record.place, record.mistake, record.sentence, str(record.ran), str(record.of)),
        *("; ".join(record.conventions), str(record.days_late), deductions, "; ".join(record.notes)),
    )


def safe_cell(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) and not _PLAIN_NUMBER.fullmatch(text) else text

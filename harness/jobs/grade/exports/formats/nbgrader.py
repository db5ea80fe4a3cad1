"""The grades of a class in the columns of `nbgrader export`.

Specification: https://nbgrader.readthedocs.io/en/stable/plugins/export-plugin.html, and CsvExportPlugin in
https://github.com/jupyter/nbgrader/blob/main/nbgrader/plugins/export.py
"""

from __future__ import annotations

import csv
import io

from harness.jobs.grade.exports import ClassResults

_PERSON = ("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email")
_SCORES = ("raw_score", "late_submission_penalty", "score", "max_score")


def nbgrader(results: ClassResults) -> dict[str, str]:
    """`nbgrader.csv`. What is not known, such as dates and e-mail addresses, is empty, as in nbgrader's own.

    The penalty has everything that is taken off, so that the score is what is left of the raw score, at least 0.
    Programs read this file: a student's id stays as it is.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow((*_PERSON, *_SCORES))
    for record in results.records:
        raw = round(sum(part.points for part in record.parts), 2)
        penalty = round(sum(one.points for one in record.deductions), 2)
        person = (results.title, "", "", record.student, "", "", "")
        table.writerow((*person, float(raw), float(penalty), float(record.points), float(record.of_points)))
    return {"nbgrader.csv": text.getvalue()}

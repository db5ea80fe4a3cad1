"""Gradescope's results.json, one file a student.

Specification: https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

from __future__ import annotations

from typing import Any

from harness.jobs.grade.exports import ClassResults
from harness.jobs.grade.exports.formats import json_document
from harness.jobs.grade.exports.shown import feedback
from harness.jobs.grade.record import Record


def gradescope(results: ClassResults) -> dict[str, str]:
    """`gradescope/STUDENT.json` for each student. Without "points" in `show`, the tests and the score are hidden, which
    Gradescope then shows to teachers alone."""
    visibility = "visible" if "points" in results.show else "hidden"
    rows = zip(results.names, results.records, results.shown, strict=True)
    return {
        f"gradescope/{name}.json": json_document(_gradescope_results(record, feedback(shown), visibility))
        for name, record, shown in rows
    }


def _gradescope_results(record: Record, output: str, visibility: str) -> dict[str, Any]:
    # The default format of the output is HTML, in which texts of a submission must not be shown.
    formats = dict.fromkeys(("output_format", "test_output_format", "test_name_format"), "text")
    tests = [
        {
            "name": part.name,
            "score": round(part.points, 2),
            "max_score": part.of,
            "output": part.why,
            "status": "failed" if part in record.missing else "passed",
            "visibility": visibility,
        }
        for part in record.parts
    ]
    about = {"visibility": visibility, "stdout_visibility": "hidden"}
    return {"score": record.points, "output": output, **formats, **about, "tests": tests}

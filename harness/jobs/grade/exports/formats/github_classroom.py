"""What GitHub Classroom's autograding actions give to its reporter, one student a pair of files.

Specification: https://github.com/classroom-resources/autograding-grading-reporter, src/main.js and
src/notify-classroom.js; it reads base64 of the JSON from the environment variable RUNNER_RESULTS.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from harness.jobs.grade.exports import ClassResults
from harness.jobs.grade.exports.formats import json_document
from harness.jobs.grade.exports.readable import points_text
from harness.jobs.grade.exports.shown import feedback
from harness.jobs.grade.record import JUDGED, Record


def github_classroom(results: ClassResults) -> dict[str, str]:
    """`github_classroom/STUDENT.json`, and the same as base64, for each student. The sum of the scores is the mark."""
    files = {}
    for name, record, shown in zip(results.names, results.records, results.shown, strict=True):
        text = json_document(_runner_result(record, shown))
        files[f"github_classroom/{name}.json"] = text
        files[f"github_classroom/{name}.base64"] = base64.b64encode(text.encode()).decode() + "\n"
    return files


def _runner_result(record: Record, shown: Record) -> dict[str, Any]:
    said = {part.name: part.why for part in shown.parts}
    tests = [
        _runner_test(part.name, "fail" if part in record.missing else "pass", part.points, said.get(part.name, ""))
        for part in record.parts
    ]
    if record.deductions:
        taken_off = round(record.points - sum(part.points for part in record.parts), 2)
        tests.append(_runner_test("taken off", "fail", taken_off, "; ".join(one.why for one in shown.deductions)))
    status = "error" if record.status != JUDGED else "pass" if all(t["status"] == "pass" for t in tests) else "fail"
    if status != "pass":
        # The reporter prints the messages of errors, and nothing of what passed or failed but its name.
        tests.insert(0, _runner_test("feedback", "error", 0, "\n".join(_said_in_log(shown))))
    return {"version": 1, "status": status, "max_score": record.of_points, "tests": tests}


def _said_in_log(shown: Record) -> Iterator[str]:
    yield feedback(shown)
    for part in shown.missing if shown.status == JUDGED else ():
        yield f"{part.name}: {points_text(part.points)} of {points_text(part.of)} points. {part.why}".rstrip()


def _runner_test(name: str, status: str, score: float, message: str) -> dict[str, Any]:
    place = {"test_code": "", "filename": "", "line_no": 0, "execution_time": 0}
    return {"name": name, "status": status, "score": score, "message": message or None, **place}

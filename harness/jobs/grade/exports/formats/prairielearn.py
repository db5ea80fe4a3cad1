"""PrairieLearn's results.json of an external grader, one file a student.

Specification: https://prairielearn.readthedocs.io/en/latest/externalGrading/#grading-results
"""

from __future__ import annotations

from harness.jobs.grade.exports import ClassResults
from harness.jobs.grade.exports.formats import json_document
from harness.jobs.grade.exports.shown import feedback, status_sentence
from harness.jobs.grade.record import JUDGED


def prairielearn(results: ClassResults) -> dict[str, str]:
    """`prairielearn/STUDENT.json` for each student. What could not be judged is not gradable: it costs no attempt."""
    files = {}
    for name, record, shown in zip(results.names, results.records, results.shown, strict=True):
        tests = [
            {
                "name": part.name,
                "points": round(part.points, 2),
                "max_points": part.of,
                "message": part.why,
                "output": "",
            }
            for part in shown.parts
        ]
        judged = record.status == JUDGED
        message = (shown.sentence or shown.verdict) if judged else status_sentence(record)
        score = min(1.0, record.points / record.of_points) if record.of_points else 0.0
        entry = {"gradable": judged, "score": score, "message": message, "output": feedback(shown), "tests": tests}
        if not judged:
            entry["format_errors"] = [text for text in (message, record.sentence) if text]
        files[f"prairielearn/{name}.json"] = json_document(entry)
    return files

"""JUnit XML of a class, for teachers: a suite for each student, a case for each part.

Specification: https://github.com/testmoapp/junitxml, which holds to
https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from harness.jobs.grade.exports import ClassResults
from harness.jobs.grade.exports.readable import points_text
from harness.jobs.grade.exports.shown import status_sentence
from harness.jobs.grade.record import JUDGED, Part, Record


def junit(results: ClassResults) -> dict[str, str]:
    """`junit.xml`: a part that lacks points is a failure, one of a submission that was not judged an error."""
    root = Element("testsuites", name=results.title)
    for record in results.records:
        suite = SubElement(root, "testsuite", name=record.student)
        for part in record.parts:
            _add_case(suite, record, part)
        _count_cases(suite)
    _count_cases(root)
    indent(root)
    return {"junit.xml": f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'}


def _add_case(suite: Element, record: Record, part: Part) -> None:
    case = SubElement(suite, "testcase", name=part.name, classname=record.student)
    if record.status != JUDGED:
        error = SubElement(case, "error", type=record.status, message=status_sentence(record))
        error.text = record.sentence
    elif part in record.missing:
        points = f"{points_text(part.points)} of {points_text(part.of)} points"
        failure = SubElement(case, "failure", type=record.mistake or record.verdict, message=part.why or points)
        failure.text = "\n".join(filter(None, (points, record.place, record.sentence)))


def _count_cases(element: Element) -> None:
    element.set("tests", str(len(list(element.iter("testcase")))))
    element.set("failures", str(len(list(element.iter("failure")))))
    element.set("errors", str(len(list(element.iter("error")))))

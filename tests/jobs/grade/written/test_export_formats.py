"""Each export as the specification of its format has it, and the numbers in it."""

from __future__ import annotations

import base64
import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pandas
import pytest
from marked_class import FORBIDDEN, HOSTILE_NAMES, MISSING, RIGHT, SMALL, WRONG, class_of, hostile_class

from harness.jobs.grade.exports import exporters
from harness.jobs.grade.record import JUDGED, Part, Record

SCHEMAS = {path.stem: json.loads(path.read_text()) for path in (Path(__file__).parent / "schemas").glob("*.json")}
# After https://github.com/jenkinsci/xunit-plugin, junit-10.xsd: the attributes that an element must and may have, and
# its children.
JUNIT = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "disabled", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests"},
        {"failures", "errors", "time", "disabled", "skipped", "timestamp", "hostname", "id", "package"},
        {"properties", "testcase", "system-out", "system-err"},
    ),
    "testcase": ({"name", "classname"}, {"assertions", "time", "status"}, {"skipped", "error", "failure"}),
    "error": (set(), {"type", "message"}, set()),
    "failure": (set(), {"type", "message"}, set()),
}


def files_of(name, results):
    return exporters()[name](results)


@pytest.mark.parametrize("results", [class_of(*SMALL), hostile_class(), class_of()], ids=["small", "hostile", "empty"])
@pytest.mark.parametrize("name", SCHEMAS)
def test_json_is_as_its_specification_says(name, results):
    files = {path: text for path, text in files_of(name, results).items() if path.endswith(".json")}
    assert len(files) == len(results.records)
    for text in files.values():
        jsonschema.validate(json.loads(text), SCHEMAS[name])
        assert len(text.encode()) < 1_000_000


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_refuses_what_the_specification_does_not_allow(name):
    document = json.loads(next(iter(files_of(name, class_of(WRONG)).values())))
    lists = next(key for key in ("tests", "results") if key in document)
    for wrong in ({**document, lists: "none"}, {**document, lists: [{"name": 1}]}, [document]):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, SCHEMAS[name])


@pytest.mark.parametrize("results", [class_of(*SMALL), hostile_class(), class_of()], ids=["small", "hostile", "empty"])
def test_junit_has_the_elements_of_its_schema(results):
    root = ElementTree.fromstring(files_of("junit", results)["junit.xml"])
    assert root.tag == "testsuites"
    for element in root.iter():
        must, may, children = JUNIT[element.tag]
        assert must <= set(element.attrib) <= must | may, element.tag
        assert {child.tag for child in element} <= children
    assert len(root) == len(results.records)
    for suite, record in zip(root, results.records, strict=True):
        assert suite.get("name") == record.student
        assert int(suite.get("tests")) == len(record.parts)
        lost = len(record.missing)
        expected = (lost, 0) if record.status == JUDGED else (0, len(record.parts))
        assert (int(suite.get("failures")), int(suite.get("errors"))) == expected


def test_nbgrader_has_the_columns_of_its_exporter_and_pandas_reads_it():
    results = hostile_class()
    table = pandas.read_csv(io.StringIO(files_of("nbgrader", results)["nbgrader.csv"]))
    person = ["assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"]
    assert list(table.columns) == [*person, "raw_score", "late_submission_penalty", "score", "max_score"]
    assert list(table.student_id) == [record.student for record in results.records]
    assert list(table.score) == [record.points for record in results.records]
    left = (table.raw_score - table.late_submission_penalty).clip(lower=0)
    assert table.score.to_numpy() == pytest.approx(left.to_numpy(), abs=0.01)


def test_marks_have_a_row_a_student_and_a_column_a_part():
    rows = list(csv.DictReader(io.StringIO(files_of("marks_csv", class_of(*SMALL))["marks.csv"])))
    assert [row["student"] for row in rows] == sorted(record.student for record in SMALL)
    bob = rows[1]
    # 4 + 0 + 2.5, of which 1.5 is taken off
    assert (bob["points"], bob["of"], bob["points: δ"], bob["points: ∂C/∂W"]) == ("5", "10", "0", "2.5")
    assert (bob["where"], bob["days late"]) == (WRONG.place, "2")
    assert (bob["cases ran"], bob["of cases"]) == ("80", "80")
    assert [row["status"] for row in rows] == ["judged", "judged", "judged", "missing", "forbidden"]


def test_no_cell_of_the_marks_is_a_formula():
    starts = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1")
    records = [Record(one, JUDGED, (Part(one, 0, 1),), "d", verdict=one, sentence=one, place="-1.5") for one in starts]
    rows = list(
        csv.reader(io.StringIO(files_of("marks_csv", class_of(*records, *hostile_class().records))["marks.csv"]))
    )
    assert {len(row) for row in rows} == {len(rows[0])}
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "@", "\t", "\r", "\n", "＝"))]
    signed = {cell for cell in cells if cell.startswith(("+", "-"))}
    assert signed == {"-1.5"}
    assert "'=1+1" in cells


@pytest.mark.parametrize("record", SMALL, ids=lambda record: record.student)
def test_every_format_has_the_mark(record):
    results = class_of(record)
    file, share = results.names[0], record.points / 10
    read = {name: json.loads(files_of(name, results)[f"{name}/{file}.json"]) for name in SCHEMAS}
    assert read["gradescope"]["score"] == record.points
    lost = [test["status"] == "failed" for test in read["gradescope"]["tests"]]
    assert lost == [part in record.missing for part in record.parts]
    assert read["prairielearn"]["score"] == pytest.approx(share)
    assert read["prairielearn"]["gradable"] is (record.status == JUDGED)
    assert sum(test["score"] for test in read["github_classroom"]["tests"]) == pytest.approx(record.points)
    assert read["github_classroom"]["max_score"] == 10
    helped = [check["cause"]["help"] for check in read["check50"]["results"] if check["cause"]]
    assert [one for one in helped if one] == ([record.sentence] if record.sentence else [])
    passed = [check["passed"] for check in read["check50"]["results"][1:]]
    assert passed == [None if record.status != JUDGED else part not in record.missing for part in record.parts]


def test_thirds_of_points_add_up():
    thirds = Record("x", JUDGED, tuple(Part(f"p{i}", 1 / 3, 1) for i in range(3)), "d", verdict="wrong")
    read = json.loads(files_of("github_classroom", class_of(thirds))["github_classroom/x.json"])
    assert sum(test["score"] for test in read["tests"]) == pytest.approx(1)
    assert "taken off" not in [test["name"] for test in read["tests"]]


def test_the_reporter_of_github_classroom_reads_the_same_from_the_variable():
    files = files_of("github_classroom", hostile_class())
    coded = [name for name in files if name.endswith(".base64")]
    assert len(coded) == len(SMALL) + len(HOSTILE_NAMES)
    for name in coded:
        assert files[name].count("\n") == 1
        assert base64.b64decode(files[name]).decode() == files[name.replace(".base64", ".json")]


def test_the_log_of_github_classroom_says_what_is_wrong():
    """Its reporter prints the messages of tests with the status error alone."""
    files = files_of("github_classroom", class_of(RIGHT, WRONG))
    read = {name: json.loads(text) for name, text in files.items() if name.endswith(".json")}
    printed = [one["message"] for one in read["github_classroom/Bob.json"]["tests"] if one["status"] == "error"]
    lines = "\n".join(printed).splitlines()
    assert "What: sigma_prime_missing_in_hidden: The derivative of the hidden units is left out." in lines
    assert "δ: 0 of 3 points. δ^1 is wrong in 62 of 80 cases." in lines
    assert read["github_classroom/Bob.json"]["status"] == "fail"
    assert {one["status"] for one in read["github_classroom/Ada_Lovelace.json"]["tests"]} == {"pass"}


def test_a_submission_that_was_not_judged_says_why():
    for record, said in ((MISSING, "There is no submission."), (FORBIDDEN, "imports torch")):
        for name in ("gradescope", "prairielearn", "github_classroom", "check50"):
            files = files_of(name, class_of(record))
            assert said in files[f"{name}/{record.student}.json"], name
    assert "There is no submission." not in "".join(files_of("gradescope", class_of(RIGHT)).values())

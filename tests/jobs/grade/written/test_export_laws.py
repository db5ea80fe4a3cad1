"""What holds for every export: students see what they may, texts are well-formed, the same gives the same."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marked_class import ALWAYS, HOSTILE_NAMES, SECRETS, SHOW, SMALL, WRONG, class_of, hostile_class, secret

from harness.jobs.grade.exports import exporters
from harness.jobs.grade.exports.names import file_names
from harness.jobs.grade.exports.shown import SHOWABLE
from harness.jobs.grade.record import JUDGED, Deduction, Part, Record

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # also halves of surrogate pairs and what is no character
FORMATS = ("gradescope", "prairielearn", "github_classroom", "nbgrader", "check50", "junit", "marks_csv")
FOR_STUDENTS = ("gradescope", "prairielearn", "github_classroom", "check50")


def visible_text(name, file, text):
    """What of a file for a student is shown to the student."""
    if file.endswith(".base64"):
        return ""
    if name == "gradescope":
        document = json.loads(text)
        document["tests"] = [test for test in document["tests"] if test["visibility"] == "visible"]
        return json.dumps(document, ensure_ascii=False)
    return text


def strings(value):
    """The texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from strings(one)


def test_there_is_an_exporter_for_each_format():
    assert set(exporters()) == set(FORMATS)


@pytest.mark.parametrize("show", [frozenset(), *map(frozenset, zip(sorted(SHOWABLE))), SHOW, SHOWABLE], ids=len)
@pytest.mark.parametrize("name", FOR_STUDENTS)
def test_a_student_sees_what_is_shown_and_nothing_else(name, show):
    may = set().union(ALWAYS, *(SECRETS[one] for one in show))
    every = set().union(ALWAYS, {"GROUP"}, *SECRETS.values())
    results = class_of(secret("one"), secret("two"), show=show)
    assert {record.group for record in results.shown} == {""}
    for file, text in exporters()[name](results).items():
        seen = visible_text(name, file, text)
        assert not {word for word in every - may if word in seen}, file
        if seen:
            assert not {word for word in may if word not in seen}, file
            assert ("two" in seen) is False if file.endswith("/one.json") else "one" not in seen


def test_every_word_of_show_is_tried():
    assert set(SECRETS) == SHOWABLE


@given(st.builds(Record, ANY_TEXT, st.sampled_from([JUDGED, "missing", "odd"]), st.tuples(st.builds(
    Part, ANY_TEXT, st.floats(0, 9), st.floats(0, 9), ANY_TEXT)), ANY_TEXT, mistake=ANY_TEXT, sentence=ANY_TEXT,
    place=ANY_TEXT, notes=st.tuples(ANY_TEXT), report=ANY_TEXT,
    deductions=st.tuples(st.builds(Deduction, st.floats(0, 9), ANY_TEXT))), ANY_TEXT)  # fmt: skip
def test_every_text_gives_well_formed_files(record, title):
    for name, exporter in exporters().items():
        for file, text in exporter(class_of(record, show=SHOWABLE, title=title)).items():
            text.encode("utf-8")
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]", text), name
            if file.endswith(".json"):
                assert not re.search("[\x00-\x08\x0b-\x1f]", "".join(strings(json.loads(text)))), name
            if file.endswith(".xml"):
                ElementTree.fromstring(text)


@given(st.lists(st.one_of(ANY_TEXT, st.text("aA.-_ /0\x00", max_size=3), st.sampled_from(HOSTILE_NAMES)), unique=True))
def test_names_of_files_are_safe_and_differ(students):
    names = file_names(students)
    assert len({name.casefold() for name in names}) == len(students)
    for name in names:
        assert re.fullmatch(r"\w[\w.-]*[\w]", f"{name}x"), name
        assert len(name.encode("utf-8")) <= 120
        assert not re.match(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", name.lower())
    assert file_names(students[::-1]) == names[::-1]


def test_plain_names_stay_as_they_are():
    assert file_names(["ada", "Zoë O'Brien", "李小龍", "17-bob_x.2"]) == ("ada", "Zoë_O_Brien", "李小龍", "17-bob_x.2")


def test_a_name_cannot_take_the_file_of_another():
    taken = file_names(["Ann", "ann", "b"])
    assert "b" in taken
    assert len({*file_names(["Ann", "ann", *taken])}) == 5


def test_files_of_all_students_differ_and_stay_in_their_folder(tmp_path):
    files = {}
    for name, exporter in exporters().items():
        made = exporter(hostile_class())
        assert not files.keys() & made.keys()
        assert {Path(file).parent.as_posix() for file in made} <= {".", name}
        files |= made
    for file, text in files.items():
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == len(files)


def test_the_same_results_give_the_same_bytes_in_every_process():
    """The order of sets of words differs between processes with these seeds."""
    code = (
        "from marked_class import hostile_class; from hashlib import sha256; from harness.jobs.grade.exports import *\n"
        "from harness.jobs.grade.pages.build import *; results = hostile_class()\n"
        "files = [*feedback_pages(results).items(), class_page(results)]\n"
        "files += [one for export in exporters().values() for one in export(results).items()]\n"
        "print(len(files), sha256(repr(files).encode()).hexdigest())"
    )
    here = Path(__file__).resolve()
    path = os.pathsep.join((str(here.parent), str(here.parents[4])))
    ran = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert ran[0] == ran[1]
    assert int(ran[0].split()[0]) == 4 + 6 * (len(SMALL) + len(HOSTILE_NAMES))


@pytest.mark.parametrize("students", [0, 1000])
def test_a_class_of_any_size(students):
    results = class_of(*(replace(WRONG, student=f"student {i}") for i in range(students)))
    count = sum(len(exporter(results)) for exporter in exporters().values())
    assert count == 3 + 5 * students

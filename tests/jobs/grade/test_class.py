"""A class of 120, made from a seed: every mark is that of an independent table, whoever attacks and what is killed."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from made_class.hostile import ATTACKS, CHEATS
from made_class.make import CLASS_SIZE, make_class
from support.commands import PATIENCE, ROOT

from harness.jobs.grade.assignment.assignment import SHOWN_BY_DEFAULT
from harness.jobs.grade.exports import ClassResults
from harness.jobs.grade.record import Record
from harness.jobs.grade.store import RecordStore
from harness.jobs.grade.writing import chosen_writers, write_results
from harness.sandbox.processes.walls import problem

pytestmark = pytest.mark.skipif(bool(problem()), reason=f"hostile code needs walls: {problem()}")
SHOWN = frozenset(SHOWN_BY_DEFAULT)
SEED, KILLS, LONGEST = 7, 10, 600.0  # LONGEST: seconds for a class, however busy the machine


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The assignment, the folder of the class, and what each student must get. A server of the teacher is listening."""
    folder = tmp_path_factory.mktemp("class_of_120")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "socket"))
        server.listen()
        assignment, students = make_class(folder, SEED, folder)
        yield assignment, folder / "class", students


def command(assignment, folder, out, *more):
    return [sys.executable, "-m", "harness", "grade", folder, "--assignment", assignment, "--out", out, *more]


@pytest.fixture(scope="module")
def graded(made, tmp_path_factory):
    """The folder with the results, by two workers of a cluster, and what was printed."""
    assignment, folder, _ = made
    home = tmp_path_factory.mktemp("graded")
    out, temporary = home / "grades", home / "temporary"
    temporary.mkdir()
    done = subprocess.run(
        [*map(str, command(assignment, folder, out, "--workers", "2"))],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return out, done.stdout


def rows_of(out: Path) -> dict[str, dict[str, str]]:
    table = csv.DictReader(io.StringIO((out / "marks.csv").read_text(encoding="utf-8")))
    return {row["student"].removeprefix("'"): row for row in table}


def test_every_mark_is_that_of_the_table(made, graded):
    _, _, students = made
    rows = rows_of(graded[0])
    assert rows.keys() == students.keys()
    wrong = {
        name: (row["points"], row["status"], students[name].points, students[name].status)
        for name, row in rows.items()
        if (float(row["points"]), row["status"]) != (students[name].points, students[name].status)
    }
    print(f"{len(rows) - len(wrong)} of {len(rows)} marks are those of the table")
    assert len(rows) == CLASS_SIZE
    assert not wrong


def test_the_first_line_says_which_walls_there_are(graded):
    first, second, *_ = graded[1].splitlines()
    assert first.startswith("Walls: bubblewrap")
    assert second == f"Backpropagation, exercise 3: {CLASS_SIZE} students, 100 points"


def test_attacks_and_cheats_get_no_points_and_a_reason(graded):
    rows = {name: row for name, row in rows_of(graded[0]).items() if name.startswith("hostile_")}
    assert {name.removeprefix("hostile_") for name in rows} == {*ATTACKS, *CHEATS}
    for name, row in rows.items():
        assert (row["points"], row["verdict"]) == ("0", "failed"), name
        assert row["sentence"], name
    print(f"{len(rows)} hostile submissions: {Counter(row['verdict'] for row in rows.values())}")


def test_nothing_of_another_student_is_on_a_page(made, graded):
    """Names of students stand on their own page, and the seed on none."""
    _, _, students = made
    pages = sorted((graded[0] / "feedback").glob("*.html"))
    assert len(pages) == CLASS_SIZE
    unmistakable = [name for name in students if name.startswith(("planted_", "other_"))]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "20260213" not in text, page.name
        assert [name for name in unmistakable if name in text and name not in page.name] == [], page.name


def test_no_process_and_no_folder_is_left(graded):
    """Everything of the run knows its folder for temporary files, which nothing else has."""
    temporary = graded[0].parent / "temporary"
    assert [one for one in psutil.process_iter() if environment_of(one).get("TMPDIR") == str(temporary)] == []
    assert [path.name for path in temporary.iterdir() if path.name.startswith("gradproof-run-")] == []


def environment_of(process):
    try:
        return process.environ()
    except psutil.Error:
        return {}


def test_a_run_that_is_killed_again_and_again_ends_with_the_same_tables(made, graded, tmp_path):
    """Every third student, SIGKILL at ten random moments; what is written is, to the byte, what one run writes."""
    spied = made[1].parent
    assignment, students = make_class(tmp_path, SEED, spied, every=3)
    out, draw, killed = tmp_path / "grades", random.Random(SEED), 0
    arguments = [*map(str, command(assignment, tmp_path / "class", out))]
    for _ in range(KILLS):
        process = subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.DEVNULL)
        time.sleep(draw.uniform(0.5, 3))
        killed += process.poll() is None
        process.kill()
        process.wait(PATIENCE)
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = rows_of(out)
    print(f"{killed} of {KILLS} kills came in time; the last run judged the last of {len(rows)}")
    assert killed
    assert rows.keys() == students.keys()
    whole = records_in(graded[0])
    expected = ClassResults("Backpropagation, exercise 3", SHOWN, tuple(whole[name] for name in sorted(rows)))
    written = write_results(expected, chosen_writers(None), tmp_path / "expected")
    assert len(written) > 5 * len(rows)
    for name in written:
        assert (out / name).read_bytes() == (tmp_path / "expected" / name).read_bytes(), name


def records_in(out: Path) -> dict[str, Record]:
    """The records that a run has kept."""
    found = {}
    with closing(RecordStore(out / "records", (out / "records" / "of").read_text(encoding="utf-8"))) as store:
        for path in (out / "records").glob("*.json"):
            named = json.loads(path.read_text(encoding="utf-8"))["record"]
            kept = store.get(named["student"], named["digest"])
            assert kept is not None
            found[kept.record.student] = kept.record
    return found

"""The command `grade`: what it writes and says, what it does again, and what is wrong with its arguments."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from made_class.make import ASSIGNMENT
from made_class.styles import written
from support.commands import PATIENCE, ROOT, harness, in_process

PLAIN = "\n".join(line for line in ASSIGNMENT.splitlines() if not line.startswith(("students", "deadline")))


@pytest.fixture
def home(tmp_path):
    """An assignment, and a class of three."""
    (tmp_path / "a.toml").write_text(PLAIN, encoding="utf-8")
    (tmp_path / "class").mkdir()
    for name, wrong in (("ada", {}), ("bob", {"hidden": "without its slope"}), ("cleo", {"rule": "ascends"})):
        (tmp_path / "class" / f"{name}.py").write_text(written("matrix", name, **wrong), encoding="utf-8")
    return tmp_path


def grade(home, *more):
    done = harness(
        "grade", home / "class", "--assignment", home / "a.toml", "--out", home / "out", "--walls", "auto", *more
    )
    assert "Traceback" not in done.stderr
    return done


def lines_of(done, name):
    return [line for line in done.stdout.splitlines() if line.startswith(name)]


def test_only_what_has_changed_is_judged_again(home):
    first = grade(home)
    assert (first.returncode, first.stderr) == (0, "")
    assert [len(lines_of(first, name)) for name in ("ada", "bob", "cleo")] == [1, 1, 1]
    assert "75 / 100" in lines_of(first, "bob")[0]
    before = (home / "out" / "marks.csv").read_bytes()
    again = grade(home)
    assert [lines_of(again, name) for name in ("ada", "bob", "cleo")] == [[], [], []]
    assert (home / "out" / "marks.csv").read_bytes() == before
    with open(home / "class" / "ada.py", "a", encoding="utf-8") as file:
        file.write("\n# changed\n")
    (home / "class" / "cleo.py").unlink()
    third = grade(home, "--redo", "bob")
    assert [len(lines_of(third, name)) for name in ("ada", "bob", "cleo")] == [1, 1, 0]
    rows = (home / "out" / "marks.csv").read_text(encoding="utf-8").splitlines()
    assert [row.partition(",")[0] for row in rows] == ["student", "ada", "bob"]
    assert len([*(home / "out" / "records").glob("*.json")]) == 2


def test_a_damaged_record_is_made_again(home):
    grade(home)
    before = (home / "out" / "marks.csv").read_bytes()
    records = sorted((home / "out" / "records").glob("*.json"))
    for path, text in zip(records, ("", "{", json.dumps({"record": {}, "seconds": "x"})), strict=True):
        path.write_text(text, encoding="utf-8")
    assert len(grade(home).stdout.splitlines()) == 2 + 3 + 2
    assert (home / "out" / "marks.csv").read_bytes() == before


def test_another_assignment_judges_all_again_and_other_words_none(home):
    grade(home)
    (home / "a.toml").write_text(PLAIN.replace("exercise 3", "exercise three"), encoding="utf-8")
    assert len(grade(home).stdout.splitlines()) == 2 + 2
    (home / "a.toml").write_text(
        PLAIN.replace("w = 15", "w = 25").replace("total = 100", "total = 110"), encoding="utf-8"
    )
    done = grade(home)
    assert len(done.stdout.splitlines()) == 2 + 3 + 2
    assert "110 / 110" in lines_of(done, "ada")[0]


def test_an_appeal_prints_everything_and_writes_nothing(home):
    done = grade(home, "--appeal", "bob", "--seed", "3")
    assert done.returncode == 0, done.stderr
    for said in ("75 / 100", "inputs from seed 3; nothing was written", "δ, hidden layers", "The mistake: sigma_prime"):
        assert said in done.stdout, said
    assert not (home / "out").exists()


def test_a_single_submission_is_one_student(home):
    options = ("--assignment", home / "a.toml", "--out", home / "out", "--walls", "auto", "--write", "gradescope")
    done = harness("grade", home / "class" / "bob.py", "--single", *options)
    assert done.returncode == 0, done.stderr
    [path] = (home / "out" / "gradescope").iterdir()
    assert json.loads(path.read_text(encoding="utf-8"))["score"] == 75
    assert sorted(one.name for one in (home / "out").iterdir()) == ["gradescope", "records", "seconds.csv"]


def test_ctrl_c_keeps_what_is_judged(home):
    for n in range(12):
        (home / "class" / f"more_{n:02}.py").write_text(
            written("loops", str(n), hidden="half a slope"), encoding="utf-8"
        )
    command = [sys.executable, "-m", "harness", "grade", home / "class", "--assignment", home / "a.toml"]
    command += ["--out", home / "out", "--walls", "auto"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen([*map(str, command)], cwd=ROOT, env=os.environ, **pipes)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and not [*(home / "out").glob("records/*.json")]:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert errors == "interrupted; what is judged is kept: the same command goes on from there\n"
    kept = {path.name: path.read_bytes() for path in (home / "out").glob("records/*.json")}
    assert len(kept) > 0
    assert grade(home).returncode == 0
    for name, content in kept.items():
        assert (home / "out" / "records" / name).read_bytes() == content


def test_results_of_another_class_are_not_replaced(home):
    grade(home)
    (home / "other").mkdir()
    (home / "other" / "zoe.py").write_text(written("loops", "zoe"), encoding="utf-8")
    options = ("--assignment", home / "a.toml", "--out", home / "out", "--walls", "auto")
    done = harness("grade", home / "other", *options)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {home / 'out' / 'records'}: expected the records of {home / 'other'}, found")
    assert (home / "out" / "feedback" / "ada.html").exists()


WRONG = [
    ([], "expected --assignment FILE.toml, found none"),
    (["--assignment", "{home}/none.toml"], "none.toml: expected an assignment, found: No such file or directory"),
    (["{home}/none", "--assignment", "{home}/a.toml"], "none: expected a folder with a submission of each student"),
    (["{home}/a.toml", "--assignment", "{home}/a.toml"], "a.toml: expected a folder with a submission of each student"),
    (["--assignment", "{home}/a.toml"], "expected a folder of submissions, found none"),
    (["{home}/empty", "--assignment", "{home}/a.toml"], "expected a submission of each student, found none"),
    (
        ["{home}/class", "--assignment", "{home}/a.toml", "--redo", "bobo"],
        "'bobo': did you mean 'bob'?",
    ),
    (["{home}/class", "--assignment", "{home}/a.toml", "--appeal", "x"], "unknown student 'x'"),
    (["{home}/class", "--assignment", "{home}/a.toml", "--seed", "1"], "--seed: expected --appeal NAME with it"),
    (["{home}/class", "--assignment", "{home}/a.toml", "--out", "{home}/a.toml"], "a.toml"),
    (["{home}/class", "--assignment", "{home}/a.toml", "--write", "pdf"], "unknown format 'pdf'"),
    (["{home}/class", "--assignment", "{home}/a.toml", "--write", ","], "--write: expected some of"),
    (["--package", "canvas", "--assignment", "{home}/a.toml"], "unknown kind of autograder archive 'canvas'"),
]


@pytest.mark.parametrize(("arguments", "said"), WRONG, ids=[said[:30] for _, said in WRONG])
def test_wrong_arguments_are_one_line(home, arguments, said):
    (home / "empty").mkdir()
    out = [] if "--out" in arguments else ["--out", home / "out"]
    done = in_process("grade", *(one.format(home=home) for one in arguments), *out, "--walls", "off")
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr

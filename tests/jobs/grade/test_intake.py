"""What students have handed in: names, files, archives, and which file is judged."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.jobs.grade.assignment.assignment import Asked, Assignment
from harness.jobs.grade.intake.chosen import NotJudged, chosen_in
from harness.jobs.grade.intake.files import MOST_BYTES, Unreadable, submitted_files
from harness.jobs.grade.intake.students import students_in, with_missing

ASKED = (Asked("∂C/∂W", "w", "", 10),)


def assignment(tmp_path, **values):
    return Assignment(tmp_path / "a.toml", "Exercise", 1, ASKED, **values)


def zipped(**files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def test_names_of_course_systems(tmp_path):
    for name in (
        "ada.py",
        "bob.c",
        "Jane Doe_4711_assignsubmission_file_",
        "doejohn_LATE_12_99_net.py",
        "roekim_13_98_net-2.py",
        ".hidden.py",
        "notes.txt",
    ):
        path = tmp_path / name
        path.mkdir() if name.endswith("_") else path.write_text("x = 1", encoding="utf-8")
    found, others = students_in(tmp_path, frozenset())
    assert [(one.name, one.called[0], one.is_late) for one in found] == [
        ("Jane Doe (4711)", "Jane Doe_4711_assignsubmission_file_", False),
        ("ada", "ada.py", False),
        ("bob", "bob.c", False),
        ("doejohn (12)", "net.py", True),
        ("roekim (13)", "net-2.py", False),
    ]
    assert others == ["notes.txt"]


def test_those_of_a_list_who_are_not_there_are_missing(tmp_path):
    (tmp_path / "ada.py").write_text("x = 1", encoding="utf-8")
    (tmp_path / "Bob_12_assignsubmission_file_").mkdir()
    found, _ = students_in(tmp_path, frozenset())
    names = [(one.name, bool(one.paths)) for one in with_missing(found, ("ada", "Bob", "Cleo"))]
    assert names == [("Bob (12)", True), ("Cleo", False), ("ada", True)]


def test_a_folder_around_all_files_does_not_matter(tmp_path):
    folder = tmp_path / "ada" / "work" / "src"
    folder.mkdir(parents=True)
    (folder / "net.py").write_text("x = 1", encoding="utf-8")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "net.pyc").write_bytes(b"?")
    assert submitted_files([tmp_path / "ada"], ["ada"]) == ({"net.py": b"x = 1"}, ())


def test_archives_of_each_kind_have_the_same_files(tmp_path):
    files = {"work/net.py": b"x = 1", "work/lib/own.py": b"y = 2"}
    (tmp_path / "a.zip").write_bytes(zipped(**files, **{"__MACOSX/._net.py": b"?"}))
    with tarfile.open(tmp_path / "b.tar.gz", "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("work/link.py")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    found = [submitted_files([tmp_path / name], [name]) for name in ("a.zip", "b.tar.gz")]
    files = {"net.py": b"x = 1", "lib/own.py": b"y = 2"}
    assert found == [(files, ("a.zip",)), (files, ("b.tar.gz",))]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no archive", "no archive that can be read"),
        (zipped(**{"../net.py": "x"}), "which leads out of it"),
        (zipped(**{"/etc/net.py": "x"}), "which leads out of it"),
        (zipped(**{"net.py": b"0" * (MOST_BYTES + 1)}), "more than 20 MiB"),
        (zipped(**{f"{n}.py": b"" for n in range(501)}), "more than 500 files"),
        (zipped(**{"net.py": "x = 1"})[:-30], "no archive that can be read"),
    ],
    ids=["no zip", "..", "absolute", "a bomb", "many files", "cut"],
)
def test_a_bad_archive_is_unreadable_in_words(tmp_path, content, said):
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(Unreadable, match=said):
        submitted_files([tmp_path / "a.zip"], ["a.zip"])


@given(st.binary(max_size=200), st.integers(0, 10_000))
def test_a_damaged_archive_is_read_or_unreadable(junk, place):
    """Whatever stands in an archive, nothing else comes of it."""
    import tempfile

    whole = zipped(**{"net.py": "x = 1", "lib/own.py": "y = 2" * 50})
    place %= len(whole)
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        file.write(whole[:place] + junk + whole[place + len(junk) :])
        file.flush()
        from pathlib import Path

        try:
            found, _ = submitted_files([Path(file.name)], ["a.zip"])
        except Unreadable:
            return
        assert all(isinstance(content, bytes) for content in found.values())


def test_links_and_pipes_are_not_read(tmp_path):
    (tmp_path / "ada").mkdir()
    (tmp_path / "secret.py").write_text("x = 1", encoding="utf-8")
    (tmp_path / "ada" / "link.py").symlink_to(tmp_path / "secret.py")
    os.mkfifo(tmp_path / "ada" / "pipe.py")
    assert submitted_files([tmp_path / "ada"], ["ada"]) == ({}, ())
    (tmp_path / "bob.py").symlink_to(tmp_path / "secret.py")
    with pytest.raises(Unreadable, match="a link"):
        submitted_files([tmp_path / "bob.py"], ["bob.py"])


CODE = b"def backprop(network, x, t): ...\n"
CHOICES = [
    ({"net.py": CODE, "readme.md": b"hi"}, {}, "net.py"),
    ({"net.py": CODE, "test_net.py": CODE}, {}, "net.py"),
    ({"net.py": CODE, "lib/own.py": CODE}, {}, "net.py"),
    ({"net.py": CODE, "own.py": CODE}, {"file": "net.py"}, "net.py"),
    ({"NET.py": CODE, "own.py": CODE}, {"file": "net.py"}, "NET.py"),
    ({"mine.py": CODE}, {"file": "net.py"}, "mine.py"),
    ({"net.c": CODE, "net.py": CODE}, {"languages": ("C",)}, "net.c"),
    ({"src/net.py": CODE, "doc/a.txt": b"x"}, {"file": "net.py"}, "src/net.py"),
]


@pytest.mark.parametrize(("files", "asked", "main"), CHOICES, ids=[str(n) for n in range(len(CHOICES))])
def test_the_file_that_is_judged(tmp_path, files, asked, main):
    assert chosen_in(files, assignment(tmp_path, **asked)).main == main


def test_another_name_is_said(tmp_path):
    [note] = chosen_in({"mine.py": CODE}, assignment(tmp_path, file="net.py")).notes
    assert note == "The file is mine.py, expected net.py."


REFUSED = [
    ({}, {}, "empty"),
    ({"a.txt": b" \n"}, {}, "empty"),
    ({"net.py": b"\n", "a.txt": b"x"}, {}, "empty"),
    ({"a.txt": b"x"}, {}, "not found"),
    ({"net.c": CODE}, {"languages": ("Python",)}, "not found"),
    ({"one.py": CODE, "two.py": CODE}, {}, "two files"),
    ({"a/net.py": CODE, "b/net.py": CODE}, {"file": "net.py"}, "two files"),
    ({"net.py": b"import torch\n"}, {"forbid": ("torch",)}, "forbidden"),
    ({"net.py": b"def f():\n    from torch.autograd import grad\n"}, {"forbid": ("torch",)}, "forbidden"),
    ({"net.py": CODE, "lib/own.py": b"import torch as t\n"}, {"forbid": ("torch",)}, "forbidden"),
]


@pytest.mark.parametrize(("files", "asked", "status"), REFUSED, ids=[str(n) for n in range(len(REFUSED))])
def test_why_nothing_is_judged(tmp_path, files, asked, status):
    with pytest.raises(NotJudged) as raised:
        chosen_in(files, assignment(tmp_path, **asked))
    assert raised.value.status == status
    assert raised.value.sentence.endswith(".")


def test_what_is_not_forbidden_may_be_imported(tmp_path):
    code = b"import torchlight\nfrom .torch import own\nimport numpy\n" + CODE
    assert chosen_in({"net.py": code}, assignment(tmp_path, forbid=("torch",))).main == "net.py"


def test_the_code_of_a_notebook_is_judged_with_its_lines_in_place(tmp_path):
    import json

    cells = [
        {"cell_type": "markdown", "source": ["# mine\n"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "x = 1\n", "!ls\n"]},
        {"cell_type": "code", "source": "y = 2"},
    ]
    found = chosen_in({"net.ipynb": json.dumps({"cells": cells}).encode()}, assignment(tmp_path))
    assert found.main == "net.py"
    assert found.files == {"net.py": b"\nx = 1\n\ny = 2\n"}
    assert "notebook net.ipynb" in found.notes[0]

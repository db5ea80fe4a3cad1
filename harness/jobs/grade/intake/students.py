"""Who has handed in what: the entries of a folder, as a teacher keeps them or as course systems write them.

An entry is a folder, a file or an archive with the name of a student. Moodle and Canvas write names of their own:

    Jane Doe_123456_assignsubmission_file_/…     Jane Doe_123456_assignsubmission_file_backprop.py     (Moodle)
    doejane_12345_67890_backprop.py              doejane_LATE_12345_67890_backprop.py                  (Canvas)
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from unicodedata import normalize

from harness.jobs.grade.intake.files import ARCHIVES, MOST_FILES, NOTEBOOK
from harness.model.errors import UnusableInput
from harness.sandbox.sources.find import source_suffixes

_MOODLE = re.compile(r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_[a-z]+_?(?P<file>.*)", re.DOTALL)
_CANVAS = re.compile(r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d{2,})_\d{2,}_(?P<file>.+)", re.DOTALL)


@dataclass(frozen=True)
class Student:
    """A student, the paths that have the name, what each file was called when it was handed in, and whether the course
    system calls it late."""

    name: str
    paths: tuple[Path, ...] = ()
    called: tuple[str, ...] = ()
    is_late: bool = False

    @property
    def time(self) -> float:
        """When the newest of the files was written, in seconds since 1970; 0 if there is none."""
        return max((file.lstat().st_mtime for path in self.paths for file in _files_below(path)), default=0.0)


def _files_below(path: Path) -> Iterator[Path]:
    """The file at a path, or some of those in a folder, without what a program has written there."""
    if path.is_symlink() or not path.is_dir():
        yield path
        return
    below = (one for one in path.rglob("*") if "__pycache__" not in one.parts)
    yield from islice((one for one in below if one.is_file() and not one.is_symlink()), MOST_FILES)


def students_in(folder: Path, leave_out: frozenset[str]) -> tuple[list[Student], list[str]]:
    """The students in a folder, by name, and the names of the entries that are of no student.

    `leave_out` are files of the teacher. Raises UnusableInput.
    """
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        expected = "expected a folder with a submission of each student, or an archive of it"
        raise UnusableInput(f"{folder}: {expected}, found: {error.strerror}") from None
    found: dict[str, Student] = {}
    others = []
    for path in entries:
        if path.name.startswith((".", "__MACOSX")) or os.path.realpath(path) in leave_out:
            continue
        if not path.is_dir() and not path.name.lower().endswith((*source_suffixes(), *ARCHIVES, NOTEBOOK)):
            others.append(path.name)
            continue
        one = _student(path)
        one = replace(one, name=normalize("NFC", one.name))
        earlier = found.get(one.name, Student(one.name))
        found[one.name] = replace(
            one,
            paths=(*earlier.paths, path),
            called=(*earlier.called, *one.called),
            is_late=one.is_late or earlier.is_late,
        )
    return sorted(found.values(), key=lambda one: one.name), others


def listed_students(table: Path) -> tuple[str, ...]:
    """The first column of a table of students, without its head. Raises UnusableInput."""
    try:
        with open(table, encoding="utf-8-sig", newline="") as rows:
            names = [normalize("NFC", row[0].strip()) for row in csv.reader(rows) if row and row[0].strip()]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UnusableInput(f"{table}: expected a table of students, found: {reason}") from None
    if len(names) < 2:
        raise UnusableInput(f"{table}: expected a head and a row for each student, found {len(names)} rows")
    return tuple(dict.fromkeys(names[1:]))


def with_missing(students: list[Student], names: tuple[str, ...]) -> list[Student]:
    """These students and those of a list who are not among them.

    A name of the list stands for a student whose name begins with it, as Moodle and Canvas add numbers.
    """
    missing = [name for name in names if not any(_stands_for(name, one.name) for one in students)]
    return sorted([*students, *map(Student, missing)], key=lambda one: one.name)


def _stands_for(name: str, found: str) -> bool:
    return found == name or found.startswith(f"{name} (")


def _student(path: Path) -> Student:
    """The student of an entry, and what a file was called."""
    for pattern in (_MOODLE, _CANVAS):
        if found := pattern.fullmatch(path.name):
            parts: Mapping[str, str] = {name: value or "" for name, value in found.groupdict().items()}
            called = parts["file"] or path.name
            return Student(f"{parts['name']} ({parts['id']})", (), (called,), bool(parts.get("late")))
    name = path.name
    for suffix in (*ARCHIVES, NOTEBOOK, *source_suffixes()):
        if not path.is_dir() and name.lower().endswith(suffix):
            name = name[: -len(suffix)]
            break
    return Student(name, (), (path.name,))

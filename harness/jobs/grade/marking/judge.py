"""Judge one submission: write its files to a folder, check it, and make a record of it.

This runs where the work is done, which may be another machine.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from harness.cases.standard import gradient_cases
from harness.jobs.distributed.here import here
from harness.jobs.distributed.standing import standing
from harness.jobs.grade.assignment.assignment import Assignment
from harness.jobs.grade.intake.chosen import Chosen, NotJudged, chosen_in
from harness.jobs.grade.intake.files import Files
from harness.jobs.grade.marking.layer_record import layer_record
from harness.jobs.grade.marking.network_record import network_record
from harness.jobs.grade.marking.walled import WalledServer
from harness.jobs.grade.record import JUDGED, Deduction, Part, Record
from harness.judging.judge import CaseTruth
from harness.judging.truths import Truths
from harness.model.errors import Exhausted, UnusableInput
from harness.sandbox.processes import folders
from harness.sandbox.processes.server import Server

UNREADABLE, MISSING, BROKEN = "unreadable", "missing", "not judged"
NOT_DRIVEN = "not found"
LONGEST_CODE = 16  # digits
_BAD_NAMES = (errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EINVAL, errno.EILSEQ)
_RUN_PATH = re.compile(rf"[^\s'\"]*{re.escape(folders.PREFIX)}[0-9a-f]{{12}}(/\d+/(work|tmp)|/submission)?/?")


@dataclass(frozen=True)
class HandedIn:
    """What a student has handed in: the files, or the `problem` why they cannot be read; None for nothing. `notes` are
    sentences about how it came."""

    student: str
    files: Files | None
    problem: str = ""
    days_late: int = 0
    notes: tuple[str, ...] = ()

    def digest(self, assignment: Assignment, *, has_walls: bool) -> str:
        """What the record depends on: the files, what is asked of them, walls, and the version of gradproof."""
        asked = (assignment.asked, assignment.networks, assignment.file, assignment.languages, assignment.forbid)
        rules = (assignment.deductions, assignment.limits, assignment.seed, self.days_late, self.problem, self.notes)
        version = standing().gradproof, self.files is None, has_walls
        return hashlib.sha256(repr((asked, rules, version, self._of_files)).encode()).hexdigest()

    @property
    def code(self) -> str:
        """What stands for the files, for people."""
        return self._of_files[:LONGEST_CODE]

    @cached_property
    def _of_files(self) -> str:
        digest = hashlib.sha256()
        for name, content in sorted((self.files or {}).items()):
            digest.update(f"{name!r} {len(content)}\n".encode() + content)
        return digest.hexdigest()


@dataclass(frozen=True)
class ClassWide:
    """What the judging of all submissions shares: the assignment, the truths of the cases, and what runs them."""

    assignment: Assignment
    truths: tuple[CaseTruth, ...]
    walled: WalledServer
    has_walls: bool

    @classmethod
    def of(cls, assignment: Assignment, walled: WalledServer, *, has_walls: bool) -> ClassWide:
        """With the truths of the cases of an assignment, which are computed here."""
        truths = Truths(assignment.seed)
        cases = (assignment.networks.required() or gradient_cases()) if assignment.networks else ()
        return cls(assignment, tuple(map(truths.of, cases)), walled, has_walls)


@dataclass(frozen=True)
class Graded:
    """A record, the seconds that it took, and whether some cases ran out of time while others did not."""

    record: Record
    seconds: float
    was_slow: bool = False


def judge_submission(shared: ClassWide, handed_in: HandedIn) -> Graded:
    """The record of a submission. Whatever goes wrong is in it."""
    start = time.perf_counter()
    assignment, server = shared.assignment, here(shared.walled)
    empty = without_points(assignment, handed_in, has_walls=shared.has_walls)
    was_slow = False
    try:
        with np.errstate(all="ignore"):  # a submission may return any numbers
            record, was_slow = _judged_record(shared, handed_in, empty, server)
    except NotJudged as error:
        record = replace(empty, status=error.status, sentence=error.sentence)
    except Exception as error:  # of the checker or the machine: it must cost no other row
        said = f"The checker failed ({type(error).__name__}: {error}). Tell the teacher; it is no fault of the file."
        record = replace(empty, status=BROKEN, sentence=said)
    record = _without_paths(_with_deductions(record, assignment, handed_in))
    return Graded(record, time.perf_counter() - start, was_slow)


def _judged_record(shared: ClassWide, handed_in: HandedIn, empty: Record, server: Server) -> tuple[Record, bool]:
    assignment, files = shared.assignment, handed_in.files
    if handed_in.problem:
        raise NotJudged(UNREADABLE, f"It cannot be read: {handed_in.problem}.")
    if files is None:
        raise NotJudged(MISSING, "Nothing was handed in.")
    chosen = chosen_in(files, assignment)
    notes = (*handed_in.notes, *chosen.notes)
    empty = replace(empty, status=JUDGED, files=tuple(sorted(chosen.files)), main=chosen.main, notes=notes)
    with _written(chosen) as path:
        try:
            if assignment.networks is None:
                return layer_record(empty, assignment, path, server)
            return network_record(empty, assignment, assignment.networks, path, server, _truths(shared))
        except Exhausted:
            raise
        except UnusableInput as error:  # it cannot be driven
            raise NotJudged(NOT_DRIVEN, f"{error}.") from None


_last: tuple[ClassWide, Truths] | None = None


def _truths(shared: ClassWide) -> Truths:
    """The truths of this process, which come to be more where submissions are tried on what they support."""
    global _last
    if _last is None or _last[0] is not shared:
        _last = shared, Truths(shared.assignment.seed, shared.truths)
    return _last[1]


@contextmanager
def _written(chosen: Chosen) -> Iterator[Path]:
    """The path of the file to judge, in a folder that holds the submission and nothing else."""
    home, lock = folders.make_run_folder()
    try:
        try:
            for name, content in chosen.files.items():
                path = Path(home, "submission", name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        except (OSError, ValueError) as error:  # an archive may have names that no file can have
            if isinstance(error, OSError) and error.errno not in _BAD_NAMES:
                raise
            raise NotJudged(UNREADABLE, f"The file {name} cannot be written: {error}.") from None
        yield Path(home, "submission", chosen.main)
    finally:
        os.close(lock)
        folders.remove_tree(home)


def without_points(assignment: Assignment, handed_in: HandedIn, *, has_walls: bool) -> Record:
    """A record without points, of what has not been judged."""
    return Record(
        student=handed_in.student,
        status=BROKEN,
        parts=tuple(Part(one.name, 0.0, one.of) for one in assignment.asked),
        digest=handed_in.digest(assignment, has_walls=has_walls),
        code=handed_in.code,
        files=tuple(sorted(handed_in.files or ())),
        days_late=handed_in.days_late,
        notes=handed_in.notes,
    )


def _without_paths(value: Any) -> Any:
    """The same without the folders of this run, which are named at random."""
    if isinstance(value, str):
        return _RUN_PATH.sub("", value)
    if isinstance(value, tuple):
        return tuple(map(_without_paths, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: _without_paths(getattr(value, one.name)) for one in fields(value)})
    return value


def _with_deductions(record: Record, assignment: Assignment, handed_in: HandedIn) -> Record:
    """The record with what conventions, arithmetic and lateness cost."""
    costs, found = assignment.deductions, list[Deduction]()
    if record.conventions and costs.convention:
        found.append(
            Deduction(costs.convention * len(record.conventions), f"conventions: {', '.join(record.conventions)}")
        )
    if record.loses_digits and costs.inaccurate:
        found.append(Deduction(costs.inaccurate, "the arithmetic loses digits"))
    if handed_in.days_late and costs.late_day:
        days = f"{handed_in.days_late} day{'s' if handed_in.days_late > 1 else ''} late"
        found.append(Deduction(costs.late_day * handed_in.days_late, days))
    return replace(record, deductions=tuple(found))

"""Grade a class: judge what has not been judged, keep each record when it is there, and put them in order."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from harness.jobs.distributed.here import Lost, Machines
from harness.jobs.grade.assignment.assignment import Assignment
from harness.jobs.grade.exports.formats.marks_csv import safe_cell
from harness.jobs.grade.exports.readable import readable
from harness.jobs.grade.intake.files import Unreadable, submitted_files
from harness.jobs.grade.intake.students import Student
from harness.jobs.grade.marking.judge import (
    BROKEN,
    ClassWide,
    Graded,
    HandedIn,
    judge_submission,
    without_points,
)
from harness.jobs.grade.marking.walled import WalledServer
from harness.jobs.grade.record import Record
from harness.jobs.grade.store import RecordStore

SECONDS_OF_A_DAY = 86_400.0  # seconds


def submission_of(student: Student, assignment: Assignment) -> HandedIn:
    """What a student has handed in, read from the disk."""
    days = days_late(student, assignment)
    if not student.paths:
        return HandedIn(student.name, None)
    try:
        files, archives = submitted_files(student.paths, student.called)
        notes = tuple(f"Unpacked from {name}." for name in archives)
        notes += ("The course system calls it late.",) if student.is_late else ()
        return HandedIn(student.name, files, "", days, notes)
    except Unreadable as error:
        return HandedIn(student.name, {}, str(error), days)


def days_late(student: Student, assignment: Assignment) -> int:
    """The days that have begun between the deadline and the time of the files; at least 1 if the system says late."""
    over = student.time - assignment.deadline.timestamp() if assignment.deadline and student.paths else 0.0
    return max(math.ceil(over / SECONDS_OF_A_DAY), int(student.is_late), 0)


class Class:
    """The grading of a class; `records` are those that are there, by student."""

    def __init__(
        self, students: Sequence[Student], assignment: Assignment, store: RecordStore, walled: WalledServer
    ) -> None:
        self._students, self._assignment, self._store, self._walled = students, assignment, store, walled
        self._has_walls = walled.walls() is not None
        self.records: dict[str, Graded] = {}

    def grade(self, where: Machines, redo: Sequence[str], show: Callable[[Graded], None]) -> None:
        """Judge all that is not judged yet, and those named in `redo`; `show` is told each record."""
        self._store.keep_only([one.name for one in self._students])
        waiting = []
        for student in self._students:
            known = self._known(student) if student.name not in redo else None
            if known is None:
                waiting.append(student)
            else:
                self.records[student.name] = known
        if not waiting:
            return
        shared = ClassWide.of(self._assignment, self._walled, has_walls=self._has_walls)
        slow = []
        for name, result in self._results(where, shared, waiting):
            if result.was_slow:
                slow.append(name)
            else:
                self._keep(result, show)
        for name in slow:  # one at a time, because other work may have been what made it slow
            again = [student for student in waiting if student.name == name]
            for _, result in self._results(where, shared, again):
                self._keep(result, show)

    def _known(self, student: Student) -> Graded | None:
        given = submission_of(student, self._assignment)
        found = self._store.get(student.name, given.digest(self._assignment, has_walls=self._has_walls))
        return None if found is None or found.record.status == BROKEN else found

    def _results(self, where: Machines, shared: ClassWide, waiting: Sequence[Student]) -> Iterator[tuple[str, Graded]]:
        tasks = ((student.name, submission_of(student, self._assignment)) for student in waiting)
        by_name = {student.name: student for student in waiting}
        for name, result in where.results(judge_submission, tasks, shared):
            yield name, self._lost(by_name[name], result) if isinstance(result, Lost) else result

    def _lost(self, student: Student, lost: Lost) -> Graded:
        said = f"The checker was ended while it judged this: {lost.reason}. Tell the teacher."
        given = submission_of(student, self._assignment)
        empty = without_points(self._assignment, given, has_walls=self._has_walls)
        return Graded(replace(empty, sentence=said), 0.0)

    def _keep(self, result: Graded, show: Callable[[Graded], None]) -> None:
        self._store.put(result)
        self.records[result.record.student] = result
        show(result)

    def in_order(self) -> tuple[Record, ...]:
        """The records, by student."""
        return tuple(self.records[one.name].record for one in self._students)


def appeal_of(student: Student, assignment: Assignment, walled: WalledServer, where: Machines) -> Graded | Lost:
    """Judge one student again, by an assignment that may have another seed."""
    task = student.name, submission_of(student, assignment)
    [(_, result)] = where.results(
        judge_submission, [task], ClassWide.of(assignment, walled, has_walls=walled.walls() is not None)
    )
    return result


def seconds_table(records: dict[str, Graded]) -> str:
    """The seconds of each student, which differ from run to run, as CSV."""
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(["student", "seconds"])
    rows.writerows([safe_cell(readable(name)), f"{one.seconds:.2f}"] for name, one in sorted(records.items()))
    return table.getvalue()

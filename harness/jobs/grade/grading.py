"""Grade a class, or one student again, and say what comes out: on the terminal, and in files."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from harness.jobs import Finished
from harness.jobs.distributed.here import Lost
from harness.jobs.distributed.machines import machines
from harness.jobs.grade.assignment.assignment import Assignment
from harness.jobs.grade.exports import ClassResults
from harness.jobs.grade.intake.files import ARCHIVES, unpacked_to
from harness.jobs.grade.intake.students import Student, listed_students, students_in, with_missing
from harness.jobs.grade.marking.judge import BROKEN, Graded
from harness.jobs.grade.marking.walled import WalledServer
from harness.jobs.grade.run import Class, appeal_of, seconds_table
from harness.jobs.grade.store import RecordStore
from harness.jobs.grade.writing import chosen_writers, write_results
from harness.judging.judge import UNDECLARED_CONVENTION
from harness.model.errors import UnknownName, UnusableInput
from harness.sandbox.answers import printable
from harness.sandbox.processes import ending, folders
from harness.sandbox.processes.walls import described

NAME_WIDTH, ROW_WIDTH, LISTED_ENTRIES = 28, 160, 5
VERDICT_WIDTH = len(UNDECLARED_CONVENTION)


def grade(options: argparse.Namespace, assignment: Assignment) -> Finished:
    """Grade the class in a folder. Raises UnusableInput."""
    writers = chosen_writers(options.write)
    if options.single:  # the course system knows when it was handed in
        assignment = replace(assignment, deadline=None)
    out = _out(options)
    walled = _walled_server(options, assignment)
    print(described(walled.walls()))
    with ExitStack() as stack:
        students, others = stack.enter_context(_handed_in_by(options, assignment))
        for name in options.redo:
            _student_named(name, students)
        where = stack.enter_context(machines(options))
        store = stack.enter_context(closing(RecordStore(out / "records", str(options.folder.resolve()))))
        print(f"{assignment.title}: {_students_in_words(len(students))}, {assignment.of_points:g} points")
        if others:
            more = " …" if len(others) > LISTED_ENTRIES else ""
            print(printable(f"Not of a student: {', '.join(others[:LISTED_ENTRIES])}{more}"))
        ending.keep("what is judged is kept: the same command goes on from there")
        graded = Class(students, assignment, store, walled)
        graded.grade(where, options.redo, lambda one: print(_student_row(one), flush=True))
        records = graded.in_order()
        written = write_results(ClassResults(assignment.title, frozenset(assignment.show), records), writers, out)
        (out / "seconds.csv").write_text(seconds_table(graded.records), encoding="utf-8", errors="replace")
    print(_class_summary(graded))
    print(f"Written to {out}: {', '.join(sorted({name.partition('/')[0] for name in written}))}, seconds.csv")
    return Finished(1 if any(one.status == BROKEN for one in records) else 0)


def appeal(options: argparse.Namespace, assignment: Assignment) -> Finished:
    """Judge one student on other inputs, and print the whole of it. Raises UnusableInput."""
    seed = int.from_bytes(os.urandom(4), "big") if options.seed is None else options.seed
    walled = _walled_server(options, assignment)
    with _handed_in_by(options, assignment) as (students, _), machines(options) as where:
        student = _student_named(options.appeal, students)
        found = appeal_of(student, replace(assignment, seed=seed), walled, where)
    if isinstance(found, Lost):
        raise UnusableInput(f"{student.name}: {found.reason}; try it without --workers and --scheduler")
    record = found.record
    print(described(walled.walls()))
    print(f"{_student_row(found)}\n\nWith inputs from seed {seed}; nothing was written.\n")
    for part in record.parts:
        print(f"  {part.name:<{NAME_WIDTH}} {part.points:>6g} of {part.of:g}{f'   {part.why}' if part.why else ''}")
    for one in record.deductions:
        print(f"  {one.why:<{NAME_WIDTH}} {-one.points:>6g}")
    print(printable(f"\n{record.report or record.sentence}", keep="\n"))
    return Finished(1 if record.status == BROKEN else 0)


def _walled_server(options: argparse.Namespace, assignment: Assignment) -> WalledServer:
    """What runs the submissions: they see neither the class, nor the assignment, nor the results."""
    folder = options.folder if options.folder.is_dir() else options.folder.parent
    private = (folder, options.assignment.parent, _out(options))
    hidden = tuple(sorted({str(path.resolve()) for path in private} - {os.sep}))
    return WalledServer(options.walls, hidden, assignment.forbid)


def _out(options: argparse.Namespace) -> Path:
    return options.out or Path("grades")


@contextmanager
def _handed_in_by(
    options: argparse.Namespace, assignment: Assignment
) -> Iterator[tuple[Sequence[Student], Sequence[str]]]:
    """The students of a folder or an archive, with those who are missing; and the entries that are of no student."""
    folder: Path = options.folder
    if options.single:
        yield [Student("submission", (folder,), (folder.name,))], []
        return
    listed = listed_students(assignment.students) if assignment.students else ()
    own = {options.assignment, _out(options), *([assignment.students] if assignment.students else [])}
    is_archive = folder.is_file() and folder.name.lower().endswith(ARCHIVES)
    with _unpacked_class(folder) if is_archive else nullcontext(folder) as found:
        students, others = students_in(found, frozenset(map(os.path.realpath, own)))
        if not (students or listed):
            raise UnusableInput(f"{folder}: expected a submission of each student, found none; see grade --help")
        yield with_missing(students, listed), others


@contextmanager
def _unpacked_class(archive: Path) -> Iterator[Path]:
    """A folder with what is in an archive, which is removed at the end."""
    home, lock = folders.make_run_folder()
    try:
        yield unpacked_to(Path(home), archive)
    finally:
        os.close(lock)
        folders.remove_tree(home)


def _student_named(name: str, students: Sequence[Student]) -> Student:
    found = [one for one in students if one.name == name]
    if not found:
        raise UnknownName("student", name, [one.name for one in students])
    return found[0]


def _student_row(one: Graded) -> str:
    """A line of the terminal: the student, the points, the verdict, and what is wrong."""
    record = one.record
    points = f"{record.points:g} / {record.of_points:g}"
    taken_off = ", ".join(one.why for one in record.deductions)
    parts = (taken_off, record.place.partition(", in case")[0], record.mistake or record.sentence)
    said = "; ".join(filter(None, parts))
    name = record.student if len(record.student) <= NAME_WIDTH else f"{record.student[: NAME_WIDTH - 2]} …"
    line = f"{name:<{NAME_WIDTH}} {points:>11}  {record.outcome:<{VERDICT_WIDTH}} {one.seconds:>6.2f} s  {said}"
    return printable(" ".join(line.splitlines())[:ROW_WIDTH]).rstrip()


def _students_in_words(students: int) -> str:
    return f"{students} student{'' if students == 1 else 's'}"


def _class_summary(graded: Class) -> str:
    records = graded.in_order()
    counts = Counter(one.outcome for one in records)
    said = ", ".join(f"{count} {name}" for name, count in counts.most_common())
    mean = sum(one.points for one in records) / len(records)
    cases = f"{sum(one.ran for one in records):,} of {sum(one.of for one in records):,} cases ran"
    return f"{_students_in_words(len(records))}: {said}; {cases}; mean {mean:.1f} points"

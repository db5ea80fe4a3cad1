"""The command `grade`. Nothing heavy is imported before it is needed."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from harness.jobs import Command, Finished, add_walls, folder_argument, seed_argument
from harness.jobs.distributed.machines import add_machines
from harness.model.errors import UnusableInput

TEMPLATE = Path(__file__).parent / "assignment" / "template.toml"


def _arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    folder = "a folder with a submission of each student: folders, files or archives; or one archive of all"
    add("folder", metavar="FOLDER", type=folder_argument, nargs="?", help=folder)
    add("--assignment", metavar="FILE.toml", type=Path, help="what is asked and how it is marked; see --new")
    new = "write an assignment with comments to a new file (default: assignment.toml)"
    add("--new", metavar="FILE.toml", type=Path, nargs="?", const=Path("assignment.toml"), help=new)
    add("--out", metavar="FOLDER", type=folder_argument, help="folder for the results (default: grades)")
    redo = "judge this student again, though nothing has changed; may be repeated"
    add("--redo", metavar="NAME", action="append", default=[], help=redo)
    add("--appeal", metavar="NAME", help="judge this student on other inputs, and print all of it; nothing is written")
    add("--seed", metavar="N", type=seed_argument, help="seed of the inputs of --appeal (default: random)")
    add("--single", action="store_true", help="the folder is the submission of one student")
    formats = "what to write, comma-separated (default: everything); grade --write help lists the formats"
    add("--write", metavar="FORMATS", help=formats)
    package = "write an autograder archive for a course system, such as gradescope, to --out FILE.zip"
    add("--package", metavar="SYSTEM", help=package)
    add_walls(parser, "on")
    add_machines(parser)


def _run(options: argparse.Namespace) -> Finished:
    from harness.sandbox.processes.server import ONE_THREAD

    os.environ.update(ONE_THREAD)  # before numpy is loaded: each process has one core
    if options.new is not None:
        return _write_template(options.new)
    if options.assignment is None:
        raise UnusableInput("grade: expected --assignment FILE.toml, found none; write one with grade --new")
    from harness.jobs.grade.assignment.reading import read_assignment

    assignment = read_assignment(options.assignment)
    if options.package is not None:
        return _write_package(options)
    if options.folder is None:
        raise UnusableInput("grade: expected a folder of submissions, found none; see grade --help")
    if options.seed is not None and options.appeal is None:
        raise UnusableInput("--seed: expected --appeal NAME with it, found none; the assignment has the seed for all")
    from harness.jobs.grade.grading import appeal, grade

    return appeal(options, assignment) if options.appeal is not None else grade(options, assignment)


def _write_template(path: Path) -> Finished:
    """Write an assignment to complete. Raises UnusableInput if the file is there, or cannot be written."""
    text = TEMPLATE.read_text(encoding="utf-8").format(seed=int.from_bytes(os.urandom(7), "big"))
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UnusableInput(f"{path}: expected a new file, found one; name another") from None
    print(f"Wrote {path}. Change it, then grade a folder:\n  gradproof grade FOLDER --assignment {path}")
    return Finished(0)


def _write_package(options: argparse.Namespace) -> Finished:
    """Write an autograder archive of the assignment, which was read before. Raises UnusableInput."""
    from harness.jobs.grade.exports.package import package

    out = options.out or Path(f"{options.package}.zip")
    package(options.package, options.assignment.read_bytes(), out)
    print(f"Wrote {out}: upload it as the autograder of the assignment. docs/grading_formats.md says how.")
    return Finished(0)


COMMANDS = (Command("grade", "mark a folder of submissions by parts, with what is wrong in each", _arguments, _run),)

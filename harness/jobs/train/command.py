"""The command `train`. Nothing heavy is imported before it is needed."""

from __future__ import annotations

import argparse
import math

from harness.jobs import (
    DRIVEN_PATHS,
    Command,
    Finished,
    add_driving,
    add_jobs,
    add_limits,
    add_reports,
    add_selection,
    add_walls,
    count_argument,
)
from harness.jobs.distributed.machines import add_machines, machines
from harness.reporting.files import REPORTS
from harness.sandbox.processes import ending


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_selection(parser)
    add_driving(parser, DRIVEN_PATHS)
    add = parser.add_argument
    add("--course", metavar="IDS", help="courses, comma-separated: ids, or patterns such as 'iris*'")
    add("--epochs", type=count_argument, default=300, metavar="N", help="how many (default: 300)")
    add("--fresh", action="store_true", help="ignore saved runs")
    add_reports(parser)
    add_jobs(parser)
    add_machines(parser)
    add_limits(parser, "one run between two recorded epochs", 120.0)
    add_walls(parser)


def _run(options: argparse.Namespace) -> Finished:
    from harness.jobs.train.follow import follow, select_courses
    from harness.jobs.train.judged import judge
    from harness.jobs.train.report.pages import RUNS_TABLE, write_training
    from harness.jobs.train.report.terminal import print_training, training_display
    from harness.jobs.train.report.views import is_well
    from harness.jobs.train.store import Store
    from harness.reporting.files import PICTURES, check_output_folder, files_of
    from harness.sandbox.inference.driving.adapters import Adapters
    from harness.sandbox.inference.driving.written import driven_texts
    from harness.sandbox.processes.server import Server, processors
    from harness.sandbox.processes.walls import walls_for
    from harness.sandbox.requests import Limits

    selection = select_courses(options.only, options.course, options.epochs)
    folder = options.reports or (REPORTS if selection.complete else None)
    if folder is not None:
        check_output_folder(folder, files_of("training"), (RUNS_TABLE, PICTURES))
    store = Store((folder or REPORTS) / "data" / "training", fresh=options.fresh)
    limits = Limits(options.seconds, math.inf, options.memory * 2**30)
    walls = walls_for(options.walls)
    with machines(options) as where, Server(walls=walls) as server, Adapters(server, limits) as adapters:
        implementations = adapters.drive_all(selection.implementations, options.make, options.cost)
        print(driven_texts(implementations), end="", flush=True)
        selection = selection.with_implementations(implementations)
        shown = training_display()
        ending.keep("what is done is kept: the same command goes on from there")
        ending.at_end(shown.close)
        try:
            followed = follow(selection, store, server, options.jobs or processors(), limits, shown, where)
        finally:
            shown.close()
    judged = judge(followed)
    print_training(judged)
    if folder is None:
        print("No reports for a selection; --reports FOLDER writes them there.")
    else:
        write_training(judged, folder)
        print(f"Report: {folder / 'training.md'}")
    return Finished(0 if is_well(judged) else 1, folder)


COMMANDS = (Command("train", "train for hundreds of epochs: does rounding explain the differences?", _arguments, _run),)

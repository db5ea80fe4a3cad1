"""The command `train`. Nothing heavy is imported before it is needed."""

from __future__ import annotations

import argparse
import math

from harness import ending
from harness.page_commands import REPORTS, write_page_of


def run_train(options: argparse.Namespace) -> int:
    from harness.markdown import check_folder
    from harness.requests import Limits
    from harness.server import Server, processors
    from harness.training.follow import follow, select
    from harness.training.judged import judge
    from harness.training.store import Store
    from harness.training_report import PAGE, PICTURES, TABLE, write
    from harness.training_terminal import display, print_summary
    from harness.training_views import is_well

    selection = select(options.only, options.course, options.epochs)
    folder = options.reports or (REPORTS if selection.complete else None)
    if folder is not None:
        check_folder(folder, PAGE, (TABLE, PICTURES))
    store = Store((folder or REPORTS) / "data" / "training", fresh=options.fresh)
    limits = Limits(options.seconds, math.inf, options.memory * 2**30)
    shown = display()
    ending.keep("what is done is kept: the same command goes on from there")
    ending.at_end(shown.close)
    try:
        with Server() as server:
            followed = follow(selection, store, server, options.jobs or processors(), limits, shown)
    finally:
        shown.close()
    judged = judge(followed)
    print_summary(judged)
    if folder is None:
        print("No reports for a selection; --reports FOLDER writes them there.")
    else:
        write(judged, folder)
        print(f"Report: {folder / PAGE}")
        write_page_of(folder)
    return 0 if is_well(judged) else 1

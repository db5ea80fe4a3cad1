"""The command `soundness`."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.jobs import Command, Finished, add_jobs, check_json_file, count_argument, seed_argument
from harness.model.errors import UnusableInput

ENOUGH, ENOUGH_OF_LAYERS = 20_000_000, 10_000_000  # entries


def _arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    several = "entries to compare, at least; it stops at the network that reaches them (default: 20 million)"
    add("--entries", type=count_argument, metavar="N", help=several)
    add("--seed", type=seed_argument, default=0, metavar="N", help="the first trial (default: 0)")
    add("--layers", action="store_true", help="compare layers in place of networks (default: 10 million entries)")
    add_jobs(parser)
    add("--json", type=Path, metavar="FILE", help="also write the counts and the quantiles, as data")


def _run(options: argparse.Namespace) -> Finished:
    if options.layers:
        return _run_layers(options)
    from harness.jobs.evidence.soundness.report import as_json, as_text
    from harness.jobs.evidence.soundness.trials import LOSSY, TrialTally, sound
    from harness.sandbox.processes.server import Server, processors
    from harness.sandbox.sources.find import python_implementations

    if options.json is not None:
        check_json_file(options.json)
    implementations = tuple(one for one in python_implementations() if one.name not in LOSSY)
    trials, tally, jobs = 0, TrialTally(), options.jobs or processors()
    with Server() as server:
        for trials, tally in sound(server, implementations, options.entries or ENOUGH, options.seed, jobs):
            counts = f"{tally.entries.total():,} entries, {tally.alarms.total()} false alarms"
            print(f"{trials} networks, {counts}", flush=True)
    print(as_text(tally))
    if options.json is not None:
        options.json.write_text(as_json(tally, options.seed, trials), encoding="utf-8")
        print(f"Results: {options.json}")
    return Finished(1 if tally.alarms.total() else 0)


def _run_layers(options: argparse.Namespace) -> Finished:
    from tabulate import tabulate

    from harness.jobs.evidence.soundness.layers import sound_layers

    if options.json is not None:
        raise UnusableInput("--json: expected networks, found --layers; leave one of the two out")
    for tally in sound_layers(options.entries or ENOUGH_OF_LAYERS, options.seed):
        print(f"{tally.entries.total():,} entries, {tally.alarms.total()} false alarms", flush=True)
    rows = [
        [name, f"{n:,}", tally.alarms[name], f"{tally.worst[name]:.3f}"] for name, n in sorted(tally.entries.items())
    ]
    print(
        tabulate(rows, headers=["formulation", "entries", "false alarms", "worst error / bound"], disable_numparse=True)
    )
    return Finished(1 if tally.alarms.total() else 0)


COMMANDS = (Command("soundness", "run correct code on random networks: is there a false alarm?", _arguments, _run),)

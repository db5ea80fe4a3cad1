"""The commands `check` and `new`. Modules are imported when they are needed, so that a check starts fast."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from pathlib import Path

from harness.jobs import (
    Command,
    Finished,
    add_driving,
    add_limits,
    add_walls,
    check_command,
    check_json_file,
    seconds_argument,
    seed_argument,
)
from harness.model.errors import UnusableInput

TYPE_CHECKING = False  # see harness
if TYPE_CHECKING:
    from harness.jobs.check.run import CheckResult
    from harness.layers.finding.scan import Source
    from harness.reporting.profile import Clock
    from harness.sandbox.processes.server import Server
    from harness.sandbox.sources.find import Implementation


def _add_check_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("file", metavar="FILE", nargs="?", help="a path, or the name of an implementation; or after -- a command")
    parser.set_defaults(program=[])
    add_driving(parser, "the file")
    add("--write-adapter", type=Path, metavar="OUT", help="also write how it is driven as a file with backprop or step")
    add("--case", metavar="IDS", help="comma-separated cases: ids or patterns; a single case shows its numbers")
    add("--seed", type=seed_argument, metavar="N", help="seed of the inputs, to repeat a run (default: random)")
    add("--json", type=Path, metavar="FILE", help="also write the result as JSON to this file")
    add_limits(parser, "one case", 10.0)
    limit = "time limit of all cases (default: 60)"
    add("--total-seconds", type=seconds_argument, default=60.0, metavar="S", help=limit)
    add_walls(parser)
    add("--profile", action="store_true", help="also print the time of each phase")


def _run_check(options: argparse.Namespace) -> Finished:
    gc.set_threshold(100_000)  # garbage collection would take a tenth of the half second that a check takes
    from harness.reporting.profile import Clock, table

    clock = Clock()
    with clock.phase("import"):
        from harness.sandbox.processes.server import ONE_THREAD, Server
        from harness.sandbox.processes.walls import walls_for

        os.environ.update(ONE_THREAD)
        walls = walls_for(options.walls)
        started = Server(by_fork=True, walls=walls)  # before the code that computes the truth is imported
    with started as server:
        status = _check_and_print(options, server, clock)
    if options.profile:
        print(f"\n{table(clock)}")
    return Finished(status)


def _check_and_print(options: argparse.Namespace, server: Server, clock: Clock) -> int:
    with clock.phase("import"):
        from harness.cases.standard import gradient_cases
        from harness.sandbox.greeting import stages_of_check
        from harness.sandbox.inference.driving.adapters import Adapters
        from harness.sandbox.inference.driving.written import check_place
        from harness.sandbox.requests import Limits

    implementation = _named_implementation(options)
    if (source := _layers_of(implementation)) is not None:
        from harness.jobs.check.layers import check_layer_file

        return check_layer_file(options, implementation.target, source, server)
    cases = gradient_cases()
    if options.case is not None:
        from harness.cases.fitted import select_cases

        cases = select_cases(options.case)
    if options.json is not None:
        check_json_file(options.json, implementation.path, *map(Path, implementation.command[1:]))
    if options.write_adapter is not None:
        check_place(options.write_adapter, implementation.path)
    limits = Limits(options.seconds, options.total_seconds, options.memory * 2**30)
    seed = int.from_bytes(os.urandom(4), "big") if options.seed is None else options.seed
    with Adapters(server, limits) as adapters:
        with clock.phase("inference"):
            implementation = adapters.drive(implementation, options.make, options.cost)
            stages = stages_of_check(implementation, server, limits)
        _use_options(implementation, options)
        with clock.phase("import"):
            from harness.jobs.check.run import CheckRun
        for stage in stages:
            with clock.phase("cases"):
                run = CheckRun(server, stage, cases, seed, limits, is_fitted=options.case is None)
            with run:
                with clock.phase("import"):  # while the file computes
                    from harness.jobs.check.text import report_text, verdict_lines
                result = run.result(clock)
            if result.verdict != "agrees" or stage is stages[-1]:
                break
            print(f"{verdict_lines(result)}\n")
    with clock.phase("reports"):
        rerun = _rerun_command(options, result.first_failing, result.seed)
        is_coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        print(report_text(result, rerun, is_coloured=is_coloured))
        if left := [one.about for one in stages[stages.index(stage) + 1 :]]:
            print(f"\nNot checked: {', '.join(left)}. It is checked once this is right.")
        if options.json is not None:
            _write_json(options.json, result, rerun)
    return 0 if result.verdict == "agrees" else 1


def _named_implementation(options: argparse.Namespace) -> Implementation:
    """The implementation that the arguments name. Raises UnusableInput."""
    from harness.sandbox.sources.find import find_implementations, implementation_of

    if bool(options.file) == bool(options.program):
        found = f"both {options.file} and {options.program[0]}" if options.file else "neither"
        raise UnusableInput(f"check: expected a file, or a command after --, found {found}; see check --help")
    if options.program:
        return implementation_of(options.program)
    [implementation] = find_implementations([options.file])
    return implementation


def _layers_of(implementation: Implementation) -> Source | None:
    """What a file defines, if it is a file of layers."""
    from harness.layers.finding.scan import may_have_layers

    if implementation.command or not may_have_layers(implementation.target):
        return None
    from harness.jobs.check.layers import layers_in

    return layers_in(implementation.target)


def _use_options(implementation: Implementation, options: argparse.Namespace) -> None:
    """Write the adapter if it is to be written. Raises UnusableInput if there is none, and an option is about it."""
    if options.cost and implementation.adapter is None:
        found = f"{implementation.path.name} offers backprop or step itself; declare COST in the file instead"
        raise UnusableInput(f"--cost {options.cost}: expected code that was not written for the contract, {found}")
    if options.write_adapter is not None:
        from harness.sandbox.inference.driving.written import write_adapter

        write_adapter(implementation, options.write_adapter)
        print(f"Wrote the adapter {options.write_adapter}; it can be checked as it is.\n")


def _write_json(path: Path, result: CheckResult, rerun: str) -> None:
    import json

    from harness.jobs.check.as_json import as_data

    path.write_text(json.dumps(as_data(result, rerun), indent=1, allow_nan=False) + "\n", encoding="utf-8")


def _rerun_command(options: argparse.Namespace, case: str, seed: int) -> str:
    """The command that checks a single case and shows its numbers; empty if there is no case."""
    if not case:
        return ""
    import shlex

    walls = "" if options.walls == "auto" else options.walls
    given = {"--make": options.make, "--cost": options.cost, "--walls": walls}
    driving = "".join(f" {name} {shlex.quote(value)}" for name, value in given.items() if value)
    what, program = options.file or "", options.program
    parts = [check_command(), shlex.quote(what) + driving if what else "", f"--case {case} --seed {seed}"]
    return " ".join(filter(None, [*parts, f"-- {shlex.join(program)}" if program else ""]))


def _add_new_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="name or path of the new file")
    of = "its language, such as C, C++, Java or JavaScript (default: that of the suffix of NAME, or Python)"
    parser.add_argument("--language", metavar="LANGUAGE", default="", help=of)


def _run_new(options: argparse.Namespace) -> Finished:
    import shlex

    from harness.jobs.check.skeleton import write_skeleton
    from harness.sandbox.sources.toolchains import language_of

    path = write_skeleton(options.name, options.language)
    called, language = f"{check_command()} {shlex.quote(str(path))}", language_of(path)
    needs = f"\n{language.missing}" if language and language.missing else ""
    print(
        f"Wrote {path}. It runs, but is wrong until you complete the line marked TODO. To check it:\n  {called}{needs}"
    )
    return Finished(0)


COMMANDS = (
    Command(
        "check",
        "check a file's backprop; if it is wrong, say where, and name the mistake",
        _add_check_arguments,
        _run_check,
        takes_program=True,
    ),
    Command("new", "write a skeleton of an implementation to complete", _add_new_arguments, _run_new),
)

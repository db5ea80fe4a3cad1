"""What a person waits for: a check, a comparison and the start of a command, compared with the usual checkers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.contenders.battery import SMALL_CASES
from benchmarks.contenders.checkers import CENTRAL, GRADCHECK
from benchmarks.contenders.commands import IMPORT_NUMPY, copies_of_practical, harness_command, program, python
from benchmarks.contenders.spec import PRACTICAL, Spec, parameter_count
from benchmarks.report.goals import Goal, JudgedGoal
from benchmarks.report.section import (
    Outcomes,
    ReportSection,
    ResultTable,
    by_round,
    first_reason,
    result_of,
    side_by_side,
)
from benchmarks.runner.figures import Spread, as_number, in_seconds, ratio, spread, time_of
from benchmarks.runner.processes import REPOSITORY
from benchmarks.runner.races import Contender, Race, Result

# The names of the races, and of their contenders.
SMALL_CHECK, LARGE_CHECK, COMPARISON, START, BOUND = "check, small", "check, large", "compare", "start", "bound"
NUMPY, ONE_CHECK, TORCH_CHECK, CENTRAL_CHECK = IMPORT_NUMPY.name, "check", "torch gradcheck", "central differences"
FEWER, MORE, OWN_CODE, COPIES = "fast implementations", "and ten more", "one of them, by itself", 10
HELP, LIST, PYTHON = "--help", "list", "python -c pass"
# Implementations with matrices, so that a whole comparison is short.
COMPARED = ("row_matrices", "column_vectors", "fifteen_steps", PRACTICAL)
LOADING_COMMANDS = {
    HELP: (HELP,),
    LIST: (LIST,),
    ONE_CHECK: ("check", PRACTICAL),
    COMPARISON: ("compare", "--only", COMPARED[0]),
}
# Twelve networks, so that the check takes longer than the start of the process.
LARGE_WIDTHS = (64, 100, 32, 10)
LARGE_CASES = [
    [LARGE_WIDTHS, f"{hidden} {output}", 8]
    for hidden in ("tanh", "sigmoid", "relu", "softplus")
    for output in ("softmax", "sigmoid", "identity")
]


def races(folder: Path) -> list[Race]:
    """The races of all tables; copies of an implementation are written into the folder."""
    # In a process of its own: contenders started from here would begin with the memory of the loaded cases as their
    # peak.
    ids = json.loads(subprocess.check_output([sys.executable, "-m", "benchmarks.contenders.battery"], cwd=REPOSITORY))
    small, large, seed = json.dumps(ids), json.dumps(LARGE_CASES), ("--seed", "1")
    cases = ("--case", ",".join(ids))
    more = ",".join([*COMPARED, *map(str, copies_of_practical(folder, COPIES))])
    return [
        Race(
            SMALL_CHECK,
            (
                IMPORT_NUMPY,
                harness_command(ONE_CHECK, "check", PRACTICAL, *cases, *seed),
                program(CENTRAL_CHECK, "checkers", CENTRAL, small),
                program(TORCH_CHECK, "checkers", GRADCHECK, small),
            ),
        ),
        Race(
            LARGE_CHECK,
            (
                program(ONE_CHECK, "battery", large, "check", PRACTICAL, *seed),
                program(CENTRAL_CHECK, "checkers", CENTRAL, large),
                program(TORCH_CHECK, "checkers", GRADCHECK, large),
            ),
        ),
        Race(
            COMPARISON,
            (
                IMPORT_NUMPY,
                harness_command(FEWER, "compare", "--only", ",".join(COMPARED), *cases),
                harness_command(MORE, "compare", "--only", more, *cases),
                Spec("calls", PRACTICAL, (), 0).contender(OWN_CODE, 1, 60.0, 0.0),
            ),
        ),
        Race(
            START,
            (
                python(PYTHON, "-c", "pass"),
                harness_command(HELP, HELP),
                harness_command(LIST, LIST),
                *_loaded_by_commands(ids[0]),
            ),
        ),
        Race(BOUND, (program(PRACTICAL, "tightness"),)),
    ]


def _loaded_by_commands(case: str) -> Iterator[Contender]:
    for name, arguments in LOADING_COMMANDS.items():
        selected = () if name in (HELP, LIST) else ("--case", case)
        yield program(_loaded_by(name), "imported", *arguments, *selected)


def _loaded_by(name: str) -> str:
    return f"packages loaded by {name}"


def _one_more(outcomes: Outcomes) -> Spread | None:
    """The seconds that one more implementation adds to a comparison, minus the time in its own code, round by round."""
    fewer, more, own = (result_of(outcomes, COMPARISON, name).seconds for name in (FEWER, MORE, OWN_CODE))
    return spread([(b - a) / COPIES - c for a, b, c in zip(fewer, more, own, strict=True)]) if fewer and own else None


def _tightness(bound: Result) -> Spread | None:
    """rounding bound / median error, which is the first word of what benchmarks.contenders.tightness prints."""
    times = bound.said.partition(" ")[0]
    return spread([float(times)]) if times.isdecimal() else None


def goals(outcomes: Outcomes) -> list[JudgedGoal]:
    """Goals for the time of a check, of a comparison and of the start, and for the tightness of the bound."""

    def ratio_goal(race: str, one: str, other: str, what: str, limit: float, *, at_least: bool) -> JudgedGoal:
        pair = [result_of(outcomes, race, name) for name in (one, other)]
        return JudgedGoal(Goal(what, limit, at_least), ratio(*pair), first_reason(*pair))

    def time_goal(race: str, name: str, what: str, limit: float) -> JudgedGoal:
        one = result_of(outcomes, race, name)
        return JudgedGoal(Goal(what, limit, is_time=True), time_of(one), first_reason(one))

    parts = [result_of(outcomes, COMPARISON, name) for name in (FEWER, MORE, OWN_CODE)]
    added = Goal("one more implementation in `compare`, without the time in its own code", 0.015, is_time=True)
    size, bound = f"{parameter_count(LARGE_WIDTHS):,} parameters", result_of(outcomes, BOUND, PRACTICAL)
    return [
        ratio_goal(
            SMALL_CHECK, ONE_CHECK, NUMPY, f"`check` of {SMALL_CASES} small cases / `import numpy`", 3, at_least=False
        ),
        ratio_goal(SMALL_CHECK, TORCH_CHECK, ONE_CHECK, "gradcheck of the same cases / `check`", 15, at_least=True),
        ratio_goal(
            LARGE_CHECK, TORCH_CHECK, ONE_CHECK, f"gradcheck of networks of {size} / `check`", 50, at_least=True
        ),
        ratio_goal(
            LARGE_CHECK, CENTRAL_CHECK, ONE_CHECK, "central-difference loop on these / `check`", 15, at_least=True
        ),
        time_goal(COMPARISON, FEWER, f"`compare` of the fast implementations, {SMALL_CASES} cases", 0.3),
        JudgedGoal(added, _one_more(outcomes), first_reason(*parts)),
        time_goal(START, HELP, "`--help`", 0.04),
        time_goal(START, LIST, "`list`, which lists cases and implementations", 0.04),
        JudgedGoal(Goal("rounding bound / median error of correct code", 100), _tightness(bound), first_reason(bound)),
    ]


def tables(outcomes: Outcomes) -> list[ResultTable]:
    """A table for each race."""
    found = []
    if SMALL_CHECK in outcomes:
        title = f"A check of {SMALL_CASES} small cases"
        found.append(_check_table(outcomes, SMALL_CHECK, NUMPY, title, "bench-check-small"))
    if LARGE_CHECK in outcomes:
        title = f"A check of {len(LARGE_CASES)} networks of {parameter_count(LARGE_WIDTHS):,} parameters"
        found.append(_check_table(outcomes, LARGE_CHECK, ONE_CHECK, title, "bench-check-large"))
    if COMPARISON in outcomes:
        found.append(_comparison_table(outcomes))
    if START in outcomes:
        found.append(_start_table(outcomes))
    if BOUND in outcomes:
        found.append(_bound_table(result_of(outcomes, BOUND, PRACTICAL)))
    return found


def _check_table(outcomes: Outcomes, race: str, base: str, title: str, picture: str) -> ResultTable:
    outcome = outcomes[race]
    headers, rows = side_by_side(outcome, base)
    ratios = [(name, ratio(outcome.of(name), outcome.of(ONE_CHECK))) for name in (CENTRAL_CHECK, TORCH_CHECK)]
    answer = ", ".join(f"{as_number(found)} for {name}" for name, found in ratios if found)
    return ResultTable(
        title,
        "How long does the check of one implementation take, and how long do the usual checkers take for the same "
        "gradients? Each contender is a whole process, from its start to its end.",
        headers,
        rows,
        f"Ratio to `check`: {answer}." if answer else "",
        by_round(outcome, picture, f"{title}: seconds of each process in every round. A level line is repeatable."),
    )


def _comparison_table(outcomes: Outcomes) -> ResultTable:
    outcome = outcomes[COMPARISON]
    headers, rows = side_by_side(outcome, NUMPY)
    more = _one_more(outcomes)
    return ResultTable(
        f"A comparison on {SMALL_CASES} cases",
        f"How long does `compare` take with the fast implementations ({', '.join(COMPARED)}), and how much does one "
        f"more implementation add? The last row is the time in the code of one implementation: gradient and step of "
        f"each case, both computed twice.",
        headers,
        rows,
        f"One more implementation adds {in_seconds(more.median)} to a comparison, besides the time in its own code."
        if more
        else "",
        by_round(outcome, "bench-compare", "A comparison: seconds in every round, also with ten more implementations."),
    )


def _start_table(outcomes: Outcomes) -> ResultTable:
    outcome = outcomes[START]
    loaded = {name: outcome.of(_loaded_by(name)) for name in LOADING_COMMANDS}
    timed = {name: one for name, one in outcome.results.items() if name in (PYTHON, HELP, LIST)}
    shown = replace(outcome, results=timed)
    headers, rows = side_by_side(shown, PYTHON)
    headers, rows = headers[:-1], [row[:-1] for row in rows]  # their peak is that of the process that starts them
    rows += [[name, "", ""] for name in LOADING_COMMANDS if name not in timed]
    rows = [[*row, loaded[row[0]].said or loaded[row[0]].reason if row[0] in loaded else ""] for row in rows]
    heavy = [name for name, one in loaded.items() if one.said not in ("", "none")]
    return ResultTable(
        "The start of a command",
        "How long does a command take before it does its work, and which of torch, pandas, scikit-learn, matplotlib, "
        "jax and scipy are loaded at its end?",
        [*headers, "heavy packages loaded"],
        rows,
        f"Heavy packages are loaded only by {' and '.join(heavy)}." if heavy else "No command loads a heavy package.",
        by_round(shown, "bench-start", "The start of a command: seconds in every round, beside the start of Python."),
    )


def _bound_table(bound: Result) -> ResultTable:
    return ResultTable(
        "The tightness of the rounding bound",
        "How large is the rounding bound compared with the errors of correct code? The smaller the ratio, the smaller "
        "the mistakes that a check can find.",
        ["implementation", "rounding bound"],
        [[PRACTICAL, bound.said or bound.reason]],
        f"For correct code: {bound.said}." if bound.said else "",
    )


SECTION = ReportSection(
    "job",
    10,
    "Checks and comparisons",
    "What does a person wait for who checks an implementation, or compares several? One thread for each library, as in "
    "the harness.",
    races,
    tables,
    goals,
)

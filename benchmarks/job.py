"""The job itself: what a person waits for, each as a whole process, beside what there is to run instead."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.battery import CASES
from benchmarks.checkers import CENTRAL, GRADCHECK
from benchmarks.figures import Figure, figure, in_seconds, plain, ratio, seconds
from benchmarks.goals import Goal, Judged
from benchmarks.processes import ROOT
from benchmarks.races import Contender, Race, Result
from benchmarks.section import Outcomes, Section, Table, by_round, result, side_by_side, why
from benchmarks.spec import Spec, parameters

SMALL, LARGE, COMPARE, START, BOUND = "check, small", "check, large", "compare", "start", "bound"
NUMPY, CHECK, GRAD, LOOP = "import numpy", "check", "torch gradcheck", "central differences"
# Written with matrices, so that a whole comparison is short.
FAST = ("row_matrices", "column_vectors", "fifteen_steps", "batched_matrices")
FEW, MORE, OWN, COPIES = "fast implementations", "and ten more", "one of them, by itself", 10
HELP, LIST, PYTHON = "--help", "list", "python -c pass"
IMPORTS = {HELP: (HELP,), LIST: (LIST,), CHECK: (CHECK, "batched_matrices"), COMPARE: (COMPARE, "--only", FAST[0])}
# Twelve, so that what is measured is the checking and not the start of the process.
WIDTHS = (64, 100, 32, 10)
NETWORKS = [
    [WIDTHS, f"{hidden} {output}", 8]
    for hidden in ("tanh", "sigmoid", "relu", "softplus")
    for output in ("softmax", "sigmoid", "identity")
]
BOUND_HELD = "batched_matrices"


def races(folder: Path) -> list[Race]:
    # Not by loading the cases here: what is started from here begins with the memory of this process as its peak.
    ids = json.loads(subprocess.check_output([sys.executable, "-m", "benchmarks.battery"], cwd=ROOT))
    large, seed = json.dumps(NETWORKS), ("--seed", "1")
    some = ("--case", ",".join(ids))
    copies = [folder / f"copy_{number}.py" for number in range(COPIES)]
    for copy in copies:
        copy.write_text((ROOT / "implementations" / "batched_matrices.py").read_text(encoding="utf-8"), "utf-8")
    more = ",".join([*FAST, *map(str, copies)])
    own = Spec("calls", "batched_matrices", (), 0).contender(OWN, 1, 60.0, 0.0)
    return [
        Race(
            SMALL,
            (
                _python(NUMPY, "-c", "import numpy"),
                _harness(CHECK, "check", "batched_matrices", *some, *seed),
                _module(LOOP, "checkers", CENTRAL, json.dumps(ids)),
                _module(GRAD, "checkers", GRADCHECK, json.dumps(ids)),
            ),
        ),
        Race(
            LARGE,
            (
                _module(CHECK, "battery", large, "check", "batched_matrices", *seed),
                _module(LOOP, "checkers", CENTRAL, large),
                _module(GRAD, "checkers", GRADCHECK, large),
            ),
        ),
        Race(
            COMPARE,
            (
                _python(NUMPY, "-c", "import numpy"),
                _harness(FEW, "compare", "--only", ",".join(FAST), *some),
                _harness(MORE, "compare", "--only", more, *some),
                own,
            ),
        ),
        Race(START, (_python(PYTHON, "-c", "pass"), _harness(HELP, HELP), _harness(LIST, LIST), *_imports(ids))),
        Race(BOUND, (_module(BOUND_HELD, "tightness"),)),
    ]


def _imports(ids: Sequence[str]) -> Iterator[Contender]:
    for name, arguments in IMPORTS.items():
        case = () if name in (HELP, LIST) else ("--case", ids[0])
        yield _module(_imported(name), "imported", *arguments, *case)


def _imported(name: str) -> str:
    return f"packages loaded by {name}"


def _python(name: str, *arguments: str) -> Contender:
    return Contender(name, (sys.executable, *arguments))


def _harness(name: str, *arguments: str) -> Contender:
    return _python(name, "-m", "harness", *arguments)


def _module(name: str, module: str, *arguments: str) -> Contender:
    return _python(name, "-m", f"benchmarks.{module}", *arguments)


def one_more(outcomes: Outcomes) -> Figure | None:
    """The seconds that one more implementation adds to a comparison, less those inside its own code, round by round."""
    few, more, own = (result(outcomes, COMPARE, name).seconds for name in (FEW, MORE, OWN))
    return figure([(b - a) / COPIES - c for a, b, c in zip(few, more, own, strict=True)]) if few and own else None


def tightness(held: Result) -> Figure | None:
    """The bound in units of the median error, of which it speaks first."""
    times = held.said.partition(" ")[0]
    return figure([float(times)]) if times.isdecimal() else None


def goals(outcomes: Outcomes) -> list[Judged]:
    def times(race: str, one: str, other: str, what: str, limit: float, *, at_least: bool) -> Judged:
        pair = [result(outcomes, race, name) for name in (one, other)]
        return Judged(Goal(what, limit, at_least), ratio(*pair), why(*pair))

    def lasts(race: str, name: str, what: str, limit: float) -> Judged:
        one = result(outcomes, race, name)
        return Judged(Goal(what, limit, is_time=True), seconds(one), why(one))

    more = [result(outcomes, COMPARE, name) for name in (FEW, MORE, OWN)]
    size, held = f"{parameters(WIDTHS):,} parameters", result(outcomes, BOUND, BOUND_HELD)
    return [
        times(SMALL, CHECK, NUMPY, f"`check` of {CASES} small cases, times `import numpy`", 3, at_least=False),
        times(SMALL, GRAD, CHECK, "gradcheck of the same, times `check`", 15, at_least=True),
        times(LARGE, GRAD, CHECK, f"gradcheck of networks of {size}, times `check`", 50, at_least=True),
        times(LARGE, LOOP, CHECK, "the central-difference loop on them, times `check`", 15, at_least=True),
        lasts(COMPARE, FEW, f"`compare` of the fast implementations, {CASES} cases", 0.3),
        Judged(
            Goal("one more implementation in it, above its own time", 0.015, is_time=True),
            one_more(outcomes),
            why(*more),
        ),
        lasts(START, HELP, "`--help`", 0.04),
        lasts(START, LIST, "the listing of everything", 0.04),
        Judged(Goal("the rounding bound, times the median error of right code", 100), tightness(held), why(held)),
    ]


def tables(outcomes: Outcomes) -> list[Table]:
    found = []
    if SMALL in outcomes:
        found.append(_raced(outcomes, SMALL, NUMPY, f"A check of {CASES} small cases", "bench-check-small"))
    if LARGE in outcomes:
        title = f"A check of {len(NETWORKS)} networks of {parameters(WIDTHS):,} parameters"
        found.append(_raced(outcomes, LARGE, CHECK, title, "bench-check-large"))
    if COMPARE in outcomes:
        found.append(_compared(outcomes))
    if START in outcomes:
        found.append(_started(outcomes))
    if BOUND in outcomes:
        found.append(_bound(result(outcomes, BOUND, BOUND_HELD)))
    return found


def _raced(outcomes: Outcomes, race: str, base: str, title: str, picture: str) -> Table:
    outcome = outcomes[race]
    headers, rows = side_by_side(outcome, base)
    against = [(name, ratio(outcome.of(name), outcome.of(CHECK))) for name in (LOOP, GRAD)]
    answers = ", and ".join(f"{plain(found)} times as long with {name}" for name, found in against if found)
    return Table(
        title,
        "How long is a person away who checks one implementation, and how long with the usual checks of the same "
        "gradients? Each is a whole process, from its start to its end.",
        headers,
        rows,
        f"What a check does takes {answers}." if answers else "",
        by_round(outcome, picture, f"{title}: seconds of each process in every round. What is level is repeatable."),
    )


def _compared(outcomes: Outcomes) -> Table:
    outcome = outcomes[COMPARE]
    headers, rows = side_by_side(outcome, NUMPY)
    more = one_more(outcomes)
    return Table(
        f"A comparison on {CASES} cases",
        f"What does `compare` take with the fast implementations ({', '.join(FAST)}), and what does one more add? The "
        f"last row is the time inside one of them: each case's gradient and step, both asked twice.",
        headers,
        rows,
        f"One more implementation adds {in_seconds(more.median)} to a comparison, besides its own time."
        if more
        else "",
        by_round(outcome, "bench-compare", "A comparison: seconds in every round, with ten implementations more."),
    )


def _started(outcomes: Outcomes) -> Table:
    outcome = outcomes[START]
    said = {name: outcome.of(_imported(name)) for name in IMPORTS}
    kept = {name: one for name, one in outcome.results.items() if name in (PYTHON, HELP, LIST)}
    shown = type(outcome)(outcome.name, outcome.series, outcome.size, kept)
    headers, rows = side_by_side(shown, PYTHON)
    headers, rows = headers[:-1], [row[:-1] for row in rows]  # all of them as small as what starts them
    rows += [[name, "", ""] for name in IMPORTS if name not in kept]
    loads = {row[0]: said[row[0]] for row in rows if row[0] in said}
    rows = [[*row, loads[row[0]].said or loads[row[0]].reason if row[0] in loads else ""] for row in rows]
    heavy = [name for name, one in said.items() if one.said not in ("", "none")]
    return Table(
        "The start of a command",
        "What does a command take before it does anything, and which of torch, pandas, scikit-learn, matplotlib, jax "
        "and scipy has it loaded at its end?",
        [*headers, "heavy packages loaded"],
        rows,
        f"Heavy packages are loaded by {' and '.join(heavy)} alone." if heavy else "No command loads a heavy package.",
        by_round(shown, "bench-start", "The start of a command: seconds in every round, beside Python's own start."),
    )


def _bound(held: Result) -> Table:
    return Table(
        "The tightness of the rounding bound",
        "How much of what the bound allows does right code use? The nearer to 1, the smaller the mistakes that show.",
        ["implementation", "the bound"],
        [[BOUND_HELD, held.said or held.reason]],
        f"Of right code, {held.said}." if held.said else "",
    )


SECTION = Section(
    "job",
    "The job itself",
    "What a person waits for, who checks an implementation or compares several; one thread for each library, as the "
    "harness has it.",
    races,
    tables,
    goals,
)

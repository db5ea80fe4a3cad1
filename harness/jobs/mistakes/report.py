"""reports/mistakes.md: the kill matrix, what the checker calls each mistake, and which other checks let it pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.jobs.mistakes.kill_matrix import DOES_NOT_RUN, HIDDEN, SEEN, Row, passed_by
from harness.jobs.peers.checkers import CHECKS, COMPARISONS
from harness.judging.judge import Trial
from harness.reporting import markdown

USUAL = {
    "torch gradcheck, slow": CHECKS["torch gradcheck, slow"],
    "torch gradcheck, fast": CHECKS["torch gradcheck, fast"],
    "central differences, 1e-4 (CS231n)": CHECKS["central differences, 1e-4"],
    **COMPARISONS,
}
PARAMETERS = 200  # the other checks run on networks of up to so many
FEW = 5  # a mistake that so few cases see is listed with them
_MARKS = {SEEN: "●", HIDDEN: "·", DOES_NOT_RUN: " "}


@dataclass(frozen=True)
class Passed:
    """How many of the cases that see a mistake each usual check passes, and how many those are."""

    by_check: Mapping[str, int]
    of: int


def usual_checks(row: Row, cases: Sequence[Trial]) -> Passed:
    """The usual checks on one mistake, on the small float64 cases that see it."""
    small = [
        one
        for one in cases
        if one.case.dtype == "float64" and sum(a.size for a in one.inputs.arrays()[:-2]) <= PARAMETERS
    ]
    counts = {name: passed_by(check, row, small) for name, check in USUAL.items()}
    return Passed({name: passed for name, (passed, _) in counts.items()}, max(of for _, of in counts.values()))


def render(rows: Sequence[Row], passed: Mapping[str, Passed], right: Mapping[str, Sequence[str]]) -> str:
    """The page. `right` gives for every implementation the names that the checker gives it: there should be none."""
    cases = list(rows[0].by_case)
    named = sum(row.name in row.named for row in rows)
    falsely = [name for name, names in right.items() if names]
    lines = [
        markdown.made("mistakes"),
        "# The mistakes that people make, and who sees them\n",
        f"{len(rows)} mistakes, found in public questions, issues and repositories, each as the textbook with one line "
        f"wrong ([the catalogue](../harness/mistakes)), run on the {len(cases)} cases of a check.\n",
        f"- Every mistake is seen by at least {min(len(row.cases(SEEN)) for row in rows)} cases.",
        f"- {named} of {len(rows)} are named by the checker from their numbers alone.",
        f"- Of the {len(right)} implementations here, {len(falsely) or 'none'} "
        f"{'is' if len(falsely) == 1 else 'are'} given the name of a mistake.\n",
        "## Seen, hidden, and what the checker says\n",
        "Hidden: the mistake does not change the numbers there, as a missing sum over the batch with a single row. "
        "Does not run: the shapes do not fit, which the author notices.\n",
        markdown.table(
            [
                [f"M{number}", row.name, row.entry.equation, *(len(row.cases(w)) for w in _MARKS), _called(row)]
                for number, row in enumerate(rows, start=1)
            ],
            ["", "mistake", "equation", "seen", "hidden", "does not run", "the checker says"],
        ),
        "## What the usual checks let pass\n",
        f"Of the float64 cases with up to {PARAMETERS} parameters that see a mistake here, in how many each check "
        "passes it. A step is beyond them: they look at gradients alone. gradcheck and the loop of central differences "
        "are at their defaults, as in [the sensitivity report](sensitivity.md); the last three have the true gradient "
        "to compare with, and still pass what is wrong. A mistake that a check passes in *every* case is in bold.\n",
        markdown.table(
            [[row.name, *_passes(passed[row.name]), passed[row.name].of] for row in rows],
            ["mistake", *USUAL, "of"],
        ),
        "## The kill matrix\n",
        "● seen, · hidden, blank: does not run. The columns are the mistakes by number.\n",
        _matrix(rows, cases),
        f"The mistakes that {FEW} cases or fewer see, which is what those cases are for:\n",
        markdown.bullets(f"{row.name}: {', '.join(row.cases(SEEN))}" for row in rows if len(row.cases(SEEN)) <= FEW),
        "## The catalogue\n",
        *(_entry(row, number) for number, row in enumerate(rows, start=1)),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _called(row: Row) -> str:
    others = [name for name in row.named if name != row.name]
    itself = "its name" if row.name in row.named else "**not its name**"
    return itself + (f", and {', '.join(others)}, which gives the same numbers" if others else "")


def _passes(passed: Passed) -> list[str]:
    return [f"**{count}**" if count == passed.of else str(count) for count in passed.by_check.values()]


def _matrix(rows: Sequence[Row], cases: Sequence[str]) -> str:
    width = max(map(len, cases))
    numbers = [f"{number:>2}" for number in range(1, len(rows) + 1)]
    head = [" " * width + "  " + "".join(number[i] for number in numbers) for i in (0, 1)]
    body = [f"{case:<{width}}  {''.join(_MARKS[row.by_case[case]] for row in rows)}" for case in cases]
    return "\n".join(["```text", *(line.rstrip() for line in (*head, *body)), "```\n"])


def _entry(row: Row, number: int) -> str:
    sources = ", ".join(f"<{source}>" if source.startswith("http") else source for source in row.entry.sources)
    return (
        f"### M{number} {row.name}\n\n{row.entry.sentence()}\n\n"
        f"    {row.entry.equation}, right: {row.entry.right}\n"
        f"    {' ' * len(row.entry.equation)}  wrong: {row.entry.wrong}\n\nSeen: {sources}.\n"
    )

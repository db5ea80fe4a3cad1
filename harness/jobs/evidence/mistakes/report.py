"""reports/mistakes.md: which cases see each mistake, what the checker calls it, and which other checks miss it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.jobs.evidence.mistakes.kill_matrix import DOES_NOT_RUN, HIDDEN, SEEN, KillRow, passed_by
from harness.jobs.evidence.mistakes.peers.checkers import CHECKS, COMPARISONS
from harness.judging.judge import Trial
from harness.mistakes.render import Formula, marked
from harness.reporting.document import Block, Bullets, Chapter, CodeBlock, DataTable, Document, Paragraph, literal

USUAL = {
    "torch gradcheck, slow": CHECKS["torch gradcheck, slow"],
    "torch gradcheck, fast": CHECKS["torch gradcheck, fast"],
    "central differences, 1e-4 (CS231n)": CHECKS["central differences, 1e-4"],
    **COMPARISONS,
}
PARAMETERS = 200  # the other checks run on networks of up to so many
RARE = 5  # a mistake that at most so many cases see is listed with them
MARK_OF = {SEEN: "●", HIDDEN: "·", DOES_NOT_RUN: " "}


@dataclass(frozen=True)
class Passed:
    """The number of cases on which each usual check passes a mistake, of those that see it."""

    by_check: Mapping[str, int]
    of: int


def usual_checks(row: KillRow, cases: Sequence[Trial]) -> Passed:
    """The usual checks on one mistake, on the small float64 cases."""
    small = [
        one
        for one in cases
        if one.case.dtype == "float64" and sum(a.size for a in one.inputs.arrays()[:-2]) <= PARAMETERS
    ]
    counts = {name: passed_by(check, row, small) for name, check in USUAL.items()}
    return Passed({name: passed for name, (passed, _) in counts.items()}, max(of for _, of in counts.values()))


def mistakes_document(
    rows: Sequence[KillRow], passed: Mapping[str, Passed], right: Mapping[str, Sequence[str]]
) -> Document:
    """The report. `right` has the names of mistakes that the checker gives each correct implementation: there should be
    none."""
    cases = list(rows[0].by_case)
    return Document(
        "The mistakes that people make, and which checks see them",
        (
            Paragraph(
                f"{len(rows)} mistakes, found in public questions, issues and repositories. Each is the textbook "
                "formulation with one line wrong ([the catalogue](../harness/mistakes)). Each is run on the "
                f"{len(cases)} cases of a check."
            ),
            Bullets(tuple(_mistakes_summary(rows, right))),
            Chapter("Seen, hidden, and what the checker says", tuple(_seen(rows))),
            Chapter("What the usual checks miss", tuple(_missed(passed))),
            Chapter("The kill matrix", tuple(_kills(rows, cases))),
            Chapter("The catalogue", tuple(_entry(row, number) for number, row in enumerate(rows, start=1))),
        ),
    )


def kill_facts(rows: Sequence[KillRow], alternatives: Mapping[str, Any]) -> dict[str, Any]:
    """The catalogue and the kill matrix as JSON can hold them: for each mistake a string with a mark for each case.

    `alternatives` are those of the grammar, each alone (harness.jobs.evidence.mistakes.single_alternatives).
    """
    return {
        "alternatives": alternatives,
        "cases": list(rows[0].by_case),
        "mistakes": [
            {
                "name": row.name,
                "sentence": row.entry.sentence(),
                "formulas": [formula_facts(formula) for formula in row.entry.formulas()],
                "sources": row.entry.sources,
                "marks": "".join(MARK_OF[found] for found in row.by_case.values()),
            }
            for row in rows
        ],
    }


def formula_facts(formula: Formula) -> dict[str, str]:
    """Both forms, with square brackets around what differs."""
    return {
        "equation": formula.equation,
        "where": formula.where,
        "meaning": formula.meaning,
        "right": marked(formula.right),
        "wrong": marked(formula.yours),
    }


def _mistakes_summary(rows: Sequence[KillRow], right: Mapping[str, Sequence[str]]) -> Iterator[str]:
    named = sum(row.name in row.named for row in rows)
    falsely = sum(bool(names) for names in right.values())
    yield f"Every mistake is seen by at least {min(len(row.cases(SEEN)) for row in rows)} cases."
    yield f"The checker names {named} of the {len(rows)} mistakes from their numbers alone."
    yield f"It gives the name of a mistake to {falsely or 'none'} of the {len(right)} implementations here."


def _seen(rows: Sequence[KillRow]) -> Iterator[Block]:
    yield Paragraph(
        "*Hidden*: the mistake does not change the numbers there; for example, a missing sum over the batch changes "
        "nothing if there is one row. *Does not run*: the shapes do not fit, which the author notices."
    )
    cells = [
        [f"M{number}", row.name, row.entry.equations(), *(len(row.cases(found)) for found in MARK_OF), _called(row)]
        for number, row in enumerate(rows, start=1)
    ]
    yield DataTable.of(["", "mistake", "equation", *MARK_OF, "the checker says"], cells)


def _called(row: KillRow) -> str:
    others = [name for name in row.named if name != row.name]
    itself = "its name" if row.name in row.named else "**not its name**"
    return itself + (f", and {', '.join(others)}, which gives the same numbers" if others else "")


def _missed(passed: Mapping[str, Passed]) -> Iterator[Block]:
    yield Paragraph(
        f"Of the float64 cases with up to {PARAMETERS} parameters on which this project sees a mistake: the number on "
        "which each usual check passes it. A mistake that a check passes on *every* case is in bold. These checks look "
        "at gradients alone, so they cannot see a wrong step. gradcheck and the loop of central differences have their "
        "default settings, as in [the sensitivity report](sensitivity.md). The last three checks have the true "
        "gradient to compare with, and still pass wrong ones. Mistakes in a penalty are left out: these checks know "
        "no penalty."
    )
    cells = [[name, *_passes(counts), counts.of] for name, counts in passed.items()]
    yield DataTable.of(["mistake", *USUAL, "of"], cells)


def _passes(passed: Passed) -> list[str]:
    return [f"**{count}**" if count == passed.of else str(count) for count in passed.by_check.values()]


def _kills(rows: Sequence[KillRow], cases: Sequence[str]) -> Iterator[Block]:
    yield Paragraph("A column is a mistake, by its number. ● seen, · hidden, blank: does not run.")
    width = max(map(len, cases))
    numbers = [f"{number:>2}" for number in range(1, len(rows) + 1)]
    head = [" " * width + "  " + "".join(number[i] for number in numbers) for i in (0, 1)]
    body = [f"{case:<{width}}  {''.join(MARK_OF[row.by_case[case]] for row in rows)}" for case in cases]
    yield CodeBlock("\n".join(line.rstrip() for line in (*head, *body)))
    yield Paragraph(f"The mistakes that {RARE} cases or fewer see, which is what those cases are for:")
    rare = [row for row in rows if len(row.cases(SEEN)) <= RARE]
    yield Bullets(tuple(f"{row.name}: {', '.join(row.cases(SEEN))}" for row in rare))


def _entry(row: KillRow, number: int) -> Chapter:
    entry = row.entry
    sources = ", ".join(f"<{source}>" if source.startswith("http") else literal(source) for source in entry.sources)
    lines = [line for formula in entry.formulas() for line in _formula_texts(formula)]
    code = (CodeBlock("\n".join(lines)),) if lines else ()
    blocks = (Paragraph(entry.sentence()), *code, Paragraph(f"Sources: {sources}."))
    return Chapter(f"M{number} {row.name}", blocks)


def _formula_texts(formula: Formula) -> Iterator[str]:
    where = f", {formula.where}" if formula.where else ""
    meaning = f" ({formula.meaning})" if formula.meaning else ""
    yield f"{formula.equation}{where}{meaning}"
    yield f"  wrong:  {marked(formula.yours)}"
    yield f"  right:  {marked(formula.right)}"

"""The reports of a comparison, without dates and timings.

They are made of what does not change with the machine (see committed.py), so that a report changes only when a result
does. Tables in full precision are in the folder data/, and are not committed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.cases.case import FLAGS, Case
from harness.jobs.compare.pairs import PAIR_COLUMNS
from harness.jobs.compare.report.committed import committed
from harness.jobs.compare.report.exports import (
    COMMITTED_COLUMNS,
    badge,
    committed_row,
    selection_facts,
    write_junit,
    write_table,
)
from harness.jobs.compare.report.kept import pair_facts, source_facts
from harness.jobs.compare.report.tally import Cases, Counts, Tally
from harness.jobs.compare.report.views import (
    QUANTITY_TITLES,
    UNTOLD,
    error_ratio_by_quantity,
    order_of_magnitude,
    reasons,
    summary,
    verdict_counts,
)
from harness.jobs.compare.rows import Row
from harness.jobs.compare.run import Comparison
from harness.judging.verdict import MOST_DIGITS
from harness.reporting import markdown
from harness.reporting.document import Block, Bullets, Chapter, DataTable, Document, Paragraph, literal
from harness.reporting.files import DATA_FOLDER, is_ours, write_page
from harness.reporting.grid import NOTHING, Grid
from harness.sandbox.sources.find import REFERENCE, Implementation
from harness.truth.bounds.float_format import FUNCTION_ULPS

VERDICT_TEXTS = (
    "One count is one quantity of one layer in one case; for a refusal it is one quantity in one case.",
    "*Agrees*: every entry is within its own rounding bound of the truth.",
    "*Inaccurate*: some entry is out of bounds, and there is evidence that arithmetic is the cause: the error shrinks "
    "in higher precision, or it changes completely when the inputs move a little, or the numbers are the true ones "
    "stored in float16. The size of such an error, and which numbers of one call are within their bounds anyway, "
    "depends on the machine: no digits are shown, and all numbers of that call count as inaccurate.",
    "*Wrong*: some entry is out of bounds, and its error stays and is smooth.",
    "*Cannot tell*: a weighted input is within rounding of a kink of relu.",
    "Weights after epochs are not judged.",
)
BOUND_TEXT = (
    "The bound follows from running error analysis of the four equations. It assumes sums in any order; exp and "
    f"similar functions within {FUNCTION_ULPS['float64']:g} units in the last place ({FUNCTION_ULPS['float32']:g} in "
    "float32); f' from z or from the output, whichever is less accurate; and no fast-math. [The "
    "derivation](../harness/truth/bounds/error_analysis.py)."
)


def write_comparison(comparison: Comparison, folder: Path) -> None:
    """Write README.md, pairwise.md, implementations/*.md, results.csv, badge.json, junit.xml and data/ into `folder`.

    Raises UnusableInput if a file that is not ours is in the way, and OSError.
    """
    exact, comparison = comparison, committed(comparison)
    pages = folder / "implementations"
    documents = {folder / "README.md": overview(comparison), folder / "pairwise.md": pairwise(comparison)}
    for implementation in comparison.selection.implementations:
        documents[pages / f"{implementation.name}.md"] = page_of(implementation, comparison)
    for path, document in documents.items():
        write_page(path, markdown.rendered(document, "compare"))
    for stale in set(pages.glob("*.md")) - documents.keys():
        if is_ours(stale):
            stale.unlink()
    facts = selection_facts(comparison.selection)
    kept_facts = {"pairs": pair_facts(comparison), "sources": source_facts(comparison)}
    markdown.write_data(folder, "compare", "compare", **facts, **kept_facts)
    write_table(folder / "results.csv", COMMITTED_COLUMNS, map(committed_row, comparison.rows))
    write_table(folder / DATA_FOLDER / "results.csv", Row._fields, exact.rows)
    write_table(folder / DATA_FOLDER / "pairs.csv", PAIR_COLUMNS, exact.pairs)
    (folder / "badge.json").write_text(badge(comparison), encoding="utf-8", newline="\n")
    write_junit(comparison, folder / "junit.xml")


def overview(comparison: Comparison) -> Document:
    """reports/README.md: what was compared, the digits of agreement, the verdicts, and what did not run."""
    selection, tally = comparison.selection, comparison.tally
    verdicts: list[Block] = [Bullets(VERDICT_TEXTS), Paragraph(BOUND_TEXT), *_grid_table(verdict_counts(tally.of))]
    error_ratio = error_ratio_by_quantity(tally, order_of_magnitude)
    return Document(
        "How closely the formulations agree",
        (
            Paragraph(
                f"{len(selection.implementations)} implementations, {len(selection.cases)} cases. A number is the "
                "count of correct decimal digits in the worst layer of the worst case: the largest error relative to "
                "the largest entry of the [certified truth](../harness/truth/gradient.py). Digits are cut at "
                f"{MOST_DIGITS['float64']} in float64 and {MOST_DIGITS['float32']} in float32, where rounding begins. "
                f"{NOTHING} means that the implementation does not return that quantity; {UNTOLD} means that it is "
                "inaccurate or cannot be judged: its digits depend on the machine, and only the terminal and data/ "
                "show them."
            ),
            Bullets(
                (
                    "*Update*: the change of the weights in one step. It has fewer digits, because the weights store "
                    "only as many digits as they have room for.",
                    "*1 epoch*, *20 epochs*: the weights after online training, compared with the true ones.",
                    "*z*, *a*: the weighted inputs and the outputs of the layers, if an implementation returns them.",
                    f"*With PyTorch*: the fewest digits in common with `{REFERENCE}`.",
                    "*Worst other*: the fewest digits in common with any other implementation, and with which one, "
                    "without the update ([all pairs](pairwise.md)).",
                    "*Worst agreeing other*: the same without the implementations that do not agree with the truth.",
                )
            ),
            *(Chapter(kind, _grid_table(summary(comparison, kind))) for kind in tally.kinds),
            Chapter("Verdicts", tuple(verdicts)),
            *(
                [Chapter("Worst error / rounding bound (≤ 1 is correct)", _grid_table(error_ratio))]
                if error_ratio.rows
                else []
            ),
            *_refusal_chapters(tally),
            Chapter(
                "The implementations",
                (
                    Bullets(
                        tuple(
                            f"[{literal(one.name)}](implementations/{one.name}.md) "
                            f"({literal(one.language) or 'language not known'}): {literal(one.title)}"
                            for one in selection.implementations
                        )
                    ),
                ),
            ),
            Chapter("The cases", (Bullets(tuple(map(_case_line, selection.cases))),)),
        ),
    )


def _refusal_chapters(tally: Tally) -> Iterator[Chapter]:
    for verdict, title in (("unsupported", "Not supported, and why"), ("failed", "Failed, and why")):
        grid = reasons(tally, verdict)
        if grid.rows:
            yield Chapter(title, _grid_table(grid))


def pairwise(comparison: Comparison) -> Document:
    """reports/pairwise.md: for every quantity a matrix of the digits that any two implementations share."""
    names = [implementation.name for implementation in comparison.selection.implementations]
    fewest: dict[tuple[str, str], dict[frozenset[str], str]] = {}
    for pair in comparison.pairs:
        shown = UNTOLD if pair.digits is None else str(pair.digits)
        fewest.setdefault((pair.kind, pair.quantity), {})[frozenset((pair.one, pair.other))] = shown
    parts = [
        Chapter(f"{kind}: {title}", (_matrix(names, fewest[kind, quantity]),))
        for kind in comparison.tally.kinds
        for quantity, title in QUANTITY_TITLES.items()
        if (kind, quantity) in fewest
    ]
    text = (
        "The digits in which two implementations agree, in the worst layer of the worst case that both ran; "
        f"{NOTHING} if they share no quantity, {UNTOLD} if one of them is inaccurate. Columns are numbered like the "
        "rows. There is no table of updates: two correct ones may differ by one unit in the last place of the weights, "
        "and whether they do depends on the machine."
    )
    return Document("Every implementation compared with every other", (Paragraph(text), *parts))


def page_of(implementation: Implementation, comparison: Comparison) -> Document:
    """reports/implementations/NAME.md: the verdicts, and the worst cases with their place."""
    counts, driven = comparison.tally.of[implementation.name], implementation.driven
    heads = ["case", "quantity", "layer", "entry", "digits", "verdict", "detail"]
    worst = Grid(heads, [[row._asdict()[head] for head in heads] for row in counts.worst])
    refused = [
        Chapter(title, (Bullets(tuple(f"{literal(why)}: {_cases(cases)}" for why, cases in found.items())),))
        for verdict, title in (("inaccurate", "Inaccurate"), ("unsupported", "Not supported"), ("failed", "Failed"))
        if (found := counts.reasons.get(verdict))
    ]
    return Document(
        literal(implementation.name),
        (
            Paragraph(f"{literal(implementation.title)}."),
            Paragraph(f"Language: {literal(implementation.language) or 'not known'}."),
            Paragraph(f"Source: {literal(implementation.source) or 'not stated'}."),
            Paragraph(f"Cases run: {counts.ran.total()} of {len(comparison.selection.cases)}."),
            *_grid_table(verdict_counts({implementation.name: counts})),
            *([Chapter("Driven as it stands", (Bullets(tuple(map(literal, driven))),))] if driven else []),
            Chapter("By quantity", _grid_table(_quantities(counts))),
            *([Chapter("Worst cases", _grid_table(worst))] if worst.rows else []),
            *refused,
        ),
    )


def _quantities(counts: Counts) -> Grid:
    """One line for each quantity: cases, entries compared, worst error, fewest correct digits and in which case."""
    rows = []
    for quantity, title in QUANTITY_TITLES.items():
        if of := counts.quantities.get(quantity):
            digits, case, layer = of.fewest or (UNTOLD, "", 0)
            worst = order_of_magnitude(of.error_ratio)
            where = f"{case}, layer {layer}" if case else NOTHING
            rows.append([title, of.cases, f"{of.entries:,}", worst, digits, where])
    return Grid(["quantity", "cases", "entries", "worst error / bound", "fewest digits", "in"], rows)


def _grid_table(grid: Grid) -> tuple[Block, ...]:
    """A view as a table; nothing if it has no rows."""
    cells = [[literal(str(cell)) for cell in row] for row in grid.rows]
    return (DataTable.of(grid.heads, cells),) if cells else ()


def _matrix(names: list[str], fewest: dict[frozenset[str], str]) -> DataTable:
    present = [name for name in names if any(name in pair for pair in fewest)]
    body = [
        [
            f"{number}. {literal(one)}",
            *("" if one == other else fewest.get(frozenset((one, other)), NOTHING) for other in present),
        ]
        for number, one in enumerate(present, start=1)
    ]
    return DataTable.of(["", *range(1, len(present) + 1)], body)


def _case_line(case: Case) -> str:
    return f"`{case.id}`" + (f": {FLAGS[case.flag]}" if case.flag else "")


def _cases(cases: Cases) -> str:
    """The ids of all cases if there are few; else the number of cases, and the first ids."""
    named = ", ".join(cases.first)
    return named if len(cases.first) == cases.count else f"{cases.count} cases, such as {named}"

"""reports/claims.md: every claim with its question, answer, experiment and verdict; and a table of all points drawn."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harness.jobs.claims.claim import Claim, ClaimTable, Evidence
from harness.reporting.document import Block, Bullets, Chapter, DataTable, Document, Fold, Image, Paragraph
from harness.reporting.figures import Picture, write_pictures
from harness.reporting.files import PICTURES
from harness.reporting.markdown import write_report

POINTS_TABLE = "claims.csv"
HOLDS, FAILS = "confirmed", "**not confirmed**"
STATEMENT_MARKS = {True: "✓", False: "✗"}
LONG_TABLE = 25  # rows; a longer table is folded


def verdict(evidence: Evidence) -> str:
    """The verdict in a word, and how many statements hold."""
    true = sum(statement.holds for statement in evidence.statements)
    return f"{HOLDS if evidence.holds else FAILS} ({true} of {len(evidence.statements)} statements hold)"


def claims_document(found: Mapping[Claim, Evidence]) -> Document:
    """The report: an overview, and a part for each claim."""
    held = sum(evidence.holds for evidence in found.values())
    overview = [
        [number, f"[{claim.question}](#{claim.name})", verdict(evidence)]
        for number, (claim, evidence) in enumerate(found.items(), start=1)
    ]
    return Document(
        "What readers ask, answered by experiment",
        (
            Paragraph(
                "Readers of articles on backpropagation ask the same questions again and again. Each question is "
                "stated here as a claim, with an experiment that decides it. All verdicts and numbers come from the "
                f"experiments. {held} of {len(found)} claims are confirmed."
            ),
            DataTable.of(["", "question", "verdict"], overview),
            Paragraph(
                "`nox -s claims` runs all experiments, `nox -s claims -- NAME` runs one. Layers are numbered "
                "l = 1..L, and layer 0 is the input. One sample is one row, and the cost is summed over the rows "
                "([notation](../README.md#notation))."
            ),
            *(_part(claim, evidence) for claim, evidence in found.items()),
        ),
    )


def _part(claim: Claim, evidence: Evidence) -> Chapter:
    answer = claim.answer if evidence.holds else f"*The experiment does not confirm this:* {claim.answer}"
    summary = f"**{claim.name}: {verdict(evidence).replace('*', '')}.** Source of the question: {claim.source}"
    details: tuple[Block, ...] = (
        Bullets(tuple(f"{STATEMENT_MARKS[statement.holds]} {statement.text}" for statement in evidence.statements)),
        Paragraph(f"**Method.** {claim.method}"),
        *(block for exhibit in evidence.exhibits if isinstance(exhibit, ClaimTable) for block in _claim_table(exhibit)),
        Paragraph(f"**Limits.** {claim.limits}"),
        Paragraph(f"To run only this experiment: `nox -s claims -- {claim.name}`"),
    )
    blocks: tuple[Block, ...] = (
        Paragraph(answer),
        Paragraph(summary),
        *(Image(picture.name, picture.caption) for picture in _claim_pictures(evidence)),
        Chapter("What the experiment found", details),
    )
    return Chapter(claim.question, blocks, claim.name)


def _claim_table(table: ClaimTable) -> tuple[Block, ...]:
    shown = DataTable.of(table.headers, table.rows)
    if len(table.rows) > LONG_TABLE:
        return (Fold(table.caption, (shown,)),)
    return Paragraph(table.caption), shown


def _claim_pictures(evidence: Evidence) -> list[Picture]:
    return [exhibit for exhibit in evidence.exhibits if isinstance(exhibit, Picture)]


def drawn_pictures(found: Mapping[Claim, Evidence]) -> list[Picture]:
    """Every picture, in the order of the report."""
    return [picture for evidence in found.values() for picture in _claim_pictures(evidence)]


def write_claims(found: Mapping[Claim, Evidence], folder: Path) -> None:
    """Write the pictures, claims.csv with every point that they show, claims.md and its data into a folder.

    Raises UnusableInput if a file that is not ours is in the way, and OSError.
    """
    import pandas as pd

    if drawn := drawn_pictures(found):
        write_pictures(drawn, folder / PICTURES)
        points = pd.DataFrame([point for picture in drawn for point in picture.points()])
        points.to_csv(folder / POINTS_TABLE, index=False, lineterminator="\n")
    write_report(folder, "claims", "claims", claims_document(found))

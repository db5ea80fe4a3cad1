"""reports/claims.md: every claim with its question, answer, experiment and verdict; and the table of what is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harness.jobs.claims.claim import Claim, Evidence, Table
from harness.reporting import markdown
from harness.reporting.figures import Picture, embedded, write_pictures

PAGE, TABLE, PICTURES = "claims.md", "claims.csv", "pictures"
HOLDS, FAILS = "confirmed", "**not confirmed**"
MARKS = {True: "✓", False: "✗"}
LONG = 25  # rows; a longer table is folded away


def verdict(evidence: Evidence) -> str:
    """The verdict in a word, and how many statements it rests on."""
    true = sum(statement.holds for statement in evidence.statements)
    return f"{HOLDS if evidence.holds else FAILS} ({true} of {len(evidence.statements)} statements hold)"


def render(found: Mapping[Claim, Evidence]) -> str:
    """The page."""
    held = sum(evidence.holds for evidence in found.values())
    overview = [
        [str(number), f"[{claim.question}](#{claim.name})", verdict(evidence)]
        for number, (claim, evidence) in enumerate(found.items(), start=1)
    ]
    lines = [
        markdown.made("claims"),
        "# What readers ask, answered by experiment\n",
        "Articles on backpropagation raise the same questions again and again. Each is put here as a claim with an "
        "experiment that decides it; the verdicts and the numbers come out of the experiments. "
        f"{held} of {len(found)} claims are confirmed.\n",
        markdown.table(overview, ["", "question", "verdict"]),
        "`nox -s claims` runs all of them, `nox -s claims -- NAME` one. Layers are numbered l = 1..L, layer 0 is the "
        "input, one sample is one row, and the cost is summed over the rows ([notation](../README.md#notation)).\n",
        *(_section(claim, evidence) for claim, evidence in found.items()),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _section(claim: Claim, evidence: Evidence) -> str:
    statements = [f"{MARKS[statement.holds]} {statement.text}" for statement in evidence.statements]
    answer = claim.answer if evidence.holds else f"*The experiment does not bear this out:* {claim.answer}"
    return "\n".join(
        [
            f'## <a id="{claim.name}"></a>{claim.question}\n',
            f"{answer}\n",
            f"**{claim.name}: {verdict(evidence).replace('*', '')}.** Where the question comes from: {claim.source}\n",
            markdown.bullets(statements),
            f"**The experiment.** {claim.method}\n",
            *(_exhibit(exhibit) for exhibit in evidence.exhibits),
            f"**Where it breaks down.** {claim.limits}\n",
            f"Run just this: `nox -s claims -- {claim.name}`\n",
        ]
    )


def _exhibit(exhibit: Table | Picture) -> str:
    if isinstance(exhibit, Picture):
        return embedded(exhibit, f"{PICTURES}/{exhibit.name}.svg")
    rows = [[cell.replace("|", "\\|") for cell in row] for row in exhibit.rows]
    table = markdown.table(rows, [head.replace("|", "\\|") for head in exhibit.headers])
    if len(exhibit.rows) > LONG:
        return f"<details><summary>{exhibit.caption}</summary>\n\n{table}\n</details>\n"
    return f"{exhibit.caption}\n\n{table}"


def pictures(found: Mapping[Claim, Evidence]) -> list[Picture]:
    """Every picture, in the order of the page."""
    return [one for evidence in found.values() for one in evidence.exhibits if isinstance(one, Picture)]


def write(found: Mapping[Claim, Evidence], folder: Path) -> None:
    """Write the pictures, claims.csv, which is the table of every point that they show, and claims.md into a folder.

    Raises UnusableInput where a file of another's stands in the way, and OSError.
    """
    import pandas as pd

    if drawn := pictures(found):
        write_pictures(drawn, folder / PICTURES)
        points = pd.DataFrame([point for picture in drawn for point in picture.points()])
        points.to_csv(folder / TABLE, index=False, lineterminator="\n")
    markdown.write_page(folder / PAGE, render(found))

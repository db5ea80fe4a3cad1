"""The catalogue of mistakes and the kill matrix, from reports/mistakes.md and the catalogue itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.jobs.page.damage import damaged, whole
from harness.mistakes import CATALOGUE, Mistake

PAGE = "mistakes.md"
NOTHING: dict[str, Any] = {"mistakes": [], "cases": [], "marks": []}
_SEEN = "●"
_MARKS = {_SEEN, "·", " "}


@dataclass(frozen=True)
class Card:
    """A mistake as the page shows it: its number and name in the report, its entry, and how many cases see it."""

    number: int
    name: str
    entry: type[Mistake]
    seen: int


def matrix(folder: Path) -> dict[str, Any]:
    """The kill matrix: the mistakes, the cases, and for each case a string with a mark a mistake (● seen, · hidden,
    blank: does not run). All empty where there is no report. Raises BadFile where it is damaged."""
    path = folder / PAGE
    text = whole(path, "a report", "mistakes")
    if text is None:
        return NOTHING
    block = re.search(r"```text\n(.*?)```", text, re.DOTALL)
    lines = block[1].splitlines()[1:] if block else []
    names = re.findall(r"^### M\d+ (\w+)$", text, re.MULTILINE)
    start = lines[0].find("1") if lines else -1
    if start < 0 or len(lines[0]) - start != len(names):
        problem = f"expected a matrix with a column for each of {len(names)} mistakes, found another or none"
        raise damaged(path, problem, "mistakes")
    marks = [line[start:].ljust(len(names)) for line in lines[1:]]
    if any(len(line) != len(names) or set(line) - _MARKS for line in marks):
        raise damaged(path, "expected a matrix of ●, · and blanks, found other marks or a row too long", "mistakes")
    return {"mistakes": names, "cases": [line[:start].strip() for line in lines[1:]], "marks": marks}


def cards(found: dict[str, Any]) -> list[Card]:
    """The mistakes of the matrix that the catalogue knows."""
    return [
        Card(number, name, CATALOGUE[name], sum(marks[number - 1] == _SEEN for marks in found["marks"]))
        for number, name in enumerate(found["mistakes"], start=1)
        if name in CATALOGUE
    ]

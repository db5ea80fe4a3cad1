"""The catalogue of mistakes and the kill matrix, from data/mistakes.json."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.jobs.evidence.mistakes.report import MARK_OF
from harness.reporting.files import DATA_FOLDER
from harness.reporting.reading import Value, read_json

SEEN_MARK, *_ = MARK_OF.values()


@dataclass(frozen=True)
class TwoForms:
    """An equation, right and with a mistake, with square brackets around what differs."""

    equation: str
    where: str
    meaning: str
    right: str
    wrong: str


@dataclass(frozen=True)
class Card:
    """A mistake as the page shows it, numbered from 1; `marks` has a mark for each case, as in MARK_OF."""

    number: int
    name: str
    sentence: str
    formulas: tuple[TwoForms, ...]
    sources: tuple[str, ...]
    marks: str

    @property
    def seen(self) -> int:
        """How many cases see the mistake."""
        return self.marks.count(SEEN_MARK)


@dataclass(frozen=True)
class Kills:
    """The cases, and the mistakes with what each case makes of them."""

    cases: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """For the script of the page: for each case a string with a mark for each mistake."""
        marks = ["".join(of_case) for of_case in zip(*(card.marks for card in self.cards), strict=True)]
        return {"mistakes": [card.name for card in self.cards], "cases": self.cases, "marks": marks}


def read_kills(folder: Path) -> Kills:
    """The kill matrix; empty if there is no such file. Raises BadFile if it is damaged."""
    found = read_json(folder / DATA_FOLDER / "mistakes.json", "a report", "mistakes")
    if found is None:
        return Kills()
    cases = found.member("cases").texts()
    cards = (_card(number, data, len(cases)) for number, data in enumerate(found.member("mistakes").items(), start=1))
    return Kills(cases, tuple(cards))


def _card(number: int, data: Value, cases: int) -> Card:
    name, sentence, formulas, sources, marks = data.members("name", "sentence", "formulas", "sources", "marks")
    if len(marks.text()) != cases or not set(marks.text()) <= set(MARK_OF.values()):
        raise marks.error(f"{cases} marks, each of them ●, · or a blank")
    forms = tuple(two_forms(one) for one in formulas.items())
    return Card(number, name.text(), sentence.text(), forms, sources.texts(), marks.text())


def two_forms(data: Value) -> TwoForms:
    """A formula of the report. Raises BadFile if it is damaged."""
    members = data.members("equation", "where", "meaning", "right", "wrong")
    return TwoForms(*(member.text() for member in members))

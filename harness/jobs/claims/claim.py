"""What a claim is: a question that readers of the articles ask, an experiment, and what it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.reporting.figures import Picture


@dataclass(frozen=True)
class Statement:
    """One thing that the experiment decides: a sentence, and whether it came out true."""

    text: str
    holds: bool


@dataclass(frozen=True)
class ClaimTable:
    """Rows of text under headers, with a caption that says what to see."""

    caption: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Evidence:
    """What an experiment gives: statements that it decides, and tables and pictures to look at."""

    statements: tuple[Statement, ...]
    exhibits: tuple[ClaimTable | Picture, ...]

    @property
    def holds(self) -> bool:
        """Whether every statement came out true; no statements prove nothing."""
        return bool(self.statements) and all(statement.holds for statement in self.statements)


@dataclass(frozen=True)
class Claim:
    """A claim and its experiment.

    `position` is its place in the report; `question` is what the reader asks, and `answer` the short answer, which
    stands only if the evidence holds; `source` is who says what the question is about; `method` says in a few sentences
    what `experiment` runs, and `limits` where the answer breaks down.
    """

    position: int
    name: str
    question: str
    answer: str
    source: str
    method: str
    limits: str
    experiment: Callable[[], Evidence]

"""What is recorded of one student: the mark by parts, and what is wrong in words.

A record is plain data, the same for the same submission, assignment and version: it has no times and no random words.
"""

from __future__ import annotations

from dataclasses import dataclass

JUDGED = "judged"


@dataclass(frozen=True)
class Part:
    """A part of the assignment: its `points`, of how many, and one sentence `why` points are missing, or empty."""

    name: str
    points: float
    of: float
    why: str = ""


@dataclass(frozen=True)
class Deduction:
    """Points that are taken off the sum of the parts, and why."""

    points: float
    why: str


@dataclass(frozen=True)
class ComputedEquation:
    """An equation that is computed otherwise: its label, such as BP2, both forms, and the layers if not all."""

    label: str
    yours: str
    right: str
    where: str = ""


@dataclass(frozen=True)
class FoundMistake:
    """One mistake: its name in the catalogue, or empty, and what it is in a sentence."""

    name: str
    sentence: str


@dataclass(frozen=True)
class Record:
    """The result of one student.

    `status` is JUDGED, or why there was nothing to judge: "missing", "empty", "unreadable", "two files", "forbidden",
    "not found" (no function or layer of the assignment is in it). `verdict` is that of a check, empty if nothing was
    judged. `place` is where the numbers first go wrong, `mistake` the names of the mistakes that have one, `sentence`
    what is wrong, and `findings` the same one by one; `equations` are the formulas that were computed. `group` is the
    same for submissions with the same wrong formulas, empty if there is none. `ran` of `of` cases ran. `report` is the
    text of the whole check. `main` is the file that was judged; `loses_digits` says whether its arithmetic does.
    `digest` identifies what was judged: the files, the assignment and the version; `code` the files alone, for
    students, who could find the seed from the digest.
    """

    student: str
    status: str
    parts: tuple[Part, ...]
    digest: str
    code: str = ""
    files: tuple[str, ...] = ()
    main: str = ""
    verdict: str = ""
    deductions: tuple[Deduction, ...] = ()
    place: str = ""
    mistake: str = ""
    sentence: str = ""
    findings: tuple[FoundMistake, ...] = ()
    equations: tuple[ComputedEquation, ...] = ()
    group: str = ""
    ran: int = 0
    of: int = 0
    loses_digits: bool = False
    conventions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    days_late: int = 0
    report: str = ""

    @property
    def outcome(self) -> str:
        """The verdict, or why there is none."""
        return self.verdict if self.status == JUDGED else self.status

    @property
    def of_points(self) -> float:
        """The points of a right submission."""
        return sum(part.of for part in self.parts)

    @property
    def points(self) -> float:
        """The mark: the points of the parts without the deductions, at least 0, rounded to hundredths."""
        left = sum(part.points for part in self.parts) - sum(one.points for one in self.deductions)
        return round(max(0.0, left), 2)

    @property
    def missing(self) -> tuple[Part, ...]:
        """The parts that lack points."""
        return tuple(part for part in self.parts if part.points < part.of)

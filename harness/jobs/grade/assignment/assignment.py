"""An assignment, as its file describes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from harness.cases.case import Case
from harness.cases.fitted import every_kind, fitted_cases, select_cases
from harness.cases.standard import gradient_cases
from harness.sandbox.requests import Limits

QUANTITY_NAMES = {
    "forward": "forward pass",
    "delta": "δ",
    "w": "∂C/∂W",
    "b": "∂C/∂b",
    "update": "update",
}
PLACE_NAMES = {"output": "output layer", "hidden": "hidden layers"}
SHOWABLE_PARTS = (
    "points",
    "verdict",
    "place",
    "mistake",
    "equations",
    "right",
    "conventions",
    "cases",
    "notes",
    "report",
)
SHOWN_BY_DEFAULT = ("points", "verdict", "place", "mistake", "conventions", "cases", "notes")
FEWEST_CASES = 24  # of the networks of a narrow assignment
MORE_OF_A_KIND = 3  # that are added at once


@dataclass(frozen=True)
class Asked:
    """Something that gives points: `of` a right submission.

    In a network, `what` is one of QUANTITY_NAMES and `where` one of PLACE_NAMES, or empty for all layers. In a file of
    layers, they are the name of a layer and of an array, such as "dx", or empty for all of its arrays.
    """

    name: str
    what: str
    where: str
    of: float


@dataclass(frozen=True)
class Networks:
    """For which networks a submission must be right: their activations, costs and numbers of layers, or ids of cases.

    What is empty is not asked for; if all is, a submission is tried on what it supports. `make` and `cost` say how a
    class is driven, as the options of a check do.
    """

    activations: tuple[str, ...] = ()
    costs: tuple[str, ...] = ()
    layers: tuple[int, ...] = ()
    cases: str = ""
    make: str = ""
    cost: str = ""

    def required(self) -> tuple[Case, ...]:
        """The cases that a submission must be right in; empty if it is tried on what it supports.

        The standard cases come first; if few of them fit, more are drawn of the kinds that do. Raises UnknownName.
        """
        if self.cases:
            return select_cases(self.cases)
        if not (self.activations or self.costs or self.layers):
            return ()
        found = [case for case in gradient_cases() if self._fits(case)]
        for place in range(MORE_OF_A_KIND):
            if len(found) >= FEWEST_CASES:
                break
            more = (fitted_cases(kind)[place] for kind in every_kind())
            known = {case.id for case in found}
            found += [case for case in more if self._fits(case) and case.id not in known]
        return tuple(found)

    def _fits(self, case: Case) -> bool:
        return (
            (not self.activations or set(case.activations) <= set(self.activations))
            and (not self.costs or case.cost in self.costs)
            and (not self.layers or len(case.widths) - 1 in self.layers)
            and case.dtype == "float64"
        )


@dataclass(frozen=True)
class Deductions:
    """Points that are taken off: for each convention that is not the usual one, for each day late, and for right
    formulas whose arithmetic loses digits."""

    convention: float = 0.0
    late_day: float = 0.0
    inaccurate: float = 0.0


@dataclass(frozen=True)
class Assignment:
    """What is asked, how it is marked, and what a student may see. `forbid` are modules that Python may not import.

    `file` is the name of the file to hand in, or empty for the only source file; `languages` and `show` are names, and
    `students` a table of those who must hand in. `networks` is None for a file of layers.
    """

    path: Path
    title: str
    seed: int
    asked: tuple[Asked, ...]
    networks: Networks | None = None
    file: str = ""
    languages: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    show: tuple[str, ...] = SHOWN_BY_DEFAULT
    deadline: datetime | None = None
    students: Path | None = None
    deductions: Deductions = Deductions()
    limits: Limits = Limits()  # noqa: RUF009 - it is frozen

    @property
    def of_points(self) -> float:
        """The points of a right submission."""
        return sum(one.of for one in self.asked)

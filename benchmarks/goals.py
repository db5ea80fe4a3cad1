"""What was hoped for, held against what was measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.figures import Figure, plain, timed

FACTOR = 2.0  # from here on a miss is told as a multiple, below it in per cent


@dataclass(frozen=True)
class Goal:
    """`what` should be at most `limit`, or at least, where `at_least`; in seconds where `is_time`, else a ratio."""

    what: str
    limit: float
    at_least: bool = False
    is_time: bool = False


@dataclass(frozen=True)
class Judged:
    """A goal with its figure, or with the reason why it has none."""

    goal: Goal
    found: Figure | None
    reason: str = ""

    @property
    def of_goal(self) -> float | None:
        """The figure in units of the goal, so that up to 1 is met, whichever way the goal runs."""
        if self.found is None:
            return None
        measured, limit = self.found.median, self.goal.limit
        return limit / measured if self.goal.at_least else measured / limit

    @property
    def verdict(self) -> str:
        """Met, or missed by how much."""
        if self.found is None or self.of_goal is None:
            return "not measured"
        if self.of_goal <= 1:
            return "met"
        if self.of_goal >= FACTOR:
            return f"missed: {'falls short' if self.goal.at_least else 'over'} by a factor of {self.of_goal:.1f}"
        short = abs(self.found.median / self.goal.limit - 1)
        return f"missed by {max(short, 0.001):.1%}"

    def row(self) -> list[str]:
        """What, the goal, the figure with its spread, and the verdict."""
        write: Callable[[Figure | None, str], str] = timed if self.goal.is_time else plain
        limit = (
            f"{self.goal.limit * 1000:g} ms" if self.goal.is_time and self.goal.limit < 1 else f"{self.goal.limit:g}"
        )
        unit = "" if self.goal.is_time and self.goal.limit < 1 else " s" if self.goal.is_time else " ×"
        measured = write(self.found, self.reason)
        return [
            self.goal.what,
            f"{'≥' if self.goal.at_least else '≤'} {limit}{unit}",
            measured if self.goal.is_time or self.found is None else f"{measured} ×",
            self.verdict,
        ]

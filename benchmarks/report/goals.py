"""Goals, compared with what was measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.runner.figures import Spread, as_number, as_time

FACTOR = 2.0  # a miss by at least this factor is given as a factor, a smaller one in per cent


@dataclass(frozen=True)
class Goal:
    """`what` should be at most `limit`, or at least `limit` if `at_least`; in seconds if `is_time`, else a ratio."""

    what: str
    limit: float
    at_least: bool = False
    is_time: bool = False


@dataclass(frozen=True)
class JudgedGoal:
    """A goal with the measured value, or with the reason why there is none."""

    goal: Goal
    found: Spread | None
    reason: str = ""

    @property
    def of_goal(self) -> float | None:
        """measured / goal, or goal / measured for a goal that is a lower limit; the goal is met up to 1."""
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
            return f"missed by a factor of {self.of_goal:.1f}"
        short = abs(self.found.median / self.goal.limit - 1)
        return f"missed by {max(short, 0.001):.1%}"

    def row(self) -> list[str]:
        """What is measured, the goal, the measured value with its spread, and the verdict."""
        write: Callable[[Spread | None, str], str] = as_time if self.goal.is_time else as_number
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

"""A command of the harness on other cases than its own: `python -m benchmarks.battery CASES COMMAND ...`.

CASES is a list as JSON: ids of standard cases, and [widths, activations, rows] of networks on random data. They stand
in the place of the standard cases; all else is the command as a person runs it, as a whole process. Without arguments
it prints the ids of the small cases, as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.cases.case import Case


CASES = 50  # of the small ones


def small() -> list[Any]:
    """The ids of the first CASES cases of a check that are in float64, which is what other checkers need."""
    from harness.cases.standard import gradient_cases

    return [case.id for case in gradient_cases() if case.dtype == "float64"][:CASES]


def made(cases: Sequence[Any]) -> tuple[Case, ...]:
    """The cases of such a list. Raises KeyError for an id that is none."""
    from harness.cases.case import make
    from harness.cases.standard import standard_cases

    standard = {case.id: case for case in standard_cases()}
    return tuple(
        standard[one] if isinstance(one, str) else make("random", tuple(one[0]), one[1], one[2]) for one in cases
    )


def varied(count: int) -> list[Any]:
    """So many small networks of different shapes, as such a list; at most 1001."""
    shapes = ((3 + k % 7, 2 + k // 7 % 11, 1 + k // 77) for k in range(count))
    return [[shape, "tanh identity", 8] for shape in shapes]


def main(text: str, arguments: list[str]) -> int:
    from harness.cases import standard

    battery = made(json.loads(text))
    standard.standard_cases = standard.gradient_cases = lambda: battery
    from harness.__main__ import main as harness

    return harness(arguments)


if __name__ == "__main__":
    if sys.argv[1:]:
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    print(json.dumps(small()))

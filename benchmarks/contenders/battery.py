"""A command of the harness on given cases: `python -m benchmarks.contenders.battery CASES COMMAND ...`.

CASES is a JSON list: ids of standard cases, and [widths, activations, rows] of networks on random data. They replace
the standard cases; otherwise the command runs as a person would start it. Without arguments, the program prints the ids
of the small cases as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from benchmarks.contenders.spec import TANH_IDENTITY

if TYPE_CHECKING:
    from harness.cases.case import Case


SMALL_CASES = 50


def small_case_ids() -> list[Any]:
    """The ids of the first SMALL_CASES cases of a check in float64, the type that other checkers need."""
    from harness.cases.standard import gradient_cases

    return [case.id for case in gradient_cases() if case.dtype == "float64"][:SMALL_CASES]


def cases_from(descriptions: Sequence[Any]) -> tuple[Case, ...]:
    """The cases of a list as described above. Raises KeyError for an unknown id."""
    from harness.cases.case import make_case
    from harness.cases.standard import standard_cases

    standard = {case.id: case for case in standard_cases()}
    return tuple(
        standard[one] if isinstance(one, str) else make_case("random", tuple(one[0]), one[1], one[2])
        for one in descriptions
    )


def varied_networks(count: int) -> list[Any]:
    """A list of this many small networks of different shapes, at most 1001."""
    shapes = ((3 + k % 7, 2 + k // 7 % 11, 1 + k // 77) for k in range(count))
    return [[shape, TANH_IDENTITY, 8] for shape in shapes]


def main(text: str, arguments: list[str]) -> int:
    """Run the command with these arguments: its exit status."""
    from harness.cases import standard

    battery = cases_from(json.loads(text))
    standard.standard_cases = standard.gradient_cases = lambda: battery
    from harness.__main__ import main as harness

    return harness(arguments)


if __name__ == "__main__":
    if sys.argv[1:]:
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    print(json.dumps(small_case_ids()))

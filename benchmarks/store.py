"""The raw figures of each section, kept beside the reports, so that sections may be measured one at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.races import Outcome, as_data, from_data
from harness.errors import UnusableInput

FOLDER = Path("data") / "benchmarks"  # in that of the reports


@dataclass(frozen=True)
class Measured:
    """A section's outcomes, and what they were measured on (see benchmarks.machine)."""

    machine: Mapping[str, Any]
    outcomes: tuple[Outcome, ...]


def save(section: str, machine: Mapping[str, Any], outcomes: Sequence[Outcome], reports: Path) -> None:
    path = _path(section, reports)
    path.parent.mkdir(parents=True, exist_ok=True)
    data = {"machine": machine, "outcomes": as_data(outcomes)}
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load(section: str, reports: Path) -> Measured | None:
    """What is kept of a section; None where it has not been measured. Raises UnusableInput for what is no such file."""
    path = _path(section, reports)
    if not path.is_file():
        return None
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return Measured(data["machine"], from_data(data["outcomes"]))
    except (ValueError, KeyError, TypeError) as error:
        raise UnusableInput(
            f"{path}: expected what `nox -s bench` keeps, found {type(error).__name__}: {error}; remove it, and "
            f"measure {section} again"
        ) from None


def _path(section: str, reports: Path) -> Path:
    return reports / FOLDER / f"{section}.json"

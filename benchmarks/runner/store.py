"""The raw results of each section, saved beside the reports, so that sections can be measured one at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.runner.races import RaceOutcome, outcomes_as_data, outcomes_from_data
from harness.model.errors import UnusableInput

RESULTS_FOLDER = Path("data") / "benchmarks"  # in the folder of the reports


@dataclass(frozen=True)
class SavedResults:
    """The outcomes of a section, and the machine that they were measured on (see benchmarks.runner.machine)."""

    machine: Mapping[str, Any]
    outcomes: tuple[RaceOutcome, ...]


def save_results(section: str, machine: Mapping[str, Any], outcomes: Sequence[RaceOutcome], reports: Path) -> None:
    """Write the results of a section, in place of earlier ones."""
    path = _path(section, reports)
    path.parent.mkdir(parents=True, exist_ok=True)
    data = {"machine": machine, "outcomes": outcomes_as_data(outcomes)}
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load_results(section: str, reports: Path) -> SavedResults | None:
    """The saved results of a section; None if it was not measured. Raises UnusableInput for an unreadable file."""
    path = _path(section, reports)
    if not path.is_file():
        return None
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return SavedResults(data["machine"], outcomes_from_data(data["outcomes"]))
    except (ValueError, KeyError, TypeError) as error:
        raise UnusableInput(
            f"{path}: expected results that `nox -s bench` saved, found {type(error).__name__}: {error}; remove the "
            f"file, and measure {section} again"
        ) from None


def _path(section: str, reports: Path) -> Path:
    return reports / RESULTS_FOLDER / f"{section}.json"

"""What is written from the records of a class for other programs: an exporter for each format.

A file `formats/NAME.py` holds the function NAME: from the results of a class, the files that it would write, as name →
text. A new file is a new exporter; nothing else needs an edit. The same results give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from harness.jobs.grade.exports.names import file_names
from harness.jobs.grade.exports.readable import readable
from harness.jobs.grade.exports.shown import shown_to_student
from harness.jobs.grade.record import Record


@dataclass(frozen=True)
class ClassResults:
    """The records of a class, sorted by student, each student once; its title, and what students may see (of SHOWABLE).

    Characters that no format can hold are replaced in all texts. `names` has a file name for each record, without a
    suffix, `shown` has each record without what its student may not see; both in the order of the records.
    """

    title: str
    show: frozenset[str]
    records: tuple[Record, ...]
    names: tuple[str, ...] = field(init=False)
    shown: tuple[Record, ...] = field(init=False)

    def __post_init__(self) -> None:
        records = readable(self.records)
        values = {
            "title": readable(self.title),
            "names": file_names([record.student for record in self.records]),
            "records": records,
            "shown": tuple(shown_to_student(record, self.show) for record in records),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)


Exporter = Callable[[ClassResults], dict[str, str]]


def exporters() -> dict[str, Exporter]:
    """Every exporter by its name."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("formats/[!_]*.py"))
    return {name: getattr(import_module(f"{__name__}.formats.{name}"), name) for name in names}

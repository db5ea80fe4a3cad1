"""The records of a class on the disk: one file a student, written when it is there.

So a run that is interrupted goes on where it was, and a run that is repeated does what has changed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.jobs.grade.marking.judge import Graded
from harness.jobs.grade.record import ComputedEquation, Deduction, FoundMistake, Part, Record
from harness.model.errors import UnusableInput, unwritable

LONGEST_STEM = 60


class RecordStore:
    """The records in a folder, which is made if it is not there, `of` a class, which is named by its path.

    One run at a time has it, until it is closed. Raises UnusableInput if it cannot be written, or is of another class.
    """

    def __init__(self, folder: Path, of: str) -> None:
        self._folder, marker = folder, folder / "of"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o644)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            other = marker.read_text(encoding="utf-8") if marker.exists() else of
            marker.write_text(other, encoding="utf-8", errors="replace")
        except BlockingIOError:
            raise UnusableInput(f"{folder}: expected no other run there, found one; wait for it, or --out") from None
        except OSError as error:
            raise UnusableInput(unwritable(error, folder)) from None
        if other != of:
            raise UnusableInput(f"{folder}: expected the records of {of}, found those of {other}; name another --out")

    def close(self) -> None:
        """Let another run have the folder."""
        os.close(self._lock)

    def get(self, student: str, digest: str) -> Graded | None:
        """The record of a student, if there is one of the same submission; a damaged file is none."""
        try:
            content = json.loads(self._path(student).read_text(encoding="utf-8"))
            found = Graded(_record_from(content["record"]), float(content["seconds"]))
            found.record.points, found.record.ran + found.record.of + found.record.days_late
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None
        return found if (found.record.student, found.record.digest) == (student, digest) else None

    def put(self, judged: Graded) -> None:
        """Write a record; a reader sees the whole of it or nothing."""
        path = self._path(judged.record.student)
        content = {"record": asdict(judged.record), "seconds": round(judged.seconds, 3)}
        fresh = path.with_suffix(".new")
        try:
            fresh.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
            os.replace(fresh, path)
        except OSError as error:
            raise UnusableInput(unwritable(error, path)) from None

    def keep_only(self, students: Collection[str]) -> None:
        """Remove the records of other students, and what an interrupted run has left."""
        kept = set(map(self._path, students))
        for path in self._folder.iterdir():
            if path not in kept and path.suffix in (".json", ".new"):
                path.unlink(missing_ok=True)

    def _path(self, student: str) -> Path:
        """A file whose name is readable, and another one for each student."""
        number = hashlib.sha256(student.encode(errors="surrogateescape")).hexdigest()[:10]
        return self._folder / f"{re.sub(r'[^A-Za-z0-9-]+', '_', student)[:LONGEST_STEM]}-{number}.json"


def _record_from(content: dict[str, Any]) -> Record:
    """A record from JSON. Raises TypeError and KeyError for other content."""
    lists = {name: tuple(content[name]) for name in ("files", "conventions", "notes")}
    parts = tuple(Part(**one) for one in content["parts"])
    deductions = tuple(Deduction(**one) for one in content["deductions"])
    equations = tuple(ComputedEquation(**one) for one in content["equations"])
    findings = tuple(FoundMistake(**one) for one in content["findings"])
    values = {"parts": parts, "deductions": deductions, "equations": equations, "findings": findings}
    return Record(**{**content, **lists, **values})

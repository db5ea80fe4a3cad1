"""The table of a comparison: rows on disk, written as they come and read in the order of the selection, so that no more
of them is in memory than is looked at."""

from __future__ import annotations

import csv
import fcntl
import io
import weakref
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from harness.jobs.compare.rows import Row
from harness.model.errors import UnusableInput

RESULT_COLUMNS = list(Row._fields)


class ResultTable:
    """The rows of each implementation on each case. With a path they can be read there while they come, and whatever
    ends the program; without one they are in a file that has no name."""

    def __init__(self, implementations: Sequence[str], cases: Sequence[str], path: Path | None = None) -> None:
        self.path = path
        self._implementations = {name: number for number, name in enumerate(implementations)}
        self._cases = {case: number for number, case in enumerate(cases)}
        # Where the rows of each implementation on each case begin and how long they are; two numbers, and not the rows.
        self._places = array("q", [-1]) * (len(self._implementations) * len(self._cases))
        self._lengths = array("q", [0]) * len(self._places)
        self._file = _opened(path)
        weakref.finalize(self, self._file.close)
        self._end = 0
        self._write(_text([RESULT_COLUMNS]))

    def append(self, implementation: str, case: str, rows: Sequence[Row]) -> None:
        """All rows of an implementation on a case; on disk when this returns, where they have a path."""
        place = self._implementations[implementation] * len(self._cases) + self._cases[case]
        begin = self._end
        self._write(_text(rows))
        self._places[place], self._lengths[place] = begin, self._end - begin

    def _write(self, text: bytes) -> None:
        """At the end; whole or not at all. Raises UnusableInput where there is no room for it."""
        self._file.seek(self._end)
        left = memoryview(text)
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            self._file.truncate(self._end)  # rows that are not whole would be taken for others
            kept = "what is done is kept there" if self.path is not None else "TMPDIR may name another folder"
            problem = f"expected room for the rows of the comparison, found: {error.strerror}; make room: {kept}"
            raise UnusableInput(f"{self.path or 'the folder of temporary files'}: {problem}") from None
        self._end += len(text)

    def __iter__(self) -> Iterator[Row]:
        """The rows, by implementation and case in the order of the selection."""
        for text in self._texts():
            yield from map(_row_from_csv, csv.reader(io.StringIO(text.decode(), newline="")))

    def _texts(self) -> Iterator[bytes]:
        for place, length in zip(self._places, self._lengths, strict=True):
            if place >= 0:
                yield self._read(place, length)

    def _read(self, place: int, length: int) -> bytes:
        """So many bytes from there; the file, which has no buffer, may give them in parts."""
        self._file.seek(place)
        found = b""
        while len(found) < length and (part := self._file.read(length - len(found))):
            found += part
        return found


def _opened(path: Path | None) -> IO[bytes]:
    if path is None:
        from tempfile import TemporaryFile  # with much else

        return TemporaryFile(buffering=0)
    path.parent.mkdir(parents=True, exist_ok=True)
    # To append: another comparison's rows must not be cut off before it is known whether it still runs.
    file = path.open("a+b", buffering=0)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise UnusableInput(
            f"{path}: expected no other comparison to write there, found one; wait for it, or choose another --reports"
        ) from None
    file.truncate(0)
    return file


def _text(rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue().encode(errors="replace")


def _row_from_csv(cells: Sequence[str]) -> Row:
    (
        implementation,
        case,
        quantity,
        layer,
        entry,
        error,
        bound,
        error_ratio,
        entries,
        digits,
        verdict,
        seconds,
        detail,
    ) = cells
    return Row(
        *(implementation, case, quantity, int(layer), entry),
        error=float(error) if error else None,
        bound=float(bound) if bound else None,
        error_ratio=float(error_ratio) if error_ratio else None,
        entries=int(entries) if entries else None,
        digits=int(digits) if digits else None,
        verdict=verdict,
        seconds=float(seconds),
        detail=detail,
    )

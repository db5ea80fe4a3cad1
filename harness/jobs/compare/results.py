"""Tables of results as files: read strictly, because what reads them draws conclusions."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from harness.judging.verdict import VERDICTS
from harness.model.errors import BadTable

CsvRow: TypeAlias = dict[str, str]
REST = "more than there are columns"
ANEW = "`nox -s compare` writes it anew"
LONG = 40  # characters of a cell that are shown
NUMBERS = ("layer", "entries", "digits")
_NUMBER = re.compile(r"(?:[0-9]{1,15}(?:\.0)?)?")


def read_rows(path: Path, columns: Sequence[str]) -> Iterator[CsvRow]:
    """The rows of a results.csv, one after the other. Raises BadTable where it cannot be read, lacks one of these
    columns, breaks off, or holds a row that is not whole, a verdict that there is not or a number that is none."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(_whole_lines(file, str(path)), restkey=REST)
            found = reader.fieldnames or ()
            if missing := [name for name in columns if name not in found]:
                problem = f"expected the columns of a results.csv, found none that is called {missing[0]!r}; {ANEW}"
                raise BadTable(str(path), problem)
            for row in reader:
                _check_row(row, columns, str(path), reader.line_num)
                yield row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else "no text"
        raise BadTable(str(path), f"expected a results.csv, found: {reason}; {ANEW}") from None


def _whole_lines(file: Iterable[str], path: str) -> Iterator[str]:
    """The lines of a file, which must be text and end as every line does."""
    number, line = 0, "\n"
    for number, line in enumerate(file, start=1):
        if "\0" in line:
            raise BadTable(path, f"expected a results.csv, found: no text; {ANEW}", f"line {number}")
        yield line
    if not line.endswith(("\n", "\r")):
        raise BadTable(path, f"expected a line that ends, found one that breaks off; {ANEW}", f"line {number}")


def _check_row(row: CsvRow, columns: Sequence[str], path: str, line: int) -> None:
    if REST in row or any(row[name] is None for name in columns):
        problem = f"expected as many fields as there are columns, found {'more' if REST in row else 'fewer'}; {ANEW}"
        raise BadTable(path, problem, f"line {line}")
    if row["verdict"] not in ("", *VERDICTS):
        raise BadTable(path, f"expected a verdict, found {row['verdict'][:LONG]!r}; {ANEW}", f"line {line}")
    for name in NUMBERS:
        if name in columns and not _NUMBER.fullmatch(row[name]):
            problem = f"expected a whole number as {name}, found {row[name][:LONG]!r}; {ANEW}"
            raise BadTable(path, problem, f"line {line}")

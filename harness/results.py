"""Tables of results as files: read strictly, because what reads them draws conclusions."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from harness.errors import BadTable
from harness.verdict import VERDICTS

Row: TypeAlias = dict[str, str]
REST = "more than there are columns"


def read_rows(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    """The rows of a results.csv, one after the other. Raises BadTable where it cannot be read, lacks one of these
    columns, or holds a row that is not whole or a verdict that there is not."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, restkey=REST)
            found = reader.fieldnames or ()
            if missing := [name for name in columns if name not in found]:
                problem = f"expected the columns of a results.csv, found none that is called {missing[0]!r}"
                raise BadTable(str(path), f"{problem}; `nox -s compare` writes it anew")
            for row in reader:
                _check(row, columns, str(path), reader.line_num)
                yield row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else "no text"
        raise BadTable(str(path), f"expected a results.csv, found: {reason}") from None


def _check(row: Row, columns: Sequence[str], path: str, line: int) -> None:
    if REST in row or any(row[name] is None for name in columns):
        problem = "expected as many fields as there are columns; `nox -s compare` writes it anew"
        raise BadTable(path, problem, f"line {line}")
    if row["verdict"] not in ("", *VERDICTS):
        raise BadTable(path, f"expected a verdict, found {row['verdict']!r}", f"line {line}")

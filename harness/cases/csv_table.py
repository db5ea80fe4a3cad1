"""Reading a CSV file as features and a target, with errors that name the row and the column."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np

from harness.errors import BadTable
from harness.model.contract import Array

MOST_CLASSES = 20


def read_csv(path: str) -> tuple[Array, Array, tuple[str, ...]]:
    """The features [n, k], the target [n] and the class names of a CSV file.

    The last column is the target. It is a class if its values are words, or at most MOST_CLASSES different integers;
    the target then holds indices into the class names. Otherwise it is a number, and there are no class names. The
    first row is a header if more than half of its cells are not numbers. Raises BadTable for a file that cannot be
    used.
    """
    rows = _read_rows(path)
    header, first = _split_header(rows)
    width = len(header)
    table = [cells for _, cells in rows[first:]]
    if not table:
        raise BadTable(path, "expected at least one row of data, found only a header; add rows")
    for line, cells in rows[first:]:
        if len(cells) != width:
            raise BadTable(path, f"expected {width} columns, found {len(cells)}; mend the row", f"row {line}")
    if width < 2:
        raise BadTable(path, "expected features and a target, found one column; separate columns with commas")
    features = np.array(
        [
            [_parse_number(path, line, header[column], cells[column]) for column in range(width - 1)]
            for line, cells in rows[first:]
        ]
    )
    target, classes = _parse_target(path, rows[first:], header[-1])
    return features, target, classes


def _read_rows(path: str) -> list[tuple[int, list[str]]]:
    """The rows that are not blank, each with its line number, starting at 1."""
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            rows = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if "".join(cells).strip()]
    except OSError as error:
        raise BadTable(path, f"expected a file that can be read, found: {error.strerror}; check the path") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadTable(path, f"expected comma-separated text in UTF-8, found: {error}; mend the file") from None
    if not rows:
        raise BadTable(path, "expected rows of numbers, found an empty file; add rows")
    return rows


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _split_header(rows: list[tuple[int, list[str]]]) -> tuple[list[str], int]:
    """The column names, and the index of the first row of data."""
    _, cells = rows[0]
    numbers = [f"{number}" for number in range(1, len(cells) + 1)]
    if 2 * sum(map(_is_number, cells)) >= len(cells):
        return numbers, 0
    return [cell or number for cell, number in zip(cells, numbers, strict=True)], 1


def _parse_number(path: str, line: int, column: str, cell: str) -> float:
    where = f"row {line}, column {column!r}"
    if not _is_number(cell):
        raise BadTable(path, f"expected a number, found {cell!r}; mend the cell or drop the column", where)
    value = float(cell)
    if not math.isfinite(value):
        raise BadTable(path, f"expected a finite number, found {cell!r}; mend the cell or drop the row", where)
    return value


def _parse_target(path: str, rows: list[tuple[int, list[str]]], column: str) -> tuple[Array, tuple[str, ...]]:
    cells = [cells[-1] for _, cells in rows]
    if len({float(cell) if _is_number(cell) else cell for cell in cells}) < 2:
        problem = f"expected at least two different targets, found only {cells[0]!r}; the last column is the target"
        raise BadTable(path, problem, f"column {column!r}")
    if any(_is_number(cell) for cell in cells):
        numbers = [_parse_number(path, line, column, cell) for (line, _), cell in zip(rows, cells, strict=True)]
        values = sorted(set(numbers))
        if len(values) > MOST_CLASSES or any(value != int(value) for value in values):
            return np.array(numbers), ()
        return np.array([float(values.index(number)) for number in numbers]), tuple(f"{value:.0f}" for value in values)
    for (line, _), cell in zip(rows, cells, strict=True):
        if not cell:
            where = f"row {line}, column {column!r}"
            raise BadTable(path, "expected a class or a number, found nothing; fill the cell", where)
    names = sorted(set(cells))
    return np.array([float(names.index(cell)) for cell in cells]), tuple(names)

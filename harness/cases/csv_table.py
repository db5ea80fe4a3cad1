"""Reading a CSV file as features and a target, with errors that name the row and the column."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from harness.model.contract import Array
from harness.model.errors import BadTable

MOST_CLASSES = 20  # of numbers, unless they are said to be classes
MOST_CHOSEN_CLASSES = 1000


class CsvTable(NamedTuple):
    """A table: the features [n, k], the target [n], the names of its classes, and a sentence on what it was taken for.

    The target holds indices into the class names, or numbers if there are none.
    """

    features: Array
    target: Array
    classes: tuple[str, ...]
    taken: str


def read_csv(path: str, target: str = "") -> CsvTable:
    """Read a CSV file, whose last column is the target.

    The target holds "classes" or "numbers", if `target` says so. Otherwise it holds classes if its values are words, or
    at most MOST_CLASSES different integers. The first row is a header if more than half of its cells are not numbers.
    Raises BadTable for a file that cannot be used.
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
    return CsvTable(features, *_parse_target(path, rows[first:], header[-1], target))


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


def _parse_target(
    path: str, rows: list[tuple[int, list[str]]], column: str, kind: str
) -> tuple[Array, tuple[str, ...], str]:
    """The target, the names of its classes, and the sentence on what it was taken for."""
    cells = [cells[-1] for _, cells in rows]
    different = {float(cell) if _is_number(cell) else cell for cell in cells}
    where = f"column {column!r}"
    if len(different) < 2:
        problem = f"expected at least two different targets, found only {cells[0]!r}; the last column is the target"
        raise BadTable(path, problem, where)
    are_words = kind != "numbers" and not any(map(_is_number, cells))
    if (kind == "classes" or are_words) and len(different) > MOST_CHOSEN_CLASSES:
        problem = f"expected at most {MOST_CHOSEN_CLASSES} different classes, found {len(different)}; join some of them"
        raise BadTable(path, problem, where)
    begin = f"the last column, {column!r}, has {len(different)} different"
    if are_words:
        return *_classes_of_words(path, rows, column), f"{begin} words: taken as classes"
    values = [_parse_number(path, line, column, cell) for (line, _), cell in zip(rows, cells, strict=True)]
    are_whole = all(value == int(value) for value in values)
    begin += f" {'whole ' if are_whole else ''}numbers: taken as"
    if kind == "numbers" or (not kind and not (are_whole and len(different) <= MOST_CLASSES)):
        other = "" if kind else "; --target classes takes them as classes"
        return np.array(values), (), f"{begin} numbers{other}"
    numbers, indices = np.unique(values, return_inverse=True)
    other = "" if kind else "; --target numbers takes them as numbers"
    return indices.astype(float), tuple(f"{number:.17g}" for number in numbers), f"{begin} classes{other}"


def _classes_of_words(path: str, rows: list[tuple[int, list[str]]], column: str) -> tuple[Array, tuple[str, ...]]:
    """The index of each row's class, and the names of the classes."""
    for line, cells in rows:
        if not cells[-1]:
            where = f"row {line}, column {column!r}"
            raise BadTable(path, "expected a class or a number, found nothing; fill the cell", where)
    names, indices = np.unique([cells[-1] for _, cells in rows], return_inverse=True)
    return indices.astype(float), tuple(map(str, names))

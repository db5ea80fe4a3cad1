"""What was run on what, and what came out: data/compare.json and results.csv, as the page embeds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, TypeAlias

from harness.cases.case import TRAINING_EPOCHS
from harness.jobs.compare.report.exports import COMMITTED_COLUMNS
from harness.jobs.compare.report.views import QUANTITY_TITLES
from harness.jobs.compare.results import read_rows
from harness.jobs.page.damage import Warn, raised, reported
from harness.judging.verdict import VERDICTS
from harness.reporting.files import DATA_FOLDER
from harness.reporting.reading import Value, read_json

NAMED_AT_MOST = 3  # implementations that do not agree are named, if they are so few
COST_TITLES = {
    "half_squared_error": "half the squared error",
    "binary_cross_entropy": "binary cross-entropy",
    "cross_entropy": "cross-entropy",
}
NO_RESULTS: dict[str, Any] = {
    "implementations": [],
    "cases": [],
    "quantities": QUANTITY_TITLES,
    "verdicts": VERDICTS,
    "texts": [""],
    "cells": [],
    "results": [],
}

Packed: TypeAlias = tuple[int | None, ...]
Described: TypeAlias = dict[str, dict[str, Any]]  # by name


def results(folder: Path, warn: Warn = raised) -> dict[str, Any]:
    """The implementations, the cases and what came out, as JSON can hold them; NO_RESULTS if there is no table.

    `results[i][c]` is the place in `cells` of what implementation i gave on case c, as many gave the same. A cell has a
    row for each quantity and layer: the quantity, the layer, the entries, the digits, the verdict, the error / bound,
    the worst entry and the detail. All of these but numbers are places in `texts`, and what is empty at the end of a
    row is left out. Raises BadTable if the table is damaged. If data/compare.json is damaged, titles and properties are
    missing, and `warn` is called.
    """
    path = folder / "results.csv"
    if not path.exists():
        return NO_RESULTS
    texts: dict[str, int] = {"": 0}
    cells: list[tuple[Packed, ...]] = []
    numbers: dict[tuple[Packed, ...], int] = {}

    def place(cell: tuple[Packed, ...]) -> int:
        if numbers.setdefault(cell, len(cells)) == len(cells):
            cells.append(cell)
        return numbers[cell]

    given: dict[tuple[str, str], int] = {}
    for key, group in groupby(read_rows(path, COMMITTED_COLUMNS), key=lambda row: (row["implementation"], row["case"])):
        before = cells[given[key]] if key in given else ()
        given[key] = place((*before, *(_packed(row, texts) for row in group)))
    names, ids = (list(dict.fromkeys(key[part] for key in given)) for part in (0, 1))
    places = [[given[name, case] if (name, case) in given else place(()) for case in ids] for name in names]
    implementations: Described = {}
    cases: Described = {}
    with reported(warn):
        implementations, cases = _described(folder)
    unknown = {"language": "", "title": "", "source": ""}
    return {
        "implementations": [implementations.get(name, {"name": name, **unknown}) for name in names],
        "cases": [cases.get(name, {"id": name, "family": "other cases", "known": False}) for name in ids],
        "quantities": QUANTITY_TITLES,
        "verdicts": VERDICTS,
        "texts": list(texts),
        "cells": cells,
        "results": places,
    }


def _packed(row: Mapping[str, str], texts: dict[str, int]) -> Packed:
    def place(column: str) -> int:
        return texts.setdefault(row[column] or "", len(texts))

    def number(column: str) -> int | None:
        return int(row[column].removesuffix(".0")) if row[column] else None

    packed = [
        *(place("quantity"), number("layer"), number("entries"), number("digits")),
        *(place("verdict"), place("error_ratio"), place("entry"), place("detail")),
    ]
    while packed[-1] == 0 and len(packed) > 4:
        packed.pop()
    return tuple(packed)


def _described(folder: Path) -> tuple[Described, Described]:
    """What the comparison says of its implementations and of its cases, by name; empty if there is no such file.
    Raises BadFile if it is damaged."""
    found = read_json(folder / DATA_FOLDER / "compare.json", "the data of a comparison", "compare")
    if found is None:
        return {}, {}
    implementations = [_implementation(one) for one in found.member("implementations").items()]
    cases = [_case_data(one) for one in found.member("cases").items()]
    return {one["name"]: one for one in implementations}, {one["id"]: one for one in cases}


def _implementation(data: Value) -> dict[str, Any]:
    columns = "name", "language", "title", "source"
    return {column: one.text() for column, one in zip(columns, data.members(*columns), strict=True)}


def _case_data(data: Value) -> dict[str, Any]:
    """What the page filters by, and says of a case."""
    name, standard, dataset, widths, hidden, output, cost, rows, dtype, online, note = data.members(
        *("id", "standard", "dataset", "widths", "hidden", "output", "cost", "rows", "dtype", "online", "note")
    )
    sizes = [str(width.count()) for width in widths.items()]
    return {
        "id": name.text(),
        "family": _family(dataset.text(), dtype.text(), online.flag()),
        "known": standard.flag(),
        "dataset": dataset.text(),
        "widths": "-".join(sizes),
        "hidden": hidden.text() if len(sizes) > 2 else "",
        "output": output.text(),
        "cost": COST_TITLES.get(cost.text(), cost.text()),
        "rows": rows.count(),
        "dtype": dtype.text(),
        "online": online.flag(),
        "note": note.text(),
    }


def _family(dataset: str, dtype: str, online: bool) -> str:
    """The heading for a case: its data, unless training or the precision is what matters."""
    if online:
        return f"{TRAINING_EPOCHS} epochs, online"
    if dtype != "float64":
        return dtype
    return "random networks" if dataset == "random" else dataset


def headline(found: Mapping[str, Any]) -> str:
    """The answer in a sentence or two: how many agree with the truth, and what is to be said of the others."""
    if not found["implementations"]:
        return "Nothing has been compared yet. Run nox -s compare, and look again."
    verdicts = {
        one["name"]: [_verdicts(found, found["cells"][place]) for place in places]
        for one, places in zip(found["implementations"], found["results"], strict=True)
    }
    agreeing = [name for name, cases in verdicts.items() if _worst(cases) in ("agrees", "agrees up to a convention")]
    judged = sum(len(of_case) for cases in verdicts.values() for of_case in cases)
    share = "All" if len(agreeing) == len(verdicts) else f"{len(agreeing)} of"
    parts = [
        f"{share} {len(verdicts)} formulations of backpropagation agree with the certified truth, as closely as "
        f"rounding allows, wherever they run: {len(found['cases'])} networks, {judged:,} comparisons."
    ]
    others = [name for name in verdicts if name not in agreeing]
    for name in others[:NAMED_AT_MOST]:
        worst = _worst(verdicts[name])
        of = sum(bool(of_case) for of_case in verdicts[name])
        parts.append(
            f"{name} is {worst} on {sum(worst in of_case for of_case in verdicts[name])} of its {of} networks."
        )
    return " ".join([*parts, "The others are in the table."] if len(others) > NAMED_AT_MOST else parts)


def _verdicts(found: Mapping[str, Any], rows: Sequence[Packed]) -> list[str]:
    """The verdicts on the rows of one case; what was refused or not judged has none."""
    given = [found["texts"][row[4] or 0] for row in rows if len(row) > 4]
    return [verdict for verdict in given if verdict not in ("", "unsupported")]


def _worst(cases: list[list[str]]) -> str:
    given = {verdict for of_case in cases for verdict in of_case}
    return next((verdict for verdict in VERDICTS if verdict in given), "not judged")

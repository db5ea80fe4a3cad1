"""What was run on what, and what came out: reports/results.csv, as the page embeds it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, TypeAlias

from harness.cases.case import FLAGS, TRAINING_EPOCHS, Case
from harness.cases.standard import standard_cases
from harness.jobs.compare.report.pages import COMMITTED_COLUMNS
from harness.jobs.compare.report.views import QUANTITY_TITLES
from harness.jobs.compare.results import read_rows
from harness.jobs.page.damage import Told, damaged, noting, raised, whole
from harness.judging.verdict import VERDICTS
from harness.model.activations import ACTIVATIONS
from harness.reporting import markdown

TABLE = "results.csv"
FEW = 3  # implementations that do not agree are named up to here
COST_TITLES = {
    "half_squared_error": "half the squared error",
    "binary_cross_entropy": "binary cross-entropy",
    "cross_entropy": "cross-entropy",
}
_ID = re.compile(
    r"(?P<dataset>.+?)-(?P<widths>\d{1,9}(?:-\d{1,9})+)-(?P<words>.+)-(?P<kind>online|batch)(?P<rows>\d{1,9})(?:-(?P<dtype>float32))?"
)

NOTHING: dict[str, Any] = {
    "implementations": [],
    "cases": [],
    "quantities": QUANTITY_TITLES,
    "verdicts": VERDICTS,
    "texts": [""],
    "cells": [],
    "results": [],
}

Packed: TypeAlias = tuple[int | None, ...]


def results(folder: Path, told: Told = raised) -> dict[str, Any]:
    """The implementations, the cases and what came out, as JSON can hold them; NOTHING where there is no table.

    `results[i][c]` is the place in `cells` of what implementation i gave on case c, as many gave the same. A cell has a
    row for each quantity and layer: the quantity, the layer, the entries, the digits, the verdict, the error in units
    of its bound, the worst entry and the detail. All of these but numbers are places in `texts`, and what is empty at
    the end of a row is left out. Raises BadTable where the table is damaged or another. Where the page of an
    implementation is damaged, its title is empty, as where there is none, and `told` is given why.
    """
    path = folder / TABLE
    if not path.exists():
        return NOTHING
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
    known = {case.id: case for case in standard_cases()}
    places = [[given[name, case] if (name, case) in given else place(()) for case in ids] for name in names]
    return {
        "implementations": [{"name": name, **_described(folder, name, told)} for name in names],
        "cases": [_properties(name, known.get(name) or _parsed(name), name in known) for name in ids],
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
        *(place("verdict"), place("excess"), place("entry"), place("detail")),
    ]
    while packed[-1] == 0 and len(packed) > 4:
        packed.pop()
    return tuple(packed)


def _described(folder: Path, name: str, told: Told) -> dict[str, str]:
    """Title and source of an implementation, from its own page, which has them for foreign files too."""
    path = folder / "implementations" / f"{Path(name).name}.md"
    title = source = ""
    with noting(told):
        if (text := whole(path, "the page of an implementation", "compare")) is not None:
            lines = text.splitlines()[1:]
            paragraphs = [markdown.unescaped(line).removesuffix(".") for line in lines if line and line[0] != "#"]
            if len(paragraphs) < 2:
                raise damaged(path, "expected a title and a source, found fewer lines", "compare")
            title, source = paragraphs[:2]
    return {"title": title, "source": source.removeprefix("Source: ")}


def _parsed(name: str) -> Case | None:
    """The case that an id tells of, where it is one over a table of somebody's own; its flag and rate are not told."""
    if not (found := _ID.fullmatch(name)):
        return None
    used = [word for word in found["words"].split("-") if word in ACTIVATIONS]
    if not used:
        return None
    bce = "-bce" in f"-{found['words']}"
    cost = "cross_entropy" if used[-1] == "softmax" else "binary_cross_entropy" if bce else "half_squared_error"
    return Case(
        found["dataset"],
        tuple(map(int, found["widths"].split("-"))),
        " ".join(used[:-1] or used),
        used[-1],
        cost,
        int(found["rows"]),
        learning_rate=0.0,
        dtype=found["dtype"] or "float64",
        online=found["kind"] == "online",
    )


def _properties(name: str, case: Case | None, known: bool) -> dict[str, Any]:
    """What the page filters by and says of a case; no more than the id where that tells nothing."""
    if case is None:
        return {"id": name, "family": "other cases", "known": False}
    return {
        "id": name,
        "family": _family(case),
        "known": known,
        "dataset": case.dataset,
        "widths": "-".join(map(str, case.widths)),
        "hidden": case.hidden if len(case.widths) > 2 else "",
        "output": case.output,
        "cost": COST_TITLES[case.cost],
        "rows": case.batch,
        "dtype": case.dtype,
        "online": case.online,
        "note": FLAGS.get(case.flag, ""),
    }


def _family(case: Case) -> str:
    """The heading under which a case stands: its data, unless it is there for something else."""
    if case.online:
        return f"{TRAINING_EPOCHS} epochs, online"
    if case.dtype != "float64":
        return case.dtype
    return case.dataset if case.is_real else "random networks"


def answer(found: Mapping[str, Any]) -> str:
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
    for name in others[:FEW]:
        worst = _worst(verdicts[name])
        of = sum(bool(of_case) for of_case in verdicts[name])
        parts.append(
            f"{name} is {worst} on {sum(worst in of_case for of_case in verdicts[name])} of its {of} networks."
        )
    return " ".join([*parts, "The others are in the table."] if len(others) > FEW else parts)


def _verdicts(found: Mapping[str, Any], rows: Sequence[Packed]) -> list[str]:
    """The verdicts on the rows of one case; what was refused or not judged has none."""
    given = [found["texts"][row[4] or 0] for row in rows if len(row) > 4]
    return [verdict for verdict in given if verdict not in ("", "unsupported")]


def _worst(cases: list[list[str]]) -> str:
    given = {verdict for of_case in cases for verdict in of_case}
    return next((verdict for verdict in VERDICTS if verdict in given), "not judged")

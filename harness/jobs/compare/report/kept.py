"""Results of earlier reports, for implementations that cannot run here because their toolchain is missing.

What is committed does not change with the machine (see committed.py), so a machine without a toolchain leaves it as it
is. The rows are those of results.csv, and the digits of pairs those of data/compare.json, which also has a digest of
each source that the rows are of.
"""

from __future__ import annotations

import hashlib
import heapq
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from harness.cases.case import QUANTITIES_BY_FUNCTION, Case, required_functions
from harness.jobs.compare.pairs import PairRow, kind
from harness.jobs.compare.report.committed import BEYOND, MadeAnew
from harness.jobs.compare.report.exports import COMMITTED_COLUMNS
from harness.jobs.compare.report.views import UNTOLD, order_of_magnitude
from harness.jobs.compare.results import ANEW, LONG, CsvRow, read_rows
from harness.jobs.compare.rows import Row
from harness.jobs.compare.run import Comparison, Selection
from harness.model.errors import BadFile, BadTable
from harness.reporting.files import DATA_FOLDER
from harness.reporting.reading import Value, read_json
from harness.sandbox.sources.find import Implementation
from harness.sandbox.sources.toolchains import language_named

NO_PAIR = "-"  # of two that share no quantity
_PAIR_DIGITS = re.compile(f"[0-9a-f{UNTOLD}{NO_PAIR}]*")
# An error ratio for each text that shows one.
_ERROR_RATIOS = {order_of_magnitude(one): one for one in (1.0, BEYOND, *(10.0**power for power in range(1, 16)))}


@dataclass(frozen=True)
class Kept:
    """The implementations whose earlier results are kept, their rows in the order of the selection, and the digits that
    they share with others. `sources` has the digests of the sources that these results are of, where they are known."""

    names: frozenset[str] = frozenset()
    rows: tuple[Row, ...] = ()
    pairs: tuple[PairRow, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)

    def is_outdated(self, implementation: Implementation) -> bool:
        """Whether its source has changed since the results that are kept."""
        name = implementation.name
        return name in self.sources and self.sources[name] != source_digest(implementation)

    def to_run(self, selection: Selection) -> Selection:
        """The selection without these implementations."""
        implementations = (one for one in selection.implementations if one.name not in self.names)
        return replace(selection, implementations=tuple(implementations))


def missing_toolchain(implementation: Implementation) -> str:
    """Why nothing in its language can run here; empty if it can, or if the language is not known."""
    is_program = bool(implementation.command and implementation.language)
    return language_named(implementation.language).missing if is_program else ""


def source_digest(implementation: Implementation) -> str:
    """The SHA-256 of its source file, in hexadecimal; empty if the file cannot be read."""
    try:
        return hashlib.sha256(implementation.path.read_bytes()).hexdigest()
    except OSError:
        return ""


def source_facts(comparison: Comparison) -> list[dict[str, str]]:
    """The digest of each source whose results may be kept one day, of the version that its rows are of."""
    kept = comparison.kept_sources
    return [
        {"name": one.name, "sha256": digest}
        for one in comparison.selection.implementations
        if one.command and (digest := kept[one.name] if one.name in kept else source_digest(one))
    ]


def kept_results(selection: Selection, folder: Path, warn: Callable[[BadFile], None]) -> Kept:
    """What the reports in a folder hold of those of a selection that cannot run here.

    It is nothing if a file is damaged: then `warn` is called.
    """
    missing = [one for one in selection.implementations if missing_toolchain(one)]
    try:
        if missing and (folder / "results.csv").exists():
            return _read_kept(selection, missing, folder)
    except BadFile as error:
        warn(error)
    return Kept()


def _read_kept(selection: Selection, missing: Sequence[Implementation], folder: Path) -> Kept:
    data = read_json(folder / DATA_FOLDER / "compare.json", "the data of a comparison", "compare")
    if data is None:
        return Kept()
    path, cases = folder / "results.csv", {case.id for case in selection.cases}
    known = {one.name for one in selection.implementations}
    earlier: dict[str, dict[str, list[Row]]] = {one.name: {} for one in missing}
    for cells in read_rows(path, COMMITTED_COLUMNS):
        if cells["implementation"] in earlier and cells["case"] in cases:
            earlier[cells["implementation"]].setdefault(cells["case"], []).append(_row(cells, path))
    kept = [one for one in missing if earlier[one.name]]
    names = frozenset(one.name for one in kept)
    rows = (row for one in kept for row in _rows_of(one, selection.cases, earlier[one.name]))
    both = ((pair, {pair.one, pair.other}) for pair in _read_pairs(data))
    pairs = (pair for pair, of_pair in both if of_pair & names and of_pair <= known)
    sources = {name: digest for name, digest in _read_sources(data) if name in names}
    return Kept(names, tuple(rows), tuple(pairs), sources)


def _rows_of(implementation: Implementation, cases: Iterable[Case], earlier: Mapping[str, list[Row]]) -> Iterator[Row]:
    """The earlier rows; a case that is new since then is unsupported."""
    for case in cases:
        if case.id in earlier:
            yield from earlier[case.id]
            continue
        for quantity in (one for function in required_functions(case) for one in QUANTITIES_BY_FUNCTION[function]):
            why = missing_toolchain(implementation)
            yield Row(implementation.name, case.id, quantity, 0, verdict="unsupported", detail=why)


def _row(cells: CsvRow, path: Path) -> Row:
    """A row of results.csv; the error ratio is one of its order of magnitude."""

    def number(column: str) -> int | None:
        return int(cells[column].removesuffix(".0")) if cells[column] else None

    if (shown := cells["error_ratio"]) and shown not in _ERROR_RATIOS:
        raise BadTable(str(path), f"expected an order of magnitude as error_ratio, found {shown[:LONG]!r}; {ANEW}")
    return Row(
        *(cells["implementation"], cells["case"], cells["quantity"], number("layer") or 0, cells["entry"]),
        error_ratio=_ERROR_RATIOS.get(shown),
        entries=number("entries"),
        digits=number("digits"),
        verdict=cells["verdict"],
        detail=cells["detail"],
    )


def pair_facts(comparison: Comparison) -> list[dict[str, Any]]:
    """The fewest and the most digits of all pairs as JSON can hold them: for each kind and quantity a hexadecimal digit
    for each pair, in the order of the implementations, with a blank where the first of the two changes."""
    found: dict[tuple[str, str], dict[tuple[str, str], PairRow]] = {}
    for pair in comparison.pairs:
        found.setdefault((pair.kind, pair.quantity), {})[pair.one, pair.other] = pair
    names = [one.name for one in comparison.selection.implementations]
    return [
        {
            "kind": of_kind,
            "quantity": quantity,
            "fewest": _triangle(names, {key: pair.digits for key, pair in pairs.items()}),
            "most": _triangle(names, {key: pair.most_digits for key, pair in pairs.items()}),
        }
        for (of_kind, quantity), pairs in found.items()
    ]


def _triangle(names: Sequence[str], digits: Mapping[tuple[str, str], int | None]) -> str:
    def shown(pair: tuple[str, str]) -> str:
        if pair not in digits:
            return NO_PAIR
        number = digits[pair]
        return UNTOLD if number is None else f"{number:x}"

    rows = (names[place:] for place in range(len(names) - 1))
    return " ".join("".join(shown((one, other)) for other in others) for one, *others in rows)


def _read_sources(data: Value) -> Iterator[tuple[str, str]]:
    """The names and digests of data/compare.json; none in a file of an earlier version. Raises BadFile."""
    if isinstance(data.value, dict) and "sources" in data.value:
        for one in data.member("sources").items():
            name, digest = one.members("name", "sha256")
            yield name.text(), digest.text()


def _read_pairs(data: Value) -> Iterator[PairRow]:
    """The pairs of data/compare.json, each in the order of all implementations, which is by name. Raises BadFile if the
    file is damaged."""
    names = [one.member("name").text() for one in data.member("implementations").items()]
    both = [*combinations(names, 2)]
    for matrix in data.member("pairs").items():
        of_kind, quantity, fewest, most = matrix.members("kind", "quantity", "fewest", "most")
        digits = _characters(fewest, len(both)), _characters(most, len(both))
        for (one, other), least, greatest in zip(both, *digits, strict=True):
            if least != NO_PAIR:
                numbers = (None if digit in (UNTOLD, NO_PAIR) else int(digit, 16) for digit in (least, greatest))
                yield PairRow(min(one, other), max(one, other), of_kind.text(), quantity.text(), "", math.nan, *numbers)


def _characters(data: Value, count: int) -> str:
    characters = data.text().replace(" ", "")
    if len(characters) != count or not _PAIR_DIGITS.fullmatch(characters):
        raise data.error(f"{count} characters, each a hexadecimal digit, {UNTOLD} or {NO_PAIR}")
    return characters


def with_kept(comparison: Comparison, selection: Selection, kept: Kept) -> Comparison:
    """A comparison of the whole selection: what ran of it, and what is kept, in the order of the selection."""
    if not kept.names:
        return comparison
    numbers = {one.name: number for number, one in enumerate(selection.implementations)}
    kinds = [*dict.fromkeys(map(kind, selection.cases))]
    quantities = [one for of_function in QUANTITIES_BY_FUNCTION.values() for one in of_function]

    def merged() -> Iterator[Row]:
        return heapq.merge(comparison.rows, kept.rows, key=lambda row: numbers[row.implementation])

    def order(pair: PairRow) -> tuple[int, ...]:
        places = numbers[pair.one], numbers[pair.other]
        return kinds.index(pair.kind), quantities.index(pair.quantity), *places

    pairs = sorted([*comparison.pairs, *(pair for pair in kept.pairs if pair.kind in kinds)], key=order)
    sources = {name: kept.sources.get(name, "") for name in kept.names}
    return replace(comparison, selection=selection, rows=MadeAnew(merged), pairs=pairs, kept_sources=sources)

"""The results of a comparison as data: for the page, and as tables, badge, JUnit's XML and JSON for other programs."""

from __future__ import annotations

import csv
import json
import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from harness.cases.case import FLAGS
from harness.cases.standard import standard_cases
from harness.jobs.compare.pairs import PairRow
from harness.jobs.compare.report.tally import BAD, NOT_RIGHT
from harness.jobs.compare.report.views import order_of_magnitude
from harness.jobs.compare.rows import Row
from harness.jobs.compare.run import Comparison, Selection
from harness.judging.verdict import VERDICTS
from harness.reporting.grid import NOTHING

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


COMMITTED_COLUMNS = [
    *("implementation", "case", "quantity", "layer", "entries", "digits", "error_ratio", "entry", "verdict", "detail")
]


def selection_facts(selection: Selection) -> dict[str, Any]:
    """What ran on what, as JSON can hold it; results.csv has the results."""
    standard = {case.id for case in standard_cases()}
    return {
        "implementations": [
            {"name": one.name, "language": one.language, "title": one.title, "source": one.source}
            for one in selection.implementations
        ],
        "cases": [
            {
                "id": case.id,
                "standard": case.id in standard,
                "dataset": Path(case.dataset).stem,
                "widths": case.widths,
                "hidden": case.hidden,
                "output": case.output,
                "cost": case.cost,
                "rows": case.batch,
                "dtype": case.dtype,
                "online": case.online,
                "note": FLAGS.get(case.flag, ""),
            }
            for case in selection.cases
        ],
    }


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table in place of an older one, which stays until this one is complete."""
    new = path.with_name(f"{path.name}.new")
    with new.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(columns)
        table.writerows(rows)
    new.replace(path)


def committed_row(row: Row) -> list[Any]:
    """A row of a comparison that is committed (committed.py decides what stays in it) as cells of results.csv: the
    error ratio as an order of magnitude, and nothing where there is no value."""
    error_ratio = "" if row.error_ratio is None else order_of_magnitude(row.error_ratio)
    shown = row._asdict() | {"error_ratio": "" if error_ratio == NOTHING else error_ratio}
    return [shown[column] for column in COMMITTED_COLUMNS]


def badge(comparison: Comparison) -> str:
    """The endpoint format of shields.io: how many formulations agree, and in how many cases every one that ran is right
    or merely inaccurate."""
    tally, cases = comparison.tally, len(comparison.selection.cases)
    agreeing = sum(not any(of.verdicts[verdict] for verdict in NOT_RIGHT) for of in tally.of.values())
    one = {
        "schemaVersion": 1,
        "label": "gradproof",
        "message": f"{agreeing} formulations agree · {cases - len(tally.bad)}/{cases} cases",
        "color": "red" if tally.bad else "brightgreen",
    }
    return json.dumps(one, ensure_ascii=False, indent=1) + "\n"


def write_junit(comparison: Comparison, path: Path) -> None:
    """A test suite for each implementation, a test for each case: it fails where the verdict is wrong or failed, and is
    skipped where nothing was given. Without times, so that it changes only when a result does."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("<?xml version='1.0' encoding='utf-8'?>\n<testsuites name=\"gradproof\">\n")
        for name, rows in groupby(comparison.rows, key=lambda row: row.implementation):
            suite = ElementTree.Element("testsuite", name=_xml(name))
            for case, of_case in groupby(rows, key=lambda row: row.case):
                _add_test(suite, name, case, [row for row in of_case if row.verdict])
            for count, found in (
                ("tests", "testcase"),
                ("failures", "testcase/failure"),
                ("skipped", "testcase/skipped"),
            ):
                suite.set(count, str(len(suite.findall(found))))
            ElementTree.indent(suite, level=1)
            file.write(f"  {ElementTree.tostring(suite, encoding='unicode')}\n")
        file.write("</testsuites>\n")


def _add_test(suite: ElementTree.Element, name: str, case: str, judged: Sequence[Row]) -> None:
    test = ElementTree.SubElement(suite, "testcase", classname=_xml(name), name=_xml(case))
    worst = min(judged, key=lambda row: VERDICTS.index(row.verdict), default=None)
    if worst is None:
        return
    if worst.verdict in BAD:
        where = f"{worst.quantity} of layer {worst.layer}" if worst.layer else worst.quantity
        message = _xml(f"{where}: {worst.verdict}")
        ElementTree.SubElement(test, "failure", type=worst.verdict, message=message).text = _xml(worst.detail)
    elif all(row.verdict == "unsupported" for row in judged):
        ElementTree.SubElement(test, "skipped", message=_xml(worst.detail))
    elif worst.verdict in NOT_RIGHT:
        ElementTree.SubElement(test, "system-out").text = _xml(f"{worst.verdict}: {worst.detail}")


def write_json(comparison: Comparison, path: Path) -> None:
    """All rows of the table and of the pairs, as JSON; what is no number is null."""
    selection = comparison.selection
    with path.open("w", encoding="utf-8", newline="\n") as file:
        names, cases = ([one.name for one in selection.implementations], [case.id for case in selection.cases])
        head = json.dumps({"implementations": names, "cases": cases}, ensure_ascii=False, indent=1)
        file.write(head.removesuffix("\n}"))
        for title, rows in (("results", comparison.rows), ("pairs", comparison.pairs)):
            file.write(f',\n "{title}": [')
            file.writelines(_records(rows))
            file.write("\n ]")
        file.write("\n}\n")


def _records(rows: Iterable[Row] | Iterable[PairRow]) -> Iterator[str]:
    """Each row as an object on a line of its own."""
    separator = "\n  "
    for row in rows:
        plain = {name: _plain(value) for name, value in row._asdict().items()}
        yield separator + json.dumps(plain, ensure_ascii=False, allow_nan=False)
        separator = ",\n  "


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _xml(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return _NO_XML.sub("\ufffd", text)

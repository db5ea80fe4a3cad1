"""The results of a comparison for other programs: a badge, JUnit's XML, and JSON."""

from __future__ import annotations

import json
import math
import re
import xml.etree.ElementTree as ElementTree
from typing import TYPE_CHECKING, Any

from harness.compare import Comparison
from harness.verdict import VERDICTS

if TYPE_CHECKING:
    import pandas as pd

BAD = ("failed", "wrong")
NOT_RIGHT = (*BAD, "inaccurate", "cannot tell")
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def badge(comparison: Comparison) -> str:
    """The endpoint format of shields.io: how many formulations agree, and in how many cases every one that ran is right
    or merely inaccurate."""
    table = comparison.table
    names = [implementation.name for implementation in comparison.selection.implementations]
    departing = set(table[table["verdict"].isin(NOT_RIGHT)]["implementation"])
    bad = set(table[table["verdict"].isin(BAD)]["case"])
    cases = len(comparison.selection.cases)
    agreeing = len(set(names) - departing)
    one = {
        "schemaVersion": 1,
        "label": "gradproof",
        "message": f"{agreeing} formulations agree · {cases - len(bad)}/{cases} cases",
        "color": "red" if bad else "brightgreen",
    }
    return json.dumps(one, ensure_ascii=False, indent=1) + "\n"


def junit(comparison: Comparison) -> str:
    """A test suite for each implementation, a test for each case: it fails where the verdict is wrong or failed, and is
    skipped where nothing was given. Without times, so that it changes only when a result does."""
    suites = ElementTree.Element("testsuites", name="gradproof")
    for implementation in comparison.selection.implementations:
        mine = comparison.table[comparison.table["implementation"] == implementation.name]
        suite = ElementTree.SubElement(suites, "testsuite", name=_xml(implementation.name))
        for case, rows in mine.groupby("case", sort=False):
            test = ElementTree.SubElement(suite, "testcase", classname=_xml(implementation.name), name=_xml(str(case)))
            judged = sorted((row for row in rows.to_dict("records") if row["verdict"]), key=_severity)
            if judged and judged[0]["verdict"] in BAD:
                _add_failure(test, judged[0])
            elif judged and all(row["verdict"] == "unsupported" for row in judged):
                ElementTree.SubElement(test, "skipped", message=_xml(judged[0]["detail"]))
            elif judged and judged[0]["verdict"] in NOT_RIGHT:
                ElementTree.SubElement(test, "system-out").text = _xml(f"{judged[0]['verdict']}: {judged[0]['detail']}")
        for name, path in (("tests", "testcase"), ("failures", "testcase/failure"), ("skipped", "testcase/skipped")):
            suite.set(name, str(len(suite.findall(path))))
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _severity(row: dict[str, Any]) -> int:
    return VERDICTS.index(row["verdict"])


def _add_failure(test: ElementTree.Element, row: dict[str, Any]) -> None:
    where = f"{row['quantity']} of layer {row['layer']}" if row["layer"] else row["quantity"]
    failure = ElementTree.SubElement(test, "failure", type=row["verdict"], message=_xml(f"{where}: {row['verdict']}"))
    failure.text = _xml(row["detail"])


def as_json(comparison: Comparison) -> str:
    """All rows of the table and of the pairs, as JSON; what is no number is null."""
    selection = comparison.selection
    found = {
        "implementations": [one.name for one in selection.implementations],
        "cases": [case.id for case in selection.cases],
        "results": _records(comparison.table),
        "pairs": _records(comparison.pairs),
    }
    return json.dumps(found, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{name: _plain(value) for name, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.item() if hasattr(value, "item") else value


def _xml(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return _NO_XML.sub("\ufffd", text)

"""The part that shows what one wrong formula does: the alternatives of the grammar, from data/mistakes.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.jobs.evidence.mistakes.report import MARK_OF
from harness.jobs.page.mistakes import two_forms
from harness.reporting.files import DATA_FOLDER
from harness.reporting.reading import Value, read_json

_MARKS = str.maketrans(dict(zip(MARK_OF.values(), "10 ", strict=True)))  # fewer bytes, three hundred times


def read_alternatives(folder: Path) -> dict[str, Any] | None:
    """What the script of the page needs; None if there is no such file. Raises BadFile if it is damaged.

    `ids` names the numbers of the network; an alternative has the places of those that it changes, and their values.
    """
    found = read_json(folder / DATA_FOLDER / "mistakes.json", "a report", "mistakes")
    if found is None:
        return None
    cases = len(found.member("cases").texts())
    widths, numbers, slots = found.member("alternatives").members("widths", "numbers", "slots")
    right = _finite_numbers(numbers)
    places = {name: place for place, name in enumerate(right)}
    return {
        "widths": [width.count() for width in widths.items()],
        "ids": list(right),
        "numbers": list(right.values()),
        "slots": [_slot(slot, places, cases) for slot in slots.items()],
    }


def _slot(data: Value, places: dict[str, int], cases: int) -> dict[str, Any]:
    name, equations, right, alternatives = data.members("name", "equations", "right", "alternatives")
    return {
        "name": name.text(),
        "equations": equations.text(),
        "right": right.text(),
        "alternatives": [_alternative(one, places, cases) for one in alternatives.items()],
    }


def _alternative(data: Value, places: dict[str, int], cases: int) -> dict[str, Any]:
    symbol, formulas, changed, marks = data.members("symbol", "formulas", "changed", "marks")
    if len(marks.text()) != cases or not set(marks.text()) <= set(MARK_OF.values()):
        raise marks.error(f"{cases} marks, each of them ●, · or a blank")
    values = _finite_numbers(changed)
    if not values.keys() <= places.keys():
        raise changed.error("numbers of the network")
    if any(name.startswith(("gw", "gb")) for name in values):  # the update follows from the gradients
        values = {name: value for name, value in values.items() if not name.startswith("new")}
    forms = (two_forms(formula) for formula in formulas.items())
    return {
        "symbol": symbol.text(),
        "formulas": [[one.equation, one.where, one.meaning, one.right, one.wrong] for one in forms],
        "places": [places[name] for name in values],
        "values": list(values.values()),
        "marks": marks.text().translate(_MARKS),
    }


def _finite_numbers(data: Value) -> dict[str, float]:
    """An object of finite numbers by name."""
    if not isinstance(data.value, dict) or not all(type(one) in (int, float) for one in data.value.values()):
        raise data.error("an object of numbers")
    if any(one != one or abs(one) == float("inf") for one in data.value.values()):
        raise data.error("finite numbers")
    return {str(name): float(one) for name, one in data.value.items()}

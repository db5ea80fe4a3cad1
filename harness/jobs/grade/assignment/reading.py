"""Read an assignment's TOML file. A fault is one line that names the file, the line, the key and what was expected."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from harness.cases.case import OUTPUT_ACTIVATIONS
from harness.jobs.grade.assignment.assignment import (
    PLACE_NAMES,
    QUANTITY_NAMES,
    SHOWABLE_PARTS,
    SHOWN_BY_DEFAULT,
    Asked,
    Assignment,
    Deductions,
    Networks,
)
from harness.jobs.grade.assignment.places import line_of_key
from harness.layers.library import known_layers
from harness.model.costs import COSTS
from harness.model.errors import UnusableInput
from harness.sandbox.requests import Limits
from harness.sandbox.sources.toolchains import languages

Expected = tuple[str, Callable[[Any], bool]]  # what is expected in words, and whether a value is it
TEXT: Expected = ("text", lambda value: isinstance(value, str) and bool(value.strip()))
NUMBER_OF_POINTS: Expected = ("a number of points, 0 or more", lambda value: _is_finite_number(value) and value >= 0)
WHOLE_NUMBER: Expected = ("a whole number, 0 or more", lambda value: _is_whole(value) and value >= 0)
POSITIVE: Expected = ("a number above 0", lambda value: _is_finite_number(value) and value > 0)
MEMORY: Expected = ("a size in GiB, at least 0.1", lambda value: _is_finite_number(value) and value >= 0.1)
DATE: Expected = ("a date and time such as 2030-01-31T23:59:00", lambda value: isinstance(value, date))
NUMBERS_OF_LAYERS: Expected = (
    "a list of whole numbers, each 1 or more",
    lambda value: isinstance(value, list) and bool(value) and all(_is_whole(one) and one >= 1 for one in value),
)
TABLE: Expected = ("a table", lambda value: isinstance(value, dict))
DIGITS_OF_POINTS = 6  # of a sum of points: those after it are rounding


def _is_finite_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _some_of(known: Sequence[str] = ()) -> Expected:
    expected = f"a list of some of {', '.join(known)}" if known else "a list of names"
    return (
        expected,
        lambda value: (
            isinstance(value, list) and all(isinstance(one, str) and (not known or one in known) for one in value)
        ),
    )


_LIMIT_KINDS = {"seconds": POSITIVE, "total": POSITIVE, "memory": MEMORY}
_DEDUCTIONS = dict.fromkeys(("convention", "late_day", "inaccurate"), NUMBER_OF_POINTS)
_NETWORKS = {
    "activations": _some_of(OUTPUT_ACTIVATIONS),
    "costs": _some_of(tuple(COSTS)),
    "layers": NUMBERS_OF_LAYERS,
    "cases": TEXT,
    "make": TEXT,
    "cost": ("one of " + ", ".join(COSTS), lambda value: isinstance(value, str) and value in COSTS),
}


class _File:
    """An assignment's file: its text, its content, and the faults of its keys."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.text = path.read_text(encoding="utf-8")
            self.content = tomllib.loads(self.text)
        except RecursionError:
            raise UnusableInput(f"{path}: expected TOML, found tables in tables without end; see grade --new") from None
        except OSError as error:
            raise UnusableInput(f"{path}: expected an assignment, found: {error.strerror}; see grade --new") from None
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UnusableInput(f"{path}: expected TOML, found: {error}; see grade --new for an example") from None

    def fault(self, keys: Sequence[str], problem: str) -> UnusableInput:
        """An error about a key."""
        line = line_of_key(self.text, keys)
        return UnusableInput(f"{self.path}{f', line {line}' if line else ''}: {'.'.join(keys)}: {problem}")

    def checked(self, table: Mapping[str, Any], kinds: Mapping[str, Expected], *where: str) -> Mapping[str, Any]:
        """A table with no other keys than these, each of its kind. Raises UnusableInput."""
        for name, value in table.items():
            if name not in kinds:
                raise self.fault(
                    (*where, name), f"expected one of {', '.join(kinds)}; correct the name or leave it out"
                )
            expected, is_it = kinds[name]
            if not is_it(value):
                raise self.fault((*where, name), f"expected {expected}, found {value!r}; correct it")
        return table


def read_assignment(path: Path) -> Assignment:
    """The assignment in a file. Raises UnusableInput in one line for whatever is wrong with it."""
    file = _File(path)
    top = file.checked(file.content, _top_kinds())
    for needed in ("title", "seed"):
        if needed not in top:
            raise UnusableInput(f"{path}: expected the key {needed}, found none; see grade --new for an example")
    if ("points" in top) == ("layers" in top):
        found = "both" if "points" in top else "neither"
        raise UnusableInput(f"{path}: expected a table [points] for a network or [layers] for layers, found {found}")
    if "layers" in top and "networks" in top:
        raise file.fault(("networks",), "expected no networks beside [layers]; leave one of the two tables out")
    asked = _asked_layers(file, top["layers"]) if "layers" in top else _asked_network(file, top["points"])
    _check_total(file, top, asked)
    limits = file.checked(top.get("limits", {}), _LIMIT_KINDS, "limits")
    networks: Mapping[str, Any] = file.checked(top.get("networks", {}), _NETWORKS, "networks")
    networks = {name: tuple(value) if isinstance(value, list) else value for name, value in networks.items()}
    return Assignment(
        path=path,
        title=top["title"].strip(),
        seed=top["seed"],
        asked=asked,
        networks=_with_cases(file, Networks(**networks), asked) if "points" in top else None,
        file=top.get("file", ""),
        languages=tuple(top.get("languages", ())),
        forbid=tuple(top.get("forbid", ())),
        show=tuple(top.get("show", SHOWN_BY_DEFAULT)),
        deadline=_moment(file, top.get("deadline")),
        students=path.parent / top["students"] if "students" in top else None,
        deductions=Deductions(**file.checked(top.get("deductions", {}), _DEDUCTIONS, "deductions")),
        limits=Limits(limits.get("seconds", 10.0), limits.get("total", 60.0), limits.get("memory", 2.0) * 2**30),
    )


def _top_kinds() -> dict[str, Expected]:
    known = ("Python", *(one.name for one in languages()))
    tables = dict.fromkeys(("points", "layers", "networks", "deductions", "limits"), TABLE)
    return {
        "title": TEXT,
        "seed": WHOLE_NUMBER,
        "file": ("the name of a file, without folders", lambda value: TEXT[1](value) and "/" not in value),
        "languages": _some_of(known),
        "forbid": (
            "a list of names of modules, without dots",
            lambda value: isinstance(value, list) and all(isinstance(one, str) and one.isidentifier() for one in value),
        ),
        "show": _some_of(SHOWABLE_PARTS),
        "deadline": DATE,
        "students": TEXT,
        "total": NUMBER_OF_POINTS,
        **tables,
    }


def _asked_network(file: _File, points: Mapping[str, Any]) -> tuple[Asked, ...]:
    """The parts of a network. The forward pass has no layers apart: what is wrong in one is wrong in all after it."""
    found = []
    for what, value in points.items():
        if what not in QUANTITY_NAMES:
            raise file.fault(("points", what), f"expected one of {', '.join(QUANTITY_NAMES)}; correct the name")
        if isinstance(value, dict) and what != "forward":
            apart = file.checked(value, dict.fromkeys(PLACE_NAMES, NUMBER_OF_POINTS), "points", what)
            found += [
                Asked(f"{QUANTITY_NAMES[what]}, {PLACE_NAMES[place]}", what, place, of) for place, of in apart.items()
            ]
        else:
            file.checked({what: value}, {what: NUMBER_OF_POINTS}, "points")
            found.append(Asked(QUANTITY_NAMES[what], what, "", value))
    return tuple(found)


def _asked_layers(file: _File, points: Mapping[str, Any]) -> tuple[Asked, ...]:
    known = known_layers()
    found = []
    for what, value in points.items():
        if what not in known:
            raise file.fault(("layers", what), f"expected a layer of docs/layers.md, such as affine, found {what!r}")
        if isinstance(value, dict):
            arrays = (*known[what].results, *known[what].gradients)
            apart = file.checked(value, dict.fromkeys(arrays, NUMBER_OF_POINTS), "layers", what)
            found += [Asked(f"{what}: {array}", what, array, of) for array, of in apart.items()]
        else:
            file.checked({what: value}, {what: NUMBER_OF_POINTS}, "layers")
            found.append(Asked(what, what, "", value))
    return tuple(found)


def _check_total(file: _File, top: Mapping[str, Any], asked: Sequence[Asked]) -> None:
    where = "layers" if "layers" in top else "points"
    found = round(sum(one.of for one in asked), DIGITS_OF_POINTS)
    if not found > 0:
        raise file.fault((where,), f"expected points above 0 in all, found {found:g}")
    if "total" in top and round(top["total"], DIGITS_OF_POINTS) != found:
        raise file.fault(("total",), f"expected the sum of the points in [{where}], {found:g}, found {top['total']:g}")


def _with_cases(file: _File, networks: Networks, asked: Sequence[Asked]) -> Networks:
    """The networks, for which there are cases, also of the hidden layers that give points. Raises UnusableInput."""
    try:
        required = networks.required()
        hidden = next((one for one in asked if one.where == "hidden" and one.of > 0), None)
        if hidden and required and all(len(case.widths) == 2 for case in required):
            raise file.fault(("points", hidden.what), "expected networks with hidden layers, found none; ask for some")
        if networks != Networks(make=networks.make, cost=networks.cost) and not required:
            raise file.fault(("networks",), "expected networks of which there are cases, found none; ask for less")
    except UnusableInput as error:
        if not networks.cases:
            raise
        raise file.fault(("networks", "cases"), str(error)) from None
    return networks


def _moment(file: _File, value: date | None) -> datetime | None:
    """A date as the moment at its end, in local time if it says no other."""
    if value is None:
        return None
    moment = value if isinstance(value, datetime) else datetime.combine(value, time.max)
    try:
        return moment.astimezone()
    except (ValueError, OverflowError):
        raise file.fault(("deadline",), f"expected a date of these days, found {value}; correct it") from None

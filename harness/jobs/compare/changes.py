"""What has changed between two tables of results: verdicts first, then digits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.jobs.compare.results import ANEW, CsvRow, read_rows
from harness.judging.verdict import VERDICTS
from harness.model.errors import BadTable
from harness.sandbox.answers import printable

KEY = ("implementation", "case", "quantity", "layer")
READ = (*KEY, "verdict", "digits")
GONE, NEW = "gone", "new"
# From worst to best: what is no longer run is worse than any answer that agrees, for a battery must not shrink unseen.
RANKS = (*VERDICTS[:4], GONE, "unsupported", *VERDICTS[4:6])

RowKey = tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """One row that is not what it was: its key, and the verdict or the digits before and now."""

    key: RowKey
    before: str
    now: str

    @property
    def name(self) -> str:
        implementation, case, quantity, layer = map(printable, self.key)
        return f"{implementation}, {case}, {quantity}{f' of layer {layer}' if layer != '0' else ''}"


@dataclass(frozen=True)
class Changes:
    """Verdicts that have got worse, others that have changed (new rows among them), and digits; rows in all."""

    worse: tuple[Change, ...]
    other: tuple[Change, ...]
    digits: tuple[Change, ...]
    rows: int


def read(path: Path) -> dict[RowKey, CsvRow]:
    """A table of results by key. Raises BadTable where it is none, or has a row twice."""
    found: dict[RowKey, CsvRow] = {}
    for row in read_rows(path, READ):
        key = row["implementation"], row["case"], row["quantity"], _whole_number(row["layer"])
        if key in found:
            names = ", ".join(map(printable, key))
            raise BadTable(str(path), f"expected each row once, found {names} twice; {ANEW}")
        found[key] = row
    return found


def _whole_number(text: str) -> str:
    """Layers and digits are written as 1 or as 1.0."""
    return text.removesuffix(".0")


def _one_for_all(old: Mapping[RowKey, CsvRow], new: Mapping[RowKey, CsvRow]) -> dict[RowKey, CsvRow]:
    """The old table in the layers of the new one: what failed or was refused has one row for all, of layer 0."""
    known = dict(old)
    for key, row in new.items():
        whole = (*key[:3], "0")
        if key not in known and whole in old:
            known[key] = old[whole] | {"digits": row["digits"]}
            known.pop(whole, None)
        elif key == whole and key not in known:
            parts = [one for one in old if one[:3] == key[:3]]
            if parts:
                known[key] = min((old[one] for one in parts), key=lambda one: RANKS.index(one["verdict"] or "agrees"))
                for one in parts:
                    known.pop(one, None)
    return known


def changes(old: Mapping[RowKey, CsvRow], new: Mapping[RowKey, CsvRow]) -> Changes:
    """What is not the same, in the order of the new table; what is gone comes last."""
    worse, other, digits = list[Change](), list[Change](), list[Change]()
    old = _one_for_all(old, new)
    for key in [*new, *(key for key in old if key not in new)]:
        before = old[key]["verdict"] if key in old else NEW
        now = new[key]["verdict"] if key in new else GONE
        if before != now:
            (worse if _is_worse(before, now) else other).append(Change(key, before, now))
        elif _whole_number(old[key]["digits"]) != _whole_number(new[key]["digits"]):
            digits.append(Change(key, _whole_number(old[key]["digits"]), _whole_number(new[key]["digits"])))
    return Changes(tuple(worse), tuple(other), tuple(digits), len(new))


def _is_worse(before: str, now: str) -> bool:
    """A row that is new is worse only where it is bad news, and one without a verdict only where it is gone."""
    if before in (NEW, ""):
        return now in ("failed", "wrong", GONE)
    if before not in RANKS or now not in RANKS:
        return now == GONE
    return RANKS.index(now) < RANKS.index(before)

"""Which cases or implementations a person means: names, ids and patterns, separated by commas."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Protocol, TypeVar

from harness.errors import UnknownName, UnusableInput


class Identified(Protocol):
    """A case, or whatever else has an id."""

    @property
    def id(self) -> str: ...


One = TypeVar("One", bound=Identified)


def chosen(battery: tuple[One, ...], ids: str | None, kind: str = "case") -> tuple[One, ...]:
    """Those of these comma-separated ids or patterns, None for all. Raises UnknownName, which calls them `kind`."""
    patterns = named(ids) if ids is not None else ["*"]
    for pattern in patterns:
        if not any(fnmatchcase(one.id, pattern) for one in battery):
            raise UnknownName(kind, pattern, [one.id for one in battery])
    return tuple(one for one in battery if any(fnmatchcase(one.id, p) for p in patterns))


def named(text: str) -> list[str]:
    """The parts of a list with commas. Raises UnusableInput where there is none."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise UnusableInput(f"nothing is selected: expected names or ids separated by commas, found {text!r}")
    return parts

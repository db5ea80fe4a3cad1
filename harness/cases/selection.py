"""Which cases or implementations a person means: names, ids and patterns, separated by commas."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Protocol, TypeVar

from harness.errors import UnknownName, UnusableInput


class Identified(Protocol):
    """A case, or whatever else has an id."""

    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=Identified)


def select_matching(battery: tuple[T, ...], ids: str | None, kind: str = "case") -> tuple[T, ...]:
    """Those of these comma-separated ids or patterns, None for all. Raises UnknownName, which calls them `kind`."""
    patterns = split_names(ids) if ids is not None else ["*"]
    known = [one.id for one in battery]
    found: set[str] = set()
    for pattern in patterns:
        matching = [pattern] if pattern in known else [one for one in known if fnmatchcase(one, pattern)]
        if not matching:
            raise UnknownName(kind, pattern, known)
        found.update(matching)
    return tuple(one for one, name in zip(battery, known, strict=True) if name in found)


def split_names(text: str) -> list[str]:
    """The parts of a list with commas. Raises UnusableInput where there is none."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise UnusableInput(f"nothing is selected: expected names or ids separated by commas, found {text!r}")
    return parts

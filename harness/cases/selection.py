"""Selecting cases or implementations by comma-separated names, ids and patterns."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Protocol, TypeVar

from harness.model.errors import UnknownName, UnusableInput


class Identified(Protocol):
    """A case, an implementation, or anything else with an id."""

    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=Identified)


def select_matching(items: tuple[T, ...], ids: str | None, kind: str = "case") -> tuple[T, ...]:
    """The items that match these comma-separated ids or patterns, in their order; all items for None.

    Raises UnknownName, in which `kind` describes the items, for an id or a pattern that matches nothing.
    """
    patterns = split_names(ids) if ids is not None else ["*"]
    known = [item.id for item in items]
    selected: set[str] = set()
    for pattern in patterns:
        matching = [pattern] if pattern in known else [name for name in known if fnmatchcase(name, pattern)]
        if not matching:
            raise UnknownName(kind, pattern, known)
        selected.update(matching)
    return tuple(item for item, name in zip(items, known, strict=True) if name in selected)


def split_names(text: str) -> list[str]:
    """The names in a comma-separated list. Raises UnusableInput if there is none."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise UnusableInput(f"nothing is selected: expected names or ids separated by commas, found {text!r}")
    return names

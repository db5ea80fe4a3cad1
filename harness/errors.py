"""What is told to a person whose input cannot be used: one line with the thing, what was expected, what came,
and what to do next. The command line prints it; no traceback follows."""

from __future__ import annotations

from collections.abc import Iterable


class UnusableInput(Exception):
    """Base of all errors that the person at the command line can mend."""


class UnknownName(UnusableInput):
    """A name that is none of the known ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, sorted(known)
        super().__init__(kind, name)

    def __str__(self) -> str:
        from difflib import get_close_matches  # seldom needed, and slow to import

        near = get_close_matches(self.name, self.known, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}? " if near else ""
        return f"unknown {self.kind} {self.name!r}: {hint}known: {', '.join(self.known)}"


class BadFile(UnusableInput):
    """A file that cannot be read as what it should be; `where` is the place in it, where there is one."""

    def __init__(self, file: str, problem: str, where: str = "") -> None:
        self.file, self.problem, self.where = file, problem, where
        super().__init__(file, problem, where)

    def __str__(self) -> str:
        return f"{self.file}{', ' if self.where else ''}{self.where}: {self.problem}"


class BadTable(BadFile):
    """A table of data that cannot be read."""


def unwritable(error: OSError, path: object) -> str:
    """What is said where something cannot be written; `path` is for an error that names none."""
    return f"{error.filename or path}: expected to write there, found: {error.strerror}"

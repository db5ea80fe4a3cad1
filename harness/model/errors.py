"""Errors that the user can correct.

Each message is one line: the input, what was expected, what was found, and what to do next. The command line prints it
without a traceback.
"""

from __future__ import annotations

from collections.abc import Iterable


class UnusableInput(Exception):
    """The base class of errors that the user can correct."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback."""
        return [f"error: {self}"]


class UnknownName(UnusableInput):
    """A name that is not one of the known ones; `kind` says what it should name."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, sorted(known)
        super().__init__(kind, name)

    def __str__(self) -> str:
        from difflib import get_close_matches  # slow to import, and rarely needed

        near = get_close_matches(self.name, self.known, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}? " if near else ""
        return f"unknown {self.kind} {self.name!r}: {hint}known: {', '.join(self.known)}"


class Exhausted(UnusableInput):
    """The system has no more of something; it is no fault of a submission."""


class BadFile(UnusableInput):
    """A file whose content is not as expected; `where` is the position in it, if there is one."""

    def __init__(self, file: str, problem: str, where: str = "") -> None:
        self.file, self.problem, self.where = file, problem, where
        super().__init__(file, problem, where)

    def __str__(self) -> str:
        return f"{self.file}{', ' if self.where else ''}{self.where}: {self.problem}"


class BadTable(BadFile):
    """A table whose content is not as expected."""


def unwritable(error: OSError, path: object) -> str:
    """The message for something that cannot be written; `path` is used if the error names no file."""
    return f"{error.filename or path}: expected to write there, found: {error.strerror}"

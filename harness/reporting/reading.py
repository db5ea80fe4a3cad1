"""Read files that jobs have written, strictly: any other content is reported as a one-line error."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.model.errors import BadFile

SHOWN_CHARACTERS = 40  # characters of what was found


def damaged(path: Path, problem: str, command: str, where: str = "") -> BadFile:
    """The error for a file that the session `command` makes, and that only the reader may remove."""
    return BadFile(str(path), f"{problem}; remove it, and `nox -s {command}` writes it anew", where)


def whole(path: Path, kind: str, command: str) -> str | None:
    """The text of a file that a command has written; None if there is no such file.

    Raises BadFile if it cannot be read, is empty or not text, or ends within a line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise damaged(path, f"expected {kind}, found: {error.strerror}", command) from None
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise damaged(path, f"expected {kind}, found: no text", command)
    if not text.endswith("\n"):
        found = "an incomplete last line" if text else "an empty file"
        raise damaged(path, f"expected {kind}, found {found}", command)
    return text


@dataclass(frozen=True)
class Value:
    """A value of a JSON file, and its place there. Each method returns it as one type, or raises BadFile."""

    value: Any
    path: Path
    command: str
    place: str = ""

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.error("text")
        return self.value

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.error("true or false")
        return self.value

    def count(self) -> int:
        if type(self.value) is not int or self.value < 0:
            raise self.error("a whole number")
        return self.value

    def texts(self) -> tuple[str, ...]:
        return tuple(one.text() for one in self.items())

    def items(self) -> list[Value]:
        """The values of a list."""
        if not isinstance(self.value, list):
            raise self.error("a list")
        return [self._inner(value, f"{self.place}[{number}]") for number, value in enumerate(self.value)]

    def member(self, name: str) -> Value:
        """The value of one member of an object."""
        if not isinstance(self.value, dict) or name not in self.value:
            raise self.error(f"an object with {name!r}")
        return self._inner(self.value[name], f"{self.place}.{name}".removeprefix("."))

    def members(self, *names: str) -> list[Value]:
        """The values of an object that has exactly these members, in the order of the names."""
        if not isinstance(self.value, dict) or set(self.value) != set(names):
            raise self.error(f"an object with {', '.join(names)}")
        return [self.member(name) for name in names]

    def error(self, expected: str) -> BadFile:
        """The error for a value that is not what was expected."""
        found = json.dumps(self.value)
        return self.invalid(
            f"expected {expected}, found {found if len(found) <= SHOWN_CHARACTERS else f'{found[:SHOWN_CHARACTERS]}…'}"
        )

    def invalid(self, problem: str) -> BadFile:
        """The error for a value with a problem, which says what was expected and what was found."""
        return damaged(self.path, problem, self.command, self.place)

    def _inner(self, value: Any, place: str) -> Value:
        return Value(value, self.path, self.command, place)


def read_json(path: Path, kind: str, command: str) -> Value | None:
    """What a JSON file holds; None if there is no such file. Raises BadFile if it is damaged."""
    text = whole(path, kind, command)
    if text is None:
        return None
    try:
        return Value(json.loads(text), path, command)
    except json.JSONDecodeError as error:
        problem, where = f"expected {kind}, found invalid JSON: {error.msg}", f"line {error.lineno}"
    except (ValueError, RecursionError):  # a number of thousands of digits, or lists within lists without end
        problem, where = f"expected {kind}, found JSON beyond all limits", ""
    raise damaged(path, problem, command, where)

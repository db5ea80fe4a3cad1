"""Reports that are damaged on the disk: read whole or not at all, and each costs only what it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from harness.errors import BadFile

Told: TypeAlias = Callable[[BadFile], None]


def raised(error: BadFile) -> None:
    """Where nobody wants to be told, damage is an error like any other."""
    raise error


@contextmanager
def noting(told: Told) -> Iterator[None]:
    """Leave off at the first file that cannot be read, tell of it, and go on after the block."""
    try:
        yield
    except BadFile as error:
        told(error)


def damaged(path: Path, problem: str, command: str, where: str = "") -> BadFile:
    """The error of a file that the session `command` makes, and would not put in place of what is not ours."""
    return BadFile(str(path), f"{problem}; remove it, and `nox -s {command}` writes it anew", where)


def whole(path: Path, kind: str, command: str) -> str | None:
    """The text of a file, as it is after a command has written it; None where there is no such file.

    Raises BadFile where it cannot be read, is empty or no text, or breaks off within a line.
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
        found = "that its last line breaks off" if text else "an empty file"
        raise damaged(path, f"expected {kind}, found {found}", command)
    return text

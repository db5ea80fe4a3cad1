"""Markdown for the reports: tables, lists, and text from elsewhere that must not be taken for markup."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from harness.errors import UnusableInput

_MADE = "<!-- made by `nox"


def made(command: str) -> str:
    """The first line of every page: what makes it, and that nobody should edit it."""
    return f"{_MADE} -s {command}`; do not edit -->\n"


def table(rows: Any, headers: Any = "keys", *, index: bool = False) -> str:
    """A table from a data frame, or from rows with headers."""
    from tabulate import tabulate  # slow to import, and needed where a page is written

    shown = {"showindex": index} if headers == "keys" else {}
    return f"{tabulate(rows, headers=headers, tablefmt='github', disable_numparse=True, **shown)}\n"


def bullets(lines: Iterable[str]) -> str:
    return "".join(f"- {line}\n" for line in lines)


def plain(text: str) -> str:
    """Text from an implementation, unable to break a table or a list, or to be taken for markup."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("[", "\\[")


def unescaped(text: str) -> str:
    """What `plain` was given, but for the blanks."""
    return text.replace("\\[", "[").replace("&lt;", "<").replace("\\|", "|")


def is_ours(path: Path) -> bool:
    """Whether a file is a page that a report command made; a folder is none, nor is what cannot be read."""
    is_readable = path.is_file() and os.access(path, os.R_OK)
    return is_readable and path.read_text(encoding="utf-8", errors="replace").startswith(_MADE)


def check_file(path: Path) -> None:
    """Raise UnusableInput, before anything is computed, where this file could not be written."""
    if path.is_dir():
        raise UnusableInput(f"{path}: expected the name of a file, found a folder; name a file in it")
    if not path.parent.is_dir():
        raise UnusableInput(f"{path}: expected a file in a folder that is there, found no such folder; name another")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UnusableInput(f"{path}: expected a file that may be written, found that it may not; name another")


def check_folder(folder: Path, page: str = "README.md", beside: Sequence[str] = ()) -> None:
    """Raise UnusableInput, before anything is computed, where reports could not be written: this page, index.html
    beside every page, and the tables and folders `beside` it, which are taken for ours only where a page of ours is."""
    try:
        for path in (folder, *(folder / name for name in beside if not Path(name).suffix)):
            path.mkdir(parents=True, exist_ok=True)
            if not os.access(path, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    except OSError as error:
        problem = f"{error.filename}: expected a folder to write reports to, found: {error.strerror}"
        raise UnusableInput(f"{problem}; name another with --reports") from None
    for name in (page, "index.html"):
        _check_ours(folder / name)
    if not any(is_ours(one) for one in folder.glob("*.md")):
        for path in (folder / name for name in beside):
            if path.is_file() or any(path.glob("*")):
                raise UnusableInput(
                    f"{path}: expected nothing there or reports of ours, found others; name another folder"
                )


def _check_ours(path: Path) -> None:
    if path.exists() and path.stat().st_size and not is_ours(path):  # an empty one is what a full disk leaves
        raise UnusableInput(f"{path}: expected a report of ours or no file, found another; name another folder")


def write_page(path: Path, text: str) -> None:
    """Write a page, in place of an older one of ours. Raises UnusableInput rather than replace anything else."""
    _check_ours(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")

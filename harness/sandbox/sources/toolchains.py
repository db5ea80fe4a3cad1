"""The languages of implementations: a file `languages/NAME.toml` says how a source file is built and run.

    name = "C"                     what reports call it
    suffixes = [".c"]              of its source files
    needs = "gcc"                  the program without which nothing runs
    install = "apt install gcc"    how to get it
    build = ["gcc", "-o", "{program}", "{file}"]     (a compiled language)
    lists = ["gcc", "-M", "-MP", "{file}"]           prints a rule of make, `FILE:`, for each file that a build reads
    run = ["{program}"]

    [skeleton]                     see Skeleton

{file} is the source file, {stem} its name without suffix, {folder} the folder of what is built, {program} a file in it.
Without `lists`, a build reads files with these suffixes in the folder of the source file and below it, and no others.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

TYPE_CHECKING = False  # importing typing is slow; see harness/__init__.py
if TYPE_CHECKING:
    from typing import Any

LANGUAGES_FOLDER = Path(__file__).parent / "languages"


@dataclass(frozen=True)
class Skeleton:
    """How `new` makes a file to complete: the formulation `of`, with the text `right` replaced by `wrong`.

    `reserved` are the names that the file cannot have, in a language where it has the name of a class.
    """

    of: str
    right: str
    wrong: str
    reserved: tuple[str, ...] = ()


@dataclass(frozen=True)
class Language:
    """A language, as its file describes it; see the module."""

    name: str
    suffixes: tuple[str, ...]
    needs: str
    install: str
    run: tuple[str, ...]
    skeleton: Skeleton
    build: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    key: str = field(default="", compare=False)

    @property
    def missing(self) -> str:
        """Why nothing in this language can run here; empty if it can."""
        return "" if shutil.which(self.needs) else f"{self.name} needs {self.needs}, which is not here: {self.install}"


@cache
def languages() -> tuple[Language, ...]:
    """Every language but Python, by name."""
    return tuple(sorted(map(_read_language, LANGUAGES_FOLDER.glob("*.toml")), key=lambda one: one.name))


def language_of(path: Path) -> Language | None:
    """The language of a source file by its suffix; None for Python and for what is not known."""
    return next((one for one in languages() if path.suffix in one.suffixes), None)


def language_named(name: str) -> Language:
    """The language of this name, as reports show it. Raises KeyError."""
    return {one.name: one for one in languages()}[name]


def with_places(command: Sequence[str], file: Path, folder: Path) -> list[str]:
    """A command of a language with its places filled in."""
    places = {"file": str(file), "stem": file.stem, "folder": str(folder), "program": str(folder / "program")}
    return [part.format(**places) for part in command]


def _read_language(path: Path) -> Language:
    import tomllib  # a check of a Python file does not need it

    found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    skeleton = Skeleton(**_hashable(found.pop("skeleton")))
    return Language(skeleton=skeleton, key=path.stem, **_hashable(found))


def _hashable(found: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}

"""What each command does, one folder a command.

`command.py` of a folder holds `COMMANDS`. A new folder with such a file is a new command; nothing else needs an edit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

TYPE_CHECKING = False  # to a type checker it is True; to import typing takes a tenth of the time of a short command
if TYPE_CHECKING:
    import argparse


class Finished:
    """How a command ended: its exit status, the folder to which it wrote reports, and what it could not write."""

    def __init__(self, status: int, reports: Path | None = None, problem: str = "") -> None:
        self.status, self.reports, self.problem = status, reports, problem


class Command:
    """A command: its name, one line for the help, the function that adds its arguments to a parser, and the function
    that runs it and may raise UnusableInput. If it `takes_program`, what follows `--` is `options.program`, a list."""

    def __init__(
        self,
        name: str,
        summary: str,
        arguments: Callable[[argparse.ArgumentParser], None],
        run: Callable[[argparse.Namespace], Finished],
        *,
        takes_program: bool = False,
    ) -> None:
        self.name, self.summary, self.arguments, self.run = name, summary, arguments, run
        self.takes_program = takes_program


def commands(name: str = "") -> Iterator[Command]:
    """Every command, by name; of a name that is also a folder here, those of this folder, so that it starts at once."""
    folders = sorted(path.parent.name for path in Path(__file__).parent.glob("*/command.py"))
    found = (
        command
        for folder in ([name] if name in folders else folders)
        for command in import_module(f"{__name__}.{folder}.command").COMMANDS
    )
    return iter(sorted(found, key=lambda command: command.name))

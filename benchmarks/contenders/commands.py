"""Contenders that are whole processes: Python, a command of the harness, or a program of this folder."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.contenders.spec import PRACTICAL
from benchmarks.runner.processes import REPOSITORY
from benchmarks.runner.races import Contender

IMPORT_NUMPY = Contender("import numpy", (sys.executable, "-c", "import numpy"))


def python(name: str, *arguments: str) -> Contender:
    """A contender of this name: Python with these arguments."""
    return Contender(name, (sys.executable, *arguments))


def harness_command(name: str, *arguments: str) -> Contender:
    """A command of the harness, as a person would start it."""
    return python(name, "-m", "harness", *arguments)


def program(name: str, module: str, *arguments: str) -> Contender:
    """A module of this folder, run as a program."""
    return python(name, "-m", f"{__package__}.{module}", *arguments)


def copies_of_practical(folder: Path, count: int) -> list[Path]:
    """Write copies of the practical formulation into a folder: their paths."""
    text = (REPOSITORY / "implementations" / f"{PRACTICAL}.py").read_text(encoding="utf-8")
    copies = [folder / f"copy_{number}.py" for number in range(count)]
    for copy in copies:
        copy.write_text(text, encoding="utf-8")
    return copies

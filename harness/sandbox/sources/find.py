"""Find and import implementations: each is one file, in `implementations/` or at a path."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from harness.model.errors import UnknownName, UnusableInput

TYPE_CHECKING = False  # importing typing is slow; see harness/__init__.py
if TYPE_CHECKING:
    import ast
    from typing import Any

    from harness.sandbox.answers import Refusal

PROJECT_ROOT = Path(__file__).resolve().parents[3]
_INSTALLED = PROJECT_ROOT / "harness" / "implementations"  # a wheel has them inside the package
IMPLEMENTATIONS_FOLDER = _INSTALLED if _INSTALLED.is_dir() else PROJECT_ROOT / "implementations"
REFERENCE = "torch_autograd"
PYTHON = ".py"
# The docstring at the start of a file, after comments and empty lines. Parsing the whole file takes 30 times as long.
_DOCSTRING = r"""(?:[ \t]*(?:#[^\n]*)?\n)*([rRuU]?(\"{3}|'{3}|["'])(?:\\.|(?!\2).)*\2)"""

_COMMENT_MARKS, _FIRST_LINES = "/*#%; \t", 10  # of other languages


@dataclass(frozen=True)
class Implementation:
    """A file with an implementation, and its name, the file's without suffix. Nothing of the file has run yet.

    Python code that was not written for the contract has an `adapter`, a file that drives it, and `driven` says how,
    one line each. A program has a `command`: the name of a language, a source file in it, and arguments; or an empty
    string and any command. The scope that it says when it is started is in `declares`, pairs of names and values.
    `about` tells one way to run a file from another, and `refusal` why it cannot be started.
    """

    name: str
    path: Path
    adapter: Path | None = None
    driven: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    declares: tuple[tuple[str, Any], ...] = ()
    about: str = ""
    refusal: Refusal | None = None

    @property
    def target(self) -> Path:
        """The file that is run: the adapter if there is one."""
        return self.adapter or self.path

    @property
    def language(self) -> str:
        """The name of its language; empty for a command in an unknown one."""
        return self.command[0] if self.command else "Python"

    @property
    def title(self) -> str:
        """The first line of the docstring, or of the comment at the start; the name if there is none."""
        return (self._docstring() if self.language == "Python" else self._comment("")) or self.name

    @property
    def source(self) -> str:
        """The value of the constant SOURCE, or what the comment at the start says after `SOURCE:`; or empty."""
        if self.language != "Python":
            return self._comment("SOURCE:")
        import ast

        for node in self._tree().body:
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "SOURCE" for t in node.targets):
                return str(ast.literal_eval(node.value)) if isinstance(node.value, ast.Constant) else ""
        return ""

    def _docstring(self) -> str:
        """The first line of the docstring."""
        import ast
        import re

        with suppress(OSError, ValueError, SyntaxError):
            if found := re.match(_DOCSTRING, self.path.read_text(encoding="utf-8"), re.DOTALL):
                lines = ast.literal_eval(found[1]).strip().splitlines()
                return lines[0].rstrip(".") if lines else ""
        return ""

    def _comment(self, mark: str) -> str:
        """The first line at the start of the file, a comment, that begins with a mark, without it; or empty."""
        with suppress(OSError, ValueError):
            lines = self.path.read_text(encoding="utf-8").splitlines()[:_FIRST_LINES]
            found = (line.strip(_COMMENT_MARKS) for line in lines)
            return (
                next((one for one in found if one and one.startswith(mark)), "").removeprefix(mark).strip().rstrip(".")
            )
        return ""

    def _tree(self) -> ast.Module:
        import ast

        try:
            return ast.parse(self.path.read_text(encoding="utf-8"))
        except (SyntaxError, ValueError, RecursionError, MemoryError, OSError):  # reported in full when the file is run
            return ast.Module(body=[], type_ignores=[])


def available_implementations() -> tuple[Implementation, ...]:
    """Every implementation in `implementations/`, in any language, sorted by name."""
    paths = (
        path for path in IMPLEMENTATIONS_FOLDER.glob("[!._]*.*") if path.suffix in source_suffixes() and path.is_file()
    )
    return tuple(sorted(map(implementation_at, paths), key=lambda one: one.name))


def python_implementations() -> tuple[Implementation, ...]:
    """Those in Python: the others cannot compute with exact numbers, and take a hundred times longer for a step."""
    return tuple(one for one in available_implementations() if not one.command)


def implementation_at(path: Path) -> Implementation:
    """The implementation in a source file."""
    if path.suffix == PYTHON:
        return Implementation(path.stem, path)
    # A check of a Python file does not need these.
    from harness.sandbox.sources.course import course_command, is_course_file
    from harness.sandbox.sources.toolchains import language_of

    language = language_of(path)
    if language is None:
        known = ", ".join(source_suffixes())
        raise UnusableInput(f"{path}: expected a name that ends in {known}, or a command after --; rename the file")
    command = course_command(path) if is_course_file(path) else (language.name, str(path))
    return Implementation(path.stem, path, command=command)


def implementation_of(command: Sequence[str]) -> Implementation:
    """The implementation that a command runs. Paths to files are seen from here: it runs in a folder of its own.

    Raises UnusableInput if there is no such program.
    """
    first, *arguments = command
    program = shutil.which(first)
    if program is None:
        raise UnusableInput(f"{first}: expected a program after --, found {_no_program(first)}")
    files = [Path(os.path.realpath(one)) for one in arguments if os.path.isfile(one)]
    resolved = [os.path.realpath(one) if os.path.exists(one) else one for one in arguments]
    path = files[0] if files else Path(os.path.realpath(program))
    return Implementation(path.stem, path, command=("", os.path.abspath(program), *resolved))


def _no_program(name: str) -> str:
    """What stands where a program was expected, and what to do."""
    if name.startswith("-"):
        return "an option; options come before --"
    if os.path.isdir(name):
        return "a folder; name a program in it"
    if os.path.isfile(name):
        is_executable = os.access(name, os.X_OK)
        return f"a file here; write ./{name}" if is_executable else "a file that cannot be run; name what runs it, too"
    return "none; each word is an argument of its own" if " " in name else "none; is it on the PATH?"


def find_implementations(names: Sequence[str]) -> tuple[Implementation, ...]:
    """The implementations with these names or at these paths, which end in the suffix of a language; each once.

    Raises UnknownName, and UnusableInput if there is no such file or two files have the same name.
    """
    found: dict[str, Implementation] = {}
    for name in names:
        implementation = _found(name)
        other = found.setdefault(implementation.name, implementation)
        if other.path != implementation.path:
            raise UnusableInput(
                f"two implementations are named {other.name!r}: {other.path} and {implementation.path}; rename one"
            )
    return tuple(found.values())


def _found(name: str) -> Implementation:
    """The implementation with this name or at this path."""
    if name.endswith(PYTHON) or Path(name).suffix in source_suffixes() or Path(name).is_file():
        path = Path(os.path.realpath(name))  # Path.resolve raises where links form a loop
        if path.is_dir():
            raise _folder(name)
        if not path.is_file():
            raise UnusableInput(f"{name}: expected an implementation's file, found none there; check the path")
        return implementation_at(path)
    known = {implementation.name: implementation for implementation in available_implementations()}
    if name in known:
        return known[name]
    if longer := next((suffix for suffix in source_suffixes() if Path(f"{name}{suffix}").is_file()), ""):
        expected = f"a path must end in one of {', '.join(source_suffixes())}"
        raise UnusableInput(f"unknown implementation {name!r}: {expected}; did you mean {name}{longer}?")
    if Path(name).is_dir():
        raise _folder(name)
    raise UnknownName("implementation", name, known)


def _folder(name: str) -> UnusableInput:
    return UnusableInput(f"{name}: expected an implementation's file, found a folder; name a file in it")


def source_suffixes() -> tuple[str, ...]:
    """The suffixes of source files, in Python and the other languages."""
    from harness.sandbox.sources.toolchains import languages

    return (PYTHON, *(suffix for language in languages() for suffix in language.suffixes))

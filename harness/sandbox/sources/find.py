"""Find and import implementations: each is one file, in `implementations/` or at a path."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UnknownName, UnusableInput

TYPE_CHECKING = False  # importing typing is slow; see harness/__init__.py
if TYPE_CHECKING:
    import ast


PROJECT_ROOT = Path(__file__).resolve().parents[3]
_INSTALLED = PROJECT_ROOT / "harness" / "implementations"  # a wheel has them inside the package
IMPLEMENTATIONS_FOLDER = _INSTALLED if _INSTALLED.is_dir() else PROJECT_ROOT / "implementations"
REFERENCE = "torch_autograd"
# The docstring at the start of a file, after comments and empty lines. Parsing the whole file takes 30 times as long.
_DOCSTRING = r"""(?:[ \t]*(?:#[^\n]*)?\n)*([rRuU]?(\"{3}|'{3}|["'])(?:\\.|(?!\2).)*\2)"""


@dataclass(frozen=True)
class Implementation:
    """A file with an implementation, and its name, the file's without `.py`. Nothing of the file has run yet.

    Code that was not written for the contract has an `adapter`, a file that drives it, and `driven` says how, one line
    each.
    """

    name: str
    path: Path
    adapter: Path | None = None
    driven: tuple[str, ...] = ()

    @property
    def target(self) -> Path:
        """The file that is run: the adapter if there is one."""
        return self.adapter or self.path

    @property
    def title(self) -> str:
        """The first line of the docstring, or the name if there is none."""
        import ast
        import re

        with suppress(OSError, ValueError, SyntaxError):
            if found := re.match(_DOCSTRING, self.path.read_text(encoding="utf-8"), re.DOTALL):
                lines = ast.literal_eval(found[1]).strip().splitlines()
                return lines[0].rstrip(".") if lines else self.name
        return self.name

    @property
    def source(self) -> str:
        """The value of the constant SOURCE, or an empty string."""
        import ast

        for node in self._tree().body:
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "SOURCE" for t in node.targets):
                return str(ast.literal_eval(node.value)) if isinstance(node.value, ast.Constant) else ""
        return ""

    def _tree(self) -> ast.Module:
        import ast

        try:
            return ast.parse(self.path.read_text(encoding="utf-8"))
        except (SyntaxError, ValueError, RecursionError, MemoryError, OSError):  # reported in full when the file is run
            return ast.Module(body=[], type_ignores=[])


def available_implementations() -> tuple[Implementation, ...]:
    """Every implementation in `implementations/`, sorted by name."""
    return tuple(
        Implementation(path.stem, path) for path in sorted(IMPLEMENTATIONS_FOLDER.glob("[!._]*.py")) if path.is_file()
    )


def find_implementations(names: Sequence[str]) -> tuple[Implementation, ...]:
    """The implementations with these names or at these paths; a path ends in `.py`. Each is returned once.

    Raises UnknownName, and UnusableInput if there is no such file or two files have the same name.
    """
    known = {implementation.name: implementation for implementation in available_implementations()}
    found: dict[str, Implementation] = {}
    for name in names:
        if name.endswith(".py"):
            path = Path(os.path.realpath(name))  # Path.resolve raises where links form a loop
            if not path.is_file():
                raise UnusableInput(f"{name}: expected an implementation's file, found none there; check the path")
            implementation = Implementation(path.stem, path)
        elif name in known:
            implementation = known[name]
        elif Path(f"{name}.py").is_file():
            raise UnusableInput(f"unknown implementation {name!r}: a path must end in .py; did you mean {name}.py?")
        else:
            raise UnknownName("implementation", name, known)
        other = found.setdefault(implementation.name, implementation)
        if other.path != implementation.path:
            raise UnusableInput(
                f"two implementations are named {other.name!r}: {other.path} and {implementation.path}; rename one"
            )
    return tuple(found.values())

"""Find implementations: each is one file, in `implementations/` or wherever a path says."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from harness.errors import UnknownName, UnusableInput

TYPE_CHECKING = False  # see harness
if TYPE_CHECKING:
    import ast
    from typing import Any

    from harness.model.contract import Network

_INSTALLED = Path(__file__).resolve().parents[1] / "implementations"  # a wheel has them inside the package
FOLDER = _INSTALLED if _INSTALLED.is_dir() else _INSTALLED.parents[1] / "implementations"
REFERENCE = "torch_autograd"
# What a file begins with, after comments and empty lines. To parse all of it takes thirty times as long.
_DOCSTRING = r"""(?:[ \t]*(?:#[^\n]*)?\n)*([rRuU]?(\"{3}|'{3}|["'])(?:\\.|(?!\2).)*\2)"""
DECLARATIONS = ("REDUCTION", "HALF", "SIGN", "LAYOUT", "BIAS")  # see harness.conventions


@dataclass(frozen=True)
class Implementation:
    """A file that follows the contract, known by its name (the file's) before any of it is run."""

    name: str
    path: Path

    @property
    def title(self) -> str:
        """The first line of the docstring, or the name where there is none."""
        import ast
        import re

        with suppress(OSError, ValueError, SyntaxError):
            if found := re.match(_DOCSTRING, self.path.read_text(encoding="utf-8"), re.DOTALL):
                lines = ast.literal_eval(found[1]).strip().splitlines()
                return lines[0].rstrip(".") if lines else self.name
        return self.name

    @property
    def source(self) -> str:
        """The value of SOURCE, or nothing where the file does not say."""
        import ast

        for node in self._tree().body:
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "SOURCE" for t in node.targets):
                return str(ast.literal_eval(node.value)) if isinstance(node.value, ast.Constant) else ""
        return ""

    def _tree(self) -> ast.Module:
        import ast

        try:
            return ast.parse(self.path.read_text(encoding="utf-8"))
        except (SyntaxError, ValueError, RecursionError, MemoryError, OSError):  # said in full when the file is run
            return ast.Module(body=[], type_ignores=[])


@dataclass(frozen=True)
class Functions:
    """What a loaded implementation offers, None for a function that it does not have; and the conventions that it
    declares, each a string, True or False. What the functions return may have any of the forms of harness.returned."""

    backprop: Callable[[Network, Any, Any], Any] | None
    step: Callable[[Network, Any, Any, float], Any] | None
    declared: Mapping[str, Any] = field(default_factory=dict)


def available() -> tuple[Implementation, ...]:
    """Every implementation of the folder, by name."""
    return tuple(Implementation(path.stem, path) for path in sorted(FOLDER.glob("[!._]*.py")) if path.is_file())


def find(names: Sequence[str]) -> tuple[Implementation, ...]:
    """The implementations of these names, or at these paths (whatever ends in .py), each once."""
    known = {implementation.name: implementation for implementation in available()}
    found: dict[str, Implementation] = {}
    for name in names:
        if name.endswith(".py"):
            path = Path(name).resolve()
            if not path.is_file():
                raise UnusableInput(f"{name}: expected an implementation's file, found none there; check the path")
            implementation = Implementation(path.stem, path)
        elif name in known:
            implementation = known[name]
        elif Path(f"{name}.py").is_file():
            raise UnusableInput(f"unknown implementation {name!r}: a path ends in .py; did you mean {name}.py?")
        else:
            raise UnknownName("implementation", name, known)
        other = found.setdefault(implementation.name, implementation)
        if other.path != implementation.path:
            raise UnusableInput(
                f"two implementations are named {other.name!r}: {other.path} and {implementation.path}; rename one"
            )
    return tuple(found.values())


def load(implementation: Implementation) -> Functions:
    """Run the file and take its functions. Raises whatever the file raises, and TypeError if it
    has neither function."""
    return functions_in(run_file(implementation))


def run_file(implementation: Implementation) -> ModuleType:
    """The file as a module. Raises whatever the file raises."""
    if implementation.path.parent != FOLDER:
        sys.path.insert(0, str(implementation.path.parent))  # a foreign file may bring modules along
    spec = importlib.util.spec_from_file_location(f"implementations.{implementation.name}", implementation.path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{implementation.path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module


def functions_in(module: ModuleType) -> Functions:
    """The functions of the contract in a module, and what it declares. Raises TypeError if it has neither function."""
    constants = {name: getattr(module, name) for name in DECLARATIONS if hasattr(module, name)}
    declared = {name: one if isinstance(one, (str, bool)) else repr(one) for name, one in constants.items()}
    functions = Functions(getattr(module, "backprop", None), getattr(module, "step", None), declared)
    if functions.backprop is None and functions.step is None:
        raise TypeError("the file defines neither backprop(network, x, t) nor step(network, x, t, learning_rate)")
    return functions

"""Find and import implementations: each is one file, in `implementations/` or at a path."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from harness.errors import UnknownName, UnusableInput

TYPE_CHECKING = False  # importing typing is slow; see harness/__init__.py
if TYPE_CHECKING:
    import ast
    from typing import Any

    from harness.model.contract import Network

PROJECT_ROOT = Path(__file__).resolve().parents[2]
_INSTALLED = PROJECT_ROOT / "harness" / "implementations"  # a wheel has them inside the package
IMPLEMENTATIONS_FOLDER = _INSTALLED if _INSTALLED.is_dir() else PROJECT_ROOT / "implementations"
REFERENCE = "torch_autograd"
# The docstring at the start of a file, after comments and empty lines. Parsing the whole file takes 30 times as long.
_DOCSTRING = r"""(?:[ \t]*(?:#[^\n]*)?\n)*([rRuU]?(\"{3}|'{3}|["'])(?:\\.|(?!\2).)*\2)"""
# See harness.judging.conventions.
DECLARATIONS = (
    *("REDUCTION", "HALF", "SIGN", "LAYOUT", "BIAS"),
    *("L2", "L2_HALF", "L2_BIASES", "L2_DIVIDED", "TARGETS", "LEARNING_RATE", "SUBGRADIENT"),
)


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


@dataclass(frozen=True)
class Functions:
    """The functions of an imported implementation, None for one that it lacks, and the conventions that it declares.

    Each declared value is a string, a number, True, False, None, or a dictionary of strings.
    harness.sandbox.host.returned lists the forms in which the functions may return their arrays.
    """

    backprop: Callable[[Network, Any, Any], Any] | None
    step: Callable[[Network, Any, Any, float], Any] | None
    declared: Mapping[str, Any] = field(default_factory=dict)


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


def load_functions(implementation: Implementation) -> Functions:
    """Import the file and get its functions.

    Raises whatever the file raises, and TypeError if it has neither function.
    """
    return functions_in(run_file(implementation))


def run_file(implementation: Implementation) -> ModuleType:
    """Import the file as a module. Raises whatever the file raises."""
    if implementation.path.parent != IMPLEMENTATIONS_FOLDER:
        sys.path.insert(0, str(implementation.path.parent))  # the file may import its neighbours
    spec = importlib.util.spec_from_file_location(f"implementations.{implementation.name}", implementation.path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{implementation.path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look up their module there
    spec.loader.exec_module(module)
    return module


def functions_in(module: ModuleType) -> Functions:
    """The functions of the contract in a module, and what it declares.

    Raises TypeError if it has neither function.
    """
    declared = declarations_in(module)
    step = getattr(module, "step", None)
    if step is not None and declared.get("LEARNING_RATE") is not None:
        step = _with_learning_rate(step)
    functions = Functions(getattr(module, "backprop", None), step, declared)
    if functions.backprop is None and functions.step is None:
        raise TypeError("the file defines neither backprop(network, x, t) nor step(network, x, t, learning_rate)")
    return functions


def declarations_in(module: ModuleType) -> dict[str, Any]:
    """The conventions that a module declares, by the names of the constants."""
    return {name: _declarable(getattr(module, name)) for name in DECLARATIONS if hasattr(module, name)}


def _with_learning_rate(step: Callable[..., Any]) -> Callable[..., Any]:
    """The step of a file whose learning rate is fixed: it is called without one if it takes none."""
    import inspect

    try:
        inspect.signature(step).bind(None, None, None, None)
    except TypeError:
        return lambda network, x, t, _: step(network, x, t)
    except ValueError:  # a function without a signature
        pass
    return step


def _declarable(value: object) -> Any:
    """A declared value as JSON can hold it: its repr if it is neither text, a number, nor a dictionary of text."""
    if value is None or isinstance(value, (str, bool, float)) or (isinstance(value, int) and abs(value) < 2**63):
        return value
    if isinstance(value, Mapping) and all(isinstance(one, str) for pair in value.items() for one in pair):
        return dict(value)
    return repr(value)

"""Classes, functions and objects that have no file, as in a notebook: their values in a pickle, and a module of them.

The pickle holds what was defined there by value, with all that it refers to; what was imported, it names. The module
loads it and binds the names, so that everything after that is done as for a file.
"""

from __future__ import annotations

import ast
import inspect
import io
import linecache
import sys
from collections import ChainMap
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any, ClassVar

from harness.model.errors import UnusableInput
from harness.sandbox.host.child import is_in_project
from harness.sandbox.sources.functions import DECLARABLE

_ARGUMENT_COUNTS = {"backprop": (3,), "step": (4, 3)}  # a step with a learning rate of its own may take three
_MODULE = '''"""The values in the pickle beside this file, under their names."""

import copy
import pickle
import sys
from pathlib import Path

sys.path += {folders}
_saved = pickle.loads(Path(__file__).with_suffix(".pickle").read_bytes())
globals().update(_saved)
for _name in {defined}:
    _saved[_name].__module__ = __name__
{lines}
__file__ = {source}  # where the code is
'''


@dataclass(frozen=True)
class SavedModule:
    """A module of live values: its file, the file with the source of their code (the same if that is not known), and
    the expressions that may make a network, to be tried in this order; empty for one that is to be found."""

    path: Path
    source: Path
    makes: tuple[str, ...]


def save_module(folder: Path, things: Mapping[str, Any], namespace: Mapping[str, Any], make: str) -> SavedModule:
    """Write the module of these classes, functions and objects, by name, into a folder.

    `make` is an expression for a network, or empty; its other names are those of the `namespace`. Raises UnusableInput
    if something cannot be pickled.
    """
    code = {name: one for name, one in things.items() if _is_code(one)}
    objects = {f"the_{name}": one for name, one in things.items() if name not in code}
    code |= {type(one).__name__: type(one) for one in objects.values() if type(one).__module__ != "builtins"}
    used = {name: namespace[name] for name in _names_in(make) if name in namespace and name not in code}
    sources = _Sources(folder)
    (folder / "from_notebook.pickle").write_bytes(_pickled({**used, **code, **objects}, sources))
    offered = [name for name, one in code.items() if name in _ARGUMENT_COUNTS and _takes(one, _ARGUMENT_COUNTS[name])]
    path = folder / "from_notebook.py"
    source = sources.of(next(iter(code.values()), None)) or str(path)
    lines = [line for name in offered for line in _declaring_lines(code[name])]
    lines += [f'{name} = _saved["{name}"]' for name in offered]
    folders = [one for one in sys.path if one and not is_in_project(one)]
    text = _MODULE.format(folders=folders, defined=[*code], lines="\n".join(lines), source=repr(source))
    path.write_text(text, encoding="utf-8")
    return SavedModule(path, Path(source), (make,) if make or not objects else _makes(objects))


def _makes(objects: Mapping[str, Any]) -> tuple[str, ...]:
    """How networks like an object are made: as copies of it, or by its class.

    A class without options makes networks like the object, in all sizes. Of another class only a copy is sure to be.
    """
    [(name, one)] = objects.items()
    ways = (f"copy.deepcopy({name})", "")
    with suppress(ValueError, TypeError):  # there is no signature
        defaults = [parameter.default for parameter in inspect.signature(type(one)).parameters.values()]
        return ways if any(value is not inspect.Parameter.empty for value in defaults) else ways[::-1]
    return ways


def _is_code(one: Any) -> bool:
    return inspect.isclass(one) or inspect.isfunction(one)


def _takes(function: Any, counts: tuple[int, ...]) -> bool:
    """Whether a function can be called with one of these numbers of arguments."""
    for count in counts:
        with suppress(TypeError, ValueError):
            inspect.signature(function).bind(*[None] * count)
            return True
    return False


def _names_in(expression: str) -> list[str]:
    with suppress(SyntaxError, ValueError):  # reported when it is tried
        return [node.id for node in ast.walk(ast.parse(expression)) if isinstance(node, ast.Name)]
    return []


def _declaring_lines(function: Any) -> Iterator[str]:
    """What a function of the contract declares, in capitals, beside it."""
    beside = getattr(function, "__globals__", {})
    for name in DECLARABLE:
        with suppress(ValueError, SyntaxError):
            if name in beside and ast.literal_eval(repr(beside[name])) == beside[name]:
                yield f"{name} = {beside[name]!r}"


class _Sources:
    """The cells of a notebook as files in a folder, each written when it is asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, one: Any) -> str:
        """The file of a class or a function; empty if there is none."""
        functions = (getattr(member, "__func__", member) for member in [one, *vars(one).values()]) if one else ()
        found = (self.placed(function.__code__.co_filename) for function in functions if inspect.isfunction(function))
        return next((file for file in found if Path(file).is_file()), "")

    def placed(self, name: str) -> str:
        """The file for the code with this file name: a file of its own if it is a cell."""
        if (label := _cell_label(name)) and (lines := linecache.getlines(name)):
            path = self._folder / label
            path.write_text("".join(lines), encoding="utf-8")
            return str(path)
        return name


def _cell_label(name: str) -> str:
    """What IPython calls the cell with this file name, such as In[3]; empty if it is none."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    label = shell.compile.format_code_name(name) if shell is not None else None
    return label[1] if label else ""


def _pickled(values: Mapping[str, Any], sources: _Sources) -> bytes:
    try:
        import cloudpickle
    except ModuleNotFoundError:
        needed = "a check of what has no file needs cloudpickle, which is not installed"
        raise UnusableInput(
            f"{needed}; install gradproof with its extra, as `pip install '.[notebook]'` does in a clone"
        ) from None
    reduce_code = cloudpickle.Pickler.dispatch_table[CodeType]

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        """Names the files of the cells in the code."""

        dispatch_table: ClassVar = ChainMap(
            {CodeType: lambda code: reduce_code(code.replace(co_filename=sources.placed(code.co_filename)))},
            cloudpickle.Pickler.dispatch_table,
        )

    file = io.BytesIO()
    try:
        Pickler(file).dump(dict(values))
    except Exception as error:  # whatever the objects raise
        expected = "expected values that can be pickled, with all that they refer to"
        found = f"{type(error).__name__}: {error}".splitlines()[0]
        raise UnusableInput(f"{', '.join(values)}: {expected}, found: {found}; leave out what cannot be") from error
    return file.getvalue()

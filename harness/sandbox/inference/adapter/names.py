"""Names and strings of a file in its adapter."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

_DEFINED = ("backprop", "step", "made", "with_bias_unit", "refuse_unsupported")


def own_name(name: str) -> str:
    """What a name of the file is called in the adapter, which defines some names itself."""
    return f"their_{name}" if name in _DEFINED else name


def renamed(expression: str) -> str:
    """An expression in the names of the file, with their names in the adapter."""
    return re.sub(rf"(?<![\w.])({'|'.join(_DEFINED)})\b", lambda found: own_name(found[0]), expression)


def adapter_names(module: ModuleType) -> dict[str, Any]:
    """What the names stand for in an adapter of this file; `np` is NumPy."""
    return {"np": np, **{own_name(name): value for name, value in vars(module).items()}}


def literal(value: object) -> str:
    """A string in Python, in ASCII and double quotes, or a number."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).encode("ascii", "backslashreplace").decode()
    return repr(value)


def names_in(texts: Sequence[str]) -> set[str]:
    """The names that occur in these pieces of Python."""
    nodes = (node for text in texts for node in ast.walk(ast.parse(text)))
    return {node.id for node in nodes if isinstance(node, ast.Name)}

"""Names and strings of a file in its adapter."""

from __future__ import annotations

import ast
import builtins
import json
from collections.abc import Collection, Sequence
from types import ModuleType
from typing import Any

import numpy as np

GIVEN = frozenset({"widths", "x", "t", "learning_rate"})  # what an expression for a network may use beside the file
_BOUND = """
    ACTIVATIONS BIAS COST DTYPE HALF LEARNING_RATE REDUCTION SIGN SUBGRADIENT
    backprop drive made refuse_unsupported step with_bias_unit _module _spec importlib sys
    b errors item l layer learning_rate m names net network one output outputs parts r returned row rows s sums t
    target unit value w widths x
"""
_RESERVED = frozenset({*dir(builtins), *_BOUND.split()})


def own_name(name: str) -> str:
    """What a name of the file is called in the adapter, which binds some names itself and calls builtins."""
    return f"their_{name}" if name in _RESERVED else name


def renamed(expression: str, names: Collection[str]) -> str:
    """An expression for a network, with what these names of the file are called in the adapter.

    A name in GIVEN is that of the adapter, whatever the file defines.
    """
    tree, theirs = ast.parse(expression, mode="eval"), {name for name in names if own_name(name) != name} - GIVEN
    found = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in theirs:
            node.id, found = own_name(node.id), True
        elif isinstance(node, ast.arg) and node.arg in theirs:
            node.arg, found = own_name(node.arg), True
    return ast.unparse(tree) if found else expression


def adapter_names(module: ModuleType) -> dict[str, Any]:
    """What the names stand for in an adapter of this file; `np` is NumPy, whatever it is in the file."""
    return {**{own_name(name): value for name, value in vars(module).items()}, "np": np}


def python_literal(value: object) -> str:
    """A string in Python, in ASCII and double quotes, or a number."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).encode("ascii", "backslashreplace").decode()
    return repr(value)


def names_in(texts: Sequence[str]) -> set[str]:
    """The names that occur in these pieces of Python."""
    nodes = (node for text in texts for node in ast.walk(ast.parse(text)))
    return {node.id for node in nodes if isinstance(node, ast.Name)}

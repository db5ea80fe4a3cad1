"""The expressions that engines differentiate: a module of definitions for each group."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from harness.layers.definition import Definition


@cache
def known_expressions() -> tuple[Definition, ...]:
    """Every expression, in the order of its module."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))
    modules = (import_module(f"{__name__}.{name}") for name in names)
    return tuple(expression for module in modules for expression in vars(module).get("EXPRESSIONS", ()))

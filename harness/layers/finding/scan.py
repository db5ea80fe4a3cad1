"""The functions and classes of a file, read from its source without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Signature:
    """A function: its name, its parameters without `self`, those of them that have no default, and its line."""

    name: str
    parameters: tuple[str, ...]
    required: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class ClassFound:
    """A class: its name, the names of its bases, its methods by name, the attributes of `self` that it sets."""

    name: str
    bases: tuple[str, ...]
    methods: Mapping[str, Signature]
    attributes: frozenset[str]
    line: int


@dataclass(frozen=True)
class Source:
    """What a file defines at its top level. `mapped`: the entries of LAYERS, a layer's name -> its own names."""

    functions: Mapping[str, Signature] = field(default_factory=dict)
    classes: Mapping[str, ClassFound] = field(default_factory=dict)
    mapped: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def may_have_layers(path: Path) -> bool:
    """Whether a file's text has what every file of layers has; most files of networks do not, and need no parsing."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return any(word in text for word in ("_forward", "_loss", "LAYERS", "def backward", "velocity", "learning_rate"))


def scan(path: Path) -> Source:
    """What a file defines; nothing if it cannot be parsed, which its import reports."""
    try:
        body = ast.parse(path.read_text(encoding="utf-8")).body
    except (SyntaxError, ValueError, RecursionError, MemoryError, OSError):
        return Source()
    functions = {node.name: _signature(node) for node in body if isinstance(node, ast.FunctionDef)}
    classes = {node.name: _class(node) for node in body if isinstance(node, ast.ClassDef)}
    return Source(functions, classes, dict(_layers_mapped(body)))


def _signature(node: ast.FunctionDef, skip: int = 0) -> Signature:
    positional = [one.arg for one in (*node.args.posonlyargs, *node.args.args)][skip:]
    needed = positional[: len(positional) - len(node.args.defaults)] if node.args.defaults else positional
    more = [one.arg for one in node.args.kwonlyargs]
    needed_more = [one for one, default in zip(more, node.args.kw_defaults, strict=True) if default is None]
    return Signature(node.name, (*positional, *more), (*needed, *needed_more), node.lineno)


def _class(node: ast.ClassDef) -> ClassFound:
    methods = {}
    for one in node.body:
        if isinstance(one, ast.FunctionDef):
            is_static = any(getattr(mark, "id", "") == "staticmethod" for mark in one.decorator_list)
            methods[one.name] = _signature(one, skip=0 if is_static else 1)
    attributes = frozenset(
        one.attr
        for one in ast.walk(node)
        if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id == "self"
    )
    return ClassFound(node.name, tuple(map(ast.unparse, node.bases)), methods, attributes, node.lineno)


def _layers_mapped(body: list[ast.stmt]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The entries of LAYERS = {"conv": (forward, backward)}."""
    for node in body:
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)):
            continue
        if any(getattr(target, "id", "") == "LAYERS" for target in node.targets):
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                parts = value.elts if isinstance(value, (ast.Tuple, ast.List)) else [value]
                if isinstance(key, ast.Constant):
                    yield str(key.value), tuple(getattr(part, "id", "") for part in parts)

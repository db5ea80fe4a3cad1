"""The functions and classes of a file, read from its source without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.layers.finding.stubs import is_stub

_WORDS_OF_LAYERS = ("_forward", "_loss", "LAYERS", "def back", "def update", "velocity", "learning_rate")


@dataclass(frozen=True)
class Signature:
    """A function: its name, its parameters without `self`, those of them that have no default, and its line.

    returned: the parts of the value of its last return statement, as they are written; empty if it returns nothing.
    """

    name: str
    parameters: tuple[str, ...]
    required: tuple[str, ...]
    line: int
    returned: tuple[str, ...] = ()
    is_stub: bool = False


@dataclass(frozen=True)
class ClassFound:
    """A class, with what it has from its bases in the same file.

    methods: by name. attributes: the names of attributes of `self`. entries: what attributes that are lists or
    dictionaries hold, each with its key as it is written, such as params -> W: 0, b: 1.
    """

    name: str
    bases: tuple[str, ...]
    methods: Mapping[str, Signature]
    attributes: frozenset[str]
    line: int
    entries: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def derived_from(self, base: ClassFound) -> ClassFound:
        """The class with what it does not define itself taken from a base."""
        attributes = self.attributes | base.attributes
        methods, entries = {**base.methods, **self.methods}, {**base.entries, **self.entries}
        return replace(self, methods=methods, attributes=attributes, entries=entries)


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
    return any(word in text for word in _WORDS_OF_LAYERS)


def scan(path: Path) -> Source:
    """What a file defines; nothing if it cannot be parsed, which its import reports."""
    try:
        body = ast.parse(path.read_bytes()).body  # which heeds a byte order mark, and a line on the coding
    except (SyntaxError, ValueError, RecursionError, MemoryError, OSError):
        return Source()
    functions = {node.name: _signature(node) for node in body if isinstance(node, ast.FunctionDef)}
    classes: dict[str, ClassFound] = {}
    for node in body:
        if isinstance(node, ast.ClassDef):
            found = _class(node)
            for base in found.bases:
                found = found.derived_from(classes[base]) if base in classes else found
            classes[node.name] = found
    return Source(functions, classes, dict(_layers_mapped(body)))


def _signature(node: ast.FunctionDef, skip: int = 0) -> Signature:
    positional = [one.arg for one in (*node.args.posonlyargs, *node.args.args)][skip:]
    needed = positional[: len(positional) - len(node.args.defaults)] if node.args.defaults else positional
    more = [one.arg for one in node.args.kwonlyargs]
    needed_more = [one for one, default in zip(more, node.args.kw_defaults, strict=True) if default is None]
    required, returned = (*needed, *needed_more), _returned_parts(node)
    return Signature(node.name, (*positional, *more), required, node.lineno, returned, is_stub(node))


def _returned_parts(node: ast.FunctionDef) -> tuple[str, ...]:
    """The parts of the last value that a function returns, not those inside of it."""
    values: list[ast.expr] = []
    waiting: list[ast.AST] = list(reversed(node.body))
    while waiting:
        one = waiting.pop()
        if isinstance(one, ast.Return) and one.value is not None and ast.unparse(one.value) != "None":
            values.append(one.value)
        elif not isinstance(one, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
            waiting += reversed(list(ast.iter_child_nodes(one)))
    if not values:
        return ()
    return tuple(map(ast.unparse, values[-1].elts if isinstance(values[-1], ast.Tuple) else [values[-1]]))


def _class(node: ast.ClassDef) -> ClassFound:
    methods = {}
    for one in node.body:
        if isinstance(one, ast.FunctionDef):
            is_static = any(getattr(mark, "id", "") == "staticmethod" for mark in one.decorator_list)
            methods[one.name] = _signature(one, skip=0 if is_static else 1)
    attributes = frozenset(
        ast.unparse(one).removeprefix("self.")
        for one in ast.walk(node)
        if isinstance(one, ast.Attribute) and (_self_attribute(one) or _self_attribute(one.value))
    )
    bases = tuple(map(ast.unparse, node.bases))
    return ClassFound(node.name, bases, methods, attributes, node.lineno, _class_entries(node))


def _class_entries(node: ast.ClassDef) -> dict[str, dict[str, str]]:
    """The names and keys of the entries of attributes that are lists or dictionaries, where the source shows them."""
    found: dict[str, dict[str, str]] = {}
    for one in ast.walk(node):
        for target, value in _assigned_pairs(one):
            attribute = _self_attribute(target)
            if attribute and isinstance(value, (ast.List, ast.Tuple)) and value.elts:
                names = [ast.unparse(part).removeprefix("self.") for part in value.elts]
                found[attribute] = {name: str(n) for n, name in enumerate(names)}
            elif attribute and isinstance(value, ast.Dict):
                names = [str(key.value) for key in value.keys if isinstance(key, ast.Constant)]
                found[attribute] = found.get(attribute, {}) | {name: repr(name) for name in names}
        if isinstance(one, ast.Subscript) and isinstance(one.slice, ast.Constant) and isinstance(one.slice.value, str):
            attribute, key = _self_attribute(one.value), one.slice.value
            if attribute:
                found[attribute] = found.get(attribute, {}) | {key: repr(key)}
    return found


def _assigned_pairs(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """The pairs of target and value of an assignment."""
    if not isinstance(node, ast.Assign):
        return
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from zip(target.elts, node.value.elts, strict=False)
        else:
            yield target, node.value


def _self_attribute(node: ast.expr) -> str:
    is_own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    return node.attr if is_own and isinstance(node, ast.Attribute) else ""


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

"""Functions of a course's skeleton that are not written yet: what they return is only ever None."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def is_stub(node: ast.FunctionDef) -> bool:
    """Whether the results of a function are names that are None throughout; what is called cache does not count.

    A name that is computed from itself, as in `out = out.astype(x.dtype)`, is still None.
    """
    returns = [one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value is not None]
    parts = [part for one in returns for part in (one.elts if isinstance(one, ast.Tuple) else [one])]
    names = {part.id for part in parts if isinstance(part, ast.Name)} - {"cache"}
    if not names or not all(isinstance(part, ast.Name) for part in parts):
        return False
    values: dict[str, list[ast.expr]] = {}
    for name, value in _assigned_values(node):
        values.setdefault(name, []).append(value)
    return all(name in values and _is_none(name, values[name]) for name in names) and not names & _changed_in_place(
        node
    )


def _assigned_values(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Each name that is assigned, with its value; of a tuple without parts, the whole value."""
    for one in ast.walk(node):
        if not isinstance(one, ast.Assign):
            continue
        for target in one.targets:
            if isinstance(target, ast.Name):
                yield target.id, one.value
            elif isinstance(target, ast.Tuple):
                values = one.value.elts if isinstance(one.value, ast.Tuple) else [one.value] * len(target.elts)
                pairs = zip(target.elts, values, strict=False)
                yield from ((part.id, value) for part, value in pairs if isinstance(part, ast.Name))


def _is_none(name: str, values: list[ast.expr]) -> bool:
    return any(map(_is_none_literal, values)) and all(_is_none_literal(one) or _uses(one, name) for one in values)


def _is_none_literal(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _uses(value: ast.expr, name: str) -> bool:
    return any(isinstance(one, ast.Name) and one.id == name for one in ast.walk(value))


def _changed_in_place(node: ast.AST) -> set[str]:
    """The names whose entries are set, or that are added to, or that a loop or a `with` sets."""
    found = set()
    for one in ast.walk(node):
        if isinstance(one, (ast.Subscript, ast.Attribute)) and isinstance(one.ctx, ast.Store):
            found |= {part.id for part in ast.walk(one) if isinstance(part, ast.Name)}
        elif isinstance(one, (ast.AugAssign, ast.For, ast.AnnAssign)):
            found |= {part.id for part in ast.walk(one.target) if isinstance(part, ast.Name)}
    return found

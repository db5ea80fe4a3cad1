"""Files that train when they are imported: the loop that does it, and what to do about it."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

from harness.model.errors import BadFile

_Loop: TypeAlias = "ast.For | ast.While"
_FEWEST_ARGUMENTS = 3  # of a function that can be driven: rows, targets and weights


def is_script(tree: ast.Module) -> bool:
    """Whether the file trains when it is imported, and has no class or function that could be driven instead."""
    has_others = any(
        isinstance(node, ast.ClassDef) or (isinstance(node, ast.FunctionDef) and _may_be_driven(node))
        for node in ast.walk(tree)
    )
    return not has_others and training_loop(tree) is not None


def training_loop(tree: ast.Module) -> _Loop | None:
    """The first loop at the top level that changes variables which it has found, outside of
    `if __name__ == "__main__"`; None if there is none."""
    return next((loop for loop in _loops(tree.body) if _changed(loop, _bound_before(tree, loop))), None)


def script_error(path: Path, tree: ast.Module, reason: str = "it trains when it is imported") -> BadFile:
    """What to say of such a file: the lines of one step as a function, or out of the way if there is a class.

    The tree has a `training_loop`.
    """
    loop = training_loop(tree)
    assert loop is not None
    before = _bound_before(tree, loop)
    if any(isinstance(node, ast.ClassDef) for node in tree.body):
        lines = f"{loop.lineno}-{loop.end_lineno}"
        advice = f'put lines {lines} under `if __name__ == "__main__":`'
    else:
        lines = f"{loop.body[0].lineno}-{loop.end_lineno}"
        changed = ", ".join(_changed(loop, before))
        given = ", ".join(_used_by_step(loop, before))
        advice = f"put lines {lines}, one step, into a function `def train({given}): … return {changed}`"
    return BadFile(path.name, f"{reason}, in the loop that starts here; {advice}", f"line {loop.lineno}")


def _may_be_driven(node: ast.FunctionDef) -> bool:
    return len(node.args.posonlyargs) + len(node.args.args) >= _FEWEST_ARGUMENTS


def _loops(body: Iterable[ast.stmt]) -> Iterator[_Loop]:
    """The loops that run when the file is imported, the outer ones only."""
    for node in body:
        if isinstance(node, (ast.For, ast.While)):
            yield node
        elif isinstance(node, (ast.With, ast.Try)) or (isinstance(node, ast.If) and not _is_main(node.test)):
            yield from _loops(node.body)


def _is_main(test: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(test))


def _bound_before(tree: ast.Module, loop: _Loop) -> list[str]:
    """The variables that have values when the loop starts, in their order, without functions and modules."""
    found: dict[str, None] = {}
    for node in tree.body:
        if node.lineno >= loop.lineno:
            break
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)):
            found.update(dict.fromkeys(_variables(node, ast.Store)))
    return [name for name in found if name not in vars(builtins)]


def _changed(loop: _Loop, before: Iterable[str]) -> list[str]:
    """The variables from before the loop that it changes after it has read them, as weights are."""
    steps = [node for node in ast.walk(loop) if isinstance(node, (ast.Assign, ast.AugAssign))]
    moved = {
        name
        for node in steps
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        for name in _variables(target, (ast.Store, ast.Load))
        if isinstance(node, ast.AugAssign) or name in _variables(node.value, ast.Load)
    }
    return [name for name in before if name in moved]


def _used_by_step(loop: _Loop, before: Iterable[str]) -> list[str]:
    """The variables from before the loop that its body uses."""
    used = {name for node in loop.body for name in _variables(node, (ast.Load, ast.Store))}
    return [name for name in before if name in used]


def _variables(node: ast.AST, context: type[ast.expr_context] | tuple[type[ast.expr_context], ...]) -> list[str]:
    return [one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, context)]

"""What a file offers and declares, read from its source before anything of it runs."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

_COUNTS = {"backprop": (3,), "step": (3, 4)}  # a step with a learning rate of its own may take three
SIGNATURES = {"backprop": "backprop(network, x, t)", "step": "step(network, x, t, learning_rate)"}
_DYNAMIC = ("exec", "globals", "locals", "setattr", "vars")  # calls that may define a name that they have as text


def parsed(path: Path) -> ast.Module:
    """The file as a syntax tree. Raises SyntaxError, ValueError or OSError if it cannot be read as Python."""
    try:
        return ast.parse(path.read_bytes(), str(path))
    except (RecursionError, MemoryError) as error:
        raise ValueError(str(error)) from None


def offers_contract(tree: ast.Module, folder: Path) -> bool:
    """Whether the file may have a `backprop` or a `step` that can be called as the contract calls them.

    `folder` is where its neighbours are, from which it may import all names.
    """
    return bool(_offered(tree, folder, set()))


def other_signatures(tree: ast.Module) -> Iterator[str]:
    """For each function of these names that the contract cannot call, in words how it differs."""
    for node in _statements(tree.body):
        if isinstance(node, ast.FunctionDef) and node.name in SIGNATURES and not _takes_them(node):
            taken = len([*node.args.posonlyargs, *node.args.args])
            counts = f"{taken} argument{'s' if taken != 1 else ''}"
            yield f"its {node.name} takes {counts}, expected {SIGNATURES[node.name]}"


def declared_text(tree: ast.Module, name: str) -> str:
    """The text that the file declares under this name at its top level; empty if there is none."""
    found = ""
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id == name for one in node.targets):
            is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
            found = ast.literal_eval(node.value) if is_text else ""
    return found


def _offered(tree: ast.Module, folder: Path, seen: set[Path]) -> set[str]:
    """The names `backprop` and `step` that are bound at the top level when the file has run."""
    found: set[str] = set()
    for node in _statements(tree.body):
        if isinstance(node, ast.FunctionDef) and node.name == "__getattr__":
            found |= SIGNATURES.keys()
        elif isinstance(node, ast.FunctionDef):
            found |= {node.name} if _takes_them(node) else set()
        elif isinstance(node, ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            found |= _offered_by_neighbour(node, folder, seen)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {one.asname or one.name for one in node.names}
        else:
            found = (found | set(_bound_by(node))) - set(_deleted(node))
    return found & SIGNATURES.keys()


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run in the scope of the module, in their order."""
    for node in body:
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for name in ("body", "handlers", "orelse", "finalbody", "cases"):
                for inner in getattr(node, name, ()):
                    is_statement = isinstance(inner, ast.stmt)
                    yield from _statements([inner] if is_statement else inner.body)


def _takes_them(node: ast.FunctionDef) -> bool:
    """Whether a function takes the arguments of the contract; a decorated one may take others than it shows."""
    arguments = node.args
    most = len(arguments.posonlyargs) + len(arguments.args)
    least = most - len(arguments.defaults)
    counts = _COUNTS.get(node.name, ())
    has_room = any(least <= count and (count <= most or arguments.vararg is not None) for count in counts)
    return bool(counts and node.decorator_list) or (has_room and None not in arguments.kw_defaults)


def _bound_by(node: ast.stmt) -> Iterator[str]:
    """The names that a statement assigns itself, or may assign by their text."""
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr)):
        inside = [*ast.walk(node)]
        yield from (one.id for one in inside if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))
        calls = (one.func for one in inside if isinstance(one, ast.Call))
        if any(isinstance(one, ast.Name) and one.id in _DYNAMIC for one in calls):
            texts = (one.value for one in inside if isinstance(one, ast.Constant) and isinstance(one.value, str))
            yield from (name for text in texts for name in SIGNATURES if name in text)


def _deleted(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.Delete):
        yield from (one.id for one in node.targets if isinstance(one, ast.Name))


def _offered_by_neighbour(node: ast.ImportFrom, folder: Path, seen: set[Path]) -> set[str]:
    """What comes with all names of a file in the same folder; a library offers none."""
    path = folder / f"{(node.module or '').removeprefix('implementations.')}.py"
    if path in seen or not path.is_file():
        return set()
    seen.add(path)
    try:
        return _offered(parsed(path), folder, seen)
    except (OSError, ValueError, SyntaxError):
        return set()

"""Which modules a package imports from itself, and whether its folders form layers."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

MOST_ENTRIES = 12
FRONT = "__init__"  # the layer of the package's own names


def modules(package: Path) -> dict[str, Path]:
    """The files of a package, by the full name of the module."""
    files = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(_root(package)).with_suffix("").parts
        files[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return files


def _root(package: Path) -> Path:
    """The folder from which a package, which may lie within another, is imported."""
    return next(folder for folder in package.parents if not (folder / "__init__.py").exists())


def imports(path: Path, known: Collection[str] = ()) -> list[str]:
    """What a file imports, in the order of the file: imports in functions too, but none under `if TYPE_CHECKING:`.

    `from package import name` is `package.name` where that is in `known`, and `package` otherwise.
    """
    found: list[str] = []
    for node in _at_run_time(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}, line {node.lineno}: relative import; write the full name of the module"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [name if name in known else str(node.module) for name in names]
    return list(dict.fromkeys(found))


def _at_run_time(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for statement in child.orelse:
                yield statement
                yield from _at_run_time(statement)
        else:
            yield child
            yield from _at_run_time(child)


def import_graph(package: Path) -> dict[str, list[str]]:
    """The modules of a package that each of its modules imports."""
    files = modules(package)
    return {module: [name for name in imports(path, files) if name in files] for module, path in files.items()}


def layer_violations(package: Path, layers: Sequence[str | Collection[str]]) -> list[str]:
    """One line for each import that is not allowed, and for each entry of the package without a layer.

    A layer is a folder or a module at the top of the package, and may import what stands left of it in `layers`. A set
    of names is one layer of siblings, which may not import each other. The names of the package itself, in __init__.py,
    stand right of all others where `layers` does not say otherwise.
    """
    siblings = [(layer,) if isinstance(layer, str) else tuple(layer) for layer in layers]
    rank = {FRONT: len(siblings)} | {name: place for place, names in enumerate(siblings) for name in names}
    files, graph = modules(package), import_graph(package)
    depth = len(package.relative_to(_root(package)).parts)
    layer_of = {module: [*module.split("."), FRONT][depth] for module in files}
    there = set(layer_of.values())
    lines = [f"{package.name}: {name} has no layer; add it to the layers" for name in sorted(there - rank.keys())]
    lines += [f"{package.name}: there is no {name}; remove it from the layers" for name in rank if name not in there]
    for module, imported in graph.items():
        path, own = files[module].relative_to(_root(package)).as_posix(), layer_of[module]
        for name in imported:
            other = layer_of[name]
            if own == other or not {own, other} <= rank.keys() or rank[other] < rank[own]:
                continue
            reason = f"layer {own} stands left of {other}" if rank[own] < rank[other] else _independent(own, other)
            lines.append(f"{path} imports {name}: {reason}")
    return lines


def _independent(own: str, other: str) -> str:
    return f"layers {own} and {other} are siblings, which may not import each other"


def circle(graph: Mapping[str, Sequence[str]]) -> str:
    """A circle of imports as `a imports b imports a`; empty where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return " imports ".join(reversed(error.args[1]))
    return ""


def crowded_folders(package: Path) -> list[str]:
    """One line for each folder of a package with more than MOST_ENTRIES entries."""
    lines = []
    for folder in [package, *sorted(path for path in package.rglob("*") if path.is_dir())]:
        count = sum(path.name != "__pycache__" for path in folder.iterdir())
        if folder.name != "__pycache__" and count > MOST_ENTRIES:
            name = folder.relative_to(package.parent).as_posix()
            lines.append(f"{name}: {count} entries, at most {MOST_ENTRIES} are allowed; group some in a folder")
    return lines

"""Import somebody's file where it stands: alone, beside its neighbours, or in its package."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from harness.sandbox.inference.adapter.importing import ImportPath

MOST_FOLDERS = 3  # above the file's own, in which its imports are looked for


def import_file(path: Path) -> tuple[ModuleType, ImportPath]:
    """The module, and how it was imported. Raises whatever the file raises.

    A missing import is looked for in the folders above the file, as if it were run from there.
    """
    where = _in_package(path, path.parent)
    while True:
        try:
            return _imported(path, where), where
        except ImportError as error:
            if (other := _other_place(path, where, error)) is None:
                raise
            where = other


def _in_package(path: Path, folder: Path) -> ImportPath:
    """The file as a module of the packages that it is in, as far as an import can name them."""
    where = ImportPath(path.stem, (str(folder),))
    while (folder / "__init__.py").is_file() and folder.parent != folder:
        folder, inner = folder.parent, folder.name
        longer = ImportPath(f"{inner}.{where.module}", (str(folder),))
        if longer.needs_loader:
            break
        where = longer
    return where


def _other_place(path: Path, where: ImportPath, error: ImportError) -> ImportPath | None:
    """Another way to import the file, after this error; None if there is none."""
    missing = (error.name or "").partition(".")[0]
    if "relative import" in str(error) and "." not in where.module:
        return ImportPath(f"{path.parent.name}.{path.stem}", (str(path.parent.parent), *where.folders[1:]))
    if not missing or missing in sys.modules:
        return None
    for folder in (path.parent, *list(path.parents)[1 : 1 + MOST_FOLDERS]):
        is_there = (folder / missing).is_dir() or (folder / f"{missing}.py").is_file()
        if is_there and str(folder) not in where.folders:
            return ImportPath(where.module, (*where.folders, str(folder)))
    return None


def _imported(path: Path, where: ImportPath) -> ModuleType:
    for folder in where.folders[::-1]:
        if folder not in sys.path:
            sys.path.insert(0, folder)
    if where.needs_loader:
        spec = importlib.util.spec_from_file_location("their_file", path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} is not a Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        return module
    importlib.invalidate_caches()
    return importlib.import_module(where.module)

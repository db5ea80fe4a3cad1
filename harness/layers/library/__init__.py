"""Every layer: a file of a folder here that holds LAYER. A new file is a new layer; nothing else needs an edit."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from harness.layers.definition import Definition


@cache
def known_layers() -> dict[str, Definition]:
    """Every layer, by its name."""
    paths = sorted(Path(__file__).parent.glob("*/[!_]*.py"))
    modules = (import_module(f"{__name__}.{path.parent.name}.{path.stem}") for path in paths)
    return {module.LAYER.name: module.LAYER for module in modules}

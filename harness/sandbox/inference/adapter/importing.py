"""How an adapter imports the file that it drives."""

from __future__ import annotations

import sys
from collections.abc import Collection
from dataclasses import dataclass
from keyword import iskeyword

from harness.sandbox.inference.adapter.names import own_name, python_literal

_NOT_FOR_FILES = frozenset({*sys.stdlib_module_names, "harness", "implementations", "numpy"})


def _is_importable(name: str) -> bool:
    """Whether an `import` statement can have this name in it."""
    return name.isidentifier() and not iskeyword(name)


@dataclass(frozen=True)
class ImportPath:
    """The name under which a file is imported, with the packages that it is in, and the folders that must be searched;
    the file is in the first of them."""

    module: str
    folders: tuple[str, ...]

    @property
    def needs_loader(self) -> bool:
        """Whether no `import` statement can name the file: 15-steps.py, or random.py."""
        parts = self.module.split(".")
        return not all(map(_is_importable, parts)) or parts[0] in _NOT_FOR_FILES

    def lines(self, names: Collection[str]) -> list[str]:
        """The statements that import these names of the file."""
        folders = [f"sys.path.insert(0, {python_literal(one)})" for one in self.folders[::-1]]
        listed = sorted(names)
        if self.needs_loader:
            place = python_literal(f"{self.folders[0]}/{self.module}.py")
            return [
                *("import importlib.util", "import sys", "", "import numpy as np", "", *folders),
                f'_spec = importlib.util.spec_from_file_location("their_file", {place})',
                "_module = importlib.util.module_from_spec(_spec)",
                'sys.modules["their_file"] = _module',
                "_spec.loader.exec_module(_module)",
                *(f"{own_name(name)} = _module.{name}" for name in listed),
            ]
        imported = [name if own_name(name) == name else f"{name} as {own_name(name)}" for name in listed]
        return [
            "import sys",
            "",
            "import numpy as np",
            "",
            *folders,
            f"from {self.module} import {', '.join(imported)}",
        ]

"""Write an adapter to a file of the user's, where it can be read, changed and checked as any other file."""

from __future__ import annotations

import os
from pathlib import Path

from harness.errors import UnusableInput
from harness.sandbox.loading import Implementation

_START = '"""An adapter for '  # of every adapter


def check_place(out: Path, source: Path) -> None:
    """Raise UnusableInput if no adapter for the file `source` can be written to `out`, or something else is there."""
    expected, folder = "expected a new file ending in .py", out.absolute().parent
    if os.path.realpath(out) == os.path.realpath(source):
        raise UnusableInput(f"--write-adapter {out}: {expected}, found the file that is checked; choose another name")
    if out.suffix != ".py":
        raise UnusableInput(f"--write-adapter {out}: {expected}; choose a name such as {source.stem}_adapter.py")
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise UnusableInput(f"--write-adapter {out}: {expected} in a writable folder, found none; choose another")
    if out.exists() and not _is_adapter(out):
        raise UnusableInput(f"--write-adapter {out}: {expected}, found a file that is no adapter; choose another name")


def write_adapter(implementation: Implementation, out: Path) -> None:
    """Write the adapter of an implementation. Raises UnusableInput if it has none, and OSError."""
    if implementation.adapter is None:
        needed = f"{implementation.path.name} offers backprop or step itself: it is checked without an adapter"
        raise UnusableInput(f"--write-adapter {out}: {needed}")
    out.write_text(implementation.adapter.read_text(encoding="utf-8"), encoding="utf-8")


def _is_adapter(path: Path) -> bool:
    try:
        return path.read_text(encoding="utf-8").startswith(_START)
    except (OSError, ValueError):
        return False

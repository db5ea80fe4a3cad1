"""An adapter as a person sees it: in words, and as a file that can be read, changed and checked as any other."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.model.errors import UnusableInput
from harness.sandbox.answers import printable
from harness.sandbox.sources.find import Implementation

_START = '"""An adapter for '  # of every adapter
_LINE_WIDTH = 100


def driven_text(driven: Sequence[str], file: str = "") -> str:
    """How code is driven, as a block of text, with the name of its `file` if that is given; empty for no lines."""
    if not driven:
        return ""
    import textwrap  # few files are driven

    lines = [f"{printable(file)}, driven as it stands:" if file else "Driven as it stands:"]
    lines += [f"  {printable(line)}" for line in driven]
    return "\n".join(
        textwrap.fill(line, _LINE_WIDTH, subsequent_indent="    ", break_on_hyphens=False) for line in lines
    )


def driven_texts(implementations: Iterable[Implementation]) -> str:
    """The same for each of several files that is driven, each block with an empty line after it."""
    blocks = (driven_text(one.driven, one.path.name) for one in implementations)
    return "".join(f"{block}\n\n" for block in blocks if block)


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

"""The files that submissions need on other machines: each file with its neighbours, which it may import.

They are unpacked into a folder of their own, and what is said of them there is said here with the paths of here.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.model.errors import UnusableInput
from harness.sandbox.sources.find import Implementation

FOLDER_BYTES = 2**24  # of a folder
FOLDER_FILES = 2000
_UNSENT = ("__pycache__", "node_modules")  # and what is hidden


@dataclass(frozen=True)
class Luggage:
    """By the path of a folder, the bytes of its files by their paths in it; and those of adapters, by their paths.
    `walls` says whether there must be walls around them, `on` or `off`."""

    folders: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)
    adapters: Mapping[str, bytes] = field(default_factory=dict)
    walls: str = "off"

    def unpacked(self, place: Path) -> Places:
        """Write everything into a folder; where it is now."""
        moved: list[tuple[str, str]] = []
        for number, (folder, files) in enumerate(self.folders.items()):
            new = place / str(number) / Path(folder).name
            for name, data in files.items():
                (new / name).parent.mkdir(parents=True, exist_ok=True)
                (new / name).write_bytes(data)
            moved.append((folder, str(new)))
        for path, data in self.adapters.items():
            new = place / "adapters" / Path(path).name
            new.parent.mkdir(exist_ok=True)
            text = data.decode()
            for old, at in moved:
                text = text.replace(old, at)
            new.write_text(text, encoding="utf-8")
            moved.append((path, str(new)))
        return Places(tuple(moved))


@dataclass(frozen=True)
class Places:
    """Pairs of paths: in the machine that sent the files, and in this one."""

    moved: tuple[tuple[str, str], ...] = ()

    def there(self, path: str) -> str:
        """Where the file is now; what is no file of these stays as it is."""
        found = (new + path[len(old) :] for old, new in self.moved if path == old or path.startswith(old + os.sep))
        return next(found, path)

    def back(self, text: str) -> str:
        """A text with the paths of the machine that sent the files."""
        for old, new in self.moved:
            text = text.replace(new, old)
        return text


def luggage(implementations: Sequence[Implementation]) -> Luggage:
    """What these need on another machine. Raises UnusableInput if a folder is too large to be sent."""
    folders = {folder for one in implementations for folder in _folders(one)}
    outermost = sorted(one for one in folders if folders.isdisjoint(one.parents))
    adapters = {str(one.adapter.resolve()): one.adapter.read_bytes() for one in implementations if one.adapter}
    return Luggage({str(folder): dict(_contents_of_files(folder)) for folder in outermost}, adapters)


def _folders(implementation: Implementation) -> Iterator[Path]:
    """The folders that its file imports from."""
    yield implementation.path.resolve().parent
    if implementation.adapter is not None:
        for node in ast.walk(ast.parse(implementation.adapter.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "sys.path.insert":
                yield Path(ast.literal_eval(node.args[1]))


def _contents_of_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Each file with its bytes. Raises UnusableInput if there are too many of either."""
    count = size = 0
    for path in _paths(folder):
        count, size = count + 1, size + path.stat().st_size
        if count > FOLDER_FILES or size > FOLDER_BYTES:
            limit = f"expected at most {FOLDER_FILES} files and {FOLDER_BYTES >> 20} MiB to send to other machines"
            raise UnusableInput(f"{folder}: {limit}, found more; put what belongs together in a folder of its own")
        yield str(path.relative_to(folder)), path.read_bytes()


def _paths(folder: Path) -> Iterable[Path]:
    for place, inner, names in os.walk(folder):
        inner[:] = sorted(one for one in inner if not one.startswith(".") and one not in _UNSENT)
        yield from (path for name in sorted(names) if (path := Path(place, name)).is_file() and name[0] != ".")

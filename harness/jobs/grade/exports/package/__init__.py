"""A ready autograder archive: the scripts of a course system, the assignment, and gradproof itself.

A folder here is a kind of archive: its files are put at the root of it, those with a `#!` line as programs. The
implementations are left out: nothing needs them to mark, and a submission could call one.
"""

from __future__ import annotations

import io
import re
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from stat import S_IFREG
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from harness.model.errors import UnknownName, UnusableInput, unwritable
from harness.sandbox.sources.find import PROJECT_ROOT

_ARCHIVES = Path(__file__).parent
_HARNESS = PROJECT_ROOT / "harness"
_LEFT_OUT = ("__pycache__", "implementations")
_PACKAGE_NAME = re.compile(r"[\w.-]+")


def package(kind: str, assignment_toml: bytes, out: Path) -> None:
    """Write an autograder archive of this kind, such as "gradescope". The same assignment, gradproof and installed
    packages give the same bytes. Raises UnusableInput for an unknown kind, or where `out` cannot be written."""
    kinds = [path.name for path in _ARCHIVES.iterdir() if path.is_dir() and path.name not in _LEFT_OUT]
    if kind not in kinds:
        raise UnknownName("kind of autograder archive", kind, kinds)
    files = dict(_archive_files(kind, assignment_toml))
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            entry = ZipInfo(name)  # of the first day of zip files' calendar, whenever it is made
            entry.create_system = 3  # Unix, whose permissions follow
            is_program = files[name].startswith(b"#!")
            entry.external_attr = (S_IFREG | (0o755 if is_program else 0o644)) << 16
            archive.writestr(entry, files[name], ZIP_DEFLATED)
    try:
        out.write_bytes(buffer.getvalue())
    except OSError as error:
        raise UnusableInput(unwritable(error, out)) from None


def _archive_files(kind: str, assignment_toml: bytes) -> Iterator[tuple[str, bytes]]:
    for path in (_ARCHIVES / kind).iterdir():
        yield path.name, path.read_bytes()
    yield "assignment.toml", assignment_toml
    ranges = _needed_packages()
    yield "ranges.txt", _lines_of(ranges)
    yield "requirements.txt", _lines_of([f"{name}=={metadata.version(name)}" for name in map(_name_of, ranges)])
    for path in _HARNESS.rglob("*"):
        if path.is_file() and not set(path.parts).intersection(_LEFT_OUT):
            yield f"gradproof/{path.relative_to(PROJECT_ROOT).as_posix()}", path.read_bytes()


def _needed_packages() -> list[str]:
    """The packages that a check needs, with the versions that it may have."""
    project = PROJECT_ROOT / "pyproject.toml"
    if project.is_file():
        return list(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"])
    return [one for one in metadata.requires("gradproof") or () if "extra ==" not in one]


def _name_of(requirement: str) -> str:
    found = _PACKAGE_NAME.match(requirement)
    assert found is not None
    return found[0]


def _lines_of(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()

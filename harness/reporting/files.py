"""The files of reports: where they go, which of them are ours, and how they are written."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path

from harness.model.errors import UnusableInput

_ROOT = Path(__file__).resolve().parents[2]
# In a clone its own folder; if the package is installed, one in the working folder.
REPORTS = _ROOT / "reports" if (_ROOT / "noxfile.py").is_file() else Path("reports")
DATA_FOLDER = "data"  # the folder of what jobs have found, beside their reports
PICTURES = "pictures"
MADE_BY = "made by"  # the first member of a data file
INSTALL = "install gradproof with its extra, as `pip install '.[compare]'` does in a clone"
_NEEDED = ("jinja2", "markdown_it", "tabulate")
_MADE = "<!-- made by `nox"
_OURS = (_MADE, f'{{\n "{MADE_BY}": "nox')


def first_line(command: str) -> str:
    """The first line of every page: which command makes it, and that nobody should edit it."""
    return f"{_MADE} -s {command}`; do not edit -->\n"


def is_ours(path: Path) -> bool:
    """Whether a file is a page or a data file that a command made; a folder is not, nor is an unreadable file."""
    is_readable = path.is_file() and os.access(path, os.R_OK)
    return is_readable and path.read_text(encoding="utf-8", errors="replace").startswith(_OURS)


def check_output_folder(folder: Path, files: Sequence[str], beside: Sequence[str] = ()) -> None:
    """Raise UnusableInput, before anything is computed, if reports cannot be written: these files, index.html, and the
    tables and folders `beside` them, which count as ours only if the folder has a page of ours."""
    from importlib.util import find_spec  # help has no need of it

    for package in _NEEDED:
        if find_spec(package) is None:
            raise UnusableInput(f"reports need {package}, which is not installed; {INSTALL}")
    try:
        for path in (folder, *(folder / name for name in beside if not Path(name).suffix)):
            path.mkdir(parents=True, exist_ok=True)
            if not os.access(path, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    except OSError as error:
        problem = f"{error.filename}: expected a folder to write reports to, found: {error.strerror}"
        raise UnusableInput(f"{problem}; name another with --reports") from None
    for name in (*files, "index.html"):
        _check_ours(folder / name)
    if not any(is_ours(one) for one in folder.glob("*.md")):
        for path in (folder / name for name in beside):
            if path.is_file() or any(path.glob("*")):
                raise UnusableInput(
                    f"{path}: expected nothing there or reports of ours, found others; name another folder"
                )


def _check_ours(path: Path) -> None:
    if path.exists() and path.stat().st_size and not is_ours(path):  # an empty one is what a full disk leaves
        raise UnusableInput(f"{path}: expected a report of ours or no file, found another; name another folder")


def write_page(path: Path, text: str) -> None:
    """Write a page or a data file, in place of an older one of ours. Raises UnusableInput rather than replace another
    file, and OSError."""
    _check_ours(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def files_of(name: str) -> tuple[str, str]:
    """The files of a report, in the folder of the reports."""
    return f"{name}.md", f"{DATA_FOLDER}/{name}.json"

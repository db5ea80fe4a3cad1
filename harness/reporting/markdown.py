"""Reports as Markdown, and the files that they are written to."""

from __future__ import annotations

import errno
import html
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.errors import UnusableInput
from harness.reporting.document import (
    Block,
    Bullets,
    Chapter,
    CodeBlock,
    DataTable,
    Document,
    Fold,
    Image,
    Paragraph,
)

DATA_FOLDER = "data"  # the folder of what jobs have found, beside their reports
PICTURES = "pictures"
MADE_BY = "made by"  # the first member of a data file
_MADE = "<!-- made by `nox"
_OURS = (_MADE, f'{{\n "{MADE_BY}": "nox')


def first_line(command: str) -> str:
    """The first line of every page: which command makes it, and that nobody should edit it."""
    return f"{_MADE} -s {command}`; do not edit -->\n"


def rendered(document: Document, command: str) -> str:
    """A document as a page in Markdown."""
    parts = [first_line(command), f"# {document.title}\n", *(_block_lines(block, 2) for block in document.blocks)]
    return "\n".join(parts)


def _block_lines(block: Block, level: int) -> str:
    """A block, which ends with a line break; `level` is that of a heading in it."""
    match block:
        case Paragraph(text):
            return f"{text}\n"
        case Bullets(items):
            return "".join(f"- {item}\n" for item in items)
        case DataTable():
            return _table_lines(block)
        case Image(name, caption):
            return f"![{block.title}]({PICTURES}/{name}.svg)\n\n*{caption}*\n"
        case CodeBlock(text):
            return f"```text\n{text}\n```\n"
        case Fold(summary, blocks):
            hidden = "\n".join(_block_lines(inner, level) for inner in blocks)
            return f"<details><summary>{html.escape(summary, quote=False)}</summary>\n\n{hidden}\n</details>\n"
        case Chapter(title, blocks, name):
            anchor = f'<a id="{html.escape(name)}"></a>' if name else ""
            heading = f"{'#' * level} {anchor}{title}\n"
            return "\n".join([heading, *(_block_lines(inner, level + 1) for inner in blocks)])


def _table_lines(table: DataTable) -> str:
    from tabulate import tabulate  # slow to import, and only needed to write a page

    heads, *rows = ([cell.replace("|", "\\|") for cell in row] for row in (table.heads, *table.rows))
    return f"{tabulate(rows, heads, tablefmt='github', disable_numparse=True)}\n"


def is_ours(path: Path) -> bool:
    """Whether a file is a page or a data file that a command made; a folder is not, nor is an unreadable file."""
    is_readable = path.is_file() and os.access(path, os.R_OK)
    return is_readable and path.read_text(encoding="utf-8", errors="replace").startswith(_OURS)


def check_file(path: Path) -> None:
    """Raise UnusableInput, before anything is computed, where this file could not be written."""
    if path.is_dir():
        raise UnusableInput(f"{path}: expected the name of a file, found a folder; name a file in it")
    if not path.parent.is_dir():
        raise UnusableInput(f"{path}: expected a file in a folder that is there, found no such folder; name another")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UnusableInput(f"{path}: expected a file that may be written, found that it may not; name another")


def check_folder(folder: Path, files: Sequence[str], beside: Sequence[str] = ()) -> None:
    """Raise UnusableInput, before anything is computed, if reports cannot be written: these files, index.html, and the
    tables and folders `beside` them, which count as ours only if the folder has a page of ours."""
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


def write_data(folder: Path, name: str, command: str, **facts: Any) -> None:
    """Write what a job has found to data/NAME.json, for the page. Raises as `write_page` does."""
    text = json.dumps({MADE_BY: f"nox -s {command}", **facts}, ensure_ascii=False, indent=1, allow_nan=False)
    write_page(folder / DATA_FOLDER / f"{name}.json", f"{text}\n")


def files_of(name: str) -> tuple[str, str]:
    """The files of a report, in the folder of the reports."""
    return f"{name}.md", f"{DATA_FOLDER}/{name}.json"


def write_report(folder: Path, name: str, command: str, document: Document, **facts: Any) -> None:
    """Write a report as NAME.md, and as data/NAME.json together with other facts. Raises as `write_page` does."""
    write_data(folder, name, command, document=document.as_data(), **facts)
    write_page(folder / f"{name}.md", rendered(document, command))

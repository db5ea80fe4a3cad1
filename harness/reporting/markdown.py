"""Reports as Markdown, written together with their data."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

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
from harness.reporting.files import DATA_FOLDER, MADE_BY, PICTURES, first_line, write_page


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


def write_data(folder: Path, name: str, command: str, **facts: Any) -> None:
    """Write what a job has found to data/NAME.json, for the page. Raises as `write_page` does."""
    text = json.dumps({MADE_BY: f"nox -s {command}", **facts}, ensure_ascii=False, indent=1, allow_nan=False)
    write_page(folder / DATA_FOLDER / f"{name}.json", f"{text}\n")


def write_report(folder: Path, name: str, command: str, document: Document, **facts: Any) -> None:
    """Write a report as NAME.md, and as data/NAME.json together with other facts. Raises as `write_page` does."""
    write_data(folder, name, command, document=document.as_data(), **facts)
    write_page(folder / f"{name}.md", rendered(document, command))

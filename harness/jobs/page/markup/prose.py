"""Reports for the page: the documents that jobs have written, and their inline Markdown as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from harness.jobs.page.markup.notation import written
from harness.jobs.page.sections import PAGE_SECTIONS, PageSection
from harness.reporting.document import Document
from harness.reporting.files import DATA_FOLDER
from harness.reporting.reading import read_json

# The sections that show a report, by the file that links name.
_SECTION_OF = {"README.md": "glance"} | {f"{one.report}.md": one.id for one in PAGE_SECTIONS if one.report}


def read_report(folder: Path, section: PageSection) -> Document | None:
    """The report of a section; None if there is no such file. Raises BadFile if it is damaged."""
    found = read_json(folder / DATA_FOLDER / f"{section.report}.json", "a report", section.command)
    return None if found is None else Document.from_data(found.member("document"))


def inline(text: str) -> Markup:
    """Inline Markdown as HTML, with formulas as they are written by hand; HTML in it is shown as text."""
    tokens = _MARKDOWN.parseInline(text)
    for token in tokens:
        _link(token.children or [])
    return Markup(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))


def _link(children: Sequence[Token]) -> None:
    """Let links to reports lead to their sections. Other files do not travel with the page, so it shows their paths."""
    leads = False
    for token in children:
        if token.type == "link_open":
            path, _, anchor = str(token.attrs["href"]).partition("#")
            leads = path.startswith(("http://", "https://")) or path in _SECTION_OF or not path
            if path in _SECTION_OF or not path:
                token.attrs = {"href": f"#{anchor or _SECTION_OF.get(path, '')}"}
            elif not leads:
                token.tag, token.attrs = "span", {"class": "file", "data-path": path.removeprefix("../")}
        elif token.type == "link_close" and not leads:
            token.tag = "span"


def _markdown() -> MarkdownIt:
    made = MarkdownIt("zero").enable(["autolink", "backticks", "emphasis", "entity", "escape", "link"])
    rules = made.renderer.rules  # type: ignore[attr-defined]
    rules["text"] = lambda tokens, number, *_: written(tokens[number].content)
    return made


_MARKDOWN = _markdown()

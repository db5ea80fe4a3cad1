"""The Markdown reports as HTML for the page: nothing of theirs but Markdown, anchors and folds becomes markup."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from harness.jobs.page import sections
from harness.jobs.page.damage import Told, damaged, noting, raised, whole
from harness.jobs.page.notation import written
from harness.jobs.page.svg import Inlined, inlined

# Reports that are a section of the page, by the file that links name, and the commands that make them.
SECTIONS = {section.report: section.id for section in sections.SECTIONS if section.report}
COMMANDS = {section.report: section.command for section in sections.SECTIONS}
_ANCHOR = re.compile(r'<a id="([\w-]+)">')
_FOLD = re.compile(r"<details><summary>(.*)</summary>\s*", re.DOTALL)
_FOLD_ENDS = "</details>"
_MADE = re.compile(r"<!-- made by [^>]*-->\s*")
_TABLE = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)
_BAR = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class Block:
    """A paragraph, a table, a list or a picture with its caption; `kind` is the tag, or `figure`."""

    kind: str
    html: Markup


@dataclass(frozen=True)
class Part:
    """A heading with what follows until the next one of its level; `id` where the report gave it one. What stands
    before the first heading is a part without a title."""

    id: str
    title: Markup
    blocks: tuple[Block, ...]


def parts(path: Path, told: Told = raised) -> tuple[Part, ...]:
    """A report in parts, one for each heading of the second level; the report's own title is left out. Where there is
    no report, there are no parts.

    Raises BadFile where the report is damaged. A picture that is damaged is left out, and `told` is given why.
    """
    text = whole(path, "a report", COMMANDS[path.name])
    if text is None:
        return ()
    _check_tables(path, text)
    tokens = _prepared(_MARKDOWN.parse(text))
    found: list[Part] = []
    heading, blocks = ("", Markup()), list[Block]()
    for group in _groups(tokens, path):
        if group[0].type != "heading_open":
            blocks.append(_block(group, path, told))
        elif group[0].tag == "h2":
            found.append(Part(*heading, _with_captions(blocks)))
            heading, blocks = (str(group[0].attrs.get("id", "")), _inline(group[1])), []
        elif group[0].tag != "h1":
            blocks.append(_block(group, path, told))
    return (*found, Part(*heading, _with_captions(blocks)))


def _check_tables(path: Path, text: str) -> None:
    """Raise BadFile where a row of a table has not as many cells as its head."""
    for table in _TABLE.finditer(text):
        head, *rows = (len(_BAR.findall(line)) - 1 for line in table[0].splitlines())
        for number, cells in enumerate(rows, start=text.count("\n", 0, table.start()) + 2):
            if cells != head:
                problem = f"expected {head} cells in a row of a table, as in its head, found {cells}"
                raise damaged(path, problem, COMMANDS[path.name], f"line {number}")


def _prepared(tokens: Sequence[Token]) -> list[Token]:
    """Tables in boxes of their own, links that lead somewhere, anchors as ids of their headings."""
    for number, (token, following) in enumerate(zip(tokens, [*tokens[1:], None], strict=True)):
        if token.type in ("th_open", "td_open") and following is not None and not following.content:
            token.tag = tokens[number + 2].tag = "td"  # an empty cell heads nothing
        if token.type == "inline":
            _link(token.children or [])
        if token.type == "heading_open" and following is not None and (found := _ANCHOR.match(following.content)):
            token.attrs["id"] = found[1]
            following.children = (following.children or [])[2:]
    return list(tokens)


def _link(children: Sequence[Token]) -> None:
    inside = False
    for token in children:
        if token.type == "link_open":
            path, _, anchor = str(token.attrs["href"]).partition("#")
            inside = path.startswith(("http://", "https://")) or path in SECTIONS or not path
            if path in SECTIONS or not path:
                token.attrs = {"href": f"#{anchor or SECTIONS.get(path, '')}"}
            elif not inside:
                # The page travels without the files beside it, so it says where they are.
                token.tag, token.attrs = "span", {"class": "file", "data-path": path.removeprefix("../")}
        elif token.type == "link_close" and not inside:
            token.tag = "span"


def _groups(tokens: Sequence[Token], path: Path) -> Iterator[list[Token]]:
    """The tokens block by block; a fold is one block. Raises BadFile where one does not end."""
    group: list[Token] = []
    depth = 0
    for token in tokens:
        group.append(token)
        depth += token.nesting
        if token.type == "html_block":
            depth += bool(_FOLD.fullmatch(token.content)) - (token.content.strip() == _FOLD_ENDS)
        if depth <= 0:
            yield group
            group, depth = [], 0
    if group:
        raise damaged(path, "expected the end of a fold, found the end of the file", COMMANDS[path.name])


def _block(group: Sequence[Token], path: Path, told: Told) -> Block:
    """One block of the report at `path` as HTML."""
    first = group[0]
    if first.type == "paragraph_open" and [child.type for child in group[1].children or []] == ["image"]:
        [image] = group[1].children or []
        picture = None
        with noting(told):
            picture = inlined(path.parent / str(image.attrs["src"]), COMMANDS[path.name])
        return Block("figure", _picture(picture, image.content))
    return Block(first.tag or "div", Markup(_MARKDOWN.renderer.render(group, _MARKDOWN.options, {})))


def _picture(picture: Inlined | None, caption: str) -> Markup:
    if picture is None:
        return Markup("<figcaption>{}</figcaption>").format(written(caption))
    told = caption.partition(". ")[0]  # the whole caption stands beneath
    start = Markup("<img alt='Chart: {}' width='{}' height='{}' decoding='async' src='").format(
        told, picture.width, picture.height
    )
    return start + Markup(picture.source) + Markup("'><figcaption>{}</figcaption>").format(written(caption))


def _with_captions(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks, each picture as a figure; the line in italics beneath it is its caption again, and goes."""
    kept = []
    for number, block in enumerate(blocks):
        before = blocks[number - 1] if number else None
        if before is not None and before.kind == "figure" and block.html.startswith("<p><em>"):
            continue
        if block.kind == "figure":
            block = Block("figure", Markup("<figure>{}</figure>").format(block.html))
        kept.append(block)
    return tuple(kept)


def _inline(token: Token) -> Markup:
    return Markup(_MARKDOWN.renderer.render([token], _MARKDOWN.options, {}))


def _html(text: str) -> str:
    """What a report may bring as HTML, and all else as the text that it is."""
    if _MADE.fullmatch(text):
        return ""
    if fold := _FOLD.fullmatch(text):
        return f"<details><summary>{written(unescape(fold[1]))}</summary>"
    return _FOLD_ENDS if text.strip() == _FOLD_ENDS else escape(text)


def _markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": True}).enable("table")
    rules = made.renderer.rules  # type: ignore[attr-defined]
    rules["html_block"] = rules["html_inline"] = lambda tokens, number, *_: _html(tokens[number].content)
    rules["text"] = lambda tokens, number, *_: written(tokens[number].content)
    rules["table_open"] = lambda *_: '<div class="scroll" tabindex="0" role="group" aria-label="A table"><table>'
    rules["table_close"] = lambda *_: "</table></div>"
    rules["th_open"] = lambda tokens, number, *_: '<th scope="col">' if tokens[number].tag == "th" else "<td>"
    rules["heading_open"] = lambda tokens, number, *_: f"<h{int(tokens[number].tag[1]) + 1}>"
    rules["heading_close"] = lambda tokens, number, *_: f"</h{int(tokens[number].tag[1]) + 1}>"
    return made


_MARKDOWN = _markdown()

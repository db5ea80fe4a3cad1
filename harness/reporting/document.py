"""A report as data: a title, and blocks in order. harness.reporting.markdown and the page decide how a report looks.

All text is inline Markdown: *emphasis*, **strong**, `code` and [links](claims.md). `literal` makes it of other text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

from harness.reporting.reading import Value

_MARKUP = re.compile(r"[\\`]|[*~](?=\S)|(?<!\w)_(?=\S)|\](?=[(\[:])|<(?=[\w/!?])|&(?=[\w#])|^[#>+=-]")


def literal(text: str) -> str:
    """Any text as inline Markdown that shows exactly this text, on one line: what could begin markup is escaped."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))


@dataclass(frozen=True)
class Paragraph:
    kind: ClassVar[str] = "paragraph"
    text: str


def paragraphs(text: str) -> tuple[Paragraph, ...]:
    """The paragraphs of a text, separated by empty lines; line breaks within a paragraph do not count."""
    return tuple(Paragraph(" ".join(lines.split())) for lines in text.strip().split("\n\n"))


@dataclass(frozen=True)
class Bullets:
    kind: ClassVar[str] = "list"
    items: tuple[str, ...]


@dataclass(frozen=True)
class DataTable:
    """A table; each row has as many cells as there are heads, else it is a ValueError."""

    kind: ClassVar[str] = "table"
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(self.heads):
                raise ValueError(f"row {number}: expected {len(self.heads)} cells, as in the head, found {len(row)}")

    @classmethod
    def of(cls, heads: Iterable[object], rows: Iterable[Iterable[object]]) -> DataTable:
        """The table of any objects, each as its text."""
        return cls(tuple(map(str, heads)), tuple(tuple(map(str, row)) for row in rows))


@dataclass(frozen=True)
class Image:
    """The picture pictures/NAME.svg beside the report; the name of another folder's file is a ValueError."""

    kind: ClassVar[str] = "image"
    name: str
    caption: str

    def __post_init__(self) -> None:
        if Path(self.name).name != self.name:
            raise ValueError(f"expected the name of a picture, found {self.name!r}")

    @property
    def title(self) -> str:
        """The first sentence of the caption."""
        return self.caption.partition(". ")[0]


@dataclass(frozen=True)
class CodeBlock:
    """Lines that are shown as they are; not Markdown."""

    kind: ClassVar[str] = "code"
    text: str


@dataclass(frozen=True)
class Fold:
    """Blocks that are hidden until a reader opens them; the summary is not Markdown."""

    kind: ClassVar[str] = "fold"
    summary: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Chapter:
    """A heading with the blocks below it; with an id, links can name it."""

    kind: ClassVar[str] = "chapter"
    title: str
    blocks: tuple[Block, ...]
    id: str = ""


Block: TypeAlias = Paragraph | Bullets | DataTable | Image | CodeBlock | Fold | Chapter
_BLOCK_KINDS = {one.kind: one for one in (Paragraph, Bullets, DataTable, Image, CodeBlock, Fold, Chapter)}


@dataclass(frozen=True)
class Document:
    title: str
    blocks: tuple[Block, ...]

    @property
    def lead(self) -> tuple[Block, ...]:
        """The blocks outside of chapters."""
        return tuple(block for block in self.blocks if not isinstance(block, Chapter))

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        return tuple(block for block in self.blocks if isinstance(block, Chapter))

    def images(self) -> Iterator[Image]:
        """Every picture, in order."""
        return _images(self.blocks)

    def as_data(self) -> dict[str, Any]:
        """The document as JSON can hold it."""
        return {"title": self.title, "blocks": [_data_of(block) for block in self.blocks]}

    @classmethod
    def from_data(cls, data: Value) -> Document:
        """The document that `as_data` has written. Raises BadFile if it is damaged."""
        title, blocks = data.members("title", "blocks")
        return cls(title.text(), _blocks(blocks))


def _images(blocks: Sequence[Block]) -> Iterator[Image]:
    for block in blocks:
        if isinstance(block, Image):
            yield block
        elif isinstance(block, Fold | Chapter):
            yield from _images(block.blocks)


def _data_of(block: Block) -> dict[str, Any]:
    found = {field.name: getattr(block, field.name) for field in fields(block)}
    if isinstance(block, Fold | Chapter):
        found["blocks"] = [_data_of(inner) for inner in block.blocks]
    return {"kind": block.kind, **found}


def _blocks(data: Value) -> tuple[Block, ...]:
    return tuple(map(_block_from_data, data.items()))


def _block_from_data(data: Value) -> Block:
    named = data.member("kind")
    kind = _BLOCK_KINDS.get(named.text())
    if kind is None:
        raise named.error(f"one of {', '.join(_BLOCK_KINDS)}")
    names = [field.name for field in fields(kind)]
    _, *members = data.members("kind", *names)
    found: dict[str, Any] = {name: _field(name, member) for name, member in zip(names, members, strict=True)}
    try:
        return kind(**found)
    except ValueError as error:
        raise data.invalid(str(error)) from None


def _field(name: str, data: Value) -> Any:
    match name:
        case "blocks":
            return _blocks(data)
        case "items" | "heads":
            return data.texts()
        case "rows":
            return tuple(row.texts() for row in data.items())
    return data.text()

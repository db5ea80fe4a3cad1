"""Pictures inside the page: an SVG file as a data URI, in as few bytes as it needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from markupsafe import Markup

from harness.jobs.page.markup.compact import SVG, compact
from harness.reporting.reading import damaged, whole

_POINTS_TO_PIXELS = 4 / 3
ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")


@dataclass(frozen=True)
class Inlined:
    """A picture as the value of src in single quotes, and its size in CSS pixels."""

    source: Markup
    width: int
    height: int


def inlined(path: Path, command: str) -> Inlined | None:
    """The SVG file as a data URI; None if there is no such file. In an <img> it cannot run scripts, load anything, or
    use an id twice. Raises BadFile if it is not a picture that the session `command` has made."""
    text = whole(path, "a picture", command)
    if text is None:
        return None
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise damaged(path, f"expected a picture in SVG, found: {error}", command) from None
    size = _svg_size(root)
    if root.tag != f"{{{SVG}}}svg" or size is None:
        raise damaged(path, "expected a picture in SVG, found other XML or no size", command)
    compact(root)
    return Inlined(Markup("data:image/svg+xml," + _quoted(ElementTree.tostring(root, encoding="unicode"))), *size)


def _svg_size(root: ElementTree.Element) -> tuple[int, int] | None:
    """The width and height of the view box, in CSS pixels; None if they are not numbers of a picture's size."""
    try:
        _, _, width, height = map(float, root.get("viewBox", "").split())
    except ValueError:
        return None
    if not (0 < width < 1e5 and 0 < height < 1e5):
        return None
    return round(width * _POINTS_TO_PIXELS), round(height * _POINTS_TO_PIXELS)


def _quoted(svg: str) -> str:
    """Percent signs only for what would end the URI or the attribute around it, which is in single quotes."""
    return svg.replace("%", "%25").replace("#", "%23").replace("&", "%26").replace("'", "%27")

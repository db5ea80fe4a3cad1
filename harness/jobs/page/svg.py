"""Pictures inside the page: an SVG file as a data URI, in half of its bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from harness.jobs.page.damage import damaged, whole

_NUMBER = r"([0-9]{1,5}(?:\.[0-9]+)?)"
_SIZE = re.compile(f'viewBox="0 0 {_NUMBER} {_NUMBER}"')
_ROOT = "{http://www.w3.org/2000/svg}svg"
_LEFT_OUT = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", re.DOTALL)
_POINTS_TO_PIXELS = 4 / 3


@dataclass(frozen=True)
class Inlined:
    """A picture as the value of src, and its size in CSS pixels."""

    source: str
    width: int
    height: int


def inlined(path: Path, command: str) -> Inlined | None:
    """The SVG file as a data URI. In an <img> it cannot run scripts, load anything or clash with ids elsewhere. None
    where there is no such file. Raises BadFile where it is no picture that the session `command` has made."""
    text = whole(path, "a picture", command)
    if text is None:
        return None
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise damaged(path, f"expected a picture in SVG, found: {error}", command) from None
    size = _SIZE.search(text)
    if root.tag != _ROOT or size is None:
        raise damaged(path, "expected a picture in SVG, found other XML or no size", command)
    width, height = (round(float(one) * _POINTS_TO_PIXELS) for one in size.groups())
    return Inlined(f"data:image/svg+xml,{_quoted(_short(text))}", width, height)


def _short(svg: str) -> str:
    """The same picture without what only a person who reads the file needs."""
    short = _LEFT_OUT.sub("", svg)
    short = re.sub(r' d="[^"]*"', lambda found: _path(found[0]), short)
    short = re.sub(r' style="[^"]*"', lambda found: found[0].replace(": ", ":").replace("; ", ";"), short)
    return re.sub(r"\s+", " ", re.sub(r">\s+<", "><", short)).strip()


def _path(text: str) -> str:
    return " d" + re.sub(r"\s*([MLCQZmlcqz])\s*", r"\1", text[2:])


def _quoted(svg: str) -> str:
    """Percent signs only for what would end the URI or the attribute around it, which is in single quotes."""
    return svg.replace("%", "%25").replace("#", "%23").replace("&", "%26").replace("'", "%27")

"""Pictures inside the page: an SVG file as a data URI, in half of its bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_SIZE = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
_LEFT_OUT = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", re.DOTALL)
_POINTS_TO_PIXELS = 4 / 3


@dataclass(frozen=True)
class Inlined:
    """A picture as the value of src, and its size in CSS pixels."""

    source: str
    width: int
    height: int


def inlined(path: Path) -> Inlined:
    """The SVG file as a data URI. In an <img> it cannot run scripts, load anything or clash with ids elsewhere."""
    text = path.read_text(encoding="utf-8")
    size = _SIZE.search(text)
    width, height = (round(float(one) * _POINTS_TO_PIXELS) for one in (size.groups() if size else (0, 0)))
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

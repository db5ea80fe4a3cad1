"""Pictures in fewer bytes that look the same: what an SVG file says again and again is said once."""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree

SVG = "http://www.w3.org/2000/svg"
_TEXTS = {f"{{{SVG}}}{name}" for name in ("text", "tspan", "title", "style")}
_GROUP, _SHEET, _METADATA = (f"{{{SVG}}}{name}" for name in ("g", "style", "metadata"))


def compact(root: ElementTree.Element) -> None:
    """Shorten an SVG image in place: no metadata, no blanks that do not show, no groups and ids that nothing refers to,
    and a class in place of a style that many elements have."""
    for metadata in root.findall(_METADATA):
        root.remove(metadata)
    for element in root.iter():
        _shorten(element)
    _remove_ids(root)
    _unwrap_groups(root)
    _share_styles(root)


def _shorten(element: ElementTree.Element) -> None:
    """Leave out blanks that do not show."""
    if element.tag not in _TEXTS and not (element.text or "").strip():
        element.text = None
    if not (element.tail or "").strip():
        element.tail = None
    if path := element.get("d"):
        element.set("d", "".join(_spaced(path.split())))
    if style := element.get("style"):
        element.set("style", style.replace(": ", ":").replace("; ", ";"))


def _spaced(words: list[str]) -> list[str]:
    """The words of a path; only two numbers need a blank between them."""
    pairs = zip(["M", *words], words, strict=False)
    return [word if before.isalpha() or word.isalpha() else f" {word}" for before, word in pairs]


def _remove_ids(root: ElementTree.Element) -> None:
    """Remove the ids that no other attribute names."""
    values = [value for element in root.iter() for name, value in element.items() if "#" in value and name != "id"]
    named = " ".join(values)
    for element in root.iter():
        if f"#{element.get('id')}" not in named:
            element.attrib.pop("id", None)


def _unwrap_groups(element: ElementTree.Element) -> None:
    """Put the content of groups without attributes in their place."""
    children = list[ElementTree.Element]()
    for child in element:
        _unwrap_groups(child)
        is_bare = child.tag == _GROUP and not child.attrib and not child.text and not child.tail
        children += child if is_bare else [child]
    element[:] = children


def _share_styles(root: ElementTree.Element) -> None:
    """Name a style that several elements have in one style sheet, which then applies to their class.

    A class is as strong as the attribute was: the one rule of matplotlib is for all elements and is weaker than both.
    """
    counts = Counter(element.get("style", "") for element in root.iter() if "class" not in element.attrib)
    shared = [style for style, count in counts.items() if style and count > 1]
    names = {style: f"s{number}" for number, style in enumerate(shared)}
    for element in root.iter():
        if "class" not in element.attrib and element.get("style") in names:
            element.set("class", names[element.attrib.pop("style")])
    if names:
        sheet = ElementTree.Element(_SHEET)
        sheet.text = "".join(f".{name}{{{style}}}" for style, name in names.items())
        root.insert(0, sheet)

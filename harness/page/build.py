"""The page itself: templates, styles, scripts, pictures and data, in one file that loads nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from harness.markdown import made, write_page
from harness.page import data, mistakes, prose, worked
from harness.page.notation import written

PAGE = "index.html"
_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Section:
    """A section of the page: the id that links name, its title, the command that makes its report, and the template."""

    id: str
    title: str
    command: str
    template: str


# To add a section is a line here, and one for its style and its script; its data are a line of `_data`.
SECTIONS = (
    Section("glance", "At a glance", "compare", "glance.html"),
    Section("side-by-side", "Side by side", "report", "worked.html"),
    Section("claims", "Claims", "claims", "claims.html"),
    Section("training", "Training", "train", "report.html"),
    Section("mistakes", "Mistakes", "mistakes", "mistakes.html"),
    Section("proofs", "Proofs", "prove", "report.html"),
    Section("sensitivity", "Sensitivity", "peers", "report.html"),
    Section("benchmarks", "Benchmarks", "bench", "report.html"),
)
STYLES = ("page.css", "glance.css", "worked.css", "reports.css", "print.css")
SCRIPTS = (
    *("page.js", "address.js", "summary.js", "matrix.js", "filters.js", "dialog.js", "kills.js"),
    *("worked_text.js", "worked_drawing.js", "start.js", "worked.js"),
)


def write(folder: Path) -> Path:
    """Build index.html from the reports of a folder, into that folder.

    Raises UnusableInput where a file of another's stands in the way or the table is not ours, and OSError.
    """
    write_page(folder / PAGE, build(folder))
    return folder / PAGE


def build(folder: Path) -> str:
    """The page as text, the same to the byte for the same reports. What has not been run is said, not missed."""
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["written"] = written
    embedded = _data(folder)
    script = _read(SCRIPTS)
    return environment.get_template("page.html").render(
        made=Markup(made("report").strip()),
        sections=SECTIONS,
        answer=data.answer(embedded),
        reports=_reports(folder),
        cards=mistakes.cards(embedded["kills"]),
        kill_cases=len(embedded["kills"]["cases"]),
        style=Markup(_read(STYLES)),
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        data=Markup(as_json(embedded)),
    )


def _data(folder: Path) -> dict[str, Any]:
    """All that the scripts read."""
    return {**data.results(folder), "kills": mistakes.matrix(folder), "worked": worked.data()}


def _reports(folder: Path) -> dict[str, tuple[prose.Part, ...]]:
    """The Markdown reports that are there, by the section that they are."""
    present = {section: folder / name for name, section in prose.SECTIONS.items() if (folder / name).is_file()}
    return {section: prose.parts(path) for section, path in present.items() if section != "glance"}


def as_json(value: Any) -> str:
    """JSON that can stand inside a <script>: no text in it can end the element or begin a comment."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _read(names: tuple[str, ...]) -> str:
    return "".join((_HERE / name).read_text(encoding="utf-8") for name in names)

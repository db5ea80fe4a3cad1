"""The page: templates, styles, scripts, pictures and data in one file that loads nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from harness.jobs.page import data, mistakes
from harness.jobs.page.alternatives import read_alternatives
from harness.jobs.page.damage import Warn, raised, reported
from harness.jobs.page.markup import prose
from harness.jobs.page.markup.notation import with_marks, written
from harness.jobs.page.markup.svg import Inlined, inlined
from harness.jobs.page.sections import PAGE_SECTIONS, PageSection
from harness.jobs.page.worked import networks
from harness.model.errors import BadFile
from harness.reporting.document import Document
from harness.reporting.files import PICTURES, first_line, write_page

_HERE = Path(__file__).resolve().parent
STYLES = ("page.css", "glance.css", "worked.css", "reports.css", "print.css")
SCRIPTS = (
    *("page.js", "address.js", "summary.js", "matrix.js", "filters.js", "dialog.js", "kills.js"),
    *("worked_text.js", "worked_drawing.js", "start.js", "worked.js", "alternatives.js"),
)


def write_index(folder: Path, warn: Warn = raised) -> Path:
    """Build index.html from the data of a folder of reports, into that folder; `warn` is called for each damaged file.

    Raises UnusableInput if a file that is not ours is in the way, and OSError.
    """
    page = folder / "index.html"
    write_page(page, build(folder, warn))
    return page


def build(folder: Path, warn: Warn = raised) -> str:
    """The page as text, the same to the byte for the same data. A section without data says which command makes them; a
    section with damaged data says so, and `warn` is called."""
    damages: dict[str, list[BadFile]] = {section.id: [] for section in PAGE_SECTIONS}
    results, kills, alternatives = data.NO_RESULTS, mistakes.Kills(), None
    reports: dict[str, Document | None] = {}
    pictures: dict[str, Inlined | None] = {}
    for section in PAGE_SECTIONS:
        note = damages[section.id].append
        with reported(note):
            if section.id == "glance":
                results = data.results(folder, note)
            elif section.report:
                report = prose.read_report(folder, section)
                if section.id == "mistakes":
                    kills, alternatives = mistakes.read_kills(folder), read_alternatives(folder)
                reports[section.id] = report
                pictures |= _page_pictures(folder, section, report, note)
    for error in chain.from_iterable(damages.values()):
        warn(error)
    parts = {"kills": kills.as_data(), "alternatives": alternatives, "worked": networks.data()}
    script, template = _read("js", SCRIPTS), _templates().get_template("page.html")
    return template.render(
        made=Markup(first_line("report").strip()),
        sections=PAGE_SECTIONS,
        answer=data.headline(results),
        reports=reports,
        pictures=pictures,
        kills=kills,
        damaged={name: [os.path.relpath(error.file, folder) for error in found] for name, found in damages.items()},
        table_is_lost=bool(damages["glance"]) and results is data.NO_RESULTS,
        style=Markup(_read("css", STYLES)),
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        data=Markup(script_json({**results, **parts})),
    )


def _page_pictures(
    folder: Path, section: PageSection, report: Document | None, warn: Warn
) -> dict[str, Inlined | None]:
    """The pictures of a report by name; None for one that is missing or damaged."""
    found: dict[str, Inlined | None] = {}
    for image in report.images() if report else ():
        found[image.name] = None
        with reported(warn):
            found[image.name] = inlined(folder / PICTURES / f"{image.name}.svg", section.command)
    return found


@cache
def _templates() -> Environment:
    """The templates, kept because they take longer to compile than to fill in."""
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"written": written, "marked": with_marks, "inline": prose.inline}
    return environment


def script_json(value: Any) -> str:
    """JSON that can stand inside a <script>: no text in it can end the element or begin a comment."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _read(kind: str, names: tuple[str, ...]) -> str:
    """Static files of one kind, css or js, one after the other."""
    return "".join((_HERE / "static" / kind / name).read_text(encoding="utf-8") for name in names)

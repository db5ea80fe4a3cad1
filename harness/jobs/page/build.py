"""The page itself: templates, styles, scripts, pictures and data, in one file that loads nothing."""

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

from harness.errors import BadFile
from harness.jobs.page import data, mistakes, prose
from harness.jobs.page.damage import Told, noting, raised
from harness.jobs.page.notation import written
from harness.jobs.page.sections import SECTIONS
from harness.jobs.page.worked import networks
from harness.reporting.markdown import made, write_page

PAGE = "index.html"
_HERE = Path(__file__).resolve().parent
STYLES = ("page.css", "glance.css", "worked.css", "reports.css", "print.css")
SCRIPTS = (
    *("page.js", "address.js", "summary.js", "matrix.js", "filters.js", "dialog.js", "kills.js"),
    *("worked_text.js", "worked_drawing.js", "start.js", "worked.js"),
)


def write(folder: Path, told: Told = raised) -> Path:
    """Build index.html from the reports of a folder, into that folder. `told` is given each report that is damaged.

    Raises UnusableInput where a file of another's stands in the way, and OSError.
    """
    write_page(folder / PAGE, build(folder, told))
    return folder / PAGE


def build(folder: Path, told: Told = raised) -> str:
    """The page as text, the same to the byte for the same reports. What has not been run is said, not missed, and so is
    what is damaged: its section says it, and `told` is given it."""
    damages: dict[str, list[BadFile]] = {section.id: [] for section in SECTIONS}
    results, kills = data.NOTHING, mistakes.NOTHING
    reports: dict[str, tuple[prose.Part, ...]] = {}
    for section in SECTIONS:
        note = damages[section.id].append
        with noting(note):
            if section.id == "glance":
                results = data.results(folder, note)
            elif section.report:
                parts = prose.parts(folder / section.report, note)
                if section.id == "mistakes":
                    kills = mistakes.matrix(folder)
                reports[section.id] = parts
    for error in chain.from_iterable(damages.values()):
        told(error)
    script, template = _read(SCRIPTS), _templates().get_template("page.html")
    return template.render(
        made=Markup(made("report").strip()),
        sections=SECTIONS,
        answer=data.answer(results),
        reports=reports,
        cards=mistakes.cards(kills),
        kill_cases=len(kills["cases"]),
        damaged={name: [os.path.relpath(error.file, folder) for error in found] for name, found in damages.items()},
        table_is_lost=bool(damages["glance"]) and results is data.NOTHING,
        style=Markup(_read(STYLES)),
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        data=Markup(as_json({**results, "kills": kills, "worked": networks.data()})),
    )


@cache
def _templates() -> Environment:
    """The templates, which take longer to compile than to fill in."""
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["written"] = written
    return environment


def as_json(value: Any) -> str:
    """JSON that can stand inside a <script>: no text in it can end the element or begin a comment."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _read(names: tuple[str, ...]) -> str:
    return "".join((_HERE / name).read_text(encoding="utf-8") for name in names)

"""The pages, as name → text: `feedback/STUDENT.html` for each student, and `class.html`."""

from __future__ import annotations

import shlex
from functools import cache
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from harness.jobs.grade.exports import ClassResults
from harness.jobs.grade.exports.readable import points_text
from harness.jobs.grade.exports.shown import days_text, status_sentence
from harness.jobs.grade.pages import overview, pictures
from harness.jobs.grade.record import JUDGED, Record
from harness.jobs.page.markup.notation import written

_FOLDER = Path(__file__).resolve().parent
_LONGEST_NAME = 120  # characters of a name that is shown


def feedback_pages(results: ClassResults) -> dict[str, str]:
    """`feedback/STUDENT.html` for each student: the mark by parts and what is wrong, as far as `show` allows. Nothing
    of other students is in it. The same results give the same bytes."""
    template = _page_templates().get_template("feedback.html")
    return {
        f"feedback/{name}.html": template.render(title=results.title, record=shown, repeat=_repeat_command(shown))
        for name, shown in zip(results.names, results.shown, strict=True)
    }


def class_page(results: ClassResults) -> str:
    """The page for the teacher, `class.html`, beside the folder `feedback`. It has names and right answers. The same
    results and the same matplotlib give the same bytes."""
    records = results.records
    links = {
        record.student: f"feedback/{quote(name)}.html" for record, name in zip(records, results.names, strict=True)
    }
    parts = overview.part_counts(records)
    judged = overview.handed_in(records)
    return (
        _page_templates()
        .get_template("class.html")
        .render(
            title=results.title,
            records=records,
            links=links,
            submitted=judged,
            outcomes=overview.outcomes(records),
            marks=overview.mark_summary(judged),
            parts=parts,
            mistakes=overview.mistakes_by_frequency(records),
            groups=overview.same_formulas(records),
            failures=overview.failures(records),
            missing=[record for record in records if record.status == "missing"],
            marks_picture=pictures.marks_picture([record.points for record in judged], _highest(records)),
            parts_picture=pictures.parts_picture(parts),
        )
    )


def _highest(records: tuple[Record, ...]) -> float:
    return max((record.of_points for record in records), default=0.0)


def _repeat_command(record: Record) -> str:
    """The command that checks the student's file again, or empty."""
    return f"gradproof check {shlex.quote(record.main)}" if record.status == JUDGED and record.main else ""


def _shortened(text: str, longest: int = _LONGEST_NAME) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"


@cache
def _page_templates() -> Environment:
    """The templates, kept because they take longer to compile than to fill in."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"written": written, "points": points_text, "days": days_text, "short": _shortened}
    environment.tests["judged"] = lambda record: record.status == JUDGED
    environment.globals |= {
        "style": Markup((_FOLDER / "style.css").read_text(encoding="utf-8")),
        "status_sentence": status_sentence,
    }
    return environment

"""Write what there is of a class: for other programs, for students and for the teacher."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from harness.jobs.grade.exports import ClassResults, Exporter, exporters
from harness.model.errors import UnknownName, UnusableInput, unwritable
from harness.reporting.files import INSTALL

PAGES = "pages"


def chosen_writers(names: str | None) -> Mapping[str, Exporter]:
    """The writers of these comma-separated formats, or of all. Raises UnusableInput, before anything is computed."""
    known = [*exporters(), PAGES]
    chosen = known if names is None else [name.strip() for name in names.split(",") if name.strip()]
    if names == "help" or not chosen:
        raise UnusableInput(f"--write: expected some of {', '.join(known)}, comma-separated, or leave it out for all")
    for name in chosen:
        if name not in known:
            raise UnknownName("format", name, known)
    found = {name: one for name, one in exporters().items() if name in chosen}
    if PAGES in chosen:
        for package in ("jinja2", "matplotlib"):
            if find_spec(package) is None:
                formats = ",".join(exporters())
                raise UnusableInput(f"pages need {package}, which is not installed; {INSTALL}, or --write {formats}")
        found[PAGES] = _all_pages
    return found


def _all_pages(results: ClassResults) -> dict[str, str]:
    from harness.jobs.grade.pages.build import class_page, feedback_pages  # other formats need no jinja2

    return {**feedback_pages(results), "class.html": class_page(results)}


def write_results(results: ClassResults, writers: Mapping[str, Exporter], out: Path) -> list[str]:
    """Write the files of each writer; their names. What an earlier run wrote of students who are gone is removed.

    Raises UnusableInput for what cannot be written.
    """
    written = list[str]()
    for write in writers.values():
        for name, text in write(results).items():
            path = out / name
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            except OSError as error:
                raise UnusableInput(unwritable(error, path)) from None
            written.append(name)
    for folder in {(out / name).parent for name in written if "/" in name}:
        kept = {path for path in map(out.joinpath, written) if path.parent == folder}
        for path in folder.iterdir():
            if path not in kept and path.is_file():
                path.unlink(missing_ok=True)
    return written

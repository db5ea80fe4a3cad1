"""The sections of the page, in order, and the reports that they show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PageSection:
    """A section of the page: the id that links name, its title, the command that makes its data, the template, and the
    name of its report, as in claims.md and data/claims.json, if it shows one."""

    id: str
    title: str
    command: str
    template: str
    report: str = ""


# A new section is a line here, a template, and where it needs them a style, a script and data in `build.build`.
PAGE_SECTIONS = (
    PageSection("glance", "At a glance", "compare", "glance.html"),
    PageSection("side-by-side", "Side by side", "report", "worked.html"),
    PageSection("claims", "Claims", "claims", "claims.html", "claims"),
    PageSection("training", "Training", "train", "report.html", "training"),
    PageSection("mistakes", "Mistakes", "mistakes", "mistakes.html", "mistakes"),
    PageSection("layers", "Layers", "layers", "report.html", "layers"),
    PageSection("proofs", "Proofs", "prove", "report.html", "proof"),
    PageSection("sensitivity", "Sensitivity", "peers", "report.html", "sensitivity"),
    PageSection("benchmarks", "Benchmarks", "bench", "report.html", "benchmarks"),
)

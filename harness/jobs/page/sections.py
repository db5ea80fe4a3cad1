"""The sections of the page, in order, and the reports that they show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """A section of the page: the id that links name, its title, the command that makes its report, the template, and
    the report by the file that links name, where there is one."""

    id: str
    title: str
    command: str
    template: str
    report: str = ""


# To add a section is a line here, and one for its style and its script; its data are a line of `build.build`.
SECTIONS = (
    Section("glance", "At a glance", "compare", "glance.html", "README.md"),
    Section("side-by-side", "Side by side", "report", "worked.html"),
    Section("claims", "Claims", "claims", "claims.html", "claims.md"),
    Section("training", "Training", "train", "report.html", "training.md"),
    Section("mistakes", "Mistakes", "mistakes", "mistakes.html", "mistakes.md"),
    Section("proofs", "Proofs", "prove", "report.html", "proof.md"),
    Section("sensitivity", "Sensitivity", "peers", "report.html", "sensitivity.md"),
    Section("benchmarks", "Benchmarks", "bench", "report.html", "benchmarks.md"),
)

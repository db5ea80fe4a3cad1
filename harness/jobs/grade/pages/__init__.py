"""A page for the class, and one for each student."""

from __future__ import annotations

from harness.jobs.grade.exports import ClassResults


def class_pages(results: ClassResults) -> dict[str, str]:
    """The pages by their names."""
    return {}

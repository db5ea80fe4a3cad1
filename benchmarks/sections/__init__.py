"""The sections of the report: one module each, found by its `SECTION`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from benchmarks.report.section import ReportSection


@cache
def all_sections() -> tuple[ReportSection, ...]:
    """The `SECTION` of every module in this folder, in the order of the report."""
    modules = (importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))
    sections: list[ReportSection] = [module.SECTION for module in modules]
    return tuple(sorted(sections, key=lambda section: section.position))

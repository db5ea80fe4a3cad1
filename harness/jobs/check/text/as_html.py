"""The result of a check as HTML for a notebook: a fragment without scripts, which takes its colours from the page."""

from __future__ import annotations

import re
from html import escape

from harness.jobs.check.run import CheckResult
from harness.jobs.check.text import error_rows, report_parts

_GREEN, _AMBER, _RED, _GREY = "#1a7f37", "#9a6700", "#cf222e", "#6e7781"  # readable on white and on black
_VERDICT_COLOURS = {"agrees": _GREEN, "wrong": _RED, "failed": _RED, "unsupported": _GREY, "cannot tell": _GREY}
# What differs between formulas, in a terminal's colours.
_MARKED = re.compile("\x1b\\[1;3([12])m(.*?)\x1b\\[0m", re.DOTALL)
_FOLDED = ("driven", "support", "notes", "refusals")
_PRE = "margin: 0.6em 0; padding: 0; background: none; font-size: 0.95em; line-height: 1.45; white-space: pre-wrap"
_CELL = "padding: 0.1em 0.9em; text-align: right"


def report_html(check: CheckResult, rerun: str) -> str:
    """The whole result, the verdict first; `rerun` is what shows a failing case, or empty."""
    parts = report_parts(check, rerun, is_coloured=True)
    verdict, counts = parts.pop("headline").split("\n", 1)
    colour = _VERDICT_COLOURS.get(check.verdict, _AMBER)
    head = f'<div style="font-size: 1.15em; font-weight: 600; color: {colour}">{escape(verdict)}</div>'
    frame = f"max-width: 62em; padding: 0.2em 1em; border-left: 4px solid {colour}; text-align: left"
    shown = "".join(_part_html(name, text, check) for name, text in parts.items())
    return f'<div style="{frame}">{head}<div>{escape(counts)}</div>{shown}</div>'


def _part_html(name: str, text: str, check: CheckResult) -> str:
    if name == "errors" and "\n" in text:
        return f"<div>{escape(text.partition(chr(10))[0])}</div>{_table_html(error_rows(check))}"
    if name in _FOLDED:
        head, lines = ("What it supports", text) if name == "support" else text.split("\n", 1)
        return f"<details><summary>{escape(head.removesuffix(':'))}</summary>{_block_html(lines)}</details>"
    return _block_html(text)


def _block_html(text: str) -> str:
    return f'<pre style="{_PRE}">{_MARKED.sub(_mark, escape(text))}</pre>'


def _mark(found: re.Match[str]) -> str:
    return f'<b style="color: {_RED if found[1] == "1" else _GREEN}">{found[2]}</b>'


def _table_html(rows: list[list[str]]) -> str:
    head, *body = rows
    lines = ["".join(f'<th style="{_CELL}">{escape(cell)}</th>' for cell in head)]
    lines += ["".join(f'<td style="{_CELL}">{escape(cell)}</td>' for cell in row) for row in body]
    return f'<table style="margin: 0.4em 0">{"".join(f"<tr>{line}</tr>" for line in lines)}</table>'

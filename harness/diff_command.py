"""The command `diff`: what has changed between two tables of results."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.changes import Change

FEW = 30  # changes of one kind that are listed


def run_diff(options: argparse.Namespace) -> int:
    from harness.changes import changes, read

    found = changes(read(options.old), read(options.new))
    _show("Verdicts that have got worse", found.worse)
    _show("Other verdicts that have changed", found.other)
    _show("Digits", found.digits)
    counts = f"{len(found.worse)} worse, {len(found.other)} other verdicts, {len(found.digits)} digits"
    print(f"{counts} changed, of {found.rows} rows.")
    return 1 if found.worse else 0


def _show(title: str, listed: Sequence[Change]) -> None:
    if listed:
        print(f"{title}:")
        for one in listed[:FEW]:
            print(f"  {one.name}: {one.before or 'nothing'} -> {one.now or 'nothing'}")
        if len(listed) > FEW:
            print(f"  and {len(listed) - FEW} more")

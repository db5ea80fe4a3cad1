"""The command `layers`."""

from __future__ import annotations

import argparse

from harness.jobs import Command, Finished
from harness.reporting.files import REPORTS, check_output_folder, files_of


def _arguments(_: argparse.ArgumentParser) -> None:
    """It has none."""


def _run(_: argparse.Namespace) -> Finished:
    from harness.jobs.evidence.layers.report import layer_facts, layers_document
    from harness.jobs.evidence.layers.run import found_of
    from harness.layers.library import known_layers
    from harness.reporting.markdown import write_report

    check_output_folder(REPORTS, files_of("layers"))
    found = []
    for layer in known_layers().values():
        one = found_of(layer)
        found.append(one)
        worst = max(row.worst for row in one.agreements)
        named = sum(row.is_named for row in one.mistakes)
        print(
            f"{layer.name}: {len(one.agreements)} formulations, largest error / bound {worst:.2g}; "
            f"{named} of {len(one.mistakes)} mistakes named",
            flush=True,
        )
    write_report(REPORTS, "layers", "layers", layers_document(found), **layer_facts(found))
    print(f"Report: {REPORTS / 'layers.md'}")
    return Finished(0 if all(one.is_sound for one in found) else 1, REPORTS)


COMMANDS = (
    Command("layers", "try every layer by every formulation, and its mistakes before other checks", _arguments, _run),
)

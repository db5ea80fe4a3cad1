"""The command `check` on a file of layers."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from harness.jobs import check_command, check_json_file
from harness.layers.check import LayerResult, check_layers
from harness.layers.finding.find import is_of_layers, plans_of
from harness.layers.finding.functions import mapping_faults, unknown_pairs
from harness.layers.finding.plan import LayerCall
from harness.layers.finding.scan import Source, scan
from harness.layers.finding.settle import settled
from harness.layers.text import report_lines
from harness.model.errors import UnusableInput
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import Limits
from harness.sandbox.sources.scope import scope_of_file

FAULTS = {"failed", "wrong", "inaccurate", "cannot tell"}  # verdicts that make the exit status 1
NEEDLESS = ("make", "cost", "write_adapter")  # options of networks


def layers_in(path: Path) -> Source | None:
    """What a file defines, if it is a file of layers; None if it is not."""
    source = scan(path)
    return source if is_of_layers(source) else None


def check_layer_file(options: argparse.Namespace, path: Path, source: Source, server: Server) -> int:
    """Check a file's layers and print the result; the exit status. Raises UnusableInput for options that do not fit."""
    for name in NEEDLESS:
        if getattr(options, name):
            raise UnusableInput(f"--{name.replace('_', '-')}: expected a network, found a file of layers; leave it out")
    if options.json is not None:
        check_json_file(options.json, path)
    scope = scope_of_file(path)
    if scope.fault is not None:
        raise UnusableInput(f"{path}: {scope.fault.detail}")
    plans = _selected(plans_of(source), options.case)
    seed = int.from_bytes(os.urandom(4), "big") if options.seed is None else options.seed
    limits = Limits(options.seconds, options.total_seconds, options.memory * 2**30)
    dtype = scope.dtype or "float64"
    plans = settled(server, path, plans, seed, limits, dtype)
    results = check_layers(server, path, plans, seed, limits, dtype)
    faults = mapping_faults(source)
    print(_layers_text(options.file, results, unknown_pairs(source), faults, seed))
    if options.json is not None:
        from harness.jobs.check.layers.as_json import write_layers_json

        write_layers_json(options.json, path, results, seed)
    verdicts = {one.verdict for one in results}
    return 0 if "agrees" in verdicts and not verdicts & FAULTS and not faults else 1


def _selected(plans: Sequence[LayerCall], pattern: str | None) -> list[LayerCall]:
    """The plans of layers whose name, or whose name in the file, matches; all without a pattern.

    A name may have a comma, as "batch norm, test mode" has. Raises UnusableInput for a name that matches nothing.
    """
    if pattern is None:
        return [*plans]
    matched = {}
    for one in [pattern] if _matching(plans, pattern) else map(str.strip, pattern.split(",")):
        matched[one] = _matching(plans, one)
        if not matched[one]:
            names = "; ".join(dict.fromkeys(plan.layer.name for plan in plans))
            raise UnusableInput(f"--case {one}: expected the name of a layer of the file, found none; it has {names}")
    chosen = {id(plan) for found in matched.values() for plan in found}
    return [plan for plan in plans if id(plan) in chosen]


def _matching(plans: Sequence[LayerCall], pattern: str) -> list[LayerCall]:
    return [
        plan for plan in plans if any(fnmatch(name, pattern) for name in (plan.layer.name, *plan.title.split(", ")))
    ]


def _layers_text(
    file: str, results: Sequence[LayerResult], unknown: Sequence[str], faults: Sequence[str], seed: int
) -> str:
    lines = [*report_lines(Path(file).name, results)]
    if unknown:
        what = ", ".join(f"{name}_forward and {name}_backward" for name in unknown)
        mapped = f"LAYERS = {{'affine': ({unknown[0]}_forward, {unknown[0]}_backward)}}"
        lines += ["", f"Not known: {what}. If it is a layer of reports/layers.md, say which: {mapped}."]
    lines += ["", *faults] if faults else []
    if any(one.verdict in FAULTS for one in results):
        lines += ["", f"To repeat this: {check_command()} {shlex.quote(file)} --seed {seed}"]
    return "\n".join(lines)

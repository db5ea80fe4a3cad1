"""The record of a submission that is a file of layers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from harness.jobs.grade.assignment.assignment import Assignment
from harness.jobs.grade.marking.layers import layer_parts
from harness.jobs.grade.record import FoundMistake, Record
from harness.layers.check import WORST_FIRST, LayerResult, check_layers
from harness.layers.finding.find import plans_of
from harness.layers.finding.scan import scan
from harness.layers.finding.settle import settled
from harness.layers.text import report_lines
from harness.model.errors import UnusableInput
from harness.sandbox.processes.server import Server
from harness.sandbox.sources.find import PYTHON
from harness.sandbox.sources.scope import scope_of_file

OUT_OF_TIME = "no answer within"


def layer_record(empty: Record, assignment: Assignment, path: Path, server: Server) -> tuple[Record, bool]:
    """The record, and whether a layer was too slow in some cases and not in others.

    Raises UnusableInput if the file has none of the layers that are asked for, or is no Python.
    """
    asked = {one.what for one in assignment.asked}
    if path.suffix != PYTHON:
        raise UnusableInput(f"{path.name}: expected a Python file with {', '.join(sorted(asked))}")
    scope = scope_of_file(path)
    if scope.fault is not None:
        raise UnusableInput(f"{path.name}: {scope.fault.detail}")
    plans = [plan for plan in plans_of(scan(path)) if plan.layer.name in asked]
    if not plans:
        expected = f"expected functions or classes for {', '.join(sorted(asked))}, such as relu_forward"
        raise UnusableInput(f"{path.name}: {expected}, found none")
    dtype = scope.dtype or "float64"
    plans = settled(server, path, plans, assignment.seed, assignment.limits, dtype)
    results = check_layers(server, path, plans, assignment.seed, assignment.limits, dtype)
    findings = tuple(found for one in results for found in _layer_findings(one))
    explained = [one for result in results for one in result.explanations]
    wrong = [one for one in results if one.verdict in ("wrong", "failed")]
    record = replace(
        empty,
        parts=layer_parts(assignment.asked, results),
        verdict=min((one.verdict for one in results), key=WORST_FIRST.index),
        place="; ".join(map(_first_wrong, wrong[:1])),
        mistake=" + ".join(dict.fromkeys(one.mistake.name for one in explained if one.mistake)),
        sentence="; ".join(one.sentence for one in findings),
        findings=findings,
        group="; ".join(sorted({f"{', '.join(one.arrays)}: {one.sentence}" for one in explained})),
        ran=sum(one.ran for one in results),
        of=sum(one.of for one in results),
        loses_digits=dtype == "float32" or any(one.verdict == "inaccurate" for r in results for one in r.arrays),
        report="\n".join(report_lines(path.name, results)),
    )
    return record, any(one.ran and OUT_OF_TIME in one.detail for one in results)


def _first_wrong(result: LayerResult) -> str:
    array = next((one.name for one in result.arrays if one.verdict == "wrong"), "")
    return ", ".join(filter(None, [result.plan.layer.name, array]))


def _layer_findings(result: LayerResult) -> Iterator[FoundMistake]:
    """What is wrong with a layer: the explanations, or what is known else."""
    layer = result.plan.layer.name
    for one in result.explanations:
        yield FoundMistake(one.mistake.name if one.mistake else "", f"{layer}, {', '.join(one.arrays)}: {one.sentence}")
    if result.verdict in ("wrong", "failed") and not result.explanations:
        wrong = ", ".join(one.name for one in result.arrays if one.verdict == "wrong")
        yield FoundMistake("", f"{layer}: {result.detail or f'{wrong} is wrong, and no formula was found'}")

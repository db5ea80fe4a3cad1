"""Check files of layers, and compare with the mistake that was planted in them."""

from __future__ import annotations

import re
from pathlib import Path

from harness.layers.check import LayerResult, check_layers
from harness.layers.finding.find import plans_of
from harness.layers.finding.scan import scan
from harness.layers.finding.settle import settled
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import Limits

_PLANTED = re.compile(r"# planted: (?P<layer>[^|]+) \| (?P<arrays>[^|]+) \| (?P<word>[^|]+) \| (?P<source>.+)")
_WRONG = ("wrong", "inaccurate", "failed")


def check_file(server: Server, path: Path, seed: int) -> list[LayerResult]:
    """The results of a file's layers, each called in the way that its forward pass shows."""
    plans = settled(server, path, plans_of(scan(path)), seed, Limits())
    return check_layers(server, path, plans, seed, Limits())


def planted_files(folder: Path) -> list[Path]:
    """The files of a folder that have a planted mistake."""
    return [path for path in sorted(folder.glob("*.py")) if path.read_text(encoding="utf-8").startswith("# planted:")]


def unexplained(path: Path, results: list[LayerResult]) -> list[str]:
    """How the results differ from what was planted in the file; empty if the mistake is found and named."""
    planted = _PLANTED.match(path.read_text(encoding="utf-8"))
    assert planted, f"{path.name}: the first line must say what is planted"
    layers, arrays, word = (planted[name].strip() for name in ("layer", "arrays", "word"))
    names = layers.split(", ")
    problems = [
        f"{one.plan.layer.name}: {one.verdict}"
        for one in results
        if (one.verdict in _WRONG) != (one.plan.layer.name in names)
    ]
    for result in [one for one in results if one.plan.layer.name == names[0]]:
        wrong = [one.name for one in result.arrays if one.verdict == "wrong"]
        said = "; ".join(one.sentence for one in result.explanations)
        if wrong != arrays.split(", "):
            problems.append(f"{names[0]}: wrong are {', '.join(wrong)}, expected {arrays}")
        if word != "none" and word not in said:
            problems.append(f"{names[0]}: expected {word!r} in {said!r}")
    return problems

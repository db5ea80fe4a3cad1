"""The result of a check of layers as JSON; schema.json beside it describes it."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.layers.check import LayerResult
from harness.layers.verdicts.compare import ArrayResult


def write_layers_json(path: Path, file: Path, results: Sequence[LayerResult], seed: int) -> None:
    """Write the results of a file's layers."""
    data = {"path": str(file), "seed": seed, "layers": list(map(_layer_data, results))}
    path.write_text(json.dumps(data, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def _layer_data(result: LayerResult) -> dict[str, Any]:
    return {
        "layer": result.plan.layer.name,
        "names": result.plan.title,
        "line": result.plan.line,
        "called": result.plan.script(),
        "verdict": result.verdict,
        "cases": {"run": result.ran, "of": result.of},
        "detail": result.detail,
        "changed": list(result.changed),
        "arrays": list(map(_array_data, result.arrays)),
        "explanations": [
            {
                "arrays": list(one.arrays),
                "sentence": one.sentence,
                "mistake": one.mistake and one.mistake.name,
                "source": one.mistake.source if one.mistake else "",
            }
            for one in result.explanations
        ],
    }


def _array_data(one: ArrayResult) -> dict[str, Any]:
    return {
        "name": one.name,
        "verdict": one.verdict,
        "error_ratio": _finite(one.ratio),
        "numbers": one.entries,
        "out_of_bounds": one.outside,
        "not_decided": one.undecided,
        "worst": {
            "case": one.case,
            "index": list(one.entry),
            "found": _finite(one.found),
            "expected": _finite(one.expected),
        },
        "detail": one.detail,
    }


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None

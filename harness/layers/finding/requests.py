"""The requests that call the layers of a file."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.layers.cases import LayerCase
from harness.layers.finding.plan import LayerCall
from harness.sandbox.host.scripts.layers import RETURNED
from harness.sandbox.requests import Request

LAYERS_HOST = "harness.sandbox.host.scripts.layers:LayersHost"


def layer_request(key: Any, plan: LayerCall, case: LayerCase) -> Request:
    """The request that calls a plan on a case."""
    upstream = {f"d{name}": one for name, one in zip(case.layer.results, case.upstream, strict=True)}
    arrays = {**case.arguments, **(upstream if case.layer.kind == "layer" else {})}
    message = {
        "arrays": {name: np.asarray(array, dtype=np.float64) for name, array in arrays.items()},
        "integers": [name for name, array in case.arguments.items() if array.dtype.kind != "f"],
        "numbers": dict(case.options),
        "steps": [[list(names), expression] for names, expression in plan.steps],
        "results": list(plan.results),
    }
    return Request(key, ("call",), message, {"call": (RETURNED, *plan.results)}, 1)

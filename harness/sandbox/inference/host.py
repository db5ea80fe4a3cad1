"""The host of the process in which a file is explored, and in which plans are tried."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.model.contract import Array
from harness.sandbox.answers import Answer, Refusal
from harness.sandbox.host.call import FunctionsHost
from harness.sandbox.host.child import hide_harness
from harness.sandbox.inference.adapter.names import adapter_names
from harness.sandbox.inference.adapter.plan import plan_from, plan_text
from harness.sandbox.inference.adapter.render import functions_source, made_source, unit_source
from harness.sandbox.inference.exploring.explore import explore
from harness.sandbox.inference.imports import import_file
from harness.sandbox.inference.running import TooSlow, time_limit
from harness.sandbox.loading import Functions


class InferenceHost:
    """An imported file that is explored. Creating it raises whatever the file raises."""

    declared: Mapping[str, Any] = {}

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        hide_harness(self._path.parent)
        self._module, self._where = import_file(self._path)
        self._hosts: dict[tuple[str, str], FunctionsHost] = {}

    def answer(self, function: str, header: Mapping[str, Any], arrays: Sequence[Array]) -> Answer:
        """Explore the file, or try a plan: call its `backprop` or `step` on the inputs of the request."""
        if function == "explore":
            text = json.dumps(self._explored(header["make"]))
            return Answer({("text", 1): np.frombuffer(text.encode(), np.uint8).astype(float)})
        try:
            with time_limit():
                answer = self._host(header["plan"], header["pinned"]).answer(function, header, arrays)
                differs = answer.is_stale and answer.again is not None
                refusal = Refusal("failed", "two calls differ beyond rounding") if differs else answer.refusal
                return replace(answer, is_stale=False, refusal=refusal)  # to import the file again would take longer
        except TooSlow:
            return Answer(refusal=Refusal("failed", "too slow"))

    def _explored(self, make: str) -> dict[str, Any]:
        found = explore(self._module, make)
        return {
            "plans": [[plan_text(one.plan), one.outputs] for one in found.plans],
            "costs": [asdict(one) for one in found.costs],
            "reason": found.reason,
            "names": [*vars(self._module)],
            "import": asdict(self._where),
        }

    def _host(self, text: str, pinned: str) -> FunctionsHost:
        if (text, pinned) not in self._hosts:
            plan = plan_from(text)
            namespace = adapter_names(self._module)
            sources = (
                unit_source(plan.weights, pinned),
                made_source(plan.make, plan.settings, plan.weights, plan.biases),
                functions_source(plan),
            )
            exec("\n\n".join(sources), namespace)
            declared = {} if plan.has_biases else {"BIAS": "none"}
            own = {plan.reading.function: namespace[plan.reading.function]}  # the file may have others of these names
            functions = Functions(own.get("backprop"), own.get("step"), declared)
            self._hosts[text, pinned] = FunctionsHost(functions, self._path)
        return self._hosts[text, pinned]

"""The host of the process in which a file is explored, and in which plans are tried."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.sandbox.answers import Answer, Arrays, Refusal, refusal_from
from harness.sandbox.host.call import FunctionsHost, differ_beyond_rounding
from harness.sandbox.host.child import hide_harness
from harness.sandbox.inference.adapter.names import adapter_names
from harness.sandbox.inference.adapter.plan import Plan, plan_from, plan_text
from harness.sandbox.inference.adapter.render import functions_source, made_source, unit_source
from harness.sandbox.inference.exploring.explore import explore
from harness.sandbox.inference.hosting.imports import import_file
from harness.sandbox.inference.hosting.running import TRIAL_SECONDS, TooSlow, time_limit
from harness.sandbox.sources.functions import Functions, declarations_in
from harness.sandbox.wire.lines import Message
from harness.sandbox.wire.messages import read_inputs

CALLS = 6
DIFFERENT = "two calls with the same inputs give different numbers: it may draw random ones"


class InferenceHost:
    """An imported file that is explored. Creating it raises whatever the file raises."""

    declared: Mapping[str, Any] = {}
    notes = ()

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        hide_harness(self._path.parent)
        self._module, self._where = import_file(self._path)
        self._hosts: dict[tuple[str, str], FunctionsHost] = {}

    def answer(self, function: str, message: Message) -> Answer:
        """Explore the file, or try a plan: call its `backprop` or `step` on the inputs of the request."""
        if function == "explore":
            text = json.dumps(self._explored(message["make"]))
            return Answer({("text", 1): np.frombuffer(text.encode(), np.uint8).astype(float)})
        if function == "made":
            return self._made(message)
        if function == "repeated":
            return self._repeated(message)
        try:
            with time_limit(TRIAL_SECONDS):
                answer = self._host(message["plan"], message["pinned"]).answer(function, message)
                differs = answer.is_stale and answer.again is not None
                refusal = Refusal("failed", DIFFERENT) if differs else answer.refusal
                return replace(answer, is_stale=False, refusal=refusal)  # to import the file again would take longer
        except TooSlow:
            return Answer(refusal=Refusal("failed", "too slow"))

    def _explored(self, make: str) -> dict[str, Any]:
        folder = os.getcwd()
        found = explore(self._module, make)
        os.chdir(folder)
        dtype = getattr(self._module, "DTYPE", None)
        return {
            "plans": [[plan_text(one.plan), one.outputs] for one in found.plans],
            "costs": [asdict(one) for one in found.costs],
            "stage": found.stage,
            "reason": found.reason,
            "names": [*vars(self._module)],
            "declared": {**declarations_in(self._module), **({"DTYPE": dtype} if isinstance(dtype, str) else {})},
            "import": asdict(self._where),
        }

    def _made(self, message: Message) -> Answer:
        """An empty answer if a network can be made for the inputs and its parameters be set, or else a refusal."""
        inputs = read_inputs(message)
        try:
            with time_limit(TRIAL_SECONDS):
                namespace = self._namespace(plan_from(message["plan"]), message["pinned"])
                namespace["made"](inputs.network, inputs.x, inputs.t, message["learning_rate"])
        except BaseException as error:
            return Answer(refusal=refusal_from(error, self._path))
        return Answer({("made", 1): np.ones(1)})

    def _repeated(self, message: Message) -> Answer:
        """An empty answer if a plan gives the same numbers each time, or else a refusal.

        Code that draws a few rows at random may draw the same ones twice, but not CALLS times.
        """
        plan = plan_from(message["plan"])
        host, found = self._host(message["plan"], message["pinned"]), list[Arrays]()
        with contextlib.suppress(TooSlow):
            while len(found) < CALLS:
                with time_limit(TRIAL_SECONDS):
                    answer = host.call(plan.reading.function, message)
                if answer.refusal is not None:
                    return Answer(refusal=answer.refusal)
                found += [answer.arrays, *([answer.again] if answer.again is not None else [])]
                if any(differ_beyond_rounding(found[0], one) for one in found[1:]):
                    return Answer(refusal=Refusal("failed", DIFFERENT))
        return Answer({("repeated", 1): np.ones(1)})

    def _host(self, text: str, pinned: str) -> FunctionsHost:
        if (text, pinned) not in self._hosts:
            plan = plan_from(text)
            namespace = self._namespace(plan, pinned)
            declared = {} if plan.has_biases else {"BIAS": "none"}
            own = {plan.reading.function: namespace[plan.reading.function]}  # the file may have others of these names
            functions = Functions(own.get("backprop"), own.get("step"), declared)
            self._hosts[text, pinned] = FunctionsHost(functions, self._path)
        return self._hosts[text, pinned]

    def _namespace(self, plan: Plan, pinned: str) -> dict[str, Any]:
        """The names of the file, and the functions of the adapter."""
        namespace = adapter_names(self._module)
        made = made_source(plan.make, plan.settings, plan.weights, plan.biases)
        exec("\n\n".join([unit_source(plan.weights, pinned), made, functions_source(plan)]), namespace)
        return namespace

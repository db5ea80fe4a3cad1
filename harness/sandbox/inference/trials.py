"""The process of a file, in which it is explored and plans are tried on random networks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from harness.model.contract import Inputs
from harness.sandbox.answers import Answer
from harness.sandbox.inference.adapter.plan import Plan, plan_text
from harness.sandbox.inference.choose import Candidate
from harness.sandbox.inference.fit import RATE, Probe
from harness.sandbox.inference.probes import random_inputs
from harness.sandbox.pool import Pool
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import Limits, Request, Submission, contract_request

_HOST = "harness.sandbox.inference.hosting.host:InferenceHost"


class Trials:
    """Runs plans of one file; use it in a `with`."""

    def __init__(self, server: Server, path: Path, limits: Limits) -> None:
        self._pool = Pool(server, 1)
        self._submission = Submission(path.stem, (str(path.resolve()),), limits, host=_HOST)
        self._probes: dict[tuple[tuple[int, ...], int, bool], Probe] = {}

    def __enter__(self) -> Trials:
        return self

    def __exit__(self, *arguments: object) -> None:
        self._pool.__exit__(*arguments)

    def explored(self, make: str) -> tuple[Answer, Any]:
        """The answer to an exploration and what it says, None if it failed. Raises ValueError for malformed data."""
        answer = self._ask([Request(0, ("explore",), {"make": make}, {"explore": ["text"]}, 1)])[0]
        if answer.refusal is not None:
            return answer, None
        return answer, json.loads(answer.arrays["text", 1].astype(np.uint8).tobytes())

    def probe(self, widths: Sequence[int], rows: int, *, has_biases: bool) -> Probe:
        """A random network of these sizes, with so many rows; always the same."""
        key = tuple(widths), rows, has_biases
        if key not in self._probes:
            self._probes[key] = Probe(random_inputs(widths, rows, has_biases=has_biases), has_biases)
        return self._probes[key]

    def run(self, candidate: Candidate, inputs: Inputs) -> Answer:
        """What a candidate computes."""
        return self.answers(candidate.plan, candidate.pinned, [inputs])[0]

    def makes(self, candidate: Candidate, inputs: Inputs) -> bool:
        """Whether the code can make a network of the sizes of these inputs, with their parameters."""
        return self._is_so("made", candidate, inputs)

    def repeats(self, candidate: Candidate, inputs: Inputs) -> bool:
        """Whether a candidate gives the same numbers each time."""
        return self._is_so("repeated", candidate, inputs)

    def _is_so(self, function: str, candidate: Candidate, inputs: Inputs) -> bool:
        request = self._request(candidate.plan, candidate.pinned, inputs)
        request.functions, request.names, request.layers = (function,), {function: [function]}, 1
        return self._ask([request])[0].refusal is None

    def answers(self, plan: Plan, pinned: str, inputs: Sequence[Inputs]) -> list[Answer]:
        """What a plan computes on each of these inputs; `pinned` is what a bias unit is set to."""
        return self._ask([self._request(plan, pinned, one) for one in inputs])

    def _request(self, plan: Plan, pinned: str, inputs: Inputs) -> Request:
        request = contract_request(0, (plan.reading.function,), inputs, RATE)
        request.message = {**request.message, "plan": plan_text(plan), "pinned": pinned}
        return request

    def _ask(self, requests: Sequence[Request]) -> list[Answer]:
        """The answers to requests with one function each, in their order."""
        self._pool.add(self._submission, requests)
        for _ in self._pool.outcomes():
            pass
        return [request.answers[request.functions[0]] for request in requests]

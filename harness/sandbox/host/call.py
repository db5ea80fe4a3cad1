"""Call the functions of an implementation, and write down what they gave and did, as plain arrays and words.

This runs in the implementation's process, beside its code. Nothing here knows the truth.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.model.contract import Array, Inputs, Unsupported
from harness.sandbox.answers import Answer, Arrays, Fault, Refusal, check_finite, describe, same, weights_of
from harness.sandbox.host.child import hide_harness
from harness.sandbox.host.global_state import Surroundings
from harness.sandbox.host.returned import network_of, of_gradients, of_network
from harness.sandbox.loading import Functions, Implementation, load
from harness.sandbox.messages import inputs_of


class Host:
    """An implementation that has been loaded, and answers what it is asked. Raises whatever the file raises."""

    def __init__(self, path: str) -> None:
        self._path, self._process = Path(path), os.getpid()
        hide_harness(self._path.parent)
        self._functions: Functions = load(Implementation(self._path.stem, self._path))
        self._before = Surroundings.seen()
        self.declared: Mapping[str, Any] = self._functions.declared

    def answer(self, function: str, header: Mapping[str, Any], arrays: Sequence[Array]) -> Answer:
        """What a function of the contract gives for the inputs of a message; whatever it does is in the answer."""
        answer = self._answered(function, header, arrays)
        if os.getpid() != self._process:
            os._exit(0)  # a copy of this process, left by code that forked
        self._before.put_back()
        refusal = self._before.traces()
        is_stale = refusal is not None or (answer.again is not None and _have_moved(answer.arrays, answer.again))
        return replace(answer, refusal=answer.refusal or refusal, is_stale=is_stale)

    def _answered(self, function: str, header: Mapping[str, Any], arrays: Sequence[Array]) -> Answer:
        inputs = inputs_of(header, arrays)
        if function == "train":
            return self._trained(inputs, header)
        return self._asked(function, inputs, header["learning_rate"])

    def _asked(self, function: str, inputs: Inputs, learning_rate: float) -> Answer:
        """`backprop` or `step`, called twice on copies of the inputs."""
        called: Callable[..., Any] | None = getattr(self._functions, function)
        if called is None:
            return Answer(refusal=Refusal("unsupported", f"offers no {function}"))
        more = (learning_rate,) if function == "step" else ()
        arrays_of = of_network if function == "step" else of_gradients
        given, calls, seconds = inputs.copy(), list[Arrays](), 0.0
        changed: tuple[str, ...] = ()
        refusal = None
        try:
            while len(calls) < 2 and not changed:
                start = time.perf_counter()
                try:
                    returned = called(given.network, given.x, given.t, *more)
                finally:
                    seconds += time.perf_counter() - start
                calls.append(arrays_of(returned, inputs))
                changed = changed_inputs(given, inputs)
            if changed:
                refusal = Refusal("failed", f"it changed its input: {changed[0]}", "inputs")
        except BaseException as error:  # whatever it raises, even an exit, is its own failure
            refusal = describe(error, self._path)
        first = calls[0] if calls else {}
        again = calls[1] if len(calls) > 1 and not _all_same(*calls) else None
        return Answer(first, again, changed, refusal, seconds)

    def _trained(self, inputs: Inputs, header: Mapping[str, Any]) -> Answer:
        """`step`, again and again: the weights after each of the epochs that are asked for."""
        start = time.perf_counter()
        found: dict[tuple[str, int], Array] = {}
        refusal = None
        try:
            if self._functions.step is None:
                raise Unsupported("offers no step")
            given, step = inputs.copy(), self._functions.step
            steps = given.batches(header["batch"])
            _check_step(step, Inputs(inputs.copy().network, *steps[0]), header["learning_rate"])
            network = given.network
            for epoch in range(1, max(header["epochs"]) + 1):
                for x, t in steps:
                    network = network_of(step(network, x, t, header["learning_rate"]), network)
                arrays = of_network(network, inputs)
                check_finite(arrays, " after the step")
                weights = weights_of(arrays, inputs)
                if epoch in header["epochs"]:
                    found |= {(f"epoch{epoch}", layer): array for layer, array in weights.items()}
            if changed := changed_inputs(given, inputs):
                raise Fault("inputs", f"it changed its input: {changed[0]}")
        except BaseException as error:  # whatever it raises, even an exit, is its own failure
            refusal = describe(error, self._path)
        return Answer({} if refusal else found, refusal=refusal, seconds=time.perf_counter() - start)


def _check_step(step: Callable[..., Any], given: Inputs, learning_rate: float) -> None:
    """Raise the Fault of a step that changes what it is given, or returns other shapes: later ones may hide both."""
    before = given.copy()
    moved = step(given.network, given.x, given.t, learning_rate)
    if changed := changed_inputs(given, before):
        raise Fault("inputs", f"it changed its input: {changed[0]}")
    weights_of(of_network(moved, before), before)


def changed_inputs(given: Inputs, original: Inputs) -> tuple[str, ...]:
    """The names of the arrays that are no longer what they were."""
    layers = range(1, len(original.network.layers) + 1)
    names = [f"{name} of layer {layer}" for layer in layers for name in ("w", "b")] + ["x", "t"]
    pairs = zip(names, given.arrays(), original.arrays(), strict=True)
    return tuple(name for name, now, before in pairs if not same(before, now))


def _all_same(one: Arrays, other: Arrays) -> bool:
    return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)


def _have_moved(one: Arrays, other: Arrays) -> bool:
    """Whether two calls differ by more than sums in another order do, which leave nothing behind: by half of the digits
    of their largest entry. This decides only which process is asked next."""
    for key, array in one.items():
        if key not in other or array.shape != other[key].shape:
            return True
        if not (np.abs(array - other[key]) <= 2.0**-12 * np.abs(array).max(initial=0.0)).all():
            return True
    return False

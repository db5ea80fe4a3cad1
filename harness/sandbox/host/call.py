"""Call the functions of an implementation, and record what they returned and what else they did.

This runs in the implementation's process. The truth is computed elsewhere.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.model.contract import Array, Inputs, Unsupported
from harness.sandbox.answers import (
    Answer,
    ArrayKey,
    Arrays,
    Fault,
    Refusal,
    check_finite,
    is_identical,
    refusal_from,
    weights_of,
)
from harness.sandbox.host.child import hide_harness
from harness.sandbox.host.global_state import GlobalState
from harness.sandbox.host.labels import with_labels
from harness.sandbox.host.returned import gradient_arrays, network_arrays, next_network
from harness.sandbox.sources.find import Implementation
from harness.sandbox.sources.functions import Functions, load_functions
from harness.sandbox.wire.lines import Message
from harness.sandbox.wire.messages import read_inputs


class FunctionsHost:
    """The functions of the contract, of the file or files at these paths, which answer requests."""

    notes: tuple[str, ...] = ()

    def __init__(self, functions: Functions, *files: Path) -> None:
        self._files, self._functions, self._process = files, functions, os.getpid()
        self._before = GlobalState.current()
        self.declared: Mapping[str, Any] = self._functions.declared
        self._lacks_b = self.declared.get("BIAS") == "none"
        self._takes_labels = self.declared.get("TARGETS") == "labels"

    def answer(self, function: str, message: Message) -> Answer:
        """Call a function of the contract on the inputs of a request; whatever goes wrong is in the answer."""
        answer = self.call(function, message)
        if os.getpid() != self._process:
            os._exit(0)  # a fork of this process that the implementation has left running
        self._before.restore_random_states()
        refusal = self._before.side_effect()
        is_stale = refusal is not None or (
            answer.again is not None and differ_beyond_rounding(answer.arrays, answer.again)
        )
        return replace(answer, refusal=answer.refusal or refusal, is_stale=is_stale)

    def call(self, function: str, message: Message) -> Answer:
        """The same, without a look at what else the call did to the process."""
        inputs = read_inputs(message)
        if self._takes_labels:
            try:
                inputs = with_labels(inputs)
            except Unsupported as refusal:
                return Answer(refusal=refusal_from(refusal, *self._files))
        if function == "train":
            return self._train(inputs, message)
        return self._call_twice(function, inputs, message["learning_rate"])

    def _call_twice(self, function: str, inputs: Inputs, learning_rate: float) -> Answer:
        """Call `backprop` or `step` twice on a copy of the inputs."""
        called: Callable[..., Any] | None = getattr(self._functions, function)
        if called is None:
            return Answer(refusal=Refusal("unsupported", f"offers no {function}"))
        more = (learning_rate,) if function == "step" else ()
        arrays_of = network_arrays if function == "step" else gradient_arrays
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
                calls.append(arrays_of(returned, inputs, lacks_b=self._lacks_b))
                changed = changed_inputs(given, inputs)
            if changed:
                refusal = Refusal("failed", f"it changed its input: {changed[0]}", "inputs")
        except BaseException as error:  # SystemExit, too, is a failure of the implementation
            refusal = refusal_from(error, *self._files)
            if calls and refusal.verdict == "unsupported":
                refusal = Refusal("failed", f"it refused what it had answered before: {refusal.detail}", "two calls")
        first = calls[0] if calls else {}
        again = calls[1] if len(calls) > 1 and not _are_identical(*calls) else None
        return Answer(first, again, changed, refusal, seconds)

    def _train(self, inputs: Inputs, message: Message) -> Answer:
        """Train with `step`; the weights after each of the requested epochs."""
        start = time.perf_counter()
        found: dict[ArrayKey, Array] = {}
        refusal = None
        try:
            if self._functions.step is None:
                raise Unsupported("offers no step")
            given, step = inputs.copy(), self._functions.step
            steps = given.batches(message["batch"])
            self._check_step(step, Inputs(inputs.copy().network, *steps[0]), message["learning_rate"])
            network = given.network
            for epoch in range(1, max(message["epochs"]) + 1):
                for x, t in steps:
                    moved = step(network, x, t, message["learning_rate"])
                    network = next_network(moved, network, lacks_b=self._lacks_b)
                arrays = network_arrays(network, inputs)
                check_finite(arrays, " after the step")
                weights = weights_of(arrays, inputs)
                if epoch in message["epochs"]:
                    found |= {(f"epoch{epoch}", layer): array for layer, array in weights.items()}
            if changed := changed_inputs(given, inputs):
                raise Fault("inputs", f"it changed its input: {changed[0]}")
        except BaseException as error:  # SystemExit, too, is a failure of the implementation
            refusal = refusal_from(error, *self._files)
        return Answer({} if refusal else found, refusal=refusal, seconds=time.perf_counter() - start)

    def _check_step(self, step: Callable[..., Any], given: Inputs, learning_rate: float) -> None:
        """Raise Fault if the first step changes its inputs or returns other shapes, which later steps may hide."""
        before = given.copy()
        moved = step(given.network, given.x, given.t, learning_rate)
        if changed := changed_inputs(given, before):
            raise Fault("inputs", f"it changed its input: {changed[0]}")
        weights_of(network_arrays(moved, before, lacks_b=self._lacks_b), before)


class ImplementationHost(FunctionsHost):
    """An imported implementation that answers requests. Creating it raises whatever the file raises.

    Its arguments are the path of the file, or those of an adapter and of the file that it drives.
    """

    def __init__(self, *target: str) -> None:
        file, *driven = map(Path, target)
        hide_harness([*driven, file][0].parent)
        super().__init__(load_functions(Implementation(file.stem, file)), file, *driven)


def changed_inputs(given: Inputs, original: Inputs) -> tuple[str, ...]:
    """The names of the arrays that differ from the original ones, such as `w of layer 1`."""
    layers = range(1, len(original.network.layers) + 1)
    names = [f"{name} of layer {layer}" for layer in layers for name in ("w", "b")] + ["x", "t"]
    pairs = zip(names, given.arrays(), original.arrays(), strict=True)
    return tuple(name for name, now, before in pairs if not is_identical(before, now))


def _are_identical(one: Arrays, other: Arrays) -> bool:
    return one.keys() == other.keys() and all(is_identical(one[key], other[key]) for key in one)


def differ_beyond_rounding(one: Arrays, other: Arrays) -> bool:
    """Whether two calls differ by more than another order of summation explains: by 2^-12 of the largest entry.

    This only decides whether the process is used again.
    """
    for key, array in one.items():
        if key not in other or array.shape != other[key].shape:
            return True
        if not (np.abs(array - other[key]) <= 2.0**-12 * np.abs(array).max(initial=0.0)).all():
            return True
    return False

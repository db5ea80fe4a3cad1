"""Ask a function of an implementation, and write down what it gave and what it did, as plain arrays and words.

This runs beside foreign code, in its process. Nothing here knows the truth.
"""

from __future__ import annotations

import textwrap
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from harness.contract import Array, Gradients, Inputs, Network, Unsupported
from harness.discover import Functions
from harness.surroundings import changes

LONGEST_MESSAGE = 300  # characters of an exception's message that are kept
LONGEST_DETAIL = 1000
LONGEST_TRACEBACK = 4000

# After failures of these kinds the next call would meet traces of the last.
STALE = frozenset({"global state", "two calls", "processes", "timeout", "memory", "crash"})

Arrays = Mapping[tuple[str, int], Array]


@dataclass(frozen=True)
class Refusal:
    """Why a function gave nothing that can be judged: verdict `unsupported` or `failed`, the kind of failure in one
    word or two, what happened in one line, and for an exception the traceback from the implementation's line on."""

    verdict: str
    detail: str
    kind: str = ""
    traceback: str = ""


@dataclass(frozen=True, eq=False)
class Answer:
    """What one function gave on one case.

    `arrays` maps (name, layer) to float64 arrays as they were returned, whatever their shape: w, b and where it gives
    them delta, z, a for `backprop`; w and b of the new network for `step`. `again` are those of the second call, where
    they differ; `changed` names the inputs that it changed. `seconds` is the time inside the function.
    """

    arrays: Arrays = field(default_factory=dict)
    again: Arrays | None = None
    changed: tuple[str, ...] = ()
    refusal: Refusal | None = None
    seconds: float = 0.0


class Fault(Exception):
    """The contract is broken: of which kind, and how."""

    def __init__(self, kind: str, detail: str) -> None:
        # A name that the file has made up may be of any length.
        self.kind, self.detail = kind, detail if len(detail) <= LONGEST_DETAIL else f"{detail[:LONGEST_DETAIL]} …"
        super().__init__(self.detail)


def ask(
    function: str,
    functions: Functions,
    path: Path,
    inputs: Inputs,
    learning_rate: float,
    surroundings: Mapping[str, Any],
) -> Answer:
    """Call `backprop` or `step` twice, on copies of the inputs; whatever it does is in the answer. `surroundings` are
    as they were before."""
    called: Callable[..., Any] | None = getattr(functions, function)
    if called is None:
        return Answer(refusal=Refusal("unsupported", f"offers no {function}"))
    more = (learning_rate,) if function == "step" else ()
    arrays_of = {"backprop": of_gradients, "step": of_network}[function]
    given, seconds = inputs.copy(), 0.0

    def call() -> Arrays:
        nonlocal seconds
        start = time.perf_counter()
        try:
            returned = called(given.network, given.x, given.t, *more)
        finally:
            seconds += time.perf_counter() - start
        return arrays_of(returned, inputs)

    arrays: Arrays = {}
    changed: tuple[str, ...] = ()
    again = None
    refusal = None
    try:
        arrays = call()
        changed = changed_inputs(given, inputs)
        if not changed:
            second = call()
            changed = changed_inputs(given, inputs)
            again = None if _same(arrays, second) else second
        refusal = _misbehaviour(arrays, again, changed, surroundings)
    except BaseException as error:  # whatever it raises, even an exit, is its own failure
        refusal = describe(error, path)
    return Answer(arrays, again, changed, refusal, seconds)


def _misbehaviour(
    arrays: Arrays, again: Arrays | None, changed: tuple[str, ...], before: Mapping[str, Any]
) -> Refusal | None:
    if changed:
        return Refusal("failed", f"it changed its input: {changed[0]}", "inputs")
    if again is not None:
        keys = dict.fromkeys([*arrays, *again])
        name, layer = next(key for key in keys if not _same_array(arrays.get(key), again.get(key)))
        return Refusal("failed", f"two calls with the same inputs differ in {name} of layer {layer}", "two calls")
    if what := changes(before):
        return Refusal("failed", f"it changed {', '.join(what)}", "global state")
    return None


def describe(error: BaseException, path: Path) -> Refusal:
    """The refusal that an exception is, with the line of the implementation's file that it passed last."""
    if isinstance(error, Unsupported):
        return Refusal("unsupported", message_of(error))
    if isinstance(error, Fault):
        return Refusal("failed", error.detail, error.kind)
    frames = traceback.extract_tb(error.__traceback__)
    mine = [number for number, frame in enumerate(frames) if frame.filename == str(path)]
    where = f" ({path.name}, line {frames[mine[-1]].lineno})" if mine else ""
    head = f"{type(error).__name__}: {message_of(error)}"
    kind = "exit" if isinstance(error, SystemExit) else "exception"
    shown = "".join(traceback.format_list(frames[mine[0] :])) + head if mine else ""
    return Refusal("failed", head + where, kind, shown[-LONGEST_TRACEBACK:])


def message_of(error: BaseException) -> str:
    """What an exception says, in one line of some length; it may be unable to."""
    try:
        text = " ".join(str(error).split())
    except Exception as other:
        return f"a message that raises {type(other).__name__}"
    text = text.encode(errors="replace").decode()
    return textwrap.shorten(text, LONGEST_MESSAGE, placeholder=" …") or "no message"


def changed_inputs(given: Inputs, original: Inputs) -> tuple[str, ...]:
    layers = range(1, len(original.network.layers) + 1)
    names = [f"{name} of layer {layer}" for layer in layers for name in ("w", "b")] + ["x", "t"]
    pairs = zip(names, given.arrays(), original.arrays(), strict=True)
    return tuple(name for name, now, before in pairs if not _same_array(before, now))


def _same(one: Arrays, other: Arrays) -> bool:
    return one.keys() == other.keys() and all(_same_array(one[key], other[key]) for key in one)


def _same_array(one: Array | None, other: Array | None) -> bool:
    return one is not None and other is not None and one.shape == other.shape and one.tobytes() == other.tobytes()


def of_gradients(gradients: Any, inputs: Inputs) -> Arrays:
    if not isinstance(gradients, Gradients):
        raise Fault("type", f"backprop returned {_kind(gradients)}, expected harness.Gradients(w, b, delta)")
    layers = len(inputs.network.layers)
    arrays = dict(_listed("w", gradients.w, layers))
    for name in ("b", "delta", "z", "a"):
        values = getattr(gradients, name)
        if values is not None and not (name == "b" and isinstance(values, (list, tuple)) and not values):
            arrays |= _listed(name, values, layers)
    return arrays


def of_network(network: Any, inputs: Inputs) -> Arrays:
    if not isinstance(network, Network):
        raise Fault("type", f"step returned {_kind(network)}, expected harness.Network(layers, cost)")
    layers = inputs.network.layers
    kept = [layer.activation for layer in network.layers] == [layer.activation for layer in layers]
    if not kept or network.cost != inputs.network.cost:
        raise Fault("type", "step returned a network with other activations or another cost")
    w = _listed("w after the step", [layer.w for layer in network.layers], len(layers))
    b = _listed("b after the step", [layer.b for layer in network.layers], len(layers))
    return {**dict(w), **dict(b)}


def _kind(value: Any) -> str:
    return "None" if value is None else type(value).__name__


def _listed(name: str, values: Any, layers: int) -> Iterator[tuple[tuple[str, int], Array]]:
    """Fresh float64 copies of one array a layer, or the Fault that says which is none."""
    if not isinstance(values, (list, tuple)) or len(values) != layers:
        found = f"{len(values)} entries" if isinstance(values, (list, tuple)) else _kind(values)
        raise Fault("count", f"{name} is {found}, expected a list of {layers}: one array a layer")
    for layer, value in enumerate(values, start=1):
        try:
            array = np.array(value)
        except ValueError:
            raise Fault("shape", f"{name} of layer {layer} is ragged, expected an array") from None
        if array.dtype.kind not in "fiu":
            raise Fault("numbers", f"{name} of layer {layer} holds {array.dtype.name} values, expected real numbers")
        yield (name.split()[0], layer), array.astype(np.float64)

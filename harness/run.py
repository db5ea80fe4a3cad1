"""Run one implementation on one case, and hold what it gives against the contract."""

from __future__ import annotations

import textwrap
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.cases import EPOCHS, Case
from harness.contract import Array, Gradients, Inputs, Network, Unsupported
from harness.discover import Functions, Implementation

# The quantities that each function of the contract gives; "train" is `step`, repeated.
QUANTITIES = {"backprop": ("delta", "w", "b"), "step": ("update",), "train": ("epoch1", f"epoch{EPOCHS}")}
LONGEST_MESSAGE = 300  # characters of an exception's message that are kept


@dataclass(frozen=True)
class Refusal:
    """Why a function gave nothing: verdict `unsupported` or `failed`, and what happened."""

    verdict: str
    detail: str


@dataclass(frozen=True, eq=False)
class Result:
    """What one implementation gave on one case.

    `quantities` maps (quantity, layer) to float64 arrays: delta [n, n_l], w [n_l, n_{l-1}], b [n_l]; update
    and the epochs [n_l, n_{l-1} + 1], the bias last; the update is the displacement old − new.
    `refusals` maps a function to the reason for which it gave nothing. `seconds` is the time inside the file.
    """

    implementation: str
    case: str
    quantities: dict[tuple[str, int], Array] = field(default_factory=dict)
    refusals: dict[str, Refusal] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def has_failed(self) -> bool:
        """Whether any function failed (refusing is no failure)."""
        return any(refusal.verdict == "failed" for refusal in self.refusals.values())


def functions_of(case: Case) -> tuple[str, ...]:
    """The functions of the contract that a case asks for."""
    return ("train",) if case.online else ("backprop", "step")


class Fault(Exception):
    """The contract is broken; the message says how."""


class Stopwatch:
    """Adds up the time spent in the calls made through it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        start = time.perf_counter()
        try:
            return function(*arguments)
        finally:
            self.seconds += time.perf_counter() - start


def run_case(implementation: Implementation, functions: Functions, case: Case, inputs: Inputs) -> Result:
    """Call what the implementation offers, twice, on copies of the inputs; report what it gives or why not."""
    watch = Stopwatch()
    quantities: dict[tuple[str, int], Array] = {}
    refusals: dict[str, Refusal] = {}
    for function in functions_of(case):
        try:
            quantities |= _MEASURES[function](functions, case, inputs, watch)
        except Unsupported as reason:
            refusals[function] = Refusal("unsupported", _message(reason))
        except Fault as fault:
            refusals[function] = Refusal("failed", str(fault))
        except BaseException as error:  # whatever it raises, even an exit, is its own failure
            refusals[function] = Refusal("failed", describe(error, implementation))
    return Result(implementation.name, case.id, quantities, refusals, watch.seconds)


def describe(error: BaseException, implementation: Implementation) -> str:
    """One line: the exception, and the line of the implementation's file that it passed last."""
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(implementation.path)]
    where = f" ({implementation.path.name}, line {lines[-1]})" if lines else ""
    return f"{type(error).__name__}: {_message(error)}{where}"


def _message(error: BaseException) -> str:
    """What an exception says, in one line of some length; it may be unable to."""
    try:
        text = " ".join(str(error).split())
    except Exception as other:
        return f"a message that raises {type(other).__name__}"
    text = text.encode(errors="replace").decode()
    return textwrap.shorten(text, LONGEST_MESSAGE, placeholder=" …") or "no message"


def _measure_backprop(
    functions: Functions, case: Case, inputs: Inputs, watch: Stopwatch
) -> dict[tuple[str, int], Array]:
    if functions.backprop is None:
        raise Unsupported("offers no backprop")
    gradients = _twice(functions.backprop, (), inputs, watch, _gradient_arrays)
    return dict(gradients)


def _measure_step(functions: Functions, case: Case, inputs: Inputs, watch: Stopwatch) -> dict[tuple[str, int], Array]:
    if functions.step is None:
        raise Unsupported("offers no step")
    after = _twice(functions.step, (case.learning_rate,), inputs, watch, _network_arrays)
    before = _network_arrays(inputs.network, inputs)
    return {("update", layer): old - new for ((_, layer), old), (_, new) in zip(before, after, strict=True)}


def _measure_training(
    functions: Functions, case: Case, inputs: Inputs, watch: Stopwatch
) -> dict[tuple[str, int], Array]:
    if functions.step is None:
        raise Unsupported("offers no step")
    given = inputs.copy()
    network, rows = given.network, [(given.x[i : i + 1], given.t[i : i + 1]) for i in range(len(given.x))]
    measured: dict[tuple[str, int], Array] = {}
    for epoch in range(1, EPOCHS + 1):
        for x, t in rows:
            network = watch.call(functions.step, network, x, t, case.learning_rate)
        weights = _network_arrays(network, inputs)
        if epoch in (1, EPOCHS):
            measured |= {(f"epoch{epoch}", layer): array for (_, layer), array in weights}
    _check_unchanged(given, inputs)
    return measured


_MEASURES = {"backprop": _measure_backprop, "step": _measure_step, "train": _measure_training}

Arrays = list[tuple[tuple[str, int], Array]]


def _twice(
    function: Callable[..., Any],
    more: tuple[Any, ...],
    inputs: Inputs,
    watch: Stopwatch,
    arrays_of: Callable[[Any, Inputs], Arrays],
) -> Arrays:
    """The arrays that a function returns, after two calls with the same inputs that must neither differ nor
    change them. The first answer is copied before the second call, which might write into it."""
    given = inputs.copy()
    first = arrays_of(watch.call(function, given.network, given.x, given.t, *more), inputs)
    _check_unchanged(given, inputs)
    second = arrays_of(watch.call(function, given.network, given.x, given.t, *more), inputs)
    _check_unchanged(given, inputs)
    for ((quantity, layer), one), (_, other) in zip(first, second, strict=True):
        if not np.array_equal(one, other):
            raise Fault(f"two calls with the same inputs differ in {quantity} of layer {layer}")
    return first


def _check_unchanged(given: Inputs, original: Inputs) -> None:
    layers = range(1, len(original.network.layers) + 1)
    names = [f"{name} of layer {layer}" for layer in layers for name in ("w", "b")] + ["x", "t"]
    for name, now, before in zip(names, given.arrays(), original.arrays(), strict=True):
        if now.shape != before.shape or now.tobytes() != before.tobytes():
            raise Fault(f"it changed its input: {name}")


def _gradient_arrays(gradients: Any, inputs: Inputs) -> Arrays:
    if not isinstance(gradients, Gradients):
        raise Fault(f"backprop returned {type(gradients).__name__}, expected harness.Gradients(w, b, delta)")
    layers, n = inputs.network.layers, len(inputs.x)
    arrays = [
        *_checked("w", gradients.w, [layer.w.shape for layer in layers]),
        *_checked("b", gradients.b, [layer.b.shape for layer in layers]),
    ]
    if gradients.delta is not None:
        arrays += _checked("delta", gradients.delta, [(n, *layer.b.shape) for layer in layers])
    return arrays


def _network_arrays(network: Any, inputs: Inputs) -> Arrays:
    """For each layer the weights with the bias as last column, [n_l, n_{l-1} + 1]."""
    if not isinstance(network, Network):
        raise Fault(f"step returned {type(network).__name__}, expected harness.Network(layers, cost)")
    layers = inputs.network.layers
    kept = [layer.activation for layer in network.layers] == [layer.activation for layer in layers]
    if not kept or network.cost != inputs.network.cost:
        raise Fault("step returned a network with other activations or another cost")
    w = _checked("w after the step", [layer.w for layer in network.layers], [layer.w.shape for layer in layers])
    b = _checked("b after the step", [layer.b for layer in network.layers], [layer.b.shape for layer in layers])
    return [(key, np.column_stack([w_l, b_l])) for (key, w_l), (_, b_l) in zip(w, b, strict=True)]


def _checked(name: str, values: Any, shapes: Sequence[tuple[int, ...]]) -> Iterator[tuple[tuple[str, int], Array]]:
    """Fresh float64 copies of one array a layer, or the Fault that says which is not as expected."""
    if not isinstance(values, (list, tuple)) or len(values) != len(shapes):
        found = f"{len(values)} entries" if isinstance(values, (list, tuple)) else type(values).__name__
        raise Fault(f"{name} is {found}, expected a list of {len(shapes)}: one array a layer")
    for layer, (value, shape) in enumerate(zip(values, shapes, strict=True), start=1):
        try:
            array = np.array(value)
        except ValueError:
            raise Fault(f"{name} of layer {layer} is ragged, expected an array of shape {shape}") from None
        if array.dtype.kind not in "fiu":
            raise Fault(f"{name} of layer {layer} holds {array.dtype.name} values, expected real numbers")
        if array.shape != shape:
            raise Fault(f"{name} of layer {layer} has shape {array.shape}, expected {shape}")
        if not np.isfinite(array).all():
            first = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
            raise Fault(f"{name} of layer {layer} holds {array[first]} at {list(first)}")
        yield (name, layer), array.astype(np.float64)

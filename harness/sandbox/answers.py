"""What a function of an implementation gave on some inputs: arrays, or the reason why there are none.

These values are made in the process of the implementation and read in that of the harness.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from harness.model.contract import Array, Inputs, Unsupported

LONGEST_MESSAGE = 300  # characters of an exception's message that are kept
LONGEST_DETAIL = 1000
LONGEST_TRACEBACK = 4000
Arrays = Mapping[tuple[str, int], Array]
REFUSALS = (Unsupported, NotImplementedError)  # what an implementation raises to refuse a case, with the reason


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
    them delta, z, a for `backprop`; w and b of the new network for `step`; the weights after an epoch, as `epoch1`,
    for `train`. `again` are those of the second call, where they differ; `changed` names the inputs that it changed.
    `seconds` is the time inside the function, and `is_stale` says that the process keeps traces of the call, and is not
    to be asked again.
    """

    arrays: Arrays = field(default_factory=dict)
    again: Arrays | None = None
    changed: tuple[str, ...] = ()
    refusal: Refusal | None = None
    seconds: float = 0.0
    is_stale: bool = False


class Fault(Exception):
    """The contract is broken: of which kind, and how."""

    def __init__(self, kind: str, detail: str) -> None:
        # A name that the file has made up may be of any length.
        self.kind, self.detail = kind, detail if len(detail) <= LONGEST_DETAIL else f"{detail[:LONGEST_DETAIL]} …"
        super().__init__(self.detail)

    @property
    def refusal(self) -> Refusal:
        return Refusal("failed", self.detail, self.kind)


def failed(detail: str, kind: str = "") -> Answer:
    """The answer of a function that gave none."""
    return Answer(refusal=Refusal("failed", detail, kind))


def difference(one: Arrays, other: Arrays) -> tuple[str, int]:
    """The name and the layer of the first array in which two answers differ. Raises StopIteration where in none."""
    keys = dict.fromkeys([*one, *other])
    return next(key for key in keys if not same(one.get(key), other.get(key)))


def same(one: Array | None, other: Array | None) -> bool:
    """Whether two arrays are the same to the bit."""
    return one is not None and other is not None and one.shape == other.shape and one.tobytes() == other.tobytes()


def describe(error: BaseException, path: Path) -> Refusal:
    """The refusal that an exception is, with the line of the implementation's file that it passed last."""
    if isinstance(error, REFUSALS):
        return Refusal("unsupported", reason_of(error))
    if isinstance(error, Fault):
        return error.refusal
    import traceback  # in the process of the implementation, where it is needed

    frames = traceback.extract_tb(error.__traceback__)
    mine = [number for number, frame in enumerate(frames) if frame.filename == str(path)]
    where = f" ({path.name}, line {frames[mine[-1]].lineno})" if mine else ""
    head = f"{type(error).__name__}: {message_of(error)}"
    kind = "exit" if isinstance(error, SystemExit) else "exception"
    shown = "".join(traceback.format_list(frames[mine[0] :])) + head if mine else ""
    return Refusal("failed", head + where, kind, shown[-LONGEST_TRACEBACK:])


def reason_of(refusal: BaseException) -> str:
    """Why an implementation refuses a case."""
    return message_of(refusal, nothing="no reason given")


def message_of(error: BaseException, nothing: str = "no message") -> str:
    """What an exception says, in one line of some length; it may be unable to, or say `nothing`."""
    try:
        text = " ".join(str(error).split())
    except BaseException as other:
        return f"a message that raises {type(other).__name__}"
    text = text.encode(errors="replace").decode()
    return (text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE].rstrip()} …") or nothing


def printable(text: str, keep: str = "") -> str:
    """The text without what a terminal would obey and what cannot be written: each such character as a �."""
    text = text.encode(errors="replace").decode()
    return "".join(one if one.isprintable() or one in keep else "\N{REPLACEMENT CHARACTER}" for one in text)


def check_shapes(arrays: Arrays, shapes: Mapping[tuple[str, int], tuple[int, ...]], when: str = "") -> None:
    """Raises the Fault of the first array that is not there, or not of its shape."""
    for (name, layer), shape in shapes.items():
        array = arrays.get((name, layer))
        if array is None:
            raise Fault("count", f"{name}{when} of layer {layer} is missing, expected an array of shape {shape}")
        if array.shape != shape:
            hint = "; drop the last axis" if array.shape == (*shape, 1) else ""
            raise Fault("shape", f"{name}{when} of layer {layer} has shape {array.shape}, expected {shape}{hint}")


def check_finite(arrays: Arrays, when: str = "") -> None:
    """Raises the Fault of the first array that holds a NaN or an infinity."""
    for (name, layer), array in arrays.items():
        if not np.isfinite(array).all():
            first = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
            raise Fault("values", f"{name}{when} of layer {layer} holds {array[first]} at {list(first)}")


def weights_of(arrays: Arrays, inputs: Inputs) -> dict[int, Array]:
    """For each layer of a network that `step` returned the weights with the bias as last column, [n_l, n_{l-1} + 1].
    Raises Fault for another shape."""
    layers = list(enumerate(inputs.network.layers, start=1))
    check_shapes(arrays, {("w", l): layer.w.shape for l, layer in layers}, " after the step")
    check_shapes(arrays, {("b", l): layer.b.shape for l, layer in layers}, " after the step")
    return {l: np.column_stack([arrays["w", l], arrays["b", l]]) for l, _ in layers}

"""The answer of an implementation's function: arrays, or the reason why there are none.

The worker process makes answers, and the process of the harness reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from harness.model.contract import Array, Inputs, Unsupported

LONGEST_MESSAGE = 300  # characters kept of an exception's message
LONGEST_DETAIL = 1000
LONGEST_TRACEBACK = 4000
ArrayKey = tuple[str, int]  # the name of an array and its layer, from 1
Arrays = Mapping[ArrayKey, Array]
REFUSALS = (Unsupported, NotImplementedError)  # an implementation raises one of these to refuse a case


@dataclass(frozen=True)
class Refusal:
    """Why there is nothing to judge.

    `verdict` is `unsupported` or `failed`, `detail` says in one line what happened, and `kind` classifies a failure in
    one or two words. For an exception, `traceback` starts at the first line of the implementation's file.
    """

    verdict: str
    detail: str
    kind: str = ""
    traceback: str = ""


@dataclass(frozen=True, eq=False)
class Answer:
    """The answer of one function on one case.

    `arrays` maps (name, layer) to float64 arrays of any shape, as they were returned: w, b and optionally delta, z, a
    for `backprop`; w and b of the new network for `step`; the weights after epoch N, as `epochN`, for `train`. `again`
    holds the arrays of the second call if they differ. `changed` names the inputs that the function changed. `seconds`
    is the time inside the function. `is_stale` says that the call left traces in its process, which must not be used
    again.
    """

    arrays: Arrays = field(default_factory=dict)
    again: Arrays | None = None
    changed: tuple[str, ...] = ()
    refusal: Refusal | None = None
    seconds: float = 0.0
    is_stale: bool = False


class Fault(Exception):
    """The implementation broke the contract; `kind` classifies how, and `detail` says it in one line."""

    def __init__(self, kind: str, detail: str) -> None:
        # The file may have chosen a name of any length.
        self.kind, self.detail = kind, detail if len(detail) <= LONGEST_DETAIL else f"{detail[:LONGEST_DETAIL]} …"
        super().__init__(self.detail)

    @property
    def refusal(self) -> Refusal:
        """The same as a value."""
        return Refusal("failed", self.detail, self.kind)


def failed(detail: str, kind: str = "") -> Answer:
    """The answer of a function that failed."""
    return Answer(refusal=Refusal("failed", detail, kind))


def first_difference(one: Arrays, other: Arrays) -> ArrayKey:
    """The (name, layer) of the first array in which two answers differ. Raises StopIteration if they are identical."""
    keys = dict.fromkeys([*one, *other])
    return next(key for key in keys if not is_identical(one.get(key), other.get(key)))


def is_identical(one: Array | None, other: Array | None) -> bool:
    """Whether both arrays exist and have the same shape and the same bytes."""
    return one is not None and other is not None and one.shape == other.shape and one.tobytes() == other.tobytes()


def refusal_from(error: BaseException, *files: Path) -> Refusal:
    """Turn an exception into a refusal, with the last line of the implementation's files in its traceback.

    The last of the `files` is the one whose traceback is shown, if it is in there; an adapter comes before the file
    that it drives.
    """
    if isinstance(error, REFUSALS):
        return Refusal("unsupported", reason_of(error))
    if isinstance(error, Fault):
        return error.refusal
    import traceback  # only workers need it

    frames = traceback.extract_tb(error.__traceback__)
    numbers = ([n for n, frame in enumerate(frames) if frame.filename == str(path)] for path in reversed(files))
    mine = next(filter(None, numbers), [])
    where = f" ({Path(frames[mine[-1]].filename).name}, line {frames[mine[-1]].lineno})" if mine else ""
    head = f"{type(error).__name__}: {message_of(error)}"
    kind = "exit" if isinstance(error, SystemExit) else "exception"
    shown = "".join(traceback.format_list(frames[mine[0] :])) + head if mine else ""
    return Refusal("failed", head + where, kind, shown[-LONGEST_TRACEBACK:])


def reason_of(refusal: BaseException) -> str:
    """The reason in an exception that refuses a case."""
    return message_of(refusal, nothing="no reason given")


def message_of(error: BaseException, nothing: str = "no message") -> str:
    """The message of an exception in one line of limited length; `nothing` if it is empty. Never raises."""
    try:
        text = " ".join(str(error).split())
    except BaseException as other:
        return f"a message that raises {type(other).__name__}"
    text = text.encode(errors="replace").decode()
    return (text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE].rstrip()} …") or nothing


def printable(text: str, keep: str = "") -> str:
    """The text with each control character and each character that cannot be encoded replaced by �, except `keep`."""
    text = text.encode(errors="replace").decode()
    return "".join(one if one.isprintable() or one in keep else "\N{REPLACEMENT CHARACTER}" for one in text)


def check_shapes(arrays: Arrays, shapes: Mapping[ArrayKey, tuple[int, ...]], when: str = "") -> None:
    """Raise Fault for the first array that is missing or has another shape. `when` follows its name in the message."""
    for (name, layer), shape in shapes.items():
        array = arrays.get((name, layer))
        if array is None:
            raise Fault("count", f"{name}{when} of layer {layer} is missing, expected an array of shape {shape}")
        if array.shape != shape:
            hint = "; drop the last axis" if array.shape == (*shape, 1) else ""
            raise Fault("shape", f"{name}{when} of layer {layer} has shape {array.shape}, expected {shape}{hint}")


def check_finite(arrays: Arrays, when: str = "") -> None:
    """Raise Fault for the first array that holds a NaN or an infinity. `when` follows its name in the message."""
    for (name, layer), array in arrays.items():
        if not np.isfinite(array).all():
            first = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
            raise Fault("values", f"{name}{when} of layer {layer} holds {array[first]} at {list(first)}")


def weights_of(arrays: Arrays, inputs: Inputs) -> dict[int, Array]:
    """The new parameters of each layer after `step`, the bias as last column, [n_l, n_{l-1} + 1].

    Raises Fault if an array is missing or has another shape.
    """
    layers = list(enumerate(inputs.network.layers, start=1))
    check_shapes(arrays, {("w", l): layer.w.shape for l, layer in layers}, " after the step")
    check_shapes(arrays, {("b", l): layer.b.shape for l, layer in layers}, " after the step")
    return {l: np.column_stack([arrays["w", l], arrays["b", l]]) for l, _ in layers}

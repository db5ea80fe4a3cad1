"""The messages between the harness and a worker: a JSON header and arrays as raw bytes, never pickles.

A message is 12 bytes of lengths, the header, and the numbers of its arrays one after the other. Exact numbers are in
the header, as hexadecimal fractions. What a worker sends is not trusted: its lengths are checked against limits before
memory is allocated, and anything but an answer to the request is a BadMessage.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.model.activations import ACTIVATIONS
from harness.model.contract import Array, Inputs, Layer, Network
from harness.model.costs import COSTS
from harness.sandbox.answers import LONGEST_DETAIL, LONGEST_TRACEBACK, Answer, ArrayKey, Refusal, printable
from harness.sandbox.sources.functions import DECLARATIONS

if TYPE_CHECKING:
    from fractions import Fraction

_LENGTHS = struct.Struct("!IQ")
_DTYPES = ("<f4", "<f8")
_EXACT = "exact"
LONGEST_HEADER = 2**24
LONGEST_NUMBER = 2**15  # hexadecimal digits of an exact number
MOST_DECLARED, LONGEST_NAME = 16, 40  # entries of a declared dictionary, and characters of each that are kept
# The kinds of failure that a worker may report; the harness itself detects the others.
_KINDS = frozenset(
    {
        "",
        "exception",
        "exit",
        "import",
        "type",
        "count",
        "shape",
        "numbers",
        "values",
        "inputs",
        "global state",
        "two calls",
    }
    | {"processes", "files"}
)
# The arrays that each function may return; those of `train` are named by epoch.
ARRAY_NAMES = {"backprop": ("w", "b", "delta", "z", "a"), "step": ("w", "b")}

Message = tuple[dict[str, Any], list[Array]]


class BadMessage(Exception):
    """The received bytes are no message, or the message is no answer to the request."""


def pack(header: Mapping[str, Any], arrays: Sequence[Array] = ()) -> bytes:
    """A message as bytes. The arrays may have any shape; they are float32, float64, or objects: integers, fractions."""
    described, body = [], []
    for array in arrays:
        if array.dtype == object:
            described.append([_EXACT, list(array.shape), [_exact_text(number) for number in array.flat]])
        else:
            little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
            described.append([little.dtype.str, list(array.shape)])
            body.append(little.tobytes())
    head = json.dumps({**header, "arrays": described}).encode()
    numbers = b"".join(body)
    return _LENGTHS.pack(len(head), len(numbers)) + head + numbers


def _exact_text(number: Any) -> str:
    return f"{int(number.numerator):x}/{int(number.denominator):x}"


class Inbox:
    """Collects bytes and returns complete messages; their arrays are read-only.

    `limit` is the largest size of a message's arrays, in bytes.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._bytes = bytearray()

    def feed(self, data: bytes) -> Message | None:
        """Add bytes; the first message if it is complete, else None. Raises BadMessage."""
        self._bytes += data
        if len(self._bytes) < _LENGTHS.size:
            return None
        head, body = _LENGTHS.unpack_from(self._bytes)
        if head > LONGEST_HEADER or body > self.limit:
            raise BadMessage(f"a message of {head + body:,} bytes")
        start = _LENGTHS.size + head
        if len(self._bytes) < start + body:
            return None
        with memoryview(self._bytes) as view:
            message = bytes(view[_LENGTHS.size : start]), bytes(view[start : start + body])
        del self._bytes[: start + body]
        return _unpack(*message)


def _unpack(head: bytes, body: bytes) -> Message:
    try:
        header = json.loads(head)
        arrays, start = [], 0
        for dtype, dimensions, *exact in header.pop("arrays"):
            shape = tuple(int(n) for n in dimensions)
            count = math.prod(shape)
            if min(shape, default=0) < 0 or dtype not in (*_DTYPES, _EXACT):
                raise BadMessage(f"an array of {dtype} {shape}")
            if dtype == _EXACT:
                numbers = [_parse_exact(text) for text in exact[0]]
                array = np.array([*numbers, None], dtype=object)[:-1].reshape(shape)
            else:
                array = np.frombuffer(body, dtype, count, start).reshape(shape)
                start += count * int(dtype[-1])
            arrays.append(array)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError, MemoryError) as error:
        raise BadMessage(f"{type(error).__name__}: {error}") from None
    return header, arrays


def _parse_exact(text: str) -> int | Fraction:
    if len(text) > LONGEST_NUMBER:  # reducing a fraction takes time quadratic in its digits
        raise ValueError("a number with too many digits")
    from fractions import Fraction  # only proofs need it

    above, _, below = text.partition("/")
    found = Fraction(int(above, 16), int(below, 16))
    return found.numerator if found.denominator == 1 else found


def inputs_header(inputs: Inputs) -> dict[str, Any]:
    """The part of a request's header that describes the inputs: activations and cost."""
    layers = inputs.network.layers
    return {"activations": [layer.activation.name for layer in layers], "cost": inputs.network.cost.name}


def unpack_inputs(header: Mapping[str, Any], arrays: Sequence[Array]) -> Inputs:
    """The inputs in the header and the arrays of a request: w, b of each layer, then x and t."""
    *parameters, x, t = arrays
    layers = [
        Layer(w, b, ACTIVATIONS[name])
        for w, b, name in zip(parameters[0::2], parameters[1::2], header["activations"], strict=True)
    ]
    return Inputs(Network(tuple(layers), COSTS[header["cost"]]), x, t)


def pack_answer(request: Any, function: str, answer: Answer) -> bytes:
    """The message with a function's answer to the request of this id."""
    again, refusal = answer.again or {}, answer.refusal
    header = {
        "id": request,
        "function": function,
        "keys": [*answer.arrays],
        "again": [*again],
        "changed": answer.changed,
        "seconds": answer.seconds,
        "stale": answer.is_stale,
        "refusal": refusal and [refusal.verdict, refusal.detail, refusal.kind, refusal.traceback],
    }
    return pack(header, [*answer.arrays.values(), *again.values()])


def read_answer(
    message: Message, names: Sequence[str], layers: int, *, exact: bool = False, elapsed: float = math.inf
) -> Answer:
    """The answer in a message.

    `names` are the names that its arrays may have, of which the first is required; each name that occurs has an array
    for each of the `layers`. The arrays hold exact numbers if `exact` is set, otherwise floats. The time that the
    worker reports is limited to `elapsed` seconds. Raises BadMessage.
    """
    header, arrays = message
    try:
        if any((array.dtype == object) != exact for array in arrays):
            raise ValueError("an array with the wrong kind of numbers")
        keys, again = (_read_keys(header[part], names, layers) for part in ("keys", "again"))
        refusal = None if header["refusal"] is None else _read_refusal(header["refusal"])
        first = dict(zip(keys, arrays[: len(keys)], strict=True))
        second = dict(zip(again, arrays[len(keys) :], strict=True))
        seconds = float(header["seconds"])
        if refusal is None and names[0] not in {name for name, _ in keys}:
            raise ValueError(f"an answer without {names[0]}")
        if not 0 <= seconds < math.inf or not isinstance(header["changed"], list):
            raise ValueError("an answer without its time or the list of changed inputs")
        changed = tuple(printable(str(name)[:LONGEST_DETAIL]) for name in header["changed"])
        return Answer(first, second or None, changed, refusal, min(seconds, elapsed), bool(header["stale"]))
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise BadMessage(f"{type(error).__name__}: {error}") from None


def read_loading(message: Message) -> tuple[Mapping[str, Any] | Refusal, float]:
    """What a file declares, or why it cannot be imported; and the seconds that the import took. Raises BadMessage."""
    header, arrays = message
    try:
        seconds = float(header["loaded"])
        if not 0 <= seconds < math.inf:
            raise ValueError("no valid time")
        if header["refusal"] is not None:
            return _read_refusal(header["refusal"]), seconds
        declared = dict(header["declared"])
        if arrays or not declared.keys() <= set(DECLARATIONS):
            raise ValueError("an unknown declaration")
        return {name: _read_declared(value) for name, value in declared.items()}, seconds
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise BadMessage(f"{type(error).__name__}: {error}") from None


def _read_declared(value: Any) -> Any:
    """A declared value: a string, a number, True, False, None, or a short dictionary of strings. Raises ValueError."""
    if isinstance(value, str):
        return printable(value[:LONGEST_DETAIL])
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, dict) and len(value) <= MOST_DECLARED:
        if not all(isinstance(one, str) for one in value.values()):
            raise ValueError("a declaration that is not text")
        return {printable(k[:LONGEST_NAME]): printable(v[:LONGEST_NAME]) for k, v in value.items()}
    raise ValueError("a declaration that is neither text nor a number")


def _read_keys(pairs: Any, names: Collection[str], layers: int) -> list[ArrayKey]:
    """The keys of arrays: each name that occurs has every layer, except `degree`, which has one."""
    keys = [(str(name), int(layer)) for name, layer in pairs]
    of_names = {name: {"degree": 1}.get(name, layers) for name, _ in keys}
    expected = {(name, layer) for name, last in of_names.items() for layer in range(1, last + 1)}
    if len(set(keys)) != len(keys) or set(keys) != expected or not of_names.keys() <= set(names):
        raise ValueError("array names or layers that were not requested")
    return keys


def _read_refusal(parts: Any) -> Refusal:
    verdict, detail, kind, traceback = map(str, parts)
    if verdict not in ("failed", "unsupported") or kind not in _KINDS:
        raise ValueError("an unknown verdict or kind of failure")
    traceback = printable(traceback[-LONGEST_TRACEBACK:], keep="\n")
    return Refusal(verdict, printable(detail[: LONGEST_DETAIL + 2]), kind, traceback)

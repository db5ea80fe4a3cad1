"""The messages between the harness and a worker, and the members that they share with those to a program.

A request is `{"id", "functions", "longest", …}` with the inputs of `inputs_message`, and an answer has its arrays in
lists, one array a layer. What a worker sends is not trusted: anything but an answer to the request is a BadMessage.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from harness.model.activations import ACTIVATIONS
from harness.model.contract import Array, Inputs, Layer, Network
from harness.model.costs import COSTS
from harness.sandbox.answers import LONGEST_DETAIL, LONGEST_TRACEBACK, Answer, Arrays, Refusal, printable
from harness.sandbox.sources.functions import DECLARABLE, DECLARATIONS, SCOPE, is_declarable
from harness.sandbox.wire.lines import BadMessage, Message, pack

LONGEST_NAME = 40  # characters that are kept of each entry of a declared list or dictionary, and of a language
MOST_NOTES = 8
HELLO = "hello"  # what a program is asked that is only started
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
        "message",
        "start",
        "declaration",
        "processes",
        "files",
        "limit",
    }
)
# The arrays that each function may return; those of `train` are named by epoch.
ARRAY_NAMES = {"backprop": ("w", "b", "delta", "z", "a"), "step": ("w", "b")}


def inputs_message(inputs: Inputs) -> Message:
    """The members of a request that are its inputs."""
    layers = [{"activation": layer.activation.name, "w": layer.w, "b": layer.b} for layer in inputs.network.layers]
    return {"network": {"cost": inputs.network.cost.name, "layers": layers}, "x": inputs.x, "t": inputs.t}


def read_inputs(message: Message) -> Inputs:
    """The inputs in a request."""
    network = message["network"]
    layers = [Layer(one["w"], one["b"], ACTIVATIONS[one["activation"]]) for one in network["layers"]]
    return Inputs(Network(tuple(layers), COSTS[network["cost"]]), message["x"], message["t"])


def pack_answer(request: Any, function: str, answer: Answer) -> bytes:
    """The message with a function's answer to the request of this id."""
    refusal = answer.refusal
    return pack(
        {
            "id": request,
            "function": function,
            "arrays": _by_name(answer.arrays),
            "again": _by_name(answer.again or {}),
            "changed": answer.changed,
            "seconds": answer.seconds,
            "stale": answer.is_stale,
            "refusal": refusal and [refusal.verdict, refusal.detail, refusal.kind, refusal.traceback],
        }
    )


def _by_name(arrays: Arrays) -> dict[str, list[Array]]:
    """The arrays of each name in a list, in the order of the layers."""
    found: dict[str, list[Array]] = {}
    for (name, _), array in sorted(arrays.items(), key=lambda one: one[0][1]):
        found.setdefault(name, []).append(array)
    return found


def read_answer(
    message: Message, names: Sequence[str], layers: int, *, exact: bool = False, elapsed: float = math.inf
) -> Answer:
    """The answer in a message.

    `names` are the names that its arrays may have, of which the first is required; each name that occurs has an array
    for each of the `layers`. The arrays hold exact numbers if `exact` is set, otherwise floats. The time that the
    worker reports is limited to `elapsed` seconds. Raises BadMessage.
    """
    try:
        first, second = (_read_arrays(message[part], names, layers, exact) for part in ("arrays", "again"))
        refusal = None if message["refusal"] is None else _read_refusal(message["refusal"])
        seconds = float(message["seconds"])
        if refusal is None and (names[0], 1) not in first:
            raise ValueError(f"an answer without {names[0]}")
        if not 0 <= seconds < math.inf or not isinstance(message["changed"], list):
            raise ValueError("an answer without its time or the list of changed inputs")
        changed = tuple(printable(str(name)[:LONGEST_DETAIL]) for name in message["changed"])
        return Answer(first, second or None, changed, refusal, min(seconds, elapsed), bool(message["stale"]))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise BadMessage(f"{type(error).__name__}: {error}") from None


def _read_arrays(found: Any, names: Sequence[str], layers: int, exact: bool) -> Arrays:
    """The arrays by (name, layer): each name that occurs has every layer, except `degree`, which has one."""
    arrays = {(name, layer): one for name, values in found.items() for layer, one in enumerate(values, start=1)}
    expected = {(name, layer) for name in found for layer in range(1, {"degree": 1}.get(name, layers) + 1)}
    if arrays.keys() != expected or not found.keys() <= set(names):
        raise ValueError("array names or layers that were not requested")
    if any(not isinstance(one, np.ndarray) or (one.dtype == object) != exact for one in arrays.values()):
        raise ValueError("an array with the wrong kind of numbers")
    return arrays


class Loading(NamedTuple):
    """How an import went: the conventions that the file declares, the scope that a program declares, sentences about
    it, the language that a program says, and the seconds; or why it cannot be imported."""

    declared: Mapping[str, Any]
    scope: Mapping[str, Any]
    notes: tuple[str, ...]
    language: str
    seconds: float
    refusal: Refusal | None


def read_loading(message: Message) -> Loading:
    """How the import of a file went. Raises BadMessage."""
    try:
        seconds = float(message["loaded"])
        if not 0 <= seconds < math.inf:
            raise ValueError("no valid time")
        if message["refusal"] is not None:
            return Loading({}, {}, (), "", seconds, _read_refusal(message["refusal"]))
        declared, notes, language = dict(message["declared"]), [*message["notes"]], str(message["language"])
        if not declared.keys() <= set(DECLARABLE) or not all(isinstance(note, str) for note in notes):
            raise ValueError("an unknown declaration")
        shown = tuple(printable(note[:LONGEST_DETAIL]) for note in notes[:MOST_NOTES])
        conventions, scope = (
            {name: _read_declared(declared[name]) for name in names if name in declared}
            for names in (DECLARATIONS, SCOPE)
        )
        return Loading(conventions, scope, shown, printable(language[:LONGEST_NAME]), seconds, None)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise BadMessage(f"{type(error).__name__}: {error}") from None


def _read_declared(value: Any) -> Any:
    """A declared value, its texts cut to a limited length. Raises ValueError for what cannot be declared."""
    if not is_declarable(value):
        raise ValueError("a declaration that is neither text nor a number")
    if isinstance(value, str):
        return printable(value[:LONGEST_DETAIL])
    if isinstance(value, dict):
        return {printable(k[:LONGEST_NAME]): printable(v[:LONGEST_NAME]) for k, v in value.items()}
    return [printable(one[:LONGEST_NAME]) for one in value] if isinstance(value, list) else value


def _read_refusal(parts: Any) -> Refusal:
    verdict, detail, kind, traceback = map(str, parts)
    if verdict not in ("failed", "unsupported") or kind not in _KINDS:
        raise ValueError("an unknown verdict or kind of failure")
    traceback = printable(traceback[-LONGEST_TRACEBACK:], keep="\n")
    return Refusal(verdict, printable(detail[: LONGEST_DETAIL + 2]), kind, traceback)

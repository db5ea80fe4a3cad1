"""What foreign code has sent, read with no trust in it: a message is an answer, or it spoils the channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.answers import Answer, Refusal
from harness.contract import Array
from harness.discover import DECLARATIONS

# The kinds of failure that a worker tells of; the harness itself sees the others.
_KINDS = frozenset(
    {"", "exception", "exit", "import", "type", "count", "shape", "numbers", "inputs", "two calls", "global state"}
    | {"processes"}
)
_NAMES = ("w", "b", "delta", "z", "a")
_SPOILT = Refusal("failed", "it spoils the channel of its answers", "crash")


def parsed(header: Mapping[str, Any], arrays: Sequence[Array], layers: int) -> Answer:
    """The answer of a function on a network of so many layers."""
    try:
        keys, again = (_keys(header[part], layers) for part in ("keys", "again"))
        refusal = None if header["refusal"] is None else _refusal(header["refusal"])
        first = dict(zip(keys, arrays[: len(keys)], strict=True))
        second = dict(zip(again, arrays[len(keys) :], strict=True))
        if refusal is None and not {("w", l) for l in range(1, layers + 1)} <= first.keys():
            raise ValueError("no w")
        changed = tuple(printable(str(name)) for name in header["changed"])
        return Answer(first, second or None, changed, refusal, float(header["seconds"]))
    except (KeyError, TypeError, ValueError):
        return Answer(refusal=_SPOILT)


def parsed_loading(header: Mapping[str, Any], arrays: Sequence[Array]) -> Mapping[str, str | bool] | Refusal:
    """What a file declares, or why it cannot be loaded."""
    try:
        if "refusal" in header:
            detail, kind, traceback = map(str, header["refusal"])
            return _refusal(["failed", detail, kind, traceback])
        declared = dict(header["declared"])
        if arrays or not all(name in DECLARATIONS and isinstance(v, (str, bool)) for name, v in declared.items()):
            raise ValueError("no declaration")
        return {name: printable(value) if isinstance(value, str) else value for name, value in declared.items()}
    except (KeyError, TypeError, ValueError):
        return _SPOILT


def _keys(pairs: Any, layers: int) -> list[tuple[str, int]]:
    keys = [(str(name), int(layer)) for name, layer in pairs]
    if len(set(keys)) != len(keys) or not all(name in _NAMES and 1 <= layer <= layers for name, layer in keys):
        raise ValueError("no key")
    return keys


def _refusal(parts: Any) -> Refusal:
    verdict, detail, kind, traceback = map(str, parts)
    if verdict not in ("failed", "unsupported") or kind not in _KINDS:
        raise ValueError("no refusal")
    return Refusal(verdict, printable(detail), kind, printable(traceback, keep="\n"))


def printable(text: str, keep: str = "") -> str:
    """The text without what a terminal would obey and what cannot be written: each such character as a �."""
    text = text.encode(errors="replace").decode()
    return "".join(one if one.isprintable() or one in keep else "\N{REPLACEMENT CHARACTER}" for one in text)

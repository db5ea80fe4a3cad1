"""Ask a program in any language, as if it were the functions of a Python file; see docs/protocol.md."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.model.contract import Array, Inputs, Network, Unsupported
from harness.sandbox.answers import LONGEST_MESSAGE, Answer, Fault, printable
from harness.sandbox.host.building.build import command_for
from harness.sandbox.host.call import FunctionsHost
from harness.sandbox.host.program import Program
from harness.sandbox.processes.process_tree import running_children
from harness.sandbox.sources.functions import DECLARABLE, MOST_DECLARED, Functions, is_declarable
from harness.sandbox.sources.toolchains import language_named, languages
from harness.sandbox.wire.arrays import ARRAY_FORMS
from harness.sandbox.wire.lines import BadMessage, Message
from harness.sandbox.wire.messages import ARRAY_NAMES, HELLO, inputs_message

VERSION = 1
FUNCTIONS = ("backprop", "step")
DECIMALS_A_BYTE = 4  # a float64 has 8 bytes, and 25 decimal digits, signs and separators at most
HELLO_BYTES = 2**16
FLOAT64_DIGITS = 17
LOOKED_AT, FEWEST_NUMBERS, MOST_FEW_DIGITS = 200, 20, 9  # numbers of an array, in all, and digits
SMALLEST_NORMAL = sys.float_info.min
ALL_DIGITS = "print 17, as %.17g does, or answer with hex"
ORDINARY = [[1 / 3, -2e-7 / 3, 1e23, 0.1], [123456789.12345679, -6.02214076e23, 2.0**-40, 3.0]]
SPECIAL = [[-0.0, np.nan, np.inf], [-np.inf, 5e-324, 1.7976931348623157e308]]

languages()  # they are read here, where the project's files are in sight


class CommandHost(FunctionsHost):
    """A program that answers requests. Creating it says hello and tries its numbers; it raises what goes wrong.

    Its first argument is the name of a language, and the second a source file in it; or the first is empty, and the
    others are a command.
    """

    def __init__(self, language: str, *arguments: str) -> None:
        command = [*arguments]
        if language:
            command = [*command_for(language_named(language), Path(arguments[0])), *arguments[1:]]
        self._program = Program(command)
        self._longest, self._ids = HELLO_BYTES, 0
        hello = self._said_hello()
        declared = _declared(hello)
        self._program.form = _array_form(hello)
        self._is_float32 = declared.get("DTYPE") == "float32"
        self._check_digits()
        notes = [*_sentences(hello), *self._special_numbers(), *self._daemons()]
        offered = {name: getattr(self, f"_{name}") if name in _offers(hello) else None for name in FUNCTIONS}
        super().__init__(Functions(**offered, declared=declared))
        self.notes, self.language = tuple(notes), _language(hello)

    def answer(self, function: str, message: Message) -> Answer:
        """Ask the program on the inputs of a request; whatever goes wrong is in the answer."""
        if function == HELLO:  # it has been said
            return Answer({(HELLO, 1): np.ones(1)})
        self._longest = message["longest"]
        answer = super().answer(function, message)
        return replace(answer, is_stale=answer.is_stale or self._program.is_lost)

    def _backprop(self, network: Network, x: Array, t: Array) -> Mapping[str, Any]:
        return self._arrays("backprop", {}, Inputs(network, x, t))

    def _step(self, network: Network, x: Array, t: Array, learning_rate: float) -> Mapping[str, Any]:
        return self._arrays("step", {"learning_rate": learning_rate}, Inputs(network, x, t))

    def _arrays(self, function: str, more: Mapping[str, Any], inputs: Inputs) -> Mapping[str, Any]:
        """The arrays of an answer by their names. Raises Unsupported, and Fault."""
        self._ids += 1
        number = f"{os.getpid():x}-{self._ids}"
        plain = Inputs(inputs.network, inputs.x, inputs.t.astype(inputs.x.dtype))  # class labels are whole numbers
        answer = self._asked({function: number, **inputs_message(plain), **more})
        if "error" in answer:
            raise Fault("exception", _one_line(answer["error"]))
        if not _equals(answer.get("id"), number):
            self._program.is_lost = True
            raise Fault("message", f"it answered with the id {_one_line(answer.get('id'))}, expected {number}")
        if "unsupported" in answer:
            raise Unsupported(_one_line(answer["unsupported"]))
        arrays = {name: answer[name] for name in ARRAY_NAMES[function] if name in answer}
        if digits := few_digits(arrays, plain.arrays()):
            raise Fault("message", f"it prints {digits} significant digits; {ALL_DIGITS}")
        return arrays

    def _asked(self, message: Mapping[str, Any]) -> Message:
        try:
            answer = self._program.ask(message, self._longest, DECIMALS_A_BYTE * self._longest)
        except BadMessage as error:
            hint = "; words of its own belong on standard error" if str(error).startswith("no JSON") else ""
            raise Fault("message", f"it sent {error}{hint}") from None
        if isinstance(answer, np.ndarray):
            raise Fault("message", f"it sent {_one_line(answer)} alone, expected a message with its members")
        return answer

    def _said_hello(self) -> Message:
        hello = self._asked({"hello": VERSION})
        if not _equals(hello.get("hello"), VERSION) or not isinstance(hello.get("offers"), list):
            found = ", ".join(f"{name}: {_one_line(value)}" for name, value in [*hello.items()][:3])
            expected = f'"hello": {VERSION} and "offers": ["backprop", "step"]'
            raise Fault("message", f"its first line is no hello: expected {expected}, found {found or 'nothing'}")
        return hello

    def _echo(self, numbers: list[list[float]]) -> tuple[Array, Array]:
        """An array, and what the program makes of it. Raises Fault."""
        sent = np.array(numbers)
        if self._is_float32:
            with np.errstate(over="ignore", under="ignore"):
                sent = sent.astype(np.float32)
        came = self._asked({"echo": sent}).get("echo")
        if not isinstance(came, np.ndarray) or came.shape != sent.shape:
            found = f"an array of {list(came.shape)}" if isinstance(came, np.ndarray) else _one_line(came)
            raise Fault("message", f"its echo of an array of {list(sent.shape)} is {found}")
        return sent, came

    def _check_digits(self) -> None:
        """Raise Fault if ordinary numbers do not come back as they are."""
        sent, came = self._echo(ORDINARY)
        if not self._is_float32 and np.array_equal(sent.astype(np.float32), came):
            raise Fault(
                "message", 'its echo has float32 numbers: declare "DTYPE": "float32" in its hello, or use float64'
            )
        different = np.flatnonzero(sent.ravel() != came.ravel())
        if len(different):
            one, other = (float(array.flat[different[0]]) for array in (sent, came))
            digits = next((n for n in range(1, FLOAT64_DIGITS) if float(f"{one:.{n}g}") == other), 0)
            what = f"it prints {digits} significant digits" if digits else "its echo has other numbers"
            raise Fault("message", f"{what}: {one!r} came back as {other!r}; {ALL_DIGITS}")

    def _special_numbers(self) -> list[str]:
        """A note for what becomes of numbers that JSON lacks or printers change; the check goes on without them."""
        try:
            sent, came = self._echo(SPECIAL)
        except Fault as fault:
            return [f"Special numbers in its echo: {fault.detail.removeprefix('it sent echo: ')}."]
        pairs = zip(sent.ravel().tolist(), came.ravel().tolist(), strict=True)
        wrong = [f"{one!r} as {other!r}" for one, other in pairs if repr(one) != repr(other)]
        return [f"It writes {', '.join(wrong)}."] if wrong else []

    def _daemons(self) -> list[str]:
        """A note for processes that it has started and that have left it: this process is now their parent."""
        left = [one for one in running_children(os.getpid()) if one != self._program.pid]
        note = "A process that it started before its hello runs on its own; it is ended with the program."
        return [note] if left else []


def few_digits(arrays: Mapping[str, Any], inputs: Sequence[Array] = ()) -> int:
    """The most significant digits of any number, if these are few for computed ones; else 0.

    An echo that copies its line does not show it. Numbers that have few digits when they are printed in full are left
    out: short binary fractions, subnormal numbers, and those of the `inputs`, such as parameters that a step leaves.
    """
    parts = [array for values in arrays.values() if isinstance(values, list) for array in values]
    looked_at = [array.ravel()[:LOOKED_AT].tolist() for array in parts if isinstance(array, np.ndarray)]
    numbers = {abs(x) for array in looked_at for x in array if SMALLEST_NORMAL <= abs(x) < math.inf}
    digits = {x: _digits(x) for x in numbers if (x * 2.0**30) % 1}
    if max(digits.values(), default=0) > MOST_FEW_DIGITS:
        return 0
    given = {abs(x) for array in inputs for x in array[np.isin(np.abs(array), [*digits])].tolist()}
    computed = [count for x, count in digits.items() if x not in given]
    return max(computed) if len(computed) >= FEWEST_NUMBERS else 0


def _digits(number: float) -> int:
    """How many significant digits the shortest decimal has that reads back as this number."""
    return len(repr(number).partition("e")[0].replace(".", "").strip("0"))


def _equals(found: Any, expected: int | str) -> bool:
    """Whether a member is this number or text; an array, which it may be instead, is not."""
    return not isinstance(found, np.ndarray) and bool(found == expected)


def _declared(hello: Message) -> Mapping[str, Any]:
    """What the hello declares. Raises Fault for anything that is not declared there."""
    declared = hello.get("declares", {})
    unknown = [name for name in declared if name not in DECLARABLE] if isinstance(declared, dict) else [declared]
    if unknown:
        raise Fault(
            "declaration",
            f"its hello declares {_one_line(unknown[0])}, expected some of {', '.join(DECLARABLE)}",
        )
    for name, value in declared.items():
        if not is_declarable(value):
            expected = f"text, a number, true, false, null, or a list or object of text with {MOST_DECLARED} at most"
            raise Fault("declaration", f"its hello declares {name} = {_one_line(value)}, expected {expected}")
    return dict(declared)


def _array_form(hello: Message) -> str:
    form = hello.get("arrays", "data")
    if not isinstance(form, str) or form not in ARRAY_FORMS:
        known = ", ".join(ARRAY_FORMS)
        raise Fault("declaration", f"its hello asks for arrays as {_one_line(form)}, expected one of {known}")
    return form


def _offers(hello: Message) -> list[str]:
    offers = [one for one in hello["offers"] if isinstance(one, str) and one in FUNCTIONS]
    if not offers:
        raise Fault("declaration", f"its hello offers {_one_line(hello['offers'])}, expected backprop, step, or both")
    return offers


def _language(hello: Message) -> str:
    """The language that the program says it is in; empty if it says none."""
    language = hello.get("language", "")
    return _one_line(language) if isinstance(language, str) else ""


def _sentences(hello: Message) -> list[str]:
    notes = hello.get("notes", [])
    return [_one_line(note) for note in notes] if isinstance(notes, list) else [_one_line(notes)]


def _one_line(value: Any) -> str:
    """A value of a message in one line of limited length."""
    text = printable(" ".join(str(value).split()))
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE]} …"

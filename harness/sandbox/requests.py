"""Requests to an implementation, the limits of time and memory, and the state of a submission."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.model.contract import Inputs
from harness.sandbox.answers import Answer, Refusal
from harness.sandbox.sources.find import Implementation
from harness.sandbox.sources.scope import DeclaredScope, scope_of
from harness.sandbox.wire.lines import Message, pack
from harness.sandbox.wire.messages import ARRAY_NAMES, inputs_message
from harness.sandbox.worker import Output

MAX_FAULTS = 3  # requests that time out, or kill the fork server, before the rest is not run
TIMED_OUT, KILLED_SERVER = "gave no answer in time", "killed or stopped the process that starts the workers"
FILE_HOST = "harness.sandbox.host.call:ImplementationHost"
COMMAND_HOST = "harness.sandbox.host.command:CommandHost"
SPARE_BYTES = 2**24  # an answer may be larger than expected by so much, so that a wrong shape can be reported


@dataclass(frozen=True)
class Limits:
    """The limits of an implementation: seconds for one request and for all requests, and bytes of resident memory."""

    seconds: float = 10.0
    total: float = 60.0
    memory: float = 2 * 2**30


@dataclass(eq=False)
class Request:
    """A call of some functions with the same message, and the answers so far.

    `key` identifies the request for the caller. `names` maps each function to the names that the arrays of its answer
    may have, each once for each of the `layers`; `longest` is the size limit of an answer's arrays, and `size` that of
    the arrays in the message, in bytes.
    `excluded` is why the request must not run, if so.
    """

    key: Any
    functions: tuple[str, ...]
    message: Message
    names: Mapping[str, Sequence[str]]
    layers: int
    longest: int = SPARE_BYTES
    size: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    spent: float = 0.0  # seconds
    excluded: Refusal | None = None
    is_alone: bool = False  # it runs while no other request does
    id: str = field(default_factory=lambda: os.urandom(8).hex())  # random, so that no answer can be sent in advance

    @property
    def waiting(self) -> list[str]:
        """The functions that are not answered yet."""
        return [name for name in self.functions if name not in self.answers]

    def packed(self) -> bytes:
        """The message that asks the functions which are not answered yet."""
        return pack({**self.message, "id": self.id, "functions": self.waiting, "longest": self.longest})

    def refuse(self, refusal: Refusal) -> None:
        """Answer all remaining functions with the same reason."""
        self.answers |= {name: Answer(refusal=refusal) for name in self.waiting}


def contract_request(
    key: Any,
    functions: tuple[str, ...],
    inputs: Inputs,
    learning_rate: float,
    *,
    epochs: Sequence[int] = (),
    batch: int = 1,
) -> Request:
    """A request for functions of the contract: `backprop`, `step`, `train`.

    For `train`, `epochs` are those after which the weights are returned, and `batch` is the number of rows of a step.
    """
    message = {**inputs_message(inputs), "learning_rate": learning_rate, "epochs": list(epochs), "batch": batch}
    names = {**ARRAY_NAMES, "train": [f"epoch{epoch}" for epoch in epochs]}
    layers, rows = inputs.network.layers, len(inputs.x)
    numbers = (len(epochs) + 1) * inputs.work // rows + 3 * rows * sum(len(layer.b) for layer in layers)
    size = sum(array.nbytes for array in inputs.arrays())
    return Request(key, functions, message, names, len(layers), 2 * 8 * numbers + SPARE_BYTES, size)


@dataclass(eq=False)
class TimeUsed:
    """The seconds that the requests to an implementation have taken, in all of its processes.

    The first import is not counted; after it, `is_counted` says that other ones are.
    """

    seconds: float = 0.0
    is_counted: bool = False


@dataclass(eq=False)
class Submission:
    """An implementation that runs in its own worker processes.

    `host` names the class that answers requests in a worker, as `module:class`, and `target` are its arguments, such as
    the path of a file. Cases out of its `scope` are not asked for. After the import, `declared` holds the constants of
    the file, `scope_said` the scope that a program declares, `language_said` the language that it says, `notes` what
    else is to be said of it, in sentences, and `loading` the seconds that the import took. If `unusable` is set, it is
    the reason why no more requests run.
    """

    name: str
    target: tuple[str, ...]
    limits: Limits = Limits()
    host: str = FILE_HOST
    scope: DeclaredScope = field(default_factory=DeclaredScope)
    declared: Mapping[str, Any] = field(default_factory=dict)
    scope_said: Mapping[str, Any] = field(default_factory=dict)
    language_said: str = ""
    notes: tuple[str, ...] = ()
    loading: float = 0.0
    output: Output = field(default_factory=Output)
    queue: deque[Request] = field(default_factory=deque)
    faults: Counter[str] = field(default_factory=Counter)
    used: TimeUsed = field(default_factory=TimeUsed)
    was_loaded: bool = False
    unusable: Refusal | None = None

    @classmethod
    def of(cls, implementation: Implementation, limits: Limits, host: str = FILE_HOST) -> Submission:
        """An implementation as it is run: by its adapter, if it has one, or by its command."""
        files = dict.fromkeys([implementation.target.resolve(), implementation.path.resolve()])
        is_command = bool(implementation.command)
        target = implementation.command if is_command else tuple(map(str, files))
        host = COMMAND_HOST if is_command else host
        submission = cls(implementation.name, target, limits, host, scope_of(implementation))
        submission.unusable = implementation.refusal
        return submission

    def apart(self, why: str) -> Submission:
        """The same implementation in other worker processes, whose output and time are counted with its own."""
        name = f"{self.name}, {why}"
        return Submission(name, self.target, self.limits, self.host, self.scope, output=self.output, used=self.used)

    @property
    def start(self) -> str:
        """When a failure happened that came before the first request."""
        return "at its start" if self.host == COMMAND_HOST else "during its import"

    @property
    def silence_hint(self) -> str:
        """What a program may lack that gives no answer; empty for a file."""
        hint = "; a program must read a line at a time, end each answer with a newline, and flush it"
        return hint if self.host == COMMAND_HOST else ""

    def count(self, fault: str) -> None:
        """Count a fault that costs much time; after MAX_FAULTS of a kind nothing more runs."""
        self.faults[fault] += 1
        if self.faults[fault] >= MAX_FAULTS:
            self.unusable = Refusal("failed", f"not run: {MAX_FAULTS} earlier requests {fault}", "not run")

    def left(self, request: Request) -> float:
        """The seconds that remain for a request."""
        return min(self.limits.seconds - request.spent, self.rest)

    @property
    def rest(self) -> float:
        """The seconds that remain for all requests."""
        return self.limits.total - self.used.seconds

    def refusal(self, request: Request) -> Refusal | None:
        """Why a request must not run; None if it may."""
        if self.unusable is not None:
            return self.unusable
        if request.excluded is not None:
            return request.excluded
        if self.rest <= 0:
            return Refusal("failed", f"not run: the {self.limits.total:g} s for all cases are used up", "not run")
        if request.spent >= self.limits.seconds:
            return Refusal("failed", f"not run: the {self.limits.seconds:g} s for its case are used up", "not run")

        return None

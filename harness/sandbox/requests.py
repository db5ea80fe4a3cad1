"""What an implementation is asked, within which limits, and what is known of it."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.model.contract import Array, Inputs
from harness.sandbox.answers import Answer, Refusal
from harness.sandbox.messages import NAMES, described, pack
from harness.sandbox.worker import Output

MAX_FAULTS = 3  # requests that run out of time, or kill what starts workers, before the rest are given up
LATE, KILLED = "gave no answer in time", "killed or stopped the process that starts the workers"
ROOM = 2**24  # bytes that an answer may have beside what is asked for, so that one of another shape is still read


@dataclass(frozen=True)
class Limits:
    """Seconds for one request and for all of an implementation's, and bytes of resident memory."""

    seconds: float = 10.0
    total: float = 60.0
    memory: float = 2 * 2**30


@dataclass(eq=False)
class Request:
    """Functions that are asked about the same arrays, and their answers as they come. `key` is for who asks; `names`
    are those that the arrays of an answer may have, `layers` how many there are of each."""

    key: Any
    functions: tuple[str, ...]
    header: Mapping[str, Any]
    arrays: Sequence[Array]
    names: Mapping[str, Sequence[str]]
    layers: int
    longest: int = ROOM
    answers: dict[str, Answer] = field(default_factory=dict)
    spent: float = 0.0  # seconds
    is_alone: bool = False  # no other is done beside it
    id: str = field(default_factory=lambda: os.urandom(8).hex())  # so that no answer can be given before it is asked

    @cached_property
    def size(self) -> int:
        """Bytes of its arrays."""
        return sum(array.nbytes for array in self.arrays)

    @property
    def waiting(self) -> list[str]:
        """The functions that have not answered."""
        return [name for name in self.functions if name not in self.answers]

    def packed(self) -> bytes:
        """As a message, for the functions that have not answered."""
        header = {**self.header, "id": self.id, "functions": self.waiting, "longest": self.longest}
        return pack(header, self.arrays)

    def refuse(self, refusal: Refusal) -> None:
        """The same reason for all that have not answered."""
        self.answers |= {name: Answer(refusal=refusal) for name in self.waiting}


def ask(
    key: Any,
    functions: tuple[str, ...],
    inputs: Inputs,
    learning_rate: float,
    *,
    epochs: Sequence[int] = (),
    batch: int = 1,
) -> Request:
    """A request for functions of the contract; for `train` with the epochs after which the weights are wanted, and the
    rows of a step."""
    header = {**described(inputs), "learning_rate": learning_rate, "epochs": list(epochs), "batch": batch}
    names = {**NAMES, "train": [f"epoch{epoch}" for epoch in epochs]}
    layers, rows = inputs.network.layers, len(inputs.x)
    numbers = (len(epochs) + 1) * inputs.work // rows + 3 * rows * sum(len(layer.b) for layer in layers)
    return Request(key, functions, header, inputs.arrays(), names, len(layers), 2 * 8 * numbers + ROOM)


@dataclass(eq=False)
class Submission:
    """An implementation that is asked, in processes of its own: which side of the harness answers there for which
    target, within which limits. `declared` are the constants of its file, once it is loaded; `loading` the seconds
    that this took; `unusable` is why nothing more will run."""

    name: str
    target: Path
    limits: Limits = Limits()
    side: str = "harness.sandbox.host.call"
    declared: Mapping[str, str | bool] = field(default_factory=dict)
    loading: float = 0.0
    output: Output = field(default_factory=Output)
    queue: deque[Request] = field(default_factory=deque)
    faults: Counter[str] = field(default_factory=Counter)
    spent: float = 0.0  # seconds
    was_loaded: bool = False
    unusable: Refusal | None = None

    def count(self, fault: str) -> None:
        """Note a fault that costs everybody time; after some of a kind the rest is given up."""
        self.faults[fault] += 1
        if self.faults[fault] >= MAX_FAULTS:
            self.unusable = Refusal("failed", f"not run: {MAX_FAULTS} before it {fault}", "not run")

    def left(self, request: Request) -> float:
        """The seconds that a request still has."""
        return min(self.limits.seconds - request.spent, self.limits.total - self.spent)

    def refusal(self, request: Request) -> Refusal | None:
        """Why a request is not run, where it is not."""
        if self.unusable is not None:
            return self.unusable
        if self.spent >= self.limits.total:
            return Refusal("failed", f"not run: the {self.limits.total:g} s for all cases are over", "not run")
        if request.spent >= self.limits.seconds:
            return Refusal("failed", f"not run: the {self.limits.seconds:g} s of its case are over", "not run")
        return None

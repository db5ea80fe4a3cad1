"""Foreign code, kept apart: a submission runs in a process of its own that gets inputs and gives answers as arrays.

Whatever it does is an answer with a reason; a worker that dies, hangs or takes too much memory is replaced, and the
next case runs in a fresh one. The truth never goes there.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.answers import Answer, Refusal
from harness.contract import Array, Inputs
from harness.process import Message, Output, Server, Worker
from harness.wire import pack

LOADING = 30.0  # seconds that the file may take to be imported, as to load PyTorch on a busy machine
# After these the next call would meet traces of the last.
_STALE = frozenset({"global state", "two calls", "processes", "timeout", "memory", "crash"})


@dataclass(frozen=True)
class Limits:
    """Seconds for one case and for all of a submission's, and bytes of resident memory."""

    seconds: float = 10.0
    total: float = 60.0
    memory: int = 2 * 2**30


class Submission:
    """A file, and the process in which it runs. Close it, or use it in a `with`."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.declared: Mapping[str, Any] = {}
        self.output = Output()
        self._path, self._limits = path.resolve(), limits
        self._spent = 0.0
        self._unusable: Refusal | None = None
        self._worker: Worker | None = None
        self._home = Path(tempfile.mkdtemp(prefix="gradproof-"))
        self._folder = self._home / "work"  # where it must leave nothing; libraries may use its neighbour tmp
        for folder in (self._folder, self._home / "tmp"):
            folder.mkdir()
        self._server = Server()

    def __enter__(self) -> Submission:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process and all that it has started; who waits for an answer gets none."""
        self._unusable = Refusal("failed", "not run: interrupted", "not run")
        if self._worker is not None:
            self._worker.signal()
        self._server.close()
        shutil.rmtree(self._home, ignore_errors=True)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will run."""
        return self._unusable is not None

    def answers(self, functions: tuple[str, ...], inputs: Inputs, learning_rate: float) -> dict[str, Answer]:
        """What each of the functions gives for the inputs, all within the limit of one case."""
        end = time.monotonic() + self._limits.seconds
        return {name: self._answer(name, inputs, learning_rate, end) for name in functions}

    def _answer(self, function: str, inputs: Inputs, learning_rate: float, end: float) -> Answer:
        worker = self._ready()
        if isinstance(worker, Refusal):
            return Answer(refusal=worker)
        start = time.monotonic()
        worker.send(_request(function, inputs, learning_rate))
        got = worker.receive(max(0.0, min(end - start, self._limits.total - self._spent)))
        self._spent += time.monotonic() - start
        return self._tidied(Answer(refusal=got) if isinstance(got, Refusal) else _parsed(got))

    def _ready(self) -> Worker | Refusal:
        """A worker that has loaded the file, or the reason why nothing more will run."""
        if self._unusable is None and self._spent >= self._limits.total:
            self._unusable = Refusal("failed", f"not run: {self._limits.total:g} s for all cases are over", "not run")
        if self._unusable is not None:
            return self._unusable
        if self._worker is not None:
            return self._worker
        start = time.monotonic()
        self._worker = Worker(self._server, self._path, self._folder, self._limits.memory, self.output)
        got = self._worker.receive(min(LOADING, self._limits.total - self._spent))
        self._spent += time.monotonic() - start
        if isinstance(got, Refusal):
            self._unusable = Refusal("failed", f"while it was imported: {got.detail}", got.kind)
        elif "refusal" in got[0]:
            detail, kind, traceback = map(str, got[0]["refusal"])
            self._unusable = Refusal("failed", detail, kind, traceback)
        else:
            self.declared = got[0].get("declared", {})
            return self._worker
        self._end()
        return self._unusable

    def _tidied(self, answer: Answer) -> Answer:
        """The answer, or what it left behind; and no traces for the next."""
        left = sorted(self._folder.iterdir())
        for path in left:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() and not path.is_symlink() else path.unlink()
        if left and answer.refusal is None:
            names = ", ".join(path.name for path in left[:3])
            answer = Answer(refusal=Refusal("failed", f"it left files behind: {names}", "files"))
        if answer.refusal is not None and answer.refusal.kind in _STALE:
            self._end()
        return answer

    def _end(self) -> None:
        if self._worker is not None:
            self._worker.end()
            self._worker = None


def _request(function: str, inputs: Inputs, learning_rate: float) -> bytes:
    network = inputs.network
    header = {
        "function": function,
        "learning_rate": learning_rate,
        "activations": [layer.activation.name for layer in network.layers],
        "cost": network.cost.name,
    }
    return pack(header, inputs.arrays())


def _parsed(message: Message) -> Answer:
    """The answer in a message, which foreign code may have written."""
    header, arrays = message
    try:
        keys, again = ([(str(name), int(layer)) for name, layer in header[part]] for part in ("keys", "again"))
        refusal = header["refusal"] and Refusal(*map(str, header["refusal"]))
        first: dict[tuple[str, int], Array] = dict(zip(keys, arrays[: len(keys)], strict=True))
        second = dict(zip(again, arrays[len(keys) :], strict=True))
        changed = tuple(map(str, header["changed"]))
        return Answer(first, second or None, changed, refusal, float(header["seconds"]))
    except (KeyError, TypeError, ValueError):
        return Answer(refusal=Refusal("failed", "it spoils the channel of its answers", "crash"))

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

from harness.answers import STALE, Answer, Refusal
from harness.contract import Array, Inputs
from harness.process import Message, Output, Worker
from harness.server import Server
from harness.wire import pack

LOADING = 30.0  # seconds that the file may take to be imported, as to load PyTorch on a busy machine


@dataclass(frozen=True)
class Limits:
    """Seconds for one case and for all of a submission's, and bytes of resident memory."""

    seconds: float = 10.0
    total: float = 60.0
    memory: int = 2 * 2**30


class Submission:
    """A file, and the process in which it runs. Close it, or use it in a `with`."""

    def __init__(self, server: Server, path: Path, limits: Limits) -> None:
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
        self._server = server

    def __enter__(self) -> Submission:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process and all that it has started."""
        self.interrupt()
        self._end()
        shutil.rmtree(self._home, ignore_errors=True)

    def interrupt(self) -> None:
        """End the process; who waits for an answer, in another thread, gets none."""
        self._unusable = Refusal("failed", "not run: interrupted", "not run")
        if self._worker is not None:
            self._worker.signal()

    @property
    def is_over(self) -> bool:
        """Whether nothing more will run."""
        return self._unusable is not None

    def answers(self, functions: tuple[str, ...], inputs: Inputs, learning_rate: float) -> dict[str, Answer]:
        """What each of the functions gives for the inputs, all within the limit of one case."""
        end = time.monotonic() + self._limits.seconds
        answers: dict[str, Answer] = {}
        while waiting := [name for name in functions if name not in answers]:
            worker = self._ready()
            if isinstance(worker, Refusal):
                return answers | dict.fromkeys(waiting, Answer(refusal=worker))
            worker.send(_request(waiting, inputs, learning_rate))
            for name in waiting:
                answers[name] = self._received(worker, end)
                if self._worker is None:  # it was replaced, and knows nothing of the request
                    break
        return answers

    def _received(self, worker: Worker, end: float) -> Answer:
        start = time.monotonic()
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
        if answer.refusal is not None and answer.refusal.kind in STALE:
            self._end()
        return answer

    def _end(self) -> None:
        if self._worker is not None:
            self._worker.end()
            self._worker = None


def _request(functions: list[str], inputs: Inputs, learning_rate: float) -> bytes:
    network = inputs.network
    header = {
        "functions": functions,
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

"""Foreign code, kept apart: a submission runs in a process of its own that gets inputs and gives answers as arrays.

Whatever it does is an answer with a reason; a worker that dies, hangs or takes too much memory is replaced, and the
next case runs in a fresh one. The truth never goes there.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.answers import STALE, Answer, Refusal
from harness.contract import Inputs
from harness.parse import parsed, parsed_loading, printable
from harness.process import Output, Worker
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
        self.declared: Mapping[str, str | bool] = {}
        self.output = Output()
        self._path, self._limits, self._server = path.resolve(), limits, server
        self._spent, self._was_loaded = 0.0, False
        self._unusable: Refusal | None = None
        self._worker: Worker | None = None
        self._home = Path(tempfile.mkdtemp(prefix="gradproof-"))
        (self._home / "tmp").mkdir()  # what libraries leave there is nobody's business
        self._folder = self._home

    def __enter__(self) -> Submission:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process and all that it has started."""
        self.interrupt()
        self._end()
        try:
            shutil.rmtree(self._home, ignore_errors=True)
        except RecursionError:  # folders in folders without end
            import subprocess

            subprocess.run(["rm", "-rf", "--", str(self._home)], check=False)

    def interrupt(self) -> None:
        """End the process; who waits for an answer, in another thread, gets none."""
        self._unusable = Refusal("failed", "not run: interrupted", "not run")
        if self._worker is not None:
            self._worker.signal()

    def answers(self, functions: tuple[str, ...], inputs: Inputs, learning_rate: float) -> dict[str, Answer]:
        """What each of the functions gives for the inputs, all within the limit of one case."""
        left = self._limits.seconds
        answers: dict[str, Answer] = {}
        while waiting := [name for name in functions if name not in answers]:
            worker = self._ready()
            if not isinstance(worker, Refusal) and left <= 0:
                worker = Refusal("failed", f"not run: the {self._limits.seconds:g} s of its case are over", "not run")
            if isinstance(worker, Refusal):
                return answers | dict.fromkeys(waiting, Answer(refusal=worker))
            worker.send(_request(waiting, inputs, learning_rate))
            for name in waiting:
                start = time.monotonic()
                answers[name] = self._received(worker, left, inputs)
                left -= time.monotonic() - start
                if self._worker is None:  # it was replaced, and knows nothing of the request
                    break
        return answers

    def _received(self, worker: Worker, left: float, inputs: Inputs) -> Answer:
        start, of_all = time.monotonic(), self._limits.total - self._spent
        got = worker.receive(max(0.0, min(left, of_all)))
        self._spent += time.monotonic() - start
        if isinstance(got, Refusal) and got.kind == "timeout":
            limit = f"{self._limits.seconds:g} s" if left < of_all else f"the {self._limits.total:g} s for all cases"
            got = Refusal("failed", f"no answer within {limit}", "timeout")
        answer = Answer(refusal=got) if isinstance(got, Refusal) else parsed(*got, layers=len(inputs.network.layers))
        return self._tidied(answer)

    def _ready(self) -> Worker | Refusal:
        """A worker that has loaded the file, or the reason why nothing more will run."""
        if self._unusable is None and self._spent >= self._limits.total:
            self._unusable = Refusal("failed", f"not run: {self._limits.total:g} s for all cases are over", "not run")
        if self._unusable is not None:
            return self._unusable
        if self._worker is not None:
            return self._worker
        self._folder = Path(tempfile.mkdtemp(prefix="work-", dir=self._home))
        worker = self._worker = Worker(self._server, self._path, self._folder, self._limits.memory, self.output)
        if self._unusable is not None:  # interrupted meanwhile
            worker.signal()
        start = time.monotonic()
        limit = min(LOADING, self._limits.total)
        got = worker.receive(limit)
        if self._was_loaded:  # the first time is not on the clock of its cases
            self._spent += time.monotonic() - start
        if isinstance(got, Refusal):
            what = f"no answer within {limit:g} s" if got.kind == "timeout" else got.detail
            loaded: Mapping[str, str | bool] | Refusal = Refusal("failed", f"while it was imported: {what}", "import")
        else:
            loaded, self._was_loaded = parsed_loading(*got), True
        if not isinstance(loaded, Refusal):
            self.declared = loaded
            return worker
        self._unusable = loaded
        self._end()
        return loaded

    def _tidied(self, answer: Answer) -> Answer:
        """The answer, or what it left behind; and no traces for the next."""
        try:
            left = sorted(map(printable, os.listdir(self._folder)))
            spoilt = os.path.islink(self._folder)
        except OSError:
            left, spoilt = [], True
        if spoilt:
            refusal = Refusal("failed", "it removed or replaced its working folder", "files")
        elif left:
            refusal = Refusal("failed", f"it left files behind: {', '.join(left[:3])}", "files")
        if (left or spoilt) and answer.refusal is None:
            answer = Answer(refusal=refusal)
        if left or spoilt or (answer.refusal is not None and answer.refusal.kind in STALE):
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

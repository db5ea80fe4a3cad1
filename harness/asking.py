"""A submission, asked for all of its cases in a thread: it computes while this process loads what it is judged by."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any

from harness.answers import Answer
from harness.apart import Submission
from harness.cases import Case

FUNCTIONS = ("backprop", "step")


class Asking:
    """The cases with their inputs, drawn from the seed or from a fresh one, and the answers as they come. Use it in a
    `with`: an error there ends the submission, so that nobody waits for it."""

    def __init__(self, submission: Submission, cases: Sequence[Case], seed: int | None) -> None:
        self.submission, self.cases = submission, cases
        self.seed = int.from_bytes(os.urandom(4), "big") if seed is None else seed
        self.inputs = [case.build(self.seed) for case in cases]
        self._answers: list[dict[str, Answer]] = []
        self._broken: BaseException | None = None
        self._switching = sys.getswitchinterval()
        self._thread = threading.Thread(target=self._ask)
        self._handler: Any = signal.default_int_handler

    def __enter__(self) -> Asking:
        # An interrupt must reach the submission even where Python swallows the exception, as in an import that it hits.
        if threading.current_thread() is threading.main_thread():
            self._handler = signal.signal(signal.SIGINT, self._interrupted)
        sys.setswitchinterval(5e-5)  # seconds; the submission must not wait for its turn while this process computes
        self._thread.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self.submission.interrupt()
        self._thread.join()
        sys.setswitchinterval(self._switching)
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._handler)

    def _interrupted(self, *_: object) -> None:
        self._broken = KeyboardInterrupt()
        self.submission.interrupt()
        raise self._broken

    def _ask(self) -> None:
        try:
            for case, inputs in zip(self.cases, self.inputs, strict=True):
                self._answers.append(self.submission.answers(FUNCTIONS, inputs, case.learning_rate))
        except BaseException as error:
            self._broken = error

    def answers(self) -> list[dict[str, Answer]]:
        """All of them, in the order of the cases."""
        self._thread.join()
        if self._broken is not None:
            raise self._broken
        return self._answers

"""Processes that are measured: run anew at every turn, or staying and timing themselves when told to."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import psutil

from benchmarks.races import Contender, Result

ROOT = Path(__file__).resolve().parent.parent
POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
LOADING = 30.0  # seconds for the imports and the inputs of one that stays
CALLS = 4  # as many as a first answer takes, and a turn
TIDY = 3.0  # seconds
LOOK = 0.02  # seconds between looks at the memory of workers
UNIT = 1 if sys.platform == "darwin" else 1024  # bytes, of ru_maxrss


class Failed(Exception):
    """A contender that gives no seconds; the message is the reason, in one line."""


class Anew:
    """A contender that is a whole process at every turn. The first run, which is not counted, is watched for the memory
    of the processes below it."""

    def __init__(self, contender: Contender) -> None:
        self.contender = contender
        self.result = Result(work=contender.work)
        with _watching() as largest:
            self.turn()
        self.result = replace(self.result, workers=max(largest))

    def turn(self) -> float:
        """The seconds of one run, from its start to its end. Raises Failed."""
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            start = time.perf_counter()
            process = _spawn(self.contender, stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
            status, peak = _ended(process, self.contender.seconds)
            seconds = time.perf_counter() - start
            said = _last_line(output)
            if seconds >= self.contender.seconds:
                raise Failed(f"ended after {self.contender.seconds:g} s")
            if status != 0:
                raise Failed(_last_line(errors) or said or f"ended with status {status}")
        self.result = replace(self.result, peak=max(self.result.peak, peak), said=said)
        return seconds

    def stop(self) -> None:
        """Nothing is left of it after a turn."""

    end = stop


class Staying:
    """A contender that lives for the race: see benchmarks.kernel for what it and this say to each other."""

    def __init__(self, contender: Contender) -> None:
        self.contender = contender
        self.result = Result(work=contender.work)
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process, until end()
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self.errors}
        self.process = _spawn(contender, **pipes)
        try:
            ready = self._answer()
        except BaseException:
            self.stop()
            self.end()
            raise
        self.result = replace(self.result, before=ready["before"], share=ready["share"])

    def turn(self) -> float:
        """The seconds of one call, as it measures them. Raises Failed."""
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):  # if it is gone, there is no answer
            self.process.stdin.write(b"go\n")
            self.process.stdin.flush()
        return float(self._answer()["seconds"])

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        limit = LOADING + CALLS * self.contender.seconds
        if not select.select([self.process.stdout], [], [], limit)[0]:
            _kill(self.process.pid)
            raise Failed(f"no answer in {limit:g} s")
        line = self.process.stdout.readline()
        if not line:
            raise Failed(_last_line(self.errors) or "ended without an answer: memory ran out, or it crashed")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise Failed(answer["error"])
        return answer

    def stop(self) -> None:
        """Do not wait for what it is at."""
        _kill(self.process.pid)

    def end(self) -> None:
        """Let it end, and take its peak."""
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            with contextlib.suppress(OSError):
                stream.close()
        _, peak = _ended(self.process, CALLS * self.contender.seconds)
        self.errors.close()
        self.result = replace(self.result, peak=peak)


def _spawn(contender: Contender, **streams: Any) -> subprocess.Popen[bytes]:
    """Start it as the leader of a group of its own, so that all that it starts can be ended with it."""
    env = os.environ | dict.fromkeys(POOLS, str(contender.threads)) | {"PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
    return subprocess.Popen(contender.command, cwd=ROOT, env=env, start_new_session=True, **streams)


def _ended(process: subprocess.Popen[bytes], seconds: float) -> tuple[int, int]:
    """Wait for its end, which comes after so many seconds at the latest: its exit status, and its peak in bytes."""
    late = threading.Timer(seconds, _kill, (process.pid,))
    late.daemon = True
    late.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    except BaseException:  # such as Ctrl-C, of which it has not heard
        _kill(process.pid)
        process.wait()
        raise
    finally:
        late.cancel()
    return process.returncode, usage.ru_maxrss * UNIT


def _kill(leader: int) -> None:
    """End it and all that it has started; it may tidy up first."""
    with contextlib.suppress(ProcessLookupError, PermissionError, ChildProcessError):
        os.kill(leader, signal.SIGTERM)
        until = time.monotonic() + TIDY
        while time.monotonic() < until and not os.waitid(os.P_PID, leader, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            time.sleep(LOOK)
        os.killpg(leader, signal.SIGKILL)


@contextlib.contextmanager
def _watching() -> Iterator[list[int]]:
    """The peaks in bytes of processes that are started by those that this one starts, while the body runs."""
    peaks, done = [0], threading.Event()

    def look() -> None:
        while not done.wait(LOOK):
            for child in psutil.Process().children():
                with contextlib.suppress(psutil.Error):
                    peaks.extend(_peak(one.pid) for one in child.children(recursive=True))

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield peaks
    finally:
        done.set()
        watcher.join()


def _peak(pid: int) -> int:
    """The peak of a process in bytes, where the system tells it; else 0."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as lines:
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)
    return 0


def _last_line(file: IO[bytes]) -> str:
    file.seek(0)
    lines = file.read().decode(errors="replace").strip().splitlines()
    return " ".join(lines[-1].split()) if lines else ""

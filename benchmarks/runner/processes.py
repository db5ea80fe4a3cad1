"""Processes that are measured: started again for every turn, or kept running and timing themselves on request."""

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

from benchmarks.runner.races import Contender, Result

REPOSITORY = Path(__file__).resolve().parents[2]
POOL_SIZES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
START_SECONDS = 30.0  # for the imports and the inputs of a self-timing process
CALLS_PER_ANSWER = 4  # at most
EXIT_SECONDS = 3.0  # for a process to clean up after SIGTERM
POLL_SECONDS = 0.02
MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024  # the unit of ru_maxrss


class Failed(Exception):
    """A contender could not be measured; the message is the reason, in one line."""


class RestartedProcess:
    """A contender that is started again for every turn.

    The first run does not count; during it, the memory of the processes below is sampled.
    """

    def __init__(self, contender: Contender) -> None:
        self.contender = contender
        self.result = Result(work=contender.work)
        with _peaks_of_workers() as peaks:
            self.turn()
        self.result = replace(self.result, workers=max(peaks))

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
        """Do nothing: no process is left after a turn."""

    end = stop


class SelfTimingProcess:
    """A contender that runs during the whole race; benchmarks.contenders.timer describes the protocol."""

    def __init__(self, contender: Contender) -> None:
        self.contender = contender
        self.result = Result(work=contender.work)
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 - end() closes it
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
        """The seconds of one call, as the process measures them. Raises Failed."""
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):  # if the process is gone, _answer says so
            self.process.stdin.write(b"go\n")
            self.process.stdin.flush()
        return float(self._answer()["seconds"])

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        limit = START_SECONDS + CALLS_PER_ANSWER * self.contender.seconds
        if not select.select([self.process.stdout], [], [], limit)[0]:
            _kill(self.process.pid)
            raise Failed(f"no answer in {limit:g} s")
        line = self.process.stdout.readline()
        if not line:
            raise Failed(_last_line(self.errors) or "ended without an answer: it crashed, or memory ran out")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise Failed(answer["error"])
        return answer

    def stop(self) -> None:
        """End it without waiting for the current call."""
        _kill(self.process.pid)

    def end(self) -> None:
        """Let it end, and read its peak memory."""
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            with contextlib.suppress(OSError):
                stream.close()
        _, peak = _ended(self.process, CALLS_PER_ANSWER * self.contender.seconds)
        self.errors.close()
        self.result = replace(self.result, peak=peak)


def _spawn(contender: Contender, **streams: Any) -> subprocess.Popen[bytes]:
    """Start it in a new process group, so that all processes below it can be ended with it."""
    env = (
        os.environ
        | dict.fromkeys(POOL_SIZES, str(contender.threads))
        | {"PYTHONPATH": str(REPOSITORY), "PYTHONSAFEPATH": "1"}
    )
    return subprocess.Popen(contender.command, cwd=REPOSITORY, env=env, start_new_session=True, **streams)


def _ended(process: subprocess.Popen[bytes], seconds: float) -> tuple[int, int]:
    """Wait until it ends, and kill it after so many seconds: its exit status, and its peak memory in bytes."""
    timeout = threading.Timer(seconds, _kill, (process.pid,))
    timeout.daemon = True
    timeout.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    except BaseException:  # Ctrl-C, for example, which the process does not receive
        _kill(process.pid)
        process.wait()
        raise
    finally:
        timeout.cancel()
    return process.returncode, usage.ru_maxrss * MAXRSS_BYTES


def _kill(leader: int) -> None:
    """End a process group: SIGTERM to its leader, then SIGKILL to all of it."""
    with contextlib.suppress(ProcessLookupError, PermissionError, ChildProcessError):
        os.kill(leader, signal.SIGTERM)
        until = time.monotonic() + EXIT_SECONDS
        while time.monotonic() < until and not os.waitid(os.P_PID, leader, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            time.sleep(POLL_SECONDS)
        os.killpg(leader, signal.SIGKILL)


@contextlib.contextmanager
def _peaks_of_workers() -> Iterator[list[int]]:
    """The peak memory in bytes of the processes that contenders start, sampled while the body runs."""
    peaks, done = [0], threading.Event()

    def sample() -> None:
        while not done.wait(POLL_SECONDS):
            for child in psutil.Process().children():
                with contextlib.suppress(psutil.Error):
                    peaks.extend(_peak(one.pid) for one in child.children(recursive=True))

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield peaks
    finally:
        done.set()
        sampler.join()


def _peak(pid: int) -> int:
    """The peak memory of a process in bytes; 0 where the system does not give it."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as lines:
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)
    return 0


def _last_line(file: IO[bytes]) -> str:
    file.seek(0)
    lines = file.read().decode(errors="replace").strip().splitlines()
    return " ".join(lines[-1].split()) if lines else ""

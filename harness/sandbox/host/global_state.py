"""What a process shares with the function that it calls. Settings, such as numpy's error state, must stay as they are;
random generators are put back, since many a right network draws its first weights."""

from __future__ import annotations

import _thread
import contextlib
import os
import random
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import get_state, set_state  # numpy itself imports it late: once here, in place of in each worker

from harness.sandbox.answers import Refusal
from harness.sandbox.processes.process_tree import running_children

ENDING = 0.2  # seconds in which what a call has started may still end
_TORCH = {
    "torch's default dtype": "torch.float32",
    "torch's gradient mode": True,
    "torch's deterministic mode": False,
}


@dataclass(frozen=True, eq=False)
class Surroundings:
    """The state of this process after an implementation has been loaded: what a call must leave as it is (`settings`,
    each under the words that a person is told), and the random states."""

    settings: Mapping[str, Any]
    random: Mapping[str, Any]
    folder: str
    threads: int
    children: frozenset[int]

    @classmethod
    def seen(cls) -> Surroundings:
        """Those of now."""
        children = frozenset(running_children(os.getpid()))
        return cls(_settings(), _random_states(), _folder(), _thread._count(), children)

    def put_back(self) -> None:
        """Set the random generators to where they were; one of a library that was not loaded then, or that has become
        one of another kind, stays."""
        for name, now in _random_states().items():
            if name in self.random and now != self.random[name]:
                with contextlib.suppress(Exception):
                    _PUT[name](self.random[name])

    def traces(self) -> Refusal | None:
        """What a call has changed or left behind, as its failure: settings, processes, threads, files."""
        if os.path.islink(self.folder) or not os.path.isdir(self.folder):
            return Refusal("failed", "it removed or replaced its working folder", "files")
        now, expected = _settings(), _TORCH | dict(self.settings)  # those of a torch that was not there, as it has them
        if changed := [name for name, value in now.items() if name in expected and expected[name] != value]:
            return Refusal("failed", f"it changed {', '.join(changed)}", "global state")
        deadline = time.monotonic() + ENDING
        while (what := self._running()) and time.monotonic() < deadline:
            time.sleep(0.001)
        if what:
            return Refusal("failed", f"it left a {what} running", "processes")
        files = sorted(os.listdir(self.folder))
        return Refusal("failed", f"it left files behind: {', '.join(files[:3])}", "files") if files else None

    def _running(self) -> str:
        """What runs that did not run before, in a word."""
        if any(one not in self.children and not _is_pythons(one) for one in running_children(os.getpid())):
            return "process"
        return "thread" if _thread._count() > self.threads else ""


def _is_pythons(pid: int) -> bool:
    """Whether a process is one that multiprocessing keeps for later, once it has been used."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
        return b"from multiprocessing." in file.read()
    return False


def _settings() -> dict[str, Any]:
    state = {
        "numpy's error state": np.geterr(),
        "numpy's print options": np.get_printoptions(),
        "the working folder": _folder(),
        "the recursion limit": sys.getrecursionlimit(),
    }
    if (torch := _torch()) is not None:
        state |= {
            "torch's default dtype": str(torch.get_default_dtype()),
            "torch's gradient mode": torch.is_grad_enabled(),
            "torch's number of threads": torch.get_num_threads(),
            "torch's deterministic mode": torch.are_deterministic_algorithms_enabled(),
        }
    return state


def _random_states() -> dict[str, Any]:
    """Each in a form that can be compared, and be put back."""
    generator: dict[str, Any] = get_state(legacy=False)
    key, rest = generator["state"].pop("key"), {**generator, **generator.pop("state")}
    states = {"numpy": (key.tobytes(), rest), "random": random.getstate()}
    if (torch := _torch()) is not None:
        states["torch"] = torch.random.get_rng_state().numpy().tobytes()
    return states


def _put_numpy(state: tuple[bytes, dict[str, Any]]) -> None:
    key, rest = np.frombuffer(state[0], np.uint32), state[1]
    set_state((rest["bit_generator"], key, rest["pos"], rest["has_gauss"], rest["gauss"]))


def _put_torch(state: bytes) -> None:
    torch = _torch()
    torch.random.set_rng_state(torch.frombuffer(bytearray(state), dtype=torch.uint8))


_PUT: Mapping[str, Callable[[Any], object]] = {"numpy": _put_numpy, "random": random.setstate, "torch": _put_torch}


def _torch() -> Any:
    torch = sys.modules.get("torch")
    return torch if hasattr(torch, "random") else None  # absent, or half imported


def _folder() -> str:
    with contextlib.suppress(OSError):  # it is gone
        return os.getcwd()
    return ""

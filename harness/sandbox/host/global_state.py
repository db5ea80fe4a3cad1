"""The global state of a worker process, which a call must not change.

Settings, such as NumPy's error state, must stay as they are. The random generators are restored after each call,
because correct code may draw initial weights.
"""

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
from numpy.random import get_state, set_state  # NumPy imports it lazily; imported here, all workers share it

from harness.sandbox.answers import Refusal
from harness.sandbox.processes.process_tree import running_children, running_descendants

GRACE_SECONDS = 0.2  # processes and threads that a call has started may still end within so many seconds
_TORCH_DEFAULTS = {
    "torch's default dtype": "torch.float32",
    "torch's gradient mode": True,
    "torch's deterministic mode": False,
}


@dataclass(frozen=True, eq=False)
class GlobalState:
    """The state of this process at one moment, such as after the import of an implementation.

    `settings` maps the description of a setting to its value, `random` a library to the state of its generator.
    `folder` is the working folder, `threads` the number of running threads, `children` the running processes below it.
    """

    settings: Mapping[str, Any]
    random: Mapping[str, Any]
    folder: str
    threads: int
    children: frozenset[int]
    files: frozenset[str]

    @classmethod
    def current(cls) -> GlobalState:
        """The state now."""
        children = frozenset(running_descendants(os.getpid()))
        folder = _working_folder()
        return cls(_settings(), _random_states(), folder, _thread._count(), children, frozenset(_files_in(folder)))

    def restore_random_states(self) -> None:
        """Restore the random generators, except those of libraries that were not loaded at that moment."""
        for name, now in _random_states().items():
            if name in self.random and now != self.random[name]:
                with contextlib.suppress(Exception):
                    _RESTORE[name](self.random[name])

    def side_effect(self) -> Refusal | None:
        """The failure of a call that has changed a setting or left processes, threads or files; None if it has not."""
        if os.path.islink(self.folder) or not os.path.isdir(self.folder):
            return Refusal("failed", "it removed or replaced its working folder", "files")
        # PyTorch may have been imported since; then its settings must be the defaults.
        now, expected = _settings(), _TORCH_DEFAULTS | dict(self.settings)
        if changed := [name for name, value in now.items() if name in expected and expected[name] != value]:
            return Refusal("failed", f"it changed {', '.join(changed)}", "global state")
        deadline = time.monotonic() + GRACE_SECONDS
        while (what := self._running()) and time.monotonic() < deadline:
            time.sleep(0.001)
        if what:
            return Refusal("failed", f"it left a {what} running", "processes")
        files = [name for name in _files_in(self.folder) if name not in self.files]  # an import may write some
        return Refusal("failed", f"it left files behind: {', '.join(files[:3])}", "files") if files else None

    def _running(self) -> str:
        """`process` or `thread` if there is a new one, else empty."""
        old = [one for one in self.children if not _is_multiprocessing_helper(one)]  # such as a program, which may fork
        now = [one for parent in (os.getpid(), *old) for one in running_children(parent)]
        if any(one not in self.children and not _is_multiprocessing_helper(one) for one in now):
            return "process"
        return "thread" if _thread._count() > self.threads else ""


def _files_in(folder: str) -> list[str]:
    """The names in a folder; none if it is gone."""
    with contextlib.suppress(OSError):
        return sorted(os.listdir(folder))
    return []


def _is_multiprocessing_helper(pid: int) -> bool:
    """Whether a process is a helper of multiprocessing, which keeps running after use."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
        return b"from multiprocessing." in file.read()
    return False


def _settings() -> dict[str, Any]:
    state = {
        "numpy's error state": np.geterr(),
        "numpy's print options": np.get_printoptions(),
        "the working folder": _working_folder(),
        "the recursion limit": sys.getrecursionlimit(),
    }
    if (torch := _loaded_torch()) is not None:
        state |= {
            "torch's default dtype": str(torch.get_default_dtype()),
            "torch's gradient mode": torch.is_grad_enabled(),
            "torch's number of threads": torch.get_num_threads(),
            "torch's deterministic mode": torch.are_deterministic_algorithms_enabled(),
        }
    return state


def _random_states() -> dict[str, Any]:
    """The state of each library's random generator, in a form that can be compared and restored."""
    generator: dict[str, Any] = get_state(legacy=False)
    key, rest = generator["state"].pop("key"), {**generator, **generator.pop("state")}
    states = {"numpy": (key.tobytes(), rest), "random": random.getstate()}
    if (torch := _loaded_torch()) is not None:
        states["torch"] = torch.random.get_rng_state().numpy().tobytes()
    return states


def _restore_numpy(state: tuple[bytes, dict[str, Any]]) -> None:
    key, rest = np.frombuffer(state[0], np.uint32), state[1]
    set_state((rest["bit_generator"], key, rest["pos"], rest["has_gauss"], rest["gauss"]))


def _restore_torch(state: bytes) -> None:
    torch = _loaded_torch()
    torch.random.set_rng_state(torch.frombuffer(bytearray(state), dtype=torch.uint8))


_RESTORE: Mapping[str, Callable[[Any], object]] = {
    "numpy": _restore_numpy,
    "random": random.setstate,
    "torch": _restore_torch,
}


def _loaded_torch() -> Any:
    torch = sys.modules.get("torch")
    return torch if hasattr(torch, "random") else None  # None if it is absent or only partly imported


def _working_folder() -> str:
    with contextlib.suppress(OSError):  # it was removed
        return os.getcwd()
    return ""

"""What is kept of the runs, so that an interrupted one goes on: one file each, with its states so far.

A file is written whole under another name and then renamed, so that it is whole at any moment; and it carries a
fingerprint of all that its numbers depend on, so that the file of another run is not used by mistake.
"""

from __future__ import annotations

import hashlib
import os
import platform
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from harness.jobs.train.courses import Course
from harness.jobs.train.runners import Runner
from harness.jobs.train.states import State
from harness.model.contract import Array, Inputs
from harness.sandbox.sources.find import IMPLEMENTATIONS_FOLDER

HARNESS = Path(__file__).resolve().parents[2]
# The modules of the harness that take part in a run, and the packages.
_RUN_MODULES = (
    *(f"model/{name}" for name in ("contract", "activations", "costs", "textbook")),
    *("truth/enclosures/ball_backprop", "truth/gradient", "sandbox/host/call"),
    *(f"jobs/train/{name}" for name in ("courses", "states", "spread", "runners")),
)
_PACKAGES = ("numpy", "python-flint", "scikit-learn", "torch")


@dataclass(frozen=True, eq=False)
class Run:
    """One runner on one course, with its states after the first recorded epochs, as many as there are; and the
    fingerprint of what it depends on, taken before any of it is run."""

    runner: Runner
    course: Course
    inputs: Inputs
    fingerprint: str
    states: tuple[State, ...] = field(default=())

    @property
    def key(self) -> tuple[str, str]:
        return self.course.id, self.runner.name

    @property
    def epoch(self) -> int:
        """The last recorded epoch that it has reached, 0 before the first."""
        return self.course.recorded[len(self.states) - 1] if self.states else 0

    @property
    def is_complete(self) -> bool:
        return self.epoch == self.course.epochs


class Store:
    """The runs in a folder; a `fresh` one takes no notice of those that are there, and replaces them."""

    def __init__(self, folder: Path, *, fresh: bool = False) -> None:
        self._folder, self._fresh = folder, fresh

    def read(self, run: Run) -> tuple[State, ...]:
        """The states that are kept of a run; none where there is no file, or one that is damaged or of another run."""
        if self._fresh:
            return ()
        try:
            with self._path(run).open("rb") as file, np.load(file, allow_pickle=False) as stored:
                layers = [stored[f"layer{l}"] for l in range(1, len(run.course.widths))]
                if str(stored["seal"]) != _seal(run, layers):
                    return ()
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
            return ()
        return tuple(tuple(layer[k] for layer in layers) for k in range(len(layers[0])))

    def write(self, run: Run) -> None:
        """Keep the states of a run, in place of those before."""
        path = self._path(run)
        path.parent.mkdir(parents=True, exist_ok=True)
        layers = [np.stack(states) for states in zip(*run.states, strict=True)]
        arrays: dict[str, Any] = {f"layer{l}": layer for l, layer in enumerate(layers, start=1)}
        # Another process may be writing the same run.
        unfinished = path.with_suffix(f".{os.getpid()}.unfinished")
        with unfinished.open("wb") as file:
            np.savez(file, seal=np.array(_seal(run, layers)), **arrays)
        os.replace(unfinished, path)

    def discard(self, run: Run) -> None:
        """Forget a run: a failed run must start again."""
        self._path(run).unlink(missing_ok=True)

    def _path(self, run: Run) -> Path:
        return self._folder / f"{run.course.epochs}-epochs" / run.course.id / f"{run.runner.name}.npz"


def _seal(run: Run, layers: Sequence[Array]) -> str:
    """A digest of the fingerprint and of every number, so that no other run and no damage is taken for this one."""
    digest = hashlib.sha256(run.fingerprint.encode())
    for layer in layers:
        digest.update(f"{layer.dtype} {layer.shape}".encode())
        digest.update(layer.tobytes())
    return digest.hexdigest()


def fingerprint(runner: Runner, course: Course, inputs: Inputs) -> str:
    """A digest of the runner's files, the course, its start and data, the harness, the packages, and the processor."""
    digest = hashlib.sha256()
    for part in (_surroundings(), runner.name, repr(course), repr(course.recorded)):
        digest.update(os.fsencode(part))
    # A foreign file may import what lies beside it.
    own = runner.path.parent == IMPLEMENTATIONS_FOLDER or runner.path.is_relative_to(HARNESS)
    for path in [runner.path] if own else sorted({runner.path, *filter(Path.is_file, runner.path.parent.glob("*.py"))}):
        digest.update(os.fsencode(path.name))
        digest.update(path.read_bytes())
    if runner.adapter is not None:
        digest.update(runner.adapter.read_bytes())
    for array in inputs.arrays():
        digest.update(array.tobytes())
    return digest.hexdigest()


@cache
def _surroundings() -> str:
    digests = [hashlib.sha256((HARNESS / f"{name}.py").read_bytes()).hexdigest() for name in _RUN_MODULES]
    versions = [f"{name} {version(name)}" for name in _PACKAGES]
    return " ".join([*digests, *versions, platform.python_version(), platform.machine()])

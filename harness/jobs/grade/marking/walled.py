"""The fork server that runs the submissions of a class, with walls around each."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from harness.model.errors import UnusableInput
from harness.sandbox.processes.server import Server
from harness.sandbox.processes.walls import Walls, walls_for

PRIVATE = ("/home", "/root", "/mnt", "/media", "/srv", "/var")


@dataclass(frozen=True)
class WalledServer:
    """Starts the server, for the choice of --walls. Behind walls, nothing is seen of private folders, of the `hidden`
    ones, and of the packages that are forbidden. Equal ones start one server in a process."""

    choice: str
    hidden: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()

    def __call__(self) -> Server:
        walls = self.walls()
        server = Server(walls=walls)
        if walls is not None and (said := _problem_of(walls, server)):
            server.close()
            expected = "expected bubblewrap to make them"
            raise UnusableInput(f"--walls: {expected}, found: {said}; see docs/walls.md, or --walls off")
        return server

    def walls(self) -> Walls | None:
        """The walls, or None. Raises UnusableInput if there must be some, and cannot be."""
        packages = (folder for name in self.forbid for folder in _folders_of_package(name))
        return walls_for(self.choice, (*PRIVATE, str(Path.home()), *self.hidden, *packages))


def _problem_of(walls: Walls, server: Server) -> str:
    """Why these walls cannot be made, in a line; empty if they can. That is no submission's fault."""
    place = server.folder()
    command = [*walls.command(server.home, os.path.dirname(place), ()), "true"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    server.discard(place)
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]


def _folders_of_package(name: str) -> list[str]:
    """The folders of an installed package; none if it is not installed, or is a file."""
    try:
        found = find_spec(name)
    except (ImportError, ValueError):
        return []
    return [*(found.submodule_search_locations or ())] if found else []

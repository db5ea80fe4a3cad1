"""The main function of a worker process: load its target, then answer requests until its channel closes.

In the process of an implementation, `harness` is a small module with the contract, and nothing else of the project can
be imported: the code that judges it must be out of its reach.
"""

from __future__ import annotations

import importlib
import os
import socket
import sys
import time
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from harness.sandbox.answers import Answer, Fault, failed, refusal_from
from harness.sandbox.host.progress import report_to
from harness.sandbox.processes.fork_server import settle_worker
from harness.sandbox.processes.joining import join_walls
from harness.sandbox.sources.find import IMPLEMENTATIONS_FOLDER, PROJECT_ROOT
from harness.sandbox.wire.lines import Inbox, pack
from harness.sandbox.wire.messages import pack_answer

_NO_LIMIT = 2**62  # the harness is trusted


def run_worker(host: str, target: Sequence[str], folder: str, walls: Sequence[str], channel: int, output: int) -> None:
    """Run a worker process. Does not return.

    `host` is a class, as `module:class`; it is called with the arguments in `target`, the paths of an implementation's
    files, and its object answers the requests. `folder` is the working folder, `walls` the command that makes walls
    around the worker, if there are any. `channel` is the file descriptor of the socket to the harness, `output` that of
    the pipe which takes everything printed.
    """
    try:
        settle_worker(channel, output)
        for fd in (1, 2):
            os.dup2(output, fd)
        os.close(output)
        os.set_inheritable(channel, False)
        if walls:
            _enter(walls, host, folder, channel)
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        os.chdir(folder)
        os.environ["TMPDIR"] = str(Path(folder).parent / "tmp")
        if "tempfile" in sys.modules:  # it may have cached another folder
            sys.modules["tempfile"].tempdir = None  # type: ignore[attr-defined]
        sys.argv, sys.dont_write_bytecode = [target[-1]], True
        warnings.simplefilter("ignore")  # the numbers are checked for the effects of overflow and the like
        with socket.socket(fileno=channel) as harness_channel:
            report_to(harness_channel)
            _answer_requests(harness_channel, host, target)
        os._exit(0)
    except ConnectionError:  # the harness has closed the channel
        os._exit(0)
    except BaseException:  # for example, the file has changed a library that this function uses
        traceback.print_exc()
    finally:
        os._exit(1)


def _enter(walls: Sequence[str], host: str, folder: str, channel: int) -> None:
    """Continue as a process in walls. What the host needs of the project is loaded before it is out of sight."""
    importlib.import_module(host.partition(":")[0])
    join_walls(walls)
    settle_worker(channel)
    os.environ["XDG_CACHE_HOME"] = str(Path(folder).parent / "cache")


def _answer_requests(channel: socket.socket, host: str, target: Sequence[str]) -> None:
    start, loaded, refused = time.perf_counter(), None, None
    try:
        module, _, name = host.partition(":")
        loaded = getattr(importlib.import_module(module), name)(*target)
    except BaseException as error:
        refusal = refusal_from(error, *map(Path, target))
        kind = refusal.kind if isinstance(error, Fault) else "import"
        refused = [refusal.verdict, refusal.detail, kind, refusal.traceback]
    said = {}
    if loaded is not None:
        language = getattr(loaded, "language", "")  # only a program says one
        said = {"declared": dict(loaded.declared), "notes": loaded.notes, "language": language}
    channel.sendall(pack({"loaded": time.perf_counter() - start, "refusal": refused, **said}))
    inbox = Inbox(_NO_LIMIT, _NO_LIMIT, is_python=True)
    while data := channel.recv(2**16):
        message = inbox.feed(data)
        while message is not None and loaded is not None:
            for function in message["functions"]:
                answer: Answer = loaded.answer(function, message)
                size = sum(array.nbytes for call in (answer.arrays, answer.again or {}) for array in call.values())
                if size > message["longest"]:
                    detail = f"it returned {size:,} bytes of numbers, expected {message['longest']:,} at most"
                    answer = failed(detail, "shape")
                channel.sendall(pack_answer(message["id"], function, answer))
            message = inbox.feed(b"")


def hide_harness(folder: Path) -> None:
    """Replace the project's modules by those that a file in this folder may import.

    These are the contract as `harness`, and the file's neighbours as `implementations`.
    """
    contract = sys.modules["harness.model.contract"]
    for name in ("__file__", "__cached__", "__spec__", "__loader__"):  # they contain the path of the clone
        contract.__dict__.pop(name, None)
    for name in [name for name in sys.modules if name.partition(".")[0] in ("harness", "implementations")]:
        del sys.modules[name]
    small = ModuleType("harness", "The names that an implementation needs.")
    for name in ("Gradients", "Layer", "Network", "Unsupported"):
        setattr(small, name, getattr(contract, name))
    neighbours = ModuleType("implementations", "The package of a file, for imports such as `from . import neighbour`.")
    neighbours.__path__ = [] if folder == IMPLEMENTATIONS_FOLDER else [str(folder)]
    sys.modules |= {"harness": small, "harness.model.contract": contract, "implementations": neighbours}
    sys.path[:] = [path for path in sys.path if not is_in_project(path)]
    os.environ["PYTHONPATH"] = os.pathsep.join(
        path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and not is_in_project(path)
    )
    if folder == PROJECT_ROOT:
        sys.modules.update(dict.fromkeys(("benchmarks", "tests")))  # type: ignore[arg-type] # importing these fails


def is_in_project(path: str) -> bool:
    """Whether a folder of sys.path is in the clone, and not in a Python environment there."""
    folder = Path(path).resolve()
    environments = (sys.prefix, sys.base_prefix)
    return folder.is_relative_to(PROJECT_ROOT) and not any(folder.is_relative_to(one) for one in environments)

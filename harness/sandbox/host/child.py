"""What a worker does: load what it is for, then answer what is asked, until its channel closes.

Beside a file that is not ours, `harness` is a small module with the contract, and nothing else of the project can be
imported: what it is judged by must be out of reach.
"""

from __future__ import annotations

import importlib
import os
import socket
import sys
import time
import traceback
import warnings
from pathlib import Path
from types import ModuleType

from harness.sandbox.answers import Answer, describe, failed
from harness.sandbox.loading import FOLDER
from harness.sandbox.messages import Inbox, pack, pack_answer
from harness.sandbox.processes.fork_server import settle_worker

ROOT = Path(__file__).resolve().parents[3]
_NO_LIMIT = 2**62  # what the harness itself sends is trusted


def work(side: str, target: str, folder: str, channel: int, output: int) -> None:
    """Be a worker: what `side` hosts of the target answers on the channel. Does not return."""
    try:
        settle_worker(channel, output)
        for fd in (1, 2):
            os.dup2(output, fd)
        os.close(output)
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        os.chdir(folder)
        os.environ["TMPDIR"] = str(Path(folder).parent / "tmp")
        if "tempfile" in sys.modules:  # which may know another
            sys.modules["tempfile"].tempdir = None  # type: ignore[attr-defined]
        sys.argv, sys.dont_write_bytecode = [target], True
        warnings.simplefilter("ignore")  # overflow and the like show in the numbers, which are checked
        with socket.socket(fileno=channel) as answers:
            _serve(answers, side, target)
        os._exit(0)
    except ConnectionError:  # nobody is there to hear it
        os._exit(0)
    except BaseException:  # as where the file has spoilt what it shares with this
        traceback.print_exc()
    finally:
        os._exit(1)


def _serve(channel: socket.socket, side: str, target: str) -> None:
    start, host, refused = time.perf_counter(), None, None
    try:
        host = importlib.import_module(side).Host(target)
    except BaseException as error:
        refusal = describe(error, Path(target))
        refused = [refusal.verdict, refusal.detail, "import", refusal.traceback]
    declared = dict(host.declared) if host is not None else {}
    channel.sendall(pack({"loaded": time.perf_counter() - start, "declared": declared, "refusal": refused}))
    inbox = Inbox(_NO_LIMIT)
    while data := channel.recv(2**16):
        message = inbox.feed(data)
        while message is not None and host is not None:
            header, arrays = message
            for function in header["functions"]:
                answer: Answer = host.answer(function, header, arrays)
                size = sum(array.nbytes for part in (answer.arrays, answer.again or {}) for array in part.values())
                if size > header["longest"]:
                    said = f"it returned {size:,} bytes of numbers, expected {header['longest']:,} at most"
                    answer = failed(said, "shape")
                channel.sendall(pack_answer(header["id"], function, answer))
            message = inbox.feed(b"")


def hide_harness(folder: Path) -> None:
    """Leave of the project what a file in this folder may import: the contract, as `harness`, and its neighbours."""
    contract = sys.modules["harness.model.contract"]
    for name in ("__file__", "__cached__", "__spec__", "__loader__"):  # which say where the clone is
        contract.__dict__.pop(name, None)
    for name in [name for name in sys.modules if name.partition(".")[0] in ("harness", "implementations")]:
        del sys.modules[name]
    small = ModuleType("harness", "The names that an implementation needs.")
    for name in ("Gradients", "Layer", "Network", "Unsupported"):
        setattr(small, name, getattr(contract, name))
    neighbours = ModuleType("implementations", "The package of a file, for imports such as `from . import neighbour`.")
    neighbours.__path__ = [] if folder == FOLDER else [str(folder)]
    sys.modules |= {"harness": small, "harness.model.contract": contract, "implementations": neighbours}
    sys.path[:] = [path for path in sys.path if not _is_ours(path)]
    os.environ["PYTHONPATH"] = os.pathsep.join(
        path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and not _is_ours(path)
    )
    if folder == ROOT:
        sys.modules.update(dict.fromkeys(("benchmarks", "tests")))  # type: ignore[arg-type] # the import of these fails


def _is_ours(path: str) -> bool:
    """Whether a folder of the path is in the clone, without an environment that was made there."""
    place = Path(path).resolve()
    return place.is_relative_to(ROOT) and not any(place.is_relative_to(own) for own in (sys.prefix, sys.base_prefix))

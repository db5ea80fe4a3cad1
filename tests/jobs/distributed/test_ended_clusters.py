"""Whatever ends a command, its local cluster ends with it, and says nothing."""

from __future__ import annotations

import os
import signal
import sys

import psutil
import pytest
from support.commands import PATIENCE, below, started, until

SLOW = """
import time
from harness import Gradients
def backprop(network, x, t):
    time.sleep(0.3)
    return Gradients([l.w for l in network.layers], [l.b for l in network.layers])
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_leaves_no_process_and_a_line_at_most(tmp_path, sent):
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf-8")
    options = ["--only", str(tmp_path / "slow.py"), "--case", "xor*,iris*", "--workers", "2"]
    with started([sys.executable, "-m", "harness", "compare", *options], start_new_session=True) as process:
        until(lambda: len(_sandboxed(process)) > 1)
        everything = below(process)
        # Ctrl-C goes to everything that runs in the terminal.
        os.killpg(process.pid, sent) if sent == signal.SIGINT else process.send_signal(sent)
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -9}[sent]
    if sent != signal.SIGKILL:
        assert errors == ("interrupted\n" if sent == signal.SIGINT else "")
    assert not psutil.wait_procs(everything, timeout=PATIENCE)[1]


def _sandboxed(process):
    """The fork servers of the command and of the worker that it has given something to do."""
    return [one for one in below(process) if any("run_guardian" in part for part in _words(one))]


def _words(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []

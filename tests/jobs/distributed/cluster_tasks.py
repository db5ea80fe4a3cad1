"""Tasks that the tests give to a cluster: functions of a module, which its processes can import."""

import os
import signal
import time
from pathlib import Path

from harness.jobs.distributed.here import server_here


def weighted(shared, task):
    """Some number that depends on both."""
    return [shared["factor"] * task, f"{shared['name']} {task}"]


def process(_, task):
    """Which process does it, after some seconds."""
    time.sleep(task)
    return os.getpid()


def deadly_once(folder, task):
    """The first process that is given a task of the folder's mark is killed."""
    if task == "mark":
        Path(folder, f"killed {os.getpid()}").touch()
        if len(os.listdir(folder)) == 1:
            os.kill(os.getpid(), signal.SIGKILL)
    return task


def deadly(_, task):
    """Whoever is given the task 7 is killed."""
    if task == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return -task


def raising(_, task):
    if task == 3:
        raise ValueError(f"no {task}")
    return task


def serving(_, task):
    """The process, and the fork servers that it has had."""
    time.sleep(task)
    return os.getpid(), {server_here().pid, server_here().pid}

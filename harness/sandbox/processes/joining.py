"""Move a process into new namespaces, which bubblewrap makes.

bubblewrap starts a holder: a program that waits, in namespaces of its own. A process that has numpy loaded then joins
these namespaces, which takes a tenth of the time of a new interpreter. A process cannot join a PID namespace itself,
only its children do; so it forks, waits outside for its child, and ends as that has ended. If it is killed, the holder
is killed, and with it everything in the namespaces.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
from collections.abc import Sequence
from typing import NoReturn

# setns(2): the kinds of namespaces, CLONE_NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET.
_NAMESPACES = 0x00020000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
# prctl(2) and capset(2)
_DUMPABLE, _DROP_BOUND, _NO_NEW_PRIVILEGES, _AMBIENT, _CLEAR_ALL = 4, 24, 38, 47, 4
_CAPABILITY_VERSION = 0x20080522
MAX_FILES = 2**16  # file descriptors up to this one are closed where a process must not keep them
_MOST_THREADS = 1024  # of a user in the namespaces; their number of processes is limited by the fork server
_COUNTS_BY_NAMESPACE = (5, 14)  # older kernels count the user's processes elsewhere, too


def join_walls(command: Sequence[str]) -> None:
    """Continue in a child of this process, in the namespaces that this command of bubblewrap makes.

    The child has no capabilities, and cannot get any. This process closes its files, waits for the child, and ends as
    it has ended. Raises OSError, in this process, if there are no such namespaces.
    """
    holder, first = _start_holder(command)
    pidfd = os.pidfd_open(first)
    _raise_if(ctypes.CDLL(None, use_errno=True).setns(pidfd, _NAMESPACES), "setns")
    os.close(pidfd)
    child = os.fork()
    if child == 0:
        os.close(holder)
        _drop_privileges()
    else:
        _end_alike(child, first, holder)


def problem_with(command: Sequence[str]) -> str:
    """Why no process here can join the namespaces that this command of bubblewrap makes; empty if one can."""
    said, say = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(say, 2)
        try:
            join_walls(command)
            os._exit(0)
        except OSError as error:
            os.write(2, f"{error.strerror or error}\n".encode())
        finally:
            os._exit(1)
    os.close(say)
    with open(said, "rb") as file:
        lines = file.read().decode(errors="replace").splitlines()
    _, status = os.waitpid(pid, 0)
    return "" if status == 0 else next(filter(None, lines), "it was ended")


def _start_holder(command: Sequence[str]) -> tuple[int, int]:
    """Start the holder; a pipe that keeps it running, and the PID of the first process in its namespaces.

    It says that it is ready once all is mounted, by copying a line. Raises OSError.
    """
    (said, say), (stdin, feed), (heard, stdout), (complained, stderr) = (os.pipe() for _ in range(4))
    os.set_inheritable(say, True)
    arguments = [command[0], "--info-fd", str(say), *command[1:], "--", "cat"]
    actions = [(os.POSIX_SPAWN_DUP2, end, fd) for fd, end in enumerate((stdin, stdout, stderr))]
    os.posix_spawn(arguments[0], arguments, os.environ, file_actions=actions)
    for fd in (say, stdin, stdout, stderr):
        os.close(fd)
    with contextlib.suppress(BrokenPipeError):  # it has ended
        os.write(feed, b"\n")
    with open(said, "rb") as file, open(heard, "rb") as answer, open(complained, "rb") as complaint:
        told, is_ready = file.read(), answer.read(1)
        if not (told and is_ready):
            raise OSError(complaint.read().decode(errors="replace").strip() or "bubblewrap was ended")
    return feed, int(json.loads(told)["child-pid"])


def _drop_privileges() -> None:
    """Give up all capabilities, for good, which a process has in a user namespace that it joins."""
    libc = ctypes.CDLL(None, use_errno=True)
    capability = 0
    while libc.prctl(_DROP_BOUND, capability, 0, 0, 0) == 0:
        capability += 1
    libc.prctl(_AMBIENT, _CLEAR_ALL, 0, 0, 0)
    header, none = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0), (ctypes.c_uint32 * 6)()
    _raise_if(libc.capset(header, none), "capset")
    _raise_if(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0), "prctl")
    libc.prctl(_DUMPABLE, 1, 0, 0, 0)  # its own files in /proc are its own
    if tuple(map(int, os.uname().release.split(".")[:2])) >= _COUNTS_BY_NAMESPACE:
        resource.setrlimit(resource.RLIMIT_NPROC, (_MOST_THREADS, _MOST_THREADS))


def _end_alike(child: int, first: int, holder: int) -> NoReturn:
    """Wait for a child, end all processes in its namespaces, and end as it has ended."""
    os.closerange(0, holder)
    os.closerange(holder + 1, MAX_FILES)
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(ProcessLookupError):
        os.kill(first, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if -code != signal.SIGKILL:  # which has no handler
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def _raise_if(result: int, what: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")

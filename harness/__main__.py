"""The command line: `python -m harness`, which the nox sessions call."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found] # there at once, before anything is loaded

if __name__ == "__main__" and _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)  # nothing is to be tidied yet, and no traceback to be shown

from harness.sandbox.processes import ending

if __name__ == "__main__":
    ending.listen()

import argparse
import io
import os
import sys

from harness.errors import UnusableInput, unwritable
from harness.jobs import Finished, commands
from harness.jobs.options import program


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Exit status: 0 all is well, 1 something is wrong or failed, 2 unusable arguments."""
    while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:  # what is opened next must not stand for a closed stream
        pass
    os.close(fd)
    sys.stdout, sys.stderr = (one or open(os.devnull, "w") for one in (sys.stdout, sys.stderr))  # noqa: SIM115
    options = _parsed(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a δ on a terminal that has none costs a character, not the run
    try:
        status = _finished(options.run(options))
        sys.stdout.flush()  # so that a failure to write is reported, too
    except UnusableInput as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] in ("harness", *sys.stdlib_module_names):
            raise
        from harness.reporting.files import INSTALL

        print(f"error: {options.command} needs {error.name}, which is not installed; {INSTALL}", file=sys.stderr)
        return 2
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            # The reader of the output has seen enough; the interpreter must not complain of it at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        print(f"error: {unwritable(error, 'output')}", file=sys.stderr)
        return 2
    return status


def _parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=program(), description="gradproof: is your backprop right?")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in commands(arguments[0] if arguments else ""):
        subparser = subparsers.add_parser(command.name, help=command.summary, description=command.summary)
        command.arguments(subparser)
        subparser.set_defaults(run=command.run)
    return parser.parse_args(arguments)


def _finished(job: Finished) -> int:
    """The exit status of a job, after the page is written over the reports that it wrote."""
    if job.reports is not None:
        from harness.jobs.page.command import write_page_of

        write_page_of(job.reports)
    if job.problem:
        raise UnusableInput(job.problem)
    return job.status


def console() -> None:
    """The command `gradproof`, as it is installed. Does not return."""
    ending.listen()
    os._exit(main())  # the process ends at once; nothing is left to tidy


if __name__ == "__main__":
    os._exit(main())

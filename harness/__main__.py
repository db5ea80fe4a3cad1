"""The command line: `python -m harness`, which the nox sessions call, and the installed command `gradproof`."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found] # built in, so that it is imported without delay

if __name__ == "__main__" and _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)  # until listen() below, Ctrl-C ends the process without a traceback

from harness.sandbox.processes import ending

if __name__ == "__main__":
    ending.listen()

import argparse
import io
import os
import sys

from harness.jobs import Finished, commands, program_name
from harness.model.errors import UnusableInput, unwritable


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit status: 0 success, 1 something is wrong or failed, 2 unusable arguments."""
    while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:  # a file must not get the number of a closed standard stream
        pass
    os.close(fd)
    sys.stdout, sys.stderr = (one or open(os.devnull, "w") for one in (sys.stdout, sys.stderr))  # noqa: SIM115
    options = _parse_arguments(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without δ shows ?, and the command goes on
    try:
        status = _finish(options.run(options))
        sys.stdout.flush()  # raises here if the output cannot be written
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
            # The reader has closed the pipe; without this, the interpreter prints an error at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        print(f"error: {unwritable(error, 'output')}", file=sys.stderr)
        return 2
    return status


def _parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=program_name(), description="gradproof: is your backprop right?")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in commands(arguments[0] if arguments else ""):
        subparser = subparsers.add_parser(command.name, help=command.summary, description=command.summary)
        command.arguments(subparser)
        subparser.set_defaults(run=command.run)
        if command.takes_program and arguments[0] == command.name and "--" in arguments:
            start = arguments.index("--")
            subparser.set_defaults(program=arguments[start + 1 :])
            arguments = arguments[:start]
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}{_program_hint(options, unknown)}")
    return options


def _program_hint(options: argparse.Namespace, unknown: list[str]) -> str:
    """How to check a program, where a command names one without `--`; else empty."""
    import shlex
    import shutil

    name = getattr(options, "file", None) if hasattr(options, "program") else None
    if name is None or shutil.which(name) is None:
        return ""
    return f"; to check a program: {options.command} -- {shlex.join([name, *unknown])}"


def _finish(job: Finished) -> int:
    """The exit status of a job, after the page is updated if the job wrote reports. Raises UnusableInput."""
    if job.reports is not None:
        from harness.jobs.page.command import write_page_of

        write_page_of(job.reports)
    if job.problem:
        raise UnusableInput(job.problem)
    return job.status


def console() -> None:
    """The command `gradproof`, as it is installed. Does not return."""
    ending.listen()
    os._exit(main())  # without the interpreter's clean-up, which is slow


if __name__ == "__main__":
    os._exit(main())

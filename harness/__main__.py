"""The command line: `python -m harness`, which the nox sessions call.

Nothing heavy is imported before a command needs it.
"""

from __future__ import annotations

import argparse
import io
import math
import os
import sys
from pathlib import Path

from harness.errors import UnusableInput

A_DAY = 86_400  # seconds
REPORTS = Path(__file__).resolve().parent.parent / "reports"


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Exit status: 0 all is well, 1 something is wrong or failed, 2 unusable arguments."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a δ on a terminal that has none costs a character, not the run
    try:
        status: int = options.command(options)
    except UnusableInput as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            # Who reads the output has seen enough; the interpreter must not complain of it at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        print(f"error: {error.filename or 'output'}: expected to write there, found: {error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m harness", description="gradproof: is your backprop right?")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    compare = commands.add_parser("compare", help="run implementations on cases, tabulate how closely they agree")
    add = compare.add_argument
    add("--only", metavar="NAMES", help="implementations, comma-separated: names, or paths ending in .py")
    add("--case", metavar="IDS", help="cases, comma-separated: ids, or patterns such as 'iris*'")
    add("--data", metavar="FILE.csv", help="cases over this table instead; its last column is the target")
    add(
        "--reports",
        type=_folder,
        metavar="FOLDER",
        help="where reports go (default: reports/, if nothing was selected)",
    )
    add("--jobs", type=_whole, metavar="N", help="worker processes (default: one for each processor)")
    add(
        "--seconds",
        type=_seconds,
        default=60.0,
        metavar="S",
        help="limit of one implementation on one case (default: 60)",
    )
    compare.set_defaults(command=_compare)

    prove = commands.add_parser("prove", help="prove formulations equal in exact arithmetic, and refute wrong ones")
    prove.add_argument("--only", metavar="NAMES", help="implementations, as for compare")
    prove.add_argument(
        "--seconds", type=_seconds, default=60.0, metavar="S", help="limit of one architecture (default: 60)"
    )
    prove.add_argument("--seed", type=_natural, default=1, metavar="N", help="of the random integers (default: 1)")
    prove.set_defaults(command=_prove)

    sound = commands.add_parser("soundness", help="right implementations on random networks: no false alarm")
    sound.add_argument(
        "--entries",
        type=_whole,
        default=20_000_000,
        metavar="N",
        help="entries to compare, at least (default: 20 million)",
    )
    sound.add_argument("--seed", type=_natural, default=0, metavar="N", help="the first trial (default: 0)")
    sound.add_argument("--jobs", type=_whole, metavar="N", help="worker processes (default: one for each processor)")
    sound.set_defaults(command=_soundness)

    peers = commands.add_parser("peers", help="what other gradient checkers miss, on the same gradients")
    peers.set_defaults(command=_peers)

    listing = commands.add_parser("list", help="list the implementations, the datasets and the cases")
    listing.set_defaults(command=_list)
    return parser


def _folder(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("expected a folder, found nothing")
    return Path(text)


def _natural(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number from 0, found {text!r}")
    return int(text)


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, found {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= A_DAY:
        raise argparse.ArgumentTypeError(f"expected seconds, above 0 and at most {A_DAY}, found {text!r}")
    return value


def _compare(options: argparse.Namespace) -> int:
    from harness.compare import compare, default_jobs, select
    from harness.markdown import check_folder
    from harness.terminal import display, print_summary

    selection = select(options.only, options.case, options.data)
    folder = options.reports or (REPORTS if selection.complete else None)
    if folder is not None:
        check_folder(folder)
    shown = display()
    try:
        comparison = compare(selection, options.jobs or default_jobs(), options.seconds, shown.show)
    finally:
        shown.close()
    print_summary(comparison)

    if folder is None:
        print("No reports for a selection; --reports FOLDER writes them there.")
    else:
        from harness.report import write

        write(comparison, folder)
        print(f"Reports: {folder / 'README.md'}")
    return 1 if comparison.table["verdict"].isin(["wrong", "failed"]).any() else 0


def _prove(options: argparse.Namespace) -> int:
    from harness.compare import default_jobs, select
    from harness.markdown import write_page
    from harness.proof_report import render
    from harness.prove import ARCHITECTURES, attempts, prove
    from harness.refute import WRONG, refute

    implementations = select(options.only).implementations
    tried = attempts(implementations, options.seed, default_jobs(), options.seconds)
    unable = {one.name: one.unable for one in tried if one.unable}
    for name, reason in unable.items():
        print(f"{name}: nothing proved: {reason}")
    exact = [one for one in tried if one.name not in unable]
    proofs = [prove(part) for a in ARCHITECTURES if (part := [one for one in exact if one.architecture == a])]
    for proof in proofs:
        print(f"{proof.architecture.name}: {len(proof.ran)} ran, {len(proof.equal)} of their pairs equal", end="")
        print("".join(f"; {one} and {other} differ in {what}" for one, other, what in proof.different))
    if not any(proof.numbers for proof in proofs):
        print("Nothing is proved: there is no pair that runs on exact numbers.")
        return 1
    sound = all(not proof.different and proof.rational_equal for proof in proofs)
    if options.only is not None:
        print("No report for a selection.")
        return 0 if sound else 1
    refutations = [refute(name) for name in WRONG]
    for found in refutations:
        print(f"{found.name}: refuted in {found.refuted} of {found.of} trials")
    write_page(REPORTS / "proof.md", render(proofs, unable, refutations, options.seed))
    print(f"Report: {REPORTS / 'proof.md'}")
    return 0 if sound and all(found.refuted == found.of for found in refutations) else 1


def _soundness(options: argparse.Namespace) -> int:
    from harness.compare import default_jobs
    from harness.discover import available
    from harness.soundness import LOSSY, Tally, sound

    implementations = tuple(one for one in available() if one.name not in LOSSY)
    trials, tally = 0, Tally()
    for trials, tally in sound(implementations, options.entries, options.seed, options.jobs or default_jobs()):
        print(f"{trials} networks, {tally.entries.total():,} entries, {tally.alarms.total()} false alarms", flush=True)
    from tabulate import tabulate

    rows = [
        [
            name,
            *(f"{part[name]:,}" for part in (tally.entries, tally.alarms, tally.undecided, tally.idle)),
            f"{worst:.2g}",
        ]
        for name, worst in sorted(tally.worst.items())
    ]
    headers = ["implementation", "entries", "false alarms", "undecided", "bound above value", "worst error in bounds"]
    print(tabulate(rows, headers=headers, tablefmt="simple", disable_numparse=True))
    for place in tally.where[:20]:
        print(place)
    return 1 if tally.alarms.total() else 0


def _peers(options: argparse.Namespace) -> int:
    from harness.markdown import write_page
    from harness.sensitivity import describe, examine_all, render

    findings = []
    for finding in examine_all():
        findings.append(finding)
        print(describe(finding), flush=True)
    write_page(REPORTS / "sensitivity.md", render(findings))
    print(f"Report: {REPORTS / 'sensitivity.md'}")
    return 0


def _list(options: argparse.Namespace) -> int:
    from harness import datasets
    from harness.cases import standard_cases
    from harness.discover import available

    print("Implementations")
    for implementation in available():
        print(f"  {implementation.name:<20}{implementation.title}")
    print("\nDatasets\n  " + ", ".join(datasets.NAMES) + ", and any path ending in .csv")
    print("\nCases")
    for case in standard_cases():
        print(f"  {case.id}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

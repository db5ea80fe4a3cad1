"""The command `prove`."""

from __future__ import annotations

import argparse

from harness.jobs import Command, Finished, add_selection, seconds_argument, seed_argument
from harness.reporting.files import REPORTS, check_output_folder, files_of


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_selection(parser)
    add = parser.add_argument
    add(
        "--seconds",
        type=seconds_argument,
        default=60.0,
        metavar="S",
        help="time limit of one architecture (default: 60)",
    )
    add("--seed", type=seed_argument, default=1, metavar="N", help="of the random integers (default: 1)")


def _run(options: argparse.Namespace) -> Finished:
    from harness.jobs.compare.run import select
    from harness.jobs.prove.proofs import ARCHITECTURES, attempts, prove
    from harness.jobs.prove.refute import WRONG_FORMULATIONS, refute
    from harness.jobs.prove.report import proof_document
    from harness.reporting.markdown import write_report
    from harness.sandbox.processes.server import Server, processors

    if options.only is None:
        check_output_folder(REPORTS, files_of("proof"))
    chosen = select(options.only).implementations
    implementations = [one for one in chosen if not one.command]
    if programs := len(chosen) - len(implementations):
        print(f"{programs} of {len(chosen)} are programs in other languages: nothing is proved of their floats.")
    with Server(("harness.jobs.prove.host", "numpy.random")) as server:
        tried = attempts(server, implementations, options.seed, processors(), options.seconds)
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
        return Finished(1)
    sound = all(not proof.different and proof.rational_equal for proof in proofs)
    if options.only is not None:
        print("No report for a selection.")
        return Finished(0 if sound else 1)
    refutations = [refute(name) for name in WRONG_FORMULATIONS]
    for found in refutations:
        print(f"{found.name}: refuted in {found.refuted} of {found.of} trials")
    write_report(REPORTS, "proof", "prove", proof_document(proofs, unable, refutations, options.seed))
    print(f"Report: {REPORTS / 'proof.md'}")
    refuted = all(found.refuted == found.of for found in refutations)
    return Finished(0 if sound and refuted else 1, REPORTS)


COMMANDS = (Command("prove", "prove formulations equal in exact arithmetic, and refute wrong ones", _arguments, _run),)

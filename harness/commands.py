"""What each command does. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import argparse

from harness.errors import UnusableInput
from harness.page_commands import REPORTS, write_page_of


def run_prove(options: argparse.Namespace) -> int:
    from harness.compare import select
    from harness.markdown import write_page
    from harness.proof_report import render
    from harness.prove import ARCHITECTURES, attempts, prove
    from harness.refute import WRONG, refute
    from harness.server import Server, processors

    implementations = select(options.only).implementations
    with Server(("harness.exact_call", "numpy.random")) as server:
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
    write_page_of(REPORTS)
    return 0 if sound and all(found.refuted == found.of for found in refutations) else 1


def run_soundness(options: argparse.Namespace) -> int:
    from harness.discover import available
    from harness.markdown import check_file
    from harness.server import Server, processors
    from harness.soundness import LOSSY, Tally, sound
    from harness.soundness_report import as_json, as_text

    if options.json is not None:
        check_file(options.json)
    implementations = tuple(one for one in available() if one.name not in LOSSY)
    trials, tally, jobs = 0, Tally(), options.jobs or processors()
    with Server() as server:
        for trials, tally in sound(server, implementations, options.entries, options.seed, jobs):
            counts = f"{tally.entries.total():,} entries, {tally.alarms.total()} false alarms"
            print(f"{trials} networks, {counts}", flush=True)
    print(as_text(tally))
    if options.json is not None:
        options.json.write_text(as_json(tally, options.seed, trials), encoding="utf-8")
        print(f"Results: {options.json}")
    return 1 if tally.alarms.total() else 0


def run_peers(options: argparse.Namespace) -> int:
    from harness.markdown import write_page
    from harness.sensitivity import describe, examine_all, render

    findings = []
    for finding in examine_all():
        findings.append(finding)
        print(describe(finding), flush=True)
    write_page(REPORTS / "sensitivity.md", render(findings))
    print(f"Report: {REPORTS / 'sensitivity.md'}")
    write_page_of(REPORTS)
    return 0


def run_mutants(options: argparse.Namespace) -> int:
    from importlib.util import find_spec

    from harness.compare import select
    from harness.markdown import write_page
    from harness.server import Server

    if find_spec("cosmic_ray") is None:
        raise UnusableInput("mutants: expected the package cosmic-ray, found none; `nox -s mutants` installs it")
    from harness.mutants import fates
    from harness.mutants_report import outdated, reasons, render, summary, unexplained

    known, found = reasons(), []
    with Server() as server:
        for implementation in select(options.only).implementations:
            mine = list(fates(server, implementation, options.seed))
            print(f"{implementation.name}: {summary(mine)}", flush=True)
            found += mine
    for fate in unexplained(found, known):
        print(f"unexplained: {fate.implementation}.py, line {fate.mutant.line}, {fate.mutant.operator}:")
        print(f"- {fate.mutant.before}\n+ {fate.mutant.after}")
    for name, before, after in outdated(found, known):
        print(f"explained, but no survivor: {name}.py:\n- {before}\n+ {after}")
    if options.only is not None:
        print("No report for a selection.")
    else:
        write_page(REPORTS / "mutants.md", render(found, known, options.seed))
        print(f"Report: {REPORTS / 'mutants.md'}")
    return 1 if unexplained(found, known) or outdated(found, known) else 0


def run_list(options: argparse.Namespace) -> int:
    from harness.cases import standard_cases
    from harness.discover import available
    from harness.training.courses import courses

    print("Implementations")
    for implementation in available():
        print(f"  {implementation.name:<20}{implementation.title}")
    cases = standard_cases()
    datasets = dict.fromkeys(
        case.dataset for case in cases if case.is_real
    )  # all have cases; importing them takes numpy
    print("\nDatasets\n  " + ", ".join(datasets) + ", and any path ending in .csv")
    print("\nCases")
    for case in cases:
        print(f"  {case.id}")
    print("\nCourses")
    for course in courses():
        print(f"  {course.id}")
    return 0


def run_mistakes(options: argparse.Namespace) -> int:
    from harness.cases import gradient_cases
    from harness.catalogue import kill_matrix, prepared
    from harness.check import check
    from harness.discover import available
    from harness.markdown import write_page
    from harness.mistakes_report import render, usual_checks
    from harness.server import Server

    cases = prepared(gradient_cases())
    rows = kill_matrix(cases)
    passed = {}
    for row in rows:
        passed[row.name] = usual_checks(row, cases)
        seen = sum(found == "seen" for found in row.by_case.values())
        print(
            f"{row.name}: seen in {seen} of {len(cases)} cases, called {', '.join(row.named) or 'nothing'}", flush=True
        )
    right = {}
    with Server() as server:
        for one in available():
            found = check(server, one.path, gradient_cases(), 0)
            right[one.name] = [diagnosis.name for diagnosis in found.diagnoses]
            print(f"{one.name}: {found.verdict}, {found.ran} of {len(cases)} cases ran", flush=True)
    write_page(REPORTS / "mistakes.md", render(rows, passed, right))
    print(f"Report: {REPORTS / 'mistakes.md'}")
    write_page_of(REPORTS)
    return 0 if all(row.name in row.named for row in rows) and not any(right.values()) else 1

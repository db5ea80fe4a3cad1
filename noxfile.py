"""The one list of commands: `nox -l` shows them. Each session does all of its own set-up."""

import hashlib
import os
import re
import shutil
import sys
import tomllib
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["tests", "lint", "types"]
nox.options.reuse_venv = "yes"

ROOT = Path(__file__).resolve().parent
PROJECT = nox.project.load_toml("pyproject.toml")


def install(session, *groups, extra="compare"):
    """The project's dependencies, those of an extra, and these groups, as pinned; only what is not there yet."""
    packages = [*PROJECT["project"]["dependencies"], *nox.project.dependency_groups(PROJECT, *groups)]
    extras = [*([extra] if extra else []), *(["cluster"] if uses_cluster(session) else [])]
    for name in extras:
        packages += PROJECT["project"]["optional-dependencies"][name]
    wanted = hashlib.sha256("\n".join([*packages, (ROOT / "constraints.txt").read_text()]).encode()).hexdigest()
    stamp = Path(session.virtualenv.location) / "installed"
    if not stamp.exists() or stamp.read_text() != wanted:
        session.install("-c", "constraints.txt", *packages)
        stamp.write_text(wanted)


def install_programs(session, packages):
    """Install what apt offers of the programs that are missing; `packages` has the package of each.

    What cannot be installed is no error: the tests that need it are skipped.
    """
    missing = [package for program, package in packages.items() if shutil.which(program) is None]
    apt = ["apt-get"] if os.geteuid() == 0 else ["sudo", "-n", "apt-get"]
    if missing and all(map(shutil.which, ["apt-get", apt[0]])):
        for command in (["update"], ["install", "-y", *missing]):
            session.run(*apt, *command, external=True, success_codes=range(256))


def uses_cluster(session):
    """Whether the arguments ask for a cluster, which is an extra of its own."""
    return any(one.partition("=")[0] in ("--workers", "--scheduler") for one in session.posargs)


def imports_more(session):
    """Whether a file among the arguments speaks of torch or scipy, which a check itself does not need."""
    folders = (Path(session.invoked_from), ""), (ROOT / "implementations", ".py")
    paths = [folder / f"{argument}{suffix}" for argument in session.posargs for folder, suffix in folders]
    # An expression after --make may be too long for the name of a file, which os.path.isfile takes.
    files = [path for path in paths if path.suffix == ".py" and os.path.isfile(path)]
    return any(re.search(rb"\b(torch|scipy|sklearn|pandas)\b", path.read_bytes()) for path in files)


def run(session, command, python="python"):
    """A command of the harness, with paths as they are seen from where nox was called."""
    # A random.py where nox was called must not stand for Python's own.
    env = {"PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", "GRADPROOF_COMMAND": "nox -s check --"}
    with session.chdir(session.invoked_from):
        session.run(python, "-m", "harness", command, *session.posargs, env=env)


@nox.session
def compare(session):
    """Run every implementation on every case, hold them against the truth, write reports/."""
    install(session)
    run(session, "compare")


@nox.session
def check(session):
    """Is this file's backprop right? The path of a file after --."""
    install(session, extra="compare" if imports_more(session) else None)
    run(session, "check")


@nox.session(venv_backend="none")
def new(session):
    """Write the skeleton of an implementation; its name after --. It needs nothing installed."""
    run(session, "new", python=sys.executable)


@nox.session
def mistakes(session):
    """The catalogue of mistakes on every case, beside the usual checks; writes reports/mistakes.md."""
    install(session)
    run(session, "mistakes")


@nox.session
def layers(session):
    """Every layer by every formulation, and its mistakes before other checks; writes reports/layers.md."""
    install(session)
    run(session, "layers")


@nox.session
def grade(session):
    """Mark a folder of submissions by parts: FOLDER --assignment FILE.toml after --; --new FILE.toml writes one."""
    install(session)
    run(session, "grade")


@nox.session
def claims(session):
    """The articles' questions, answered by experiment; writes reports/claims.md. Names of claims after --."""
    install(session)
    run(session, "claims")


@nox.session
def bench(session):
    """Time and memory, half an hour of a quiet machine; writes reports/benchmarks.md. Sections after --."""
    install(session, "peers")
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def prove(session):
    """Prove formulations equal in exact arithmetic, refute wrong ones, write reports/proof.md."""
    install(session)
    run(session, "prove")


@nox.session
def train(session):
    """Follow training for hundreds of epochs, against what rounding explains; writes reports/training.md."""
    install(session)
    run(session, "train")


@nox.session
def report(session):
    """The page that shows every report, from what is there; writes reports/index.html."""
    install(session)
    run(session, "report")


@nox.session
def vectors(session):
    """Test vectors for any language, into vectors/; or judge code by them: --judge FILE after --."""
    install(session)
    run(session, "vectors")


@nox.session
def browser(session):
    """The page in a real browser: the system's Chromium, driven by Playwright."""
    install(session, "tests", "browser")
    session.run("python", "-m", "pytest", "tests/jobs/page", "-k", "browser", *session.posargs)


@nox.session
def soundness(session):
    """Right implementations on random networks, 20 million entries: no false alarm."""
    install(session)
    run(session, "soundness")


@nox.session
def peers(session):
    """What other gradient checkers miss, on the same gradients; writes reports/sensitivity.md."""
    install(session, "peers")
    run(session, "peers")


@nox.session
def mutants(session):
    """What the check sees of one change in each implementation; writes reports/mutants.md."""
    install(session, "mutants")
    run(session, "mutants")


@nox.session
def tests(session):
    """The tests, a process for each core, pytest's own options after --: -n0 runs them in one process."""
    install(session, "tests")
    install_programs(session, {"bwrap": "bubblewrap"})
    # What the tests of a file share is computed in one process.
    parallel = [] if "no:xdist" in session.posargs else ["-n", "auto", "--dist", "loadfile"]
    session.run("python", "-m", "pytest", *parallel, *session.posargs)


@nox.session
def languages(session):
    """Implementations in every language: installs what apt offers of the missing ones, and runs all that can run."""
    install(session, "tests")
    packages = {
        found["needs"]: found["install"].rpartition(" ")[2]
        for path in sorted((ROOT / "harness/sandbox/sources/languages").glob("*.toml"))
        if (found := tomllib.loads(path.read_text(encoding="utf-8")))["install"].startswith("apt install ")
    }
    install_programs(session, packages)
    files = [
        "tests/jobs/check/test_languages.py",
        "tests/jobs/check/test_octave_course.py",
        "tests/sandbox/wire/test_protocol.py",
    ]
    session.run("python", "-m", "pytest", "-n", "auto", "-s", "--all-languages", *files, *session.posargs)


@nox.session
def lint(session):
    """Style and layout, by ruff, which needs nothing of the project installed."""
    session.install("-c", "constraints.txt", *nox.project.dependency_groups(PROJECT, "lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session):
    """Types, by mypy, strict on harness/ and benchmarks/."""
    install(session, "types")
    session.run("mypy")

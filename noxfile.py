"""The one list of commands: `nox -l` shows them. Each session does all of its own set-up."""

import hashlib
from pathlib import Path

import nox

nox.needs_version = ">=2024.4.15"
nox.options.sessions = ["tests", "lint", "types"]
nox.options.reuse_venv = "yes"

PROJECT = nox.project.load_toml("pyproject.toml")


def install(session, *groups):
    """The project's dependencies and these groups, as pinned; nothing, if the environment has just those."""
    packages = [*PROJECT["project"]["dependencies"], *nox.project.dependency_groups(PROJECT, *groups)]
    pins = Path("constraints.txt").read_bytes()
    wanted = hashlib.sha256(pins + "\n".join(packages).encode()).hexdigest()
    stamp = Path(session.virtualenv.location) / "installed"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    session.install("-c", "constraints.txt", *packages)
    stamp.write_text(wanted)


@nox.session
def compare(session):
    """Run every implementation on every case, print how closely they agree, write reports/."""
    install(session)
    session.run("python", "-m", "harness", "compare", *session.posargs)


@nox.session
def tests(session):
    """The tests, pytest's own options after --."""
    install(session, "tests")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def lint(session):
    """Style and layout, by ruff."""
    install(session, "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session):
    """Types, by mypy, strict on harness/."""
    install(session, "types")
    session.run("mypy")

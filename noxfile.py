"""The one list of commands: `nox -l` shows them. Each session does all of its own set-up."""

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["tests", "lint", "types"]
nox.options.reuse_venv = "yes"

PROJECT = nox.project.load_toml("pyproject.toml")


def install(session, *groups):
    """The project's dependencies and these groups, as pinned."""
    packages = [*PROJECT["project"]["dependencies"], *nox.project.dependency_groups(PROJECT, *groups)]
    session.install("-c", "constraints.txt", *packages)


@nox.session
def compare(session):
    """Run every implementation on every case, hold them against the truth, write reports/."""
    install(session)
    session.run("python", "-m", "harness", "compare", *session.posargs)


@nox.session
def prove(session):
    """Prove formulations equal in exact arithmetic, refute wrong ones, write reports/proof.md."""
    install(session)
    session.run("python", "-m", "harness", "prove", *session.posargs)


@nox.session
def soundness(session):
    """Right implementations on random networks, 20 million entries: no false alarm."""
    install(session)
    session.run("python", "-m", "harness", "soundness", *session.posargs)


@nox.session
def peers(session):
    """What other gradient checkers miss, on the same gradients; writes reports/sensitivity.md."""
    install(session, "peers")
    session.run("python", "-m", "harness", "peers", *session.posargs)


@nox.session
def tests(session):
    """The tests, pytest's own options after --."""
    install(session, "tests")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def lint(session):
    """Style and layout, by ruff, which needs nothing of the project installed."""
    session.install("-c", "constraints.txt", *nox.project.dependency_groups(PROJECT, "lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session):
    """Types, by mypy, strict on harness/."""
    install(session, "types")
    session.run("mypy")

"""What a process computes with: where that differs between machines, results might."""

from __future__ import annotations

import hashlib
import platform
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from harness.sandbox.sources.toolchains import language_named

USED = ("scikit-learn", "scipy", "torch")  # by the implementations and by what trains beside them
SOURCES = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Standing:
    """The sources of gradproof, as a digest, and the versions of what it computes with."""

    gradproof: str
    python: str
    numpy: str
    python_flint: str

    def differences(self, found: Standing) -> str:
        """What is expected here and was found elsewhere, in words; empty if nothing differs."""
        names = [one.name for one in fields(self) if getattr(self, one.name) != getattr(found, one.name)]
        if not names:
            return ""
        expected, other = (
            ", ".join(f"{name.replace('_', '-')} {getattr(one, name)}" for name in names) for one in (self, found)
        )
        return f"expected {expected}, as here, found {other}"


@cache
def standing() -> Standing:
    """That of this process."""
    digest = hashlib.sha256()
    # A wheel has the implementations inside the package, a clone beside it; what is asked of them is sent.
    for path in sorted(SOURCES.rglob("*.*")):
        name = path.relative_to(SOURCES)
        if name.parts[0] != "implementations" and "__pycache__" not in name.parts and path.is_file():
            digest.update(f"{name.as_posix()}\n{path.stat().st_size}\n".encode())
            digest.update(path.read_bytes())
    sources = f"of sources {digest.hexdigest()[:12]}"
    return Standing(sources, platform.python_version(), version("numpy"), version("python-flint"))


def equipment(languages: Sequence[str]) -> dict[str, str]:
    """What implementations need beside this, by name: a version, or whether it is there."""
    programs = {language_named(name).needs for name in languages if name}
    return {name: _version(name) for name in USED} | {
        name: "installed" if shutil.which(name) else "missing" for name in sorted(programs)
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"

"""Build a source file of a compiled language, once for each content."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from harness.model.contract import Unsupported
from harness.sandbox.answers import Fault
from harness.sandbox.sources.toolchains import Language

MOST_ERRORS = 3  # lines of a compiler's errors that are quoted


def command_for(language: Language, file: Path) -> list[str]:
    """The command that runs a source file, which is built if need be.

    Raises Unsupported if the language is not here, and Fault for the compiler's errors.
    """
    if language.missing:
        raise Unsupported(language.missing)
    folder = _build_folder(language, file) if language.build else file.parent
    return _with_places(language.run, file, folder)


def _with_places(command: Sequence[str], file: Path, folder: Path) -> list[str]:
    """A command with its places filled in."""
    places = {"file": str(file), "stem": file.stem, "folder": str(folder), "program": str(folder / "program")}
    return [part.format(**places) for part in command]


def _build_folder(language: Language, file: Path) -> Path:
    """The folder of what is built from a source file: that of an earlier build of the same content, or a new one."""
    cache_folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "gradproof", "built")
    folder = cache_folder / f"{file.stem}-{_digest(language, file)}"
    if folder.is_dir():
        return folder
    try:
        cache_folder.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=cache_folder))
    except OSError as error:
        raise Fault("start", f"{cache_folder}: expected a folder for what is built, found: {error.strerror}") from None
    try:
        _build(_with_places(language.build, file, fresh), file)
        with suppress(OSError):  # another process has built the same
            fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


def _digest(language: Language, file: Path) -> str:
    """A digest of what is built, and how: the source file, and what beside it may be part of it."""
    suffixes = (*language.suffixes, *language.includes)
    parts = sorted(path for path in file.parent.iterdir() if path.suffix in suffixes and path.is_file())
    digest = hashlib.sha256("\0".join(language.build).encode())
    for path in dict.fromkeys([file, *parts]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:24]


def _build(command: Sequence[str], file: Path) -> None:
    """Run a compiler. Raises Fault with its first errors."""
    done = subprocess.run(command, cwd=file.parent, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode == 0:
        return
    lines = (done.stderr + done.stdout).decode(errors="replace").replace(f"{file.parent}{os.sep}", "").splitlines()
    errors = [line.strip() for line in lines if "error" in line] or [line.strip() for line in lines if line.strip()]
    raise Fault("start", f"{command[0]} does not compile it: {' | '.join(errors[:MOST_ERRORS])}")

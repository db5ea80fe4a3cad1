"""Build a source file of a compiled language, once for each content of the files that the compiler reads."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from harness.model.contract import Unsupported
from harness.sandbox.answers import Fault
from harness.sandbox.host.building import built_folders
from harness.sandbox.host.building.digest import build_digest
from harness.sandbox.host.progress import COMPILED, COMPILING, report
from harness.sandbox.sources.toolchains import Language, with_places

MOST_ERRORS = 3  # lines of a compiler's errors that are quoted


def command_for(language: Language, file: Path) -> list[str]:
    """The command that runs a source file, which is built if need be.

    Raises Unsupported if the language is not here, and Fault for the compiler's errors.
    """
    if language.missing:
        raise Unsupported(language.missing)
    folder = _build_folder(language, file) if language.build else file.parent
    return with_places(language.run, file, folder)


def _build_folder(language: Language, file: Path) -> Path:
    """The folder of what is built from a source file: that of an earlier build of the same content, or a new one."""
    cache_folder, digest = built_folders.cache_folder(), build_digest(language, file)
    folder = cache_folder / f"{file.stem}-{digest}"
    if digest and built_folders.use(folder):
        return folder
    try:
        fresh = built_folders.make_unfinished(cache_folder)
    except OSError as error:
        raise Fault("start", f"{cache_folder}: expected a folder for what is built, found: {error.strerror}") from None
    try:
        _build(with_places(language.build, file, fresh), file)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    built_folders.remove_old(cache_folder)
    # A file that was changed during the build may be in it in either version.
    if digest and digest == build_digest(language, file) and built_folders.finish(fresh, folder):
        return folder
    return fresh


def _build(command: Sequence[str], file: Path) -> None:
    """Run a compiler. Raises Fault with its first errors."""
    report(COMPILING)
    done = subprocess.run(command, cwd=file.parent, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    report(COMPILED)
    if done.returncode == 0:
        return
    lines = (done.stderr + done.stdout).decode(errors="replace").replace(f"{file.parent}{os.sep}", "").splitlines()
    errors = [line.strip() for line in lines if "error" in line] or [line.strip() for line in lines if line.strip()]
    raise Fault("start", f"{command[0]} does not compile it: {' | '.join(errors[:MOST_ERRORS])}")

"""Which file of a submission is judged, or why none is."""

from __future__ import annotations

import ast
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from harness.jobs.grade.assignment.assignment import Assignment
from harness.jobs.grade.intake.files import NOTEBOOK, Files
from harness.sandbox.sources.find import PYTHON
from harness.sandbox.sources.toolchains import languages

MOST_LISTED = 5  # names in a sentence
MOST_SOURCE = 2**18  # bytes of a file of code: to parse more takes seconds, and gigabytes


@dataclass(frozen=True)
class Chosen:
    """The files of a submission, and the name of the `main` one; `notes` are sentences about the choice."""

    files: Files
    main: str
    notes: tuple[str, ...] = ()


class NotJudged(Exception):
    """Why a submission is not judged: a status in a word or two, and a sentence."""

    def __init__(self, status: str, sentence: str) -> None:
        self.status, self.sentence = status, sentence
        super().__init__(status, sentence)


def chosen_in(files: Files, assignment: Assignment) -> Chosen:
    """The file to judge. Raises NotJudged."""
    if not any(content.strip() for content in files.values()):
        raise NotJudged("empty", "Nothing was handed in." if not files else f"Empty: {_some_names([*files])}.")
    files, notes = _with_code_of_notebooks(files)
    allowed = _suffixes(assignment.languages)
    sources = [name for name in files if name.lower().endswith(tuple(allowed)) and not _is_test(name)]
    if not sources:
        if unread := [name for name in files if name.lower().endswith(NOTEBOOK)]:
            raise NotJudged("unreadable", f"The notebook {unread[0]} cannot be read.")
        expected = assignment.file or f"a file that ends in {', '.join(sorted(allowed))}, or a notebook"
        raise NotJudged("not found", f"Expected {expected}, found {_some_names([*files])}.")
    main = _main(sources, assignment.file)
    if not files[main].strip():
        raise NotJudged("empty", f"{main} is empty.")
    if assignment.file and PurePosixPath(main).name != assignment.file:
        notes += (f"The file is {main}, expected {assignment.file}.",)
    if len(files[main]) > MOST_SOURCE:
        raise NotJudged("unreadable", f"{main} has more than {MOST_SOURCE // 1024} KiB, which no exercise needs.")
    if main.lower().endswith(PYTHON):
        _check_imports(files, assignment.forbid)
    return Chosen(files, main, notes)


def _main(sources: Sequence[str], wanted: str) -> str:
    """The source file to judge."""
    named = [name for name in sources if PurePosixPath(name).name.lower() == wanted.lower()]
    if "/" not in "".join(named) and len(named) == 1:
        return named[0]
    candidates = named or [name for name in sources if "/" not in name] or sources
    if len(candidates) > 1:
        wanted = f"expected one named {wanted}" if wanted else "expected one"
        raise NotJudged("two files", f"There are several files: {_some_names(candidates)}; {wanted}.")
    return candidates[0]


def _suffixes(names: Collection[str]) -> set[str]:
    found = {suffix for one in languages() if not names or one.name in names for suffix in one.suffixes}
    return found | ({PYTHON} if not names or "Python" in names else set())


def _is_test(name: str) -> bool:
    stem = PurePosixPath(name).stem
    return stem.startswith("test_") or stem.endswith("_test") or stem in ("conftest", "setup", "__init__")


def _some_names(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    return ", ".join(names[:MOST_LISTED]) + more if names else "nothing"


def _with_code_of_notebooks(files: Files) -> tuple[Files, tuple[str, ...]]:
    """The files, with the code of each notebook as a Python file in its place."""
    found, notes = dict(files), tuple[str, ...]()
    for name in [name for name in files if name.lower().endswith(NOTEBOOK)]:
        code, python = _code_of(files[name]), f"{name[: -len(NOTEBOOK)]}{PYTHON}"
        if code is None or python in files:
            continue
        del found[name]
        found[python] = code.encode(errors="replace")
        notes += (f"The code of the notebook {name} was judged, without lines that begin with % or !.",)
    return found, notes


def _code_of(notebook: bytes) -> str | None:
    """The code of a notebook; None if it is none."""
    try:
        cells = json.loads(notebook)["cells"]
        code = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
        texts = [one if isinstance(one, str) else "".join(one) for one in code]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return "\n".join(map(_without_commands, texts)) + "\n"


def _without_commands(cell: str) -> str:
    """The code of a cell; where it is no Python, without lines that are commands to the notebook."""
    try:
        ast.parse(cell)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        lines = cell.splitlines()
        return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in lines)
    return cell.rstrip("\n")


def _check_imports(files: Files, forbidden: Collection[str]) -> None:
    """Raise NotJudged if a Python file imports a forbidden module by a statement."""
    for name, content in files.items():
        is_code = name.lower().endswith(PYTHON) and len(content) <= MOST_SOURCE
        for line, module in _imports(content) if is_code and forbidden else ():
            if module.partition(".")[0] in forbidden:
                raise NotJudged("forbidden", f"{name} imports {module} in line {line}, which the assignment forbids.")


def _imports(source: bytes) -> Iterator[tuple[int, str]]:
    """The lines of imports and the modules that they name."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # reported when the file is run
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, one.name) for one in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.lineno, node.module or ""

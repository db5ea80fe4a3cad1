"""Why a file cannot even be imported, in one line with its line: it is for Python 2, or an import is missing."""

from __future__ import annotations

import ast
import builtins
import re
from pathlib import Path

from harness.model.errors import BadFile
from harness.sandbox.answers import printable

_LONGEST_SHOWN = 60  # characters of a line
_PYTHON_2 = re.compile(
    r"""
    (?:^|[:;])\s*print\s+[^\s=(.,[]             # print "x"
    | (?:^|[:;])\s*exec\s+["'\w]
    | (?:^|[:;])\s*raise\s+[\w.]+\s*,           # raise ValueError, "x"
    | ^\s*except\s+[^:]*,\s*\w+\s*:             # except ValueError, e:
    | `[^`]+` | <> | \bur["'] | \b0\d+\b(?!\.) | \b\d+[lL]\b | \blambda\s*\(\w+(?:\s*,\s*\w+)+\)\s*:
    """,
    re.VERBOSE,
)
_ONLY_IN_PYTHON_2 = ("xrange", "raw_input", "unicode", "basestring", "long", "unichr")
_CONVERT = "it needs Python 3: convert it, for example with 2to3 or futurize"
# Old modules and names with what they are today, and the projects of modules that have another name.
_MODULES = {
    "cPickle": "pickle",
    "Queue": "queue",
    "ConfigParser": "configparser",
    "StringIO": "io",
    "cStringIO": "io",
    "urllib2": "urllib.request",
    "urlparse": "urllib.parse",
    "Tkinter": "tkinter",
    "__builtin__": "builtins",
    "sklearn.cross_validation": "sklearn.model_selection",
    "sklearn.grid_search": "sklearn.model_selection",
    "sklearn.externals": "joblib",
}
_MOVED_NAMES = {"izip": "zip, which is built in", "fetch_mldata": "fetch_openml", "imread": "imread of imageio"}
_PROJECTS = {"sklearn": "scikit-learn", "cv2": "opencv-python", "PIL": "pillow", "skimage": "scikit-image"}
_IMPORT_ERROR = re.compile(r"(?:ModuleNotFound|Import)Error: (.*) \(.*, line (\d+)\)$")
_NO_MODULE = re.compile(r"No module named '([\w.]+)'")
_NO_NAME = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")


def python_2_syntax(path: Path, error: SyntaxError) -> BadFile | None:
    """What to say of a file that Python 3 cannot parse, if its line is Python 2; None if it is just invalid."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    number = error.lineno or 0
    numbers = [*range(1, len(lines) + 1)] if isinstance(error, TabError) else [number]
    found = next((n for n in numbers if 0 < n <= len(lines) and _PYTHON_2.search(lines[n - 1])), None)
    return None if found is None else _for_python_2(path, found, lines[found - 1])


def python_2_names(path: Path, tree: ast.Module) -> BadFile | None:
    """What to say of a file that uses a built-in function of Python 2 which it does not define; None if none is."""
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    bound = {one.id for one in names if isinstance(one.ctx, ast.Store)} | {*vars(builtins)}
    imports = (one for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom)) for one in node.names)
    bound |= {one.asname or one.name for one in imports}
    used = [one for one in names if one.id in _ONLY_IN_PYTHON_2 and one.id not in bound]
    return _for_python_2(path, used[0].lineno, used[0].id) if used else None


def missing_import(path: Path, failure: str) -> BadFile | None:
    """What to say of a file whose import failed, if an import in it was the reason.

    `failure` is the exception with its message and "(file, line N)".
    """
    found = _IMPORT_ERROR.match(failure)
    if found is None:
        return None
    number = int(found[2])
    line = _line_of_file(path, number)
    return BadFile(path.name, f"`{_as_quoted(line)}` fails: {_advice(found[1], line)}", f"line {number}")


def _advice(message: str, line: str) -> str:
    """What is wrong with an import, and what to do."""
    for old, new in _MODULES.items():
        if re.search(rf"\b{re.escape(old)}\b", line):
            return f"{old} is {new} today; change the line"
    if no_name := _NO_NAME.match(message):
        name, module = no_name[1], no_name[2]
        if name in _MOVED_NAMES:
            return f"{name} is {_MOVED_NAMES[name]} today; change the line"
        return f"the {module} that is installed has no {name}; change the line, or install a version that has it"
    if no_module := _NO_MODULE.match(message):
        top, _, inner = no_module[1].partition(".")
        if inner:
            return (
                f"the {top} that is installed has no {no_module[1]}; change the line, or install a version that has it"
            )
        return f"{top} is not installed; install it (pip install {_PROJECTS.get(top, top)}), or remove what needs it"
    return message


def _for_python_2(path: Path, number: int, text: str) -> BadFile:
    return BadFile(path.name, f"this is Python 2 (`{_as_quoted(text)}`); {_CONVERT}", f"line {number}")


def _line_of_file(path: Path, number: int) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[number - 1] if 0 < number <= len(lines) else ""


def _as_quoted(line: str) -> str:
    text = printable(" ".join(line.split()))
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN].rstrip()} …"

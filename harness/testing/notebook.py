"""Check what is defined in a notebook: a class, an object, or functions, as they stand.

    from harness.testing import check

    check(Network)
    check(net)
    check(initialize_network, train_network)
    check(backprop, step)

They need not be in a file and need no adapter. They run in processes of their own, on copies.
"""

from __future__ import annotations

import inspect
import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.cases.fitted import select_cases
from harness.cases.standard import gradient_cases
from harness.jobs.check.as_json import as_data
from harness.jobs.check.run import CheckResult, check_submission
from harness.jobs.check.text import report_text
from harness.jobs.check.text.as_html import report_html
from harness.model.errors import UnusableInput
from harness.sandbox.inference.driving.adapters import Adapters
from harness.sandbox.inference.driving.live import SavedModule, save_module
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import Limits
from harness.sandbox.sources.find import Implementation

_OPTION = re.compile(r"""--(make|cost) ('[^']*'|"[^"]*"|\w+)""")
_EXPECTED = "expected a class, an object, or functions"


@dataclass(frozen=True, repr=False)
class Report:
    """The result of a check. It shows as text, and in a notebook as HTML.

    `verdict` is one of: agrees, agrees up to a convention, inaccurate, wrong, cannot tell, unsupported, failed.
    """

    verdict: str
    _text: str
    _html: str
    _json: str

    def as_data(self) -> dict[str, Any]:
        """The result as plain data, which harness/jobs/check/schema.json describes."""
        found: dict[str, Any] = json.loads(self._json)
        return found

    def __str__(self) -> str:
        return self._text

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self._html


def check(
    *things: Any,
    make: str = "",
    cost: str = "",
    case: str | None = None,
    seed: int | None = None,
    limits: Limits = Limits(),  # noqa: B008
) -> Report:
    """Check a class, an object, or functions; see the module.

    `make` is an expression that makes a network, in the names of the notebook and `widths`, the list of the layers'
    sizes, and `cost` the name of its cost; both are found if they are empty. `case` selects cases, by comma-separated
    ids or patterns, and `seed` repeats the inputs of another check. Raises UnusableInput, in one line.
    """
    namespace = sys._getframe(1).f_globals
    named = _things_by_name(things, namespace)
    cases = gradient_cases() if case is None else select_cases(case)
    title = ", ".join(named)
    drawn = int.from_bytes(os.urandom(4), "big") if seed is None else seed
    with Server() as server, Adapters(server, limits) as adapters:
        folder = adapters.folder()
        saved = save_module(Path(folder), named, namespace, make)
        implementation = _drive_first(adapters, title, saved, cost)
        result = check_submission(server, implementation, cases, drawn, limits, is_fitted=case is None)
        rerun = _rerun(named, make, cost, result)
        data = as_data(result, rerun) | {"implementation": title, "path": None}
        titled = replace(result, title=title)
        shown = report_text(titled, rerun), report_html(titled, rerun), json.dumps(data, allow_nan=False)
        return Report(result.verdict, *(text.replace(f"{folder}/", "") for text in shown))  # cells are no files there


def _things_by_name(things: tuple[Any, ...], namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The things by name: their own, or for an object that of a variable. Raises UnusableInput."""
    if not things:
        raise UnusableInput(f"check(): {_EXPECTED}, found nothing; such as check(Network)")
    named: dict[str, Any] = {}
    for one in things:
        if isinstance(one, (str, os.PathLike)):
            raise UnusableInput(f"check({str(one)!r}): {_EXPECTED}, found a path; for a file run: gradproof check FILE")
        if inspect.ismethod(one) or inspect.isbuiltin(one) or inspect.ismodule(one):
            found = f"found a {type(one).__name__}; give the class or the object"
            raise UnusableInput(f"check({one.__name__}): {_EXPECTED}, {found}")
        if inspect.isclass(one) or inspect.isfunction(one):
            name = str(one.__name__)
        else:
            variables = (name for name, value in namespace.items() if value is one and not name.startswith("_"))
            name = next(variables, type(one).__name__)
        if not name.isidentifier() or name in named:
            raise UnusableInput(f"check({name}): expected things with names of their own; name it by def or class")
        named[name] = one
    objects = [name for name, one in named.items() if not (inspect.isclass(one) or inspect.isfunction(one))]
    if len(objects) > 1:
        raise UnusableInput(f"check({', '.join(objects)}): expected one object, found {len(objects)}; check each alone")
    return named


def _drive_first(adapters: Adapters, title: str, saved: SavedModule, cost: str) -> Implementation:
    """The implementation, made in the first way that can be driven. Raises the error of the first if none can."""
    problem: UnusableInput | None = None
    for make in saved.makes:
        try:
            driven = adapters.drive(Implementation(saved.path.stem, saved.path), make, cost)
        except UnusableInput as error:
            problem = problem or error
        else:
            return replace(driven, path=saved.source, adapter=driven.target)
    text = str(problem).replace(saved.path.name, title)
    raise UnusableInput(_OPTION.sub(_as_argument, text)) from None


def _as_argument(found: re.Match[str]) -> str:
    """An option of the command line as an argument of `check`."""
    value = found[2] if found[2][0] in "'\"" else repr(found[2])
    return f"{found[1]}={value}"


def _rerun(named: Mapping[str, Any], make: str, cost: str, result: CheckResult) -> str:
    """The call that checks the first failing case alone; empty if there is none."""
    if not result.first_failing:
        return ""
    given = {"make": make, "cost": cost, "case": result.first_failing}
    options = [f"{option}={value!r}" for option, value in given.items() if value]
    return f"check({', '.join([*named, *options, f'seed={result.seed}'])})"

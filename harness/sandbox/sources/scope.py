"""What a file declares that it is for: its activations, its costs and its dtype.

    ACTIVATIONS = "sigmoid"         or several names: of all layers, hidden and output
    COST = "binary_cross_entropy"   or several names
    DTYPE = "float32"               or "float64": the dtype in which it computes throughout

Other cases are refused for it. The constants are read from the source before anything of the file runs. Only literals
at the top level count: a table of functions with such a name declares nothing. A program declares them in its hello.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.cases.case import DTYPES, OUTPUT_ACTIVATIONS, Case, in_float32
from harness.model.costs import COSTS
from harness.sandbox.answers import Fault, Refusal
from harness.sandbox.sources.find import Implementation

_KNOWN = {"ACTIVATIONS": OUTPUT_ACTIVATIONS, "COST": tuple(COSTS), "DTYPE": DTYPES}
_MAY_DECLARE = re.compile(rf"^({'|'.join(_KNOWN)})\b", re.MULTILINE)


@dataclass(frozen=True)
class DeclaredScope:
    """The declared names by constant; a constant that is not declared allows everything.

    `fault` is why the declaration is invalid, if it is; then every case has failed.
    """

    declared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fault: Refusal | None = None

    @property
    def dtype(self) -> str:
        """The declared dtype, or empty."""
        return self.declared["DTYPE"][0] if "DTYPE" in self.declared else ""

    def refusal(self, activations: Iterable[str], cost: str, dtype: str) -> Refusal | None:
        """Why a network with these activations, this cost and this dtype must not be asked for; None if it may."""
        found = {"ACTIVATIONS": activations, "COST": [cost], "DTYPE": [dtype]}
        for name, allowed in self.declared.items():
            if not set(found[name]) <= set(allowed):
                return Refusal("unsupported", f"declares {name} = {as_literal(allowed)}")
        return self.fault


def as_literal(names: tuple[str, ...]) -> str:
    """The names as a file declares them."""
    return repr(names[0] if len(names) == 1 else names)


def scope_of(implementation: Implementation) -> DeclaredScope:
    """The scope that a file declares in its source, or a program when it is started."""
    if not implementation.command:
        return scope_of_file(implementation.target)
    try:
        return DeclaredScope({name: _declared_names(name, value) for name, value in implementation.declares})
    except Fault as fault:
        return DeclaredScope(fault=fault.refusal)


def scope_of_file(path: Path) -> DeclaredScope:
    """The scope that a Python file declares."""
    try:
        source = path.read_text(encoding="utf-8")
        return DeclaredScope(_literals(source)) if _MAY_DECLARE.search(source) else DeclaredScope()
    except Fault as fault:
        return DeclaredScope(fault=fault.refusal)
    except (OSError, ValueError):  # reported in full when the file is run
        return DeclaredScope()


def cases_in_scope(cases: Iterable[Case], scope: DeclaredScope) -> tuple[Case, ...]:
    """The cases that a file with this scope is for, in its dtype; all of them if its declaration is invalid."""
    if scope.fault is not None:
        return tuple(cases)
    found = in_float32(cases) if scope.dtype == "float32" else cases
    return tuple(case for case in found if scope.refusal(case.activations, case.cost, case.dtype) is None)


def _literals(source: str) -> dict[str, tuple[str, ...]]:
    import ast  # few files declare a scope

    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # reported in full when the file is run
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for node in body:
        if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
            continue
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Name) and target.id in _KNOWN:
                try:
                    value = ast.literal_eval(node.value)
                except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):  # not a literal
                    found.pop(target.id, None)
                else:
                    found[target.id] = _declared_names(target.id, value)
    return found


def _declared_names(name: str, value: Any) -> tuple[str, ...]:
    names = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, (tuple, list)) else ()
    is_known = names and all(isinstance(one, str) and one in _KNOWN[name] for one in names)
    if not is_known or (name == "DTYPE" and not isinstance(value, str)):
        count = "one" if name == "DTYPE" else "one or several"
        expected = f"{count} of {', '.join(map(repr, _KNOWN[name]))}"
        raise Fault("declaration", f"declares {name} = {value!r}, expected {expected}")
    return names

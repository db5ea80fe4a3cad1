"""Adapters for files that were not written for the contract, in a folder that is removed at the end of the run."""

from __future__ import annotations

import ast
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.model.errors import BadFile, UnknownName, UnusableInput
from harness.sandbox.answers import printable
from harness.sandbox.inference.driving.contract import declared_text, offers_contract, other_signatures, parsed
from harness.sandbox.processes import ending, folders
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import Limits
from harness.sandbox.sources.find import Implementation

TYPE_CHECKING = False  # see harness
if TYPE_CHECKING:
    from harness.sandbox.inference.infer import Adapter, NotInferred

_BY_HAND = "write an adapter by hand (see docs/checking.md)"
_CHOOSE = "choose: --cost binary_cross_entropy or --cost half_squared_error"


class Adapters:
    """Makes adapters, within the limits of a file, and removes them at the end; use it in a `with`."""

    def __init__(self, server: Server, limits: Limits) -> None:
        self._server, self._limits = server, limits
        self._folder, self._lock = "", -1

    def __enter__(self) -> Adapters:
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder:
            self._remove()

    def drive(self, implementation: Implementation, make: str = "", cost: str = "") -> Implementation:
        """The implementation with an adapter, or as it is if the file offers the contract and `make` is empty.

        `make` is an expression for a network, in the names of the file and `widths`, and `cost` the name of its cost;
        what is empty is declared in the file, or found. Raises UnusableInput if the file cannot be driven.
        """
        path = implementation.path
        if implementation.command:
            if make or cost:
                option = "--make" if make else "--cost"
                raise UnusableInput(f"{option}: expected a Python file with it, found {path.name}; leave it out")
            return implementation
        tree = _tree(path)
        if tree is None or (not make and not _lacks_contract(tree, path)):
            return implementation
        make = make or declared_text(tree, "MAKE")
        adapter = self._inferred(path, tree, make, cost or _declared_cost(path))
        file = Path(self.folder(), f"{implementation.name}_adapter.py")
        file.write_text(adapter.source, encoding="utf-8")
        return replace(implementation, adapter=file, driven=adapter.words)

    def drive_all(self, implementations: Sequence[Implementation], make: str, cost: str) -> tuple[Implementation, ...]:
        """The implementations, with an adapter for each that does not offer the contract.

        `make` and `cost` hold for all of these. Raises UnusableInput if one cannot be driven, or if `make` or `cost` is
        given and all offer the contract.
        """
        needing = [one for one in implementations if not one.command and _needs_adapter(one.path)]
        if (make or cost) and not needing:
            option = f"--make {make!r}" if make else f"--cost {cost}"
            expected = "expected in --only a path whose code was not written for the contract"
            raise UnusableInput(f"{option}: {expected}, found none; leave the option out")
        return tuple(self.drive(one, make, cost) if one in needing else one for one in implementations)

    def _inferred(self, path: Path, tree: ast.Module, make: str, cost: str) -> Adapter:
        """The adapter of a file. Raises UnusableInput."""
        # Few files need an adapter.
        from harness.model.costs import COSTS
        from harness.sandbox.inference.driving.scripts import is_script, script_error
        from harness.sandbox.inference.infer import Inference, NotInferred

        if cost and cost not in COSTS:
            raise UnknownName("cost", cost, COSTS)
        if make:
            _check_expression(make)
        elif is_script(tree):
            raise script_error(path, tree)
        try:
            with Inference(self._server, path, self._limits) as inference:
                adapter = inference.adapter(make, cost)
        except NotInferred as failure:
            raise _obstacle(path, tree, make, failure) from None
        if adapter.question:
            raise BadFile(path.name, f"{printable(adapter.question)}; {_CHOOSE}")
        return adapter

    def folder(self) -> str:
        """The folder, which exists until the end of the run."""
        if not self._folder:
            with ending.deferred():
                self._folder, self._lock = folders.make_run_folder()
                ending.at_end(self._remove)
        return self._folder

    def _remove(self) -> None:
        os.close(self._lock)
        folders.remove_tree(self._folder)
        ending.forget(self._remove)


def _needs_adapter(path: Path) -> bool:
    tree = _tree(path)
    return tree is not None and _lacks_contract(tree, path)


def _lacks_contract(tree: ast.Module, path: Path) -> bool:
    """Whether a file is driven: it offers no function of the contract, or says what is to be driven."""
    return bool(declared_text(tree, "MAKE")) or not offers_contract(tree, path.parent)


def _tree(path: Path) -> ast.Module | None:
    """The file's syntax tree; None if it has none, which is reported in full when the file is run.

    Raises BadFile if it is a file for Python 2.
    """
    try:
        return parsed(path)
    except SyntaxError as error:
        from harness.sandbox.inference.driving.obstacles import python_2_syntax

        if (problem := python_2_syntax(path, error)) is not None:
            raise problem from None
    except (OSError, ValueError):
        pass
    return None


def _declared_cost(path: Path) -> str:
    """The only cost that the file declares; empty if it declares none or several. Raises BadFile."""
    from harness.sandbox.sources.scope import scope_of_file

    scope = scope_of_file(path)
    if scope.fault is not None:
        raise BadFile(path.name, scope.fault.detail)
    costs = scope.declared.get("COST", ())
    return costs[0] if len(costs) == 1 else ""


def _check_expression(make: str) -> None:
    try:
        ast.parse(make, mode="eval")
    except (SyntaxError, ValueError) as error:
        expected = "expected an expression in the names of the file and `widths`, such as 'Network(widths)'"
        raise UnusableInput(f"--make {make!r}: {expected}, found: {str(error).partition(' (')[0]}") from None


def _obstacle(path: Path, tree: ast.Module, make: str, failure: NotInferred) -> BadFile:
    """Why a file cannot be driven, and what to do."""
    from harness.sandbox.inference.driving.obstacles import missing_import, python_2_names
    from harness.sandbox.inference.driving.scripts import script_error, training_loop

    reason, loop = printable(str(failure)), training_loop(tree)
    if failure.stage == "import":
        if (missing := missing_import(path, reason)) is not None:
            return missing
        if loop is not None and "no answer within" in reason:
            return script_error(path, tree, f"its import does not end ({reason.rpartition(': ')[2]})")
        return BadFile(
            path.name, f'its import fails: {reason}; put what need not run under `if __name__ == "__main__":`'
        )
    if (old := python_2_names(path, tree)) is not None:
        return old
    if loop is not None and not make and not any(isinstance(node, ast.ClassDef) for node in tree.body):
        return script_error(path, tree)
    advice = (
        "correct it" if failure.stage == "drive" else "say how the network is made, such as --make 'Network(widths)'"
    )
    advice = "correct the expression" if make and failure.stage == "make" else advice
    found = "; ".join([*other_signatures(tree), f"cannot be driven as it stands: {reason}"])
    return BadFile(path.name, f"{found}; {advice}, or {_BY_HAND}")

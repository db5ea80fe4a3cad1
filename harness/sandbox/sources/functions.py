"""Import an implementation's Python file, and get its functions and what it declares."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType

from harness.sandbox.sources.find import IMPLEMENTATIONS_FOLDER, Implementation

TYPE_CHECKING = False  # importing typing is slow; see harness/__init__.py
if TYPE_CHECKING:
    from typing import Any

    from harness.model.contract import Network

# See harness.judging.conventions.
DECLARATIONS = (
    *("REDUCTION", "HALF", "SIGN", "LAYOUT", "BIAS"),
    *("L2", "L2_HALF", "L2_BIASES", "L2_DIVIDED", "TARGETS", "LEARNING_RATE", "SUBGRADIENT"),
)


SCOPE = ("ACTIVATIONS", "COST", "DTYPE")  # see harness.sandbox.sources.scope
DECLARABLE = (*DECLARATIONS, *SCOPE)
MOST_DECLARED = 16  # entries of a declared list or dictionary


@dataclass(frozen=True)
class Functions:
    """The functions of an imported implementation, None for one that it lacks, and the conventions that it declares.

    Each declared value is a string, a number, True, False, None, or a dictionary of strings.
    harness.sandbox.host.returned lists the forms in which the functions may return their arrays.
    """

    backprop: Callable[[Network, Any, Any], Any] | None
    step: Callable[[Network, Any, Any, float], Any] | None
    declared: Mapping[str, Any] = field(default_factory=dict)


def load_functions(implementation: Implementation) -> Functions:
    """Import the file and get its functions.

    Raises whatever the file raises, and TypeError if it has neither function.
    """
    return functions_in(run_file(implementation))


def run_file(implementation: Implementation) -> ModuleType:
    """Import the file as a module. Raises whatever the file raises."""
    if implementation.path.parent != IMPLEMENTATIONS_FOLDER:
        sys.path.insert(0, str(implementation.path.parent))  # the file may import its neighbours
    spec = importlib.util.spec_from_file_location(f"implementations.{implementation.name}", implementation.path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{implementation.path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look up their module there
    spec.loader.exec_module(module)
    return module


def functions_in(module: ModuleType) -> Functions:
    """The functions of the contract in a module, and what it declares.

    Raises TypeError if it has neither function.
    """
    declared = declarations_in(module)
    step = getattr(module, "step", None)
    if step is not None and declared.get("LEARNING_RATE") is not None:
        step = _with_learning_rate(step)
    functions = Functions(getattr(module, "backprop", None), step, declared)
    if functions.backprop is None and functions.step is None:
        raise TypeError("the file defines neither backprop(network, x, t) nor step(network, x, t, learning_rate)")
    return functions


def declarations_in(module: ModuleType) -> dict[str, Any]:
    """The conventions that a module declares, by the names of the constants."""
    return {name: _declarable(getattr(module, name)) for name in DECLARATIONS if hasattr(module, name)}


def _with_learning_rate(step: Callable[..., Any]) -> Callable[..., Any]:
    """The step of a file whose learning rate is fixed: it is called without one if it takes none."""
    import inspect

    try:
        inspect.signature(step).bind(None, None, None, None)
    except TypeError:
        return lambda network, x, t, _: step(network, x, t)
    except ValueError:  # a function without a signature
        pass
    return step


def _declarable(value: object) -> Any:
    """A declared value as JSON can hold it: its repr if it is neither text, a number, nor a dictionary of text."""
    if value is None or isinstance(value, (str, bool, float)) or (isinstance(value, int) and abs(value) < 2**63):
        return value
    return dict(value) if isinstance(value, Mapping) and is_declarable(dict(value)) else repr(value)


def is_declarable(value: object) -> bool:
    """Whether a value is text, a number, True, False, None, or a short list or dictionary of text."""
    if isinstance(value, (list, dict)):
        parts = [*value, *value.values()] if isinstance(value, dict) else value
        return len(value) <= MOST_DECLARED and all(isinstance(one, str) for one in parts)
    return value is None or isinstance(value, (str, bool, int, float))

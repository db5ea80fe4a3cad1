"""Modules that files of courses import for the names of Python 2, supplied where they are not installed."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from types import ModuleType


def supply_past() -> None:
    """Supply past.builtins, of the package future, with the names of Python 2 that Python 3 calls otherwise."""
    if find_spec("past") is not None:
        return
    past, names = ModuleType("past"), ModuleType("past.builtins")
    vars(names).update(xrange=range, unicode=str, basestring=str, raw_input=input, long=int)
    vars(past).update(builtins=names)
    sys.modules.update({"past": past, "past.builtins": names})

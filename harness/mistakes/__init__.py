"""The catalogue of mistakes that people really make in backprop; each is the textbook with one line wrong.

An entry is a subclass of Mistake in a file of `entries/`. `CATALOGUE` finds all files and entries there.
"""

from importlib import import_module
from pathlib import Path

from harness.mistakes.entries import Mistake

_ENTRY_MODULES = [
    import_module(f"{__name__}.entries.{path.stem}")
    for path in sorted((Path(__file__).parent / "entries").glob("[!_]*.py"))
]

CATALOGUE: dict[str, type[Mistake]] = {
    entry.known_as(): entry
    for entry in sorted(
        (
            entry
            for module in _ENTRY_MODULES
            for entry in vars(module).values()
            if isinstance(entry, type) and issubclass(entry, Mistake) and (entry.rules or entry.dtype)
        ),
        key=lambda entry: entry.order,
    )
}

__all__ = ["CATALOGUE", "Mistake"]

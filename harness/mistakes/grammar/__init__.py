"""The grammar of formulas: what people write in each place of an equation of backprop.

An equation has slots, such as the slope in BP1 and BP2, and each slot has alternatives beside what is right there. A
file of this folder has a tuple SLOTS; `SLOTS` here has all of them by name, and finds new files by itself.
"""

from importlib import import_module
from pathlib import Path

from harness.mistakes.grammar.alternative import MISFITS, Alternative, Measured, Slot

SLOTS: dict[str, Slot] = {
    slot.name: slot
    for path in sorted(Path(__file__).parent.glob("[!_]*.py"))
    for slot in getattr(import_module(f"{__name__}.{path.stem}"), "SLOTS", ())
}

__all__ = ["MISFITS", "SLOTS", "Alternative", "Measured", "Slot"]

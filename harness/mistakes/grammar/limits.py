"""What is clipped: δ, and the gradients. The constants are numbers that the data show."""

from __future__ import annotations

from harness.mistakes.grammar.alternative import Alternative, Slot
from harness.truth.bounds.rounded_functions import clipped

USUAL_LIMITS = (0.01, 0.05, 0.1, 0.2, 0.25, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)


def limit(c: float) -> Alternative:
    """Numbers between −c and c."""
    return Alternative(f"clip(·, ±{c:.12g})", lambda book, l, array: clipped(array, c), 2)


SLOTS = (
    Slot("delta limit", "BP1, BP2", "·", tuple(limit(c) for c in USUAL_LIMITS)),
    Slot("gradient limit", "BP3, BP4", "·", tuple(limit(c) for c in USUAL_LIMITS), parts=True),
)

"""What is clipped: what reaches a layer, δ, and the gradients. The constants are numbers that the data show."""

from __future__ import annotations

from harness.mistakes.grammar.alternative import Alternative, Slot
from harness.model.contract import Numbers
from harness.model.textbook import Textbook
from harness.truth.bounds.rounded_array import apply_activation
from harness.truth.bounds.rounded_functions import clip_each

USUAL_LIMITS = (0.01, 0.05, 0.1, 0.2, 0.25, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)


def limited_to(c: float) -> Alternative:
    """Numbers between −c and c."""
    return Alternative(f"clip(·, ±{c:.12g})", lambda book, l, array: clip_each(array, c), 2)


def _positive(book: Textbook, l: int, array: Numbers) -> Numbers:
    """As in guided backpropagation: Springenberg et al., "Striving for simplicity", 2015."""
    return apply_activation("relu", array)


SLOTS = (
    Slot("limit of e", "BP2", "·", (Alternative("relu(·)", _positive), *(limited_to(c) for c in USUAL_LIMITS))),
    Slot("delta limit", "BP1, BP2", "·", tuple(limited_to(c) for c in USUAL_LIMITS)),
    Slot("gradient limit", "BP3, BP4", "·", tuple(limited_to(c) for c in USUAL_LIMITS), parts=True),
)

"""Formulas in plain text, δ_j^l, W^{l+1} and 10^-42, as they are written by hand."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_RAISED = re.compile(r"\^(?:\{([^{}]*)\}|(-?\w+))")
# The name of a quantity is one letter; what has more is the name of a thing, such as row_matrices.
_LOWERED = re.compile(r"(?<!\w)([^\W\d_])_(?:\{([^{}]*)\}|([a-zA-Z0-9]{1,7}))(?![a-zA-Z0-9_])")
_BRACKETED = re.compile(r"\[([^\[\]]*)\]")


def written(text: str) -> Markup:
    """The text, escaped, with what stands after ^ raised and what stands after a letter's _ lowered."""
    lowered = _LOWERED.sub(lambda found: f"{found[1]}<sub>{found[2] or found[3]}</sub>", str(escape(text)))
    return Markup(_RAISED.sub(lambda found: f"<sup>{found[1] or found[2]}</sup>", lowered))


def with_marks(text: str) -> Markup:
    """The text as by hand, with what is in square brackets with_marks."""
    return Markup(_BRACKETED.sub(lambda found: f"<mark>{found[1]}</mark>", written(text)))

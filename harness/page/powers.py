"""Superscripts: δ^l, W^{l+1} and 10^-42 as they are written by hand."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_RAISED = re.compile(r"\^(?:\{([^{}]*)\}|(-?\w+))")


def raised(text: str) -> Markup:
    """The text, escaped, with what stands after ^ raised."""
    return Markup(_RAISED.sub(lambda found: f"<sup>{found[1] or found[2]}</sup>", str(escape(text))))

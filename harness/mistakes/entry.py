"""What an entry of the catalogue is."""

from __future__ import annotations

import re
from typing import ClassVar

from harness.textbook import Textbook

WILD = "in the wild, no thread to cite"


class Mistake(Textbook):
    """The textbook with one line wrong.

    A subclass overrides the methods it gets wrong and calls `super()` where it is right; its docstring is the sentence
    that a learner needs. `dtype` is set where the mistake is the precision.
    """

    equation: ClassVar[str]
    right: ClassVar[str]
    wrong: ClassVar[str]
    sources: ClassVar[tuple[str, ...]] = (WILD,)
    dtype: ClassVar[str | None] = None


def name_of(mistake: type[Mistake]) -> str:
    """The name by which it is known: the class's, in lower case with underscores."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", mistake.__name__).lower()


def sentence_of(mistake: type[Mistake]) -> str:
    """What the mistake is, in a sentence."""
    return " ".join((mistake.__doc__ or "").split())

"""What an entry of the catalogue is."""

from __future__ import annotations

import re
from typing import ClassVar

from harness.model.textbook import Textbook

NO_THREAD = "in the wild, no thread to cite"


class Mistake(Textbook):
    """The textbook with one line wrong.

    A subclass overrides the methods it gets wrong and calls `super()` where it is right; its docstring is the sentence
    that a learner needs. `dtype` is set where the mistake is the precision, to that of the numbers that it returns, and
    `computes_in` to that of its arithmetic; `is_scaling` where it is only a factor, and harmless if it is declared.
    """

    equation: ClassVar[str]
    right: ClassVar[str]
    wrong: ClassVar[str]
    sources: ClassVar[tuple[str, ...]] = (NO_THREAD,)
    dtype: ClassVar[str | None] = None
    computes_in: ClassVar[str | None] = None
    is_scaling: ClassVar[bool] = False

    @classmethod
    def known_as(cls) -> str:
        """The name of the class, in lower case with underscores."""
        return re.sub(r"(?<!^)([A-Z])", r"_\1", cls.__name__).lower()

    @classmethod
    def sentence(cls) -> str:
        """What the mistake is, in a sentence."""
        return " ".join((cls.__doc__ or "").split())

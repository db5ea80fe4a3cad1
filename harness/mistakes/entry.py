"""The base class of the catalogue's entries."""

from __future__ import annotations

import re
from typing import ClassVar

from harness.judging.conventions import DEFAULT_CONVENTION, Convention
from harness.model.textbook import Textbook

NO_THREAD = "in the wild, no thread to cite"


class Mistake(Textbook):
    """The textbook formulation with one line wrong.

    A subclass overrides the methods that it gets wrong, and calls `super()` where it is right. Its docstring tells a
    learner what is wrong. `equation` names the equation, `right` and `wrong` are the two forms of the line, and
    `sources` are public threads with the mistake. If the mistake is the precision, `dtype` is that of the returned
    numbers and `computes_in` that of the arithmetic. `is_scaling` marks a mistake that is only a factor, and no mistake
    if the file declares it. `nan_is_evidence` marks a mistake that shows only as NaN, in the same places. `convention`
    is one in which the mistake can be seen. `order` is the position in the catalogue, lower first; a class without an
    `equation` is the base of a file's entries, with their order.
    """

    equation: ClassVar[str]
    right: ClassVar[str]
    wrong: ClassVar[str]
    sources: ClassVar[tuple[str, ...]] = (NO_THREAD,)
    dtype: ClassVar[str | None] = None
    computes_in: ClassVar[str | None] = None
    is_scaling: ClassVar[bool] = False
    convention: ClassVar[Convention] = DEFAULT_CONVENTION
    nan_is_evidence: ClassVar[bool] = False
    order: ClassVar[int] = 100

    @classmethod
    def known_as(cls) -> str:
        """The name of the class in snake case."""
        return re.sub(r"(?<!^)([A-Z])", r"_\1", cls.__name__).lower()

    @classmethod
    def applies_to(cls, declared: Convention) -> bool:
        """Whether it can change numbers in a file of this convention: a mistake in a penalty needs one."""
        return declared.l2 > 0 or not cls.convention.l2

    @classmethod
    def sentence(cls) -> str:
        """The docstring in one line."""
        return " ".join((cls.__doc__ or "").split())

"""The base class of the catalogue's entries."""

from __future__ import annotations

import re
from typing import ClassVar

from harness.judging.conventions import DEFAULT_CONVENTION, Convention
from harness.mistakes.formulation import AlteredTextbook
from harness.mistakes.render import Formula, formulas_of
from harness.mistakes.rules import Rule

NO_THREAD = "seen in code, without a public thread"


class Mistake(AlteredTextbook):
    """A formulation that has a name, because people know it.

    A subclass has the `rules` that say which slots of the equations are wrong; `also` are others with its name. Its
    docstring tells a learner what is wrong, and `sources` are public threads with the mistake. If the mistake is the
    precision, it has a dtype and no rules. `convention` is one in which the mistake can be seen. `order` is the
    position in the catalogue, lower first.
    """

    also: ClassVar[tuple[tuple[Rule, ...], ...]] = ()
    sources: ClassVar[tuple[str, ...]] = (NO_THREAD,)
    convention: ClassVar[Convention] = DEFAULT_CONVENTION
    order: ClassVar[int] = 100

    @classmethod
    def known_as(cls) -> str:
        """The name of the class in snake case."""
        return re.sub(r"(?<!^)([A-Z])", r"_\1", cls.__name__).lower()

    @classmethod
    def formulas(cls) -> list[Formula]:
        """The equations that it changes, in both forms and with letters for the layers; none if it has no rules."""
        return formulas_of(cls.rules, (), cls.convention)

    @classmethod
    def equations(cls) -> str:
        """The tags of the equations that it changes, or "arithmetic"."""
        return ", ".join(dict.fromkeys(formula.equation for formula in cls.formulas())) or "arithmetic"

    @classmethod
    def applies_to(cls, declared: Convention) -> bool:
        """Whether it can change numbers in a file of this convention: a mistake in a penalty needs one."""
        return declared.l2 > 0 or not cls.convention.l2

    @classmethod
    def sentence(cls) -> str:
        """The docstring in one line."""
        return " ".join((cls.__doc__ or "").split())

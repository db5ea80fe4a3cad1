"""What was found about wrong numbers, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from harness.judging.causes.again.variations import ArrayName
from harness.judging.judge import QUANTITY_SYMBOLS
from harness.sandbox.answers import ArrayKey

MAX_SENTENCES = 8  # sentences
VERB_FORMS = {"be": ("is", "are"), "have": ("has", "have")}
Independences = Mapping[tuple[ArrayKey, ArrayName], bool]


class Limit(NamedTuple):
    """The entries of a quantity, of the hidden layers if so, that are `side` ("above" or "below") a size are wrong."""

    quantity: str
    is_hidden: bool
    side: str
    size: float


@dataclass
class Findings:
    """What was found in the runs. Keys are in the order of computation.

    is_forward_right: whether z and a are known to be right. history: the quantities that depend on earlier calls; then
    nothing else is known. is_first_right: whether the first call in a process is right. repeats: whether these
    quantities are those of the call before. limit: that of the wrong entries. enough_rows: with how many of the first
    rows alone `case` is right, although it is wrong with one more. unseen: whether quantities stay the same when
    weights change and the forward pass does not; unmoved: the same for small changes of an array. not_additive: the
    quantities that are no sums over the rows. not_proportional: those whose errors are not multiplied by the scale of
    the error at the output. right_at: the scale of the latter at which all is right.
    """

    case: str = ""
    is_forward_right: bool = True
    history: list[ArrayKey] = field(default_factory=list)
    is_first_right: bool = False
    repeats: bool = False
    limit: Limit | None = None
    enough_rows: int = 0
    right_at: float | None = None
    unseen: Independences = field(default_factory=dict)
    unmoved: Independences = field(default_factory=dict)
    not_additive: list[ArrayKey] = field(default_factory=list)
    not_proportional: list[ArrayKey] = field(default_factory=list)
    _same: dict[tuple[ArrayKey, ArrayName], bool] = field(default_factory=dict)
    _same_errors: dict[tuple[ArrayKey, ArrayName], bool] = field(default_factory=dict)
    _unused_rows: dict[str, list[ArrayKey]] = field(default_factory=dict)
    _others: list[str] = field(default_factory=list)

    def add(self, verb: str, rest: str, keys: Iterable[ArrayKey]) -> None:
        """Add a sentence about quantities, without those whose numbers follow from the others'."""
        if firsts := _firsts(keys):
            self._others.append(_sentence(firsts, verb, rest))

    def add_independences(self, found: Independences) -> None:
        """Add on what quantities do not depend; it must hold in all cases that show it."""
        _merge(self._same, found)

    def add_error_independences(self, found: Independences) -> None:
        """Add on what the errors of quantities do not depend."""
        _merge(self._same_errors, found)

    def add_unused_rows(self, key: ArrayKey, unused: Sequence[int], used: Sequence[int], n: int, of: int) -> None:
        """Add the rows on which a quantity does not depend, and those on which it does; the n first ones of a case."""
        if unused and used:
            words = _rows_in_words(unused, used, of)
            words += f" in a batch of the first {n} rows" if n < of else ""
            self._unused_rows.setdefault(words, []).append(key)

    def sentences(self) -> list[str]:
        """The sentences, the most telling first."""
        if self.history:
            return self._about_history()
        found = [*self._about_limit(), *self._about_missing(), *self._about_errors(), *self._others]
        if (keys := _firsts(self._with_mixed_errors(self.not_additive))) and not any("row" in one for one in found):
            found.append(_sentence(keys, "be", f"{'no sum' if len(keys) == 1 else 'no sums'} over the rows"))
        if self.enough_rows > 1:
            text = f"With the first {self.enough_rows} rows of {self.case} it is right, with one more it is wrong."
            found.append(text)
        return found[:MAX_SENTENCES]

    def _about_history(self) -> list[str]:
        found = [_sentence(_firsts(self.history), "depend", "on the call before")]
        if self.repeats:
            found.append("After a call with other numbers of the same shapes, it returns the results of that call.")
        if self.is_first_right:
            found.append("The first call in a new process is right.")
        return found

    def _about_limit(self) -> list[str]:
        if self.limit is None:
            return []
        quantity, is_hidden, side, size = self.limit
        which = f"{QUANTITY_SYMBOLS[quantity]}{' of the hidden layers' if is_hidden else ''}"
        return [f"The entries of {which} whose true size is {side} {size:g} are wrong, and the others are right."]

    def _about_missing(self) -> list[str]:
        """On what quantities do not depend; in the backward pass alone where it is not so in the whole."""
        lacking, every = _lacking(self._same), len({name for _, name in self._same})
        found = []
        for names, keys in lacking.items():
            what = _joined_names(names) if len(names) < every else "any of the inputs"
            found.append(_sentence(keys, "depend", f"on {what}", is_negated=True))
        parts = ((self.unseen, "depend on {} in the backward pass"), (self.unmoved, "change with small changes of {}"))
        for independences, text in parts:
            others = {one: is_same and not self._same.get(one, False) for one, is_same in independences.items()}
            for names, keys in _lacking(others).items():
                verb, rest = text.format(_joined_names(names)).split(" ", 1)
                found.append(_sentence(keys, verb, rest, is_negated=True))
        if self.right_at is None:  # else the error at the output decides what has an effect
            for rows, keys in self._unused_rows.items():
                found.append(_sentence(keys, "depend", f"on {rows}", is_negated=True))
        return found

    def _about_errors(self) -> list[str]:
        found, arrays = [], self._arrays_of_errors()
        if constant := _firsts(key for key, names in arrays.items() if not names):
            found.append(f"The error of {_subject(constant)} is the same whatever the inputs are.")
        for name in dict.fromkeys(name for names in arrays.values() for name in names):
            if keys := _firsts(key for key, names in arrays.items() if names == [name]):
                found.append(f"The error of {_subject(keys)} depends on {name} alone.")
        if keys := _firsts(self._with_mixed_errors(self.not_proportional)):
            found.append(f"The deviation of {_subject(keys)} from the truth is not proportional to a − t.")
        if self.right_at is not None:
            factor = f"{1 / self.right_at:g} times smaller" if self.right_at < 1 else f"{self.right_at:g} times larger"
            found.append(f"With an error a − t of the output that is {factor}, {self.case} is right.")
        return found

    def _arrays_of_errors(self) -> dict[ArrayKey, list[ArrayName]]:
        """The arrays on which the error of each quantity depends, of those for which it is known of every array."""
        keys, every = (
            dict.fromkeys(key for key, _ in self._same_errors),
            dict.fromkeys(name for _, name in self._same_errors),
        )
        known = [key for key in keys if all((key, name) in self._same_errors for name in every)]
        return {key: [name for name in every if not self._same_errors[key, name]] for key in known}

    def _with_mixed_errors(self, keys: Iterable[ArrayKey]) -> list[ArrayKey]:
        """Those of the quantities whose errors depend on more than one array, or on it is not known what."""
        arrays = self._arrays_of_errors()
        return [key for key in keys if key not in arrays or len(arrays[key]) > 1]


def _lacking(same: Independences) -> dict[tuple[ArrayName, ...], list[ArrayKey]]:
    """The arrays on which quantities do not depend, and these quantities."""
    names = dict.fromkeys(name for _, name in same)
    firsts = {name: _firsts(key for (key, one), is_same in same.items() if is_same and one == name) for name in names}
    found: dict[tuple[ArrayName, ...], list[ArrayKey]] = {}
    for key in dict.fromkeys(key for key, _ in same):
        if lacking := tuple(name for name in names if key in firsts[name]):
            found.setdefault(lacking, []).append(key)
    return found


def _merge(known: dict[tuple[ArrayKey, ArrayName], bool], found: Independences) -> None:
    for key, is_same in found.items():
        known[key] = known.get(key, True) and is_same


def _firsts(keys: Iterable[ArrayKey]) -> list[ArrayKey]:
    """The keys without those of quantities that are computed from an earlier one of them."""
    found: list[ArrayKey] = []
    for key in dict.fromkeys(keys):
        if not any(_follows(key, earlier) for earlier in found):
            found.append(key)
    return found


def _follows(key: ArrayKey, earlier: ArrayKey) -> bool:
    (quantity, l), (first, m) = key, earlier
    if first in ("z", "a"):
        return quantity not in ("z", "a") or l > m or (l == m and first == "z" and quantity == "a")
    if first == "delta":
        return (quantity == "delta" and l < m) or (quantity in ("w", "b", "update") and l <= m)
    return quantity == "update" and first in ("w", "b") and l == m


def _subject(keys: Sequence[ArrayKey]) -> str:
    def symbol(key: ArrayKey) -> str:
        return f"the update of layer {key[1]}" if key[0] == "update" else f"{QUANTITY_SYMBOLS[key[0]]}^{key[1]}"

    if len(keys) > 1 and all(name == "update" for name, _ in keys):
        return f"the updates of layers {_joined([str(l) for _, l in keys])}"
    return _joined([symbol(key) for key in keys])


def _sentence(keys: Sequence[ArrayKey], verb: str, rest: str, *, is_negated: bool = False) -> str:
    singular, plural = VERB_FORMS.get(verb, (f"{verb}s", verb))
    form = singular if len(keys) == 1 else plural
    if is_negated:
        form = f"{'does' if len(keys) == 1 else 'do'} not {verb}"
    text = f"{_subject(keys)} {form} {rest}."
    return f"The{text[3:]}" if text.startswith("the") else text


def _joined(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _joined_names(names: Iterable[ArrayName]) -> str:
    return _joined([*map(str, names)])


def _rows_in_words(unused: Sequence[int], used: Sequence[int], n: int) -> str:
    """The unused rows of n; rows count from 1 in words."""
    if len(unused) == 1:
        return {0: "the first row", n - 1: "the last row"}.get(unused[0], f"row {unused[0] + 1}")
    if min(unused) > max(used):
        return f"the rows after row {max(used) + 1}"
    if max(unused) < min(used):
        return f"the first {max(unused) + 1} rows"
    return f"rows {_joined([str(row + 1) for row in unused])}"

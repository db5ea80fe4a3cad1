"""Cases of one kind, for code that supports few of the standard cases.

A kind is what code may require of a network and its data. Each kind has a fixed list of cases, over real data and
random networks, of different shapes, batches, flags and dtypes; so each case can be run again by its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from itertools import chain, count, islice, product

from harness.cases.case import HIDDEN_ACTIVATIONS, Case, in_float32, make_case
from harness.cases.selection import select_matching, split_names
from harness.cases.standard import gradient_cases
from harness.model.errors import UnknownName

DEPTHS = (1, 2, 3, 4, 5, 6, 8)
CASES_OF_A_KIND = 26
CASES_WITH_CLASSES = 18  # beside these, if the targets of the others are no classes
# The outputs, each with its cost; identity is first, because a step of it is the simplest.
OUTPUT_PAIRS = (
    *((output, "half_squared_error") for output in HIDDEN_ACTIVATIONS),
    ("sigmoid", "binary_cross_entropy"),
    ("softmax", "cross_entropy"),
)
# Name, inputs, outputs and rows. The targets of diabetes are no classes, so no cross-entropy is defined with them.
_DATASETS = (
    ("xor", 2, 1, 4),
    ("breast_cancer", 30, 1, 569),
    ("diabetes", 10, 1, 442),
    ("iris", 4, 3, 150),
    ("ten_rows", 2, 2, 10),
    ("wine", 13, 3, 178),
    ("digits", 64, 10, 1797),
)
_BATCHES = (8, 4, 2, 5, 16, 3)
_FLAGS = ("", "saturated", "bias", "", "small")
_MORE_FLAGS = {"relu": ("dead", "kink"), "leaky_relu": ("kink",), "sigmoid": ("flat",), "softplus": ("flat",)}
_FLOAT32_EVERY = 9


@dataclass(frozen=True)
class Kind:
    """What code may require: the hidden activation (empty without hidden layers), the output activation with its cost,
    the number of layers, a single row, and a single output."""

    hidden: str
    output: str
    cost: str
    layers: int
    has_one_row: bool
    has_one_output: bool


def kind_of(case: Case) -> Kind:
    """The kind of a case."""
    hidden = case.hidden if len(case.widths) > 2 else ""
    return Kind(hidden, case.output, case.cost, len(case.widths) - 1, case.batch == 1, case.widths[-1] == 1)


def every_kind() -> Iterator[Kind]:
    """Every kind that has fitted cases."""
    for layers, (output, cost), one_row, one_output in product(DEPTHS, OUTPUT_PAIRS, (False, True), (False, True)):
        if output == "softmax" and one_output:  # such an output is always 1
            continue
        for hidden in HIDDEN_ACTIVATIONS if layers > 1 else ("",):
            yield Kind(hidden, output, cost, layers, one_row, one_output)


@cache
def fitted_cases(kind: Kind) -> tuple[Case, ...]:
    """The CASES_OF_A_KIND cases of a kind, real data first, then random networks, and those with classes; their ids are
    all different."""
    found: dict[Case, None] = {}
    cases = chain(_on_real_data(kind), _on_random_data(kind))
    while len(found) < CASES_OF_A_KIND:
        found.setdefault(next(cases))
    if kind.has_one_output or kind.output == "softmax":
        return tuple(found)
    return (*found, *islice(_on_random_data(kind, ("classes",)), CASES_WITH_CLASSES))


def every_fitted_case(chosen: Iterable[Kind] | None = None) -> tuple[Case, ...]:
    """All cases that a check may add to the standard ones: those of these kinds, or of every kind, and all cases in
    float32."""
    standard = gradient_cases()
    fitted = tuple(case for kind in (every_kind() if chosen is None else chosen) for case in fitted_cases(kind))
    known = {case.id for case in standard}
    added = {case.id: case for case in (*fitted, *in_float32((*standard, *fitted)))}
    return tuple(case for name, case in added.items() if name not in known)


def select_cases(ids: str) -> tuple[Case, ...]:
    """The standard cases of a check that match these comma-separated ids or patterns; fitted ones for what matches no
    standard case. Raises UnknownName for what matches neither, and UnusableInput if nothing is named."""
    standard, names = gradient_cases(), split_names(ids)
    known = [case.id for case in standard]
    matching = [name for name in names if any(fnmatchcase(one, name) for one in known)]
    others = [name for name in names if name not in matching]
    # An id contains the activations; to draw only such kinds takes a hundredth of the time.
    chosen = [kind for kind in every_kind() if any(_may_match(kind, name) for name in others)]
    try:
        return (
            *(select_matching(standard, ",".join(matching)) if matching else ()),
            *(select_matching(every_fitted_case(chosen), ",".join(others)) if others else ()),
        )
    except UnknownName as error:
        raise UnknownName("case", error.name, known) from None


def _may_match(kind: Kind, pattern: str) -> bool:
    has_wildcard = any(character in pattern for character in "*?[")
    return has_wildcard or (kind.output in pattern and kind.hidden in pattern)


def _on_real_data(kind: Kind) -> Iterator[Case]:
    for number, (name, inputs, outputs, rows) in enumerate(_DATASETS):
        fits = (outputs == 1) == kind.has_one_output and (name != "diabetes" or kind.cost == "half_squared_error")
        if fits:
            batch = 1 if kind.has_one_row else min(rows, _BATCHES[number % 2])
            yield _case(kind, name, (inputs, *_hidden_widths(kind, number), outputs), batch)


def _on_random_data(kind: Kind, flags: Sequence[str] = ()) -> Iterator[Case]:
    """Networks of growing sizes with these flags in turn, or with those that fit the kind."""
    flags = flags or _flags_of(kind)
    for number in count():
        inputs = 1 + number * 2 % 11
        outputs = 1 if kind.has_one_output else 2 + number * 3 % 5
        batch = 1 if kind.has_one_row else _BATCHES[number % len(_BATCHES)]
        dtype = "float32" if number % _FLOAT32_EVERY == 4 else "float64"
        widths = (inputs, *_hidden_widths(kind, number), outputs)
        yield _case(kind, "random", widths, batch, flag=flags[number % len(flags)], dtype=dtype)


def _flags_of(kind: Kind) -> list[str]:
    flags = [*_FLAGS, *_MORE_FLAGS.get(kind.hidden or kind.output, ())]
    if kind.cost == "binary_cross_entropy":  # of a flat sigmoid, it divides 0 by 0 if it is written out
        flags = [flag for flag in flags if flag != "flat"]
    return [*flags, "large", "soft"] if kind.output == "softmax" else flags


def _hidden_widths(kind: Kind, number: int) -> tuple[int, ...]:
    """Of different sizes; in every fifth network all are equal, and in every seventh one has a single unit."""
    widths = [3 + (2 * number + 3 * l) % 5 for l in range(kind.layers - 1)]
    if number % 5 == 3:
        widths = widths[:1] * len(widths)
    if number % 7 == 5:
        widths[-1:] = [1] * len(widths[-1:])
    return tuple(widths)


def _case(kind: Kind, dataset: str, widths: tuple[int, ...], batch: int, **others: str) -> Case:
    activations = f"{kind.hidden or kind.output} {kind.output}"
    return make_case(dataset, widths, activations, batch, bce=kind.cost == "binary_cross_entropy", **others)

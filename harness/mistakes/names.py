"""The names of formulas: which mistakes of the catalogue some rules are, and which of them are conventions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.judging.conventions import Convention
from harness.mistakes import CATALOGUE, Mistake
from harness.mistakes.grammar import SLOTS
from harness.mistakes.rules import Rule, Rules, Scope
from harness.mistakes.search.scopes import Instances

# What a factor of δ^L, or of all gradients, means as a convention.
_REDUCTIONS = {"1/n": "mean", "1/m": "mean over outputs", "1/(n m)": "mean over rows and outputs"}


@dataclass(frozen=True)
class Names:
    """The mistakes that some rules are, and the rules without a name.

    `where` names the layers, if the mistake is usually in more of them.
    """

    mistakes: tuple[type[Mistake], ...]
    where: str
    nameless: Rules


def names_of(rules: Rules, instances: Instances, explains: Callable[[Rules], bool]) -> list[Names]:
    """The names of rules; several if mistakes have the same formula.

    `explains` says whether other rules give the same numbers: a mistake has the name also where only its scope differs.
    """
    left, found = rules, list[tuple[tuple[type[Mistake], ...], Rules, str]]()
    while match := next(_matches(left, rules, instances, explains), None):
        found.append(match)
        left = tuple(one for one in left if one not in match[1])
    # What is only a part of one product, of which another part has no name, has none.
    named = [match for match in found if not any(_share_equation(one, other) for one in match[1] for other in left)]
    nameless = tuple(one for one in rules if not any(one in used for _, used, _ in named))
    where = named[0][2] if len(named) == 1 and not nameless else ""
    if len(named) == 1 and len({entry.rules for entry in named[0][0]}) == 1:
        return [Names((entry,), where, nameless) for entry in named[0][0]]
    return [Names(tuple(entry for entries, _, _ in named for entry in entries[:1]), where, nameless)]


def _matches(
    left: Rules, rules: Rules, instances: Instances, explains: Callable[[Rules], bool]
) -> Iterator[tuple[tuple[type[Mistake], ...], Rules, str]]:
    """The mistakes that are some of the rules that are left, those rules, and where they are."""
    candidates = [
        (entry, its, used)
        for entry in sorted(CATALOGUE.values(), key=lambda entry: -len(entry.rules))
        for its in (entry.rules, *entry.also)
        if its and (used := _with_same_keys(its, left))
    ]
    own = [(entry, its, used) for entry, its, used in candidates if its is entry.rules]
    exact = [(entry, used) for entry, its, used in candidates if _covers(its, instances) == _covers(used, instances)]
    if not exact:
        exact = [
            (entry, used)
            for entry, its, used in candidates
            if explains((*its, *(rule for rule in rules if rule not in used)))
        ]
    if exact:
        used = max((used for _, used in exact), key=len)
        entries = [entry for entry, mine in exact if mine == used]
        most = max(_restrictions(entry) for entry in entries)  # of names for the same layers the most special one
        yield tuple(dict.fromkeys(entry for entry in entries if _restrictions(entry) == most)), used, ""
    for entry, its, used in own:
        if _is_below(_covers(used, instances), _covers(its, instances)):
            yield (entry,), used, _in_words(used[0].scope)
    for entry, _, used in candidates:
        inside = [(one, theirs) for one, theirs, same in candidates if same == used and len(used) == len(theirs) == 1]
        if len(inside) > 1 and entry is inside[0][0]:
            union = [any(each) for each in zip(*(_covers(theirs, instances) for _, theirs in inside), strict=True)]
            if tuple(union) == _covers(used, instances):
                yield tuple(one for one, _ in inside), used, ""


def _share_equation(one: Rule, other: Rule) -> bool:
    """Whether two rules are about one product for δ; a sign beside another mistake is another matter."""
    is_sign = other.symbol == "−1" and other.slot == "delta factor"
    equations = [{*SLOTS[rule.slot].equations.split(", ")} for rule in (one, other)]
    return not is_sign and bool(equations[0] & equations[1] & {"BP1", "BP2"}) and one.scope == other.scope


def _restrictions(entry: type[Mistake]) -> int:
    return sum(rule.scope.restrictions for rule in entry.rules)


def _with_same_keys(its: Rules, rules: Rules) -> Rules:
    """Of some rules, those that are a mistake's, in any layers and any of its parts; empty if one is missing."""
    used = {
        rule: one
        for one in its
        for rule in rules
        if (rule.slot, rule.symbol) == (one.slot, one.symbol) and one.scope.part in ("", rule.scope.part)
    }
    return tuple(used) if len({*used.values()}) == len(its) else ()


def _covers(rules: Rules, instances: Instances) -> tuple[bool, ...]:
    """The layers that any of these rules covers."""
    return tuple(any(each) for each in zip(*(instances.coverage(rule) for rule in rules), strict=False))


def _in_words(scope: Scope) -> str:
    part = f"the gradient of the {scope.part}" if scope.part else ""
    return f"{part} in {scope.in_words()}" if part and scope.in_words() else part or scope.in_words()


def _is_below(one: Sequence[bool], other: Sequence[bool]) -> bool:
    return len(one) == len(other) and all(b or not a for a, b in zip(one, other, strict=True))


def convention_in(
    rules: Rules, instances: Instances, functions: set[str], costs: set[str], known: Convention
) -> tuple[Rules, Mapping[str, Any]]:
    """The rules without one that is a convention, and the constants that declare it.

    That is a factor of δ^L or of all gradients beside another mistake: 1/n for a mean, 2 for a square without ½, −1 for
    code that adds. Alone it is the mistake itself. A step of the other sign is no convention.
    """
    has_error = any(rule.slot == "error" for rule in rules)  # the sign and a 2 are parts of that
    for rule in rules if len(rules) > 1 else ():
        if not _is_of_the_cost(rule, instances):
            continue
        symbol, found = rule.symbol, dict[str, Any]()
        if symbol.startswith("−") and functions == {"backprop"} and known.sign == "positive" and not has_error:
            found["SIGN"], symbol = "negative", symbol.removeprefix("−")
        if symbol.startswith("2") and costs == {"half_squared_error"} and known.half and not has_error:
            found["HALF"], symbol = False, "1" + symbol[1:]
        if symbol in _REDUCTIONS and known.reduction == "sum":
            found["REDUCTION"], symbol = _REDUCTIONS[symbol], "1"
        if symbol == "1" and found:
            return tuple(one for one in rules if one is not rule), found
    return rules, {}


def _is_of_the_cost(rule: Rule, instances: Instances) -> bool:
    """Whether it is a factor of δ^L, or of all gradients."""
    covered = instances.coverage(rule)
    if rule.slot == "gradient factor":
        return all(covered)
    return rule.slot == "delta factor" and instances.is_output(rule)

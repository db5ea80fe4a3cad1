"""Search for the simplest formulas that give a submission's numbers, one equation at a time.

The search takes the cheapest state first (Hart, Nilsson and Raphael, "A formal basis for the heuristic determination of
minimum cost paths", 1968). Each state is a set of rules. Where the numbers of a state are not those of a subject, the
first quantity that differs is explained, which gives the next states; so several mistakes are peeled off one after
another. It works on few subjects. If a state gives the numbers of all these, it is tried on all others, and one that
contradicts it joins them.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from harness.mistakes.formulation import formulation
from harness.mistakes.grammar import SLOTS
from harness.mistakes.grammar.forward import FORWARD
from harness.mistakes.reproduce import CONTRADICTED, try_formulation
from harness.mistakes.rules import Rule, Rules, complexity
from harness.mistakes.search.evaluate import Evaluation, evaluate_rules
from harness.mistakes.search.proposals import Proposals, propose, propose_with_forward
from harness.mistakes.search.scopes import Instances, occurs
from harness.mistakes.subject import Subject

MAX_WORK = 1.3e6  # units of about 2 µs; an evaluation takes one for 4 parameters × rows, and WORK_OF_ONE
WORK_OF_ONE = 400
WORK_OF_BRIEF = 10000
WORK_OF_PROPOSALS = 50000
WORK_OF_STATE = 20
WORK_OF_SCOPE = 2
WORK_OF_ROUND = 2000
WORK_OF_FORWARD = 100000
NO_EXPLANATION = 10**9  # more than any cost
MAX_TIES = 3  # explanations of the same cost that are kept
SUBJECTS = 4  # at the start
SMALL = 1000  # parameters × rows of a network that is quickly computed
ENOUGH_WRONG = 12  # numbers out of bounds tell as much as more of them


@dataclass(frozen=True, eq=False)
class _State:
    """Rules to try, after a state with these evaluations, of which `first` has a difference that the rules explain."""

    rules: Rules
    first: Evaluation | None = None
    before: tuple[Evaluation, ...] = ()


def search(failing: Sequence[Subject], others: Sequence[Subject]) -> list[Rules]:
    """The simplest rules that give the numbers of all subjects; several if they are equally simple."""
    return _Search(failing, others).run()


class _Search:
    """The search, which starts again with one subject more when that contradicts what was found."""

    def __init__(self, failing: Sequence[Subject], others: Sequence[Subject]) -> None:
        self._all = [*sorted(failing, key=_how_telling, reverse=True), *others]
        self._few = _first_subjects(self._all[: len(failing)])
        self._work = 0.0
        self._excluded: set[Rules] = set()
        self._evaluations: dict[tuple[object, int], Evaluation | None] = {}
        self._proposals: dict[tuple[object, ...], Proposals] = {}

    def run(self) -> list[Rules]:
        """The simplest rules that give the numbers of all subjects."""
        while True:
            self._work += WORK_OF_ROUND
            found = self._explain_few()
            contradicting = {rules: one for rules in found if (one := self._contradicting(rules)) is not None}
            if not contradicting:
                return found
            if self._work >= MAX_WORK:
                return [rules for rules in found if rules not in contradicting]
            self._excluded.update(contradicting)
            new = [one for one in contradicting.values() if not any(one is other for other in self._few)]
            self._few += new[:1]

    def _explain_few(self) -> list[Rules]:
        """The simplest rules that give the numbers of the few subjects."""
        self._instances = Instances(self._few)
        self._proposals.clear()  # their scopes are those of these subjects
        number = count()
        heap: list[tuple[int, int, int, _State]] = [(0, 0, next(number), _State(()))]
        seen, found, best = set[Rules](), list[Rules](), NO_EXPLANATION
        while heap and self._work < MAX_WORK and len(found) < MAX_TIES:
            priority, _, _, state = heapq.heappop(heap)
            if priority > best:
                break
            evaluations = self._evaluated(state)
            if evaluations is None:
                continue
            at_least = complexity(state.rules) + _further_cost(evaluations)
            if at_least > priority:  # others come first
                progress = sum(one.stage for one in evaluations)
                heapq.heappush(heap, (at_least, -progress, next(number), state))
                continue
            different = [one for one in evaluations if one.names]
            if not different:
                if state.rules not in self._excluded:
                    found.append(state.rules)
                    best = priority
                continue
            first = self._most_telling(different)
            for rules in self._next_states(state.rules, evaluations, first):
                if rules not in seen:
                    seen.add(rules)
                    self._work += WORK_OF_STATE
                    heapq.heappush(heap, (complexity(rules), 0, next(number), _State(rules, first, evaluations)))
        return found

    def _most_telling(self, different: Sequence[Evaluation]) -> Evaluation:
        """Of the evaluations that differ in the same equation as the first, that which the fewest rules explain."""
        beside = [one for one in different if one.equation == different[0].equation]
        numbers = [len(self._proposed(one).rules) or NO_EXPLANATION for one in beside]
        return beside[numbers.index(min(numbers))]

    def _evaluated(self, state: _State) -> tuple[Evaluation, ...] | None:
        """The evaluations on the few subjects; None if a difference is still there, or there are new ones."""
        before = {id(one.subject): one for one in state.before}
        explained = () if state.first is None else (state.first.subject,)
        found: dict[int, Evaluation] = {}
        for subject in (*explained, *self._few):
            one, earlier = self._evaluate(state.rules, subject), before.get(id(subject))
            if one is None or (earlier is not None and one.progress < earlier.progress):
                return None
            if earlier is not None and subject in explained and one.progress == earlier.progress:
                return None
            found[id(subject)] = one
        return tuple(found[id(subject)] for subject in self._few)

    def _evaluate(self, rules: Rules, subject: Subject) -> Evaluation | None:
        key = _effective(rules, subject), id(subject)
        if key not in self._evaluations:
            self._work += subject.inputs.work / 4 + WORK_OF_ONE
            self._evaluations[key] = evaluate_rules(rules, subject)
        return self._evaluations[key]

    def _proposed(self, one: Evaluation) -> Proposals:
        key = id(one.subject), one.layer, one.names, _effective(one.book.rules, one.subject, one.layer)
        if key not in self._proposals:
            proposals = self._proposals[key] = propose(one, self._instances.scopes_of)
            self._work += WORK_OF_BRIEF if proposals.brief else WORK_OF_PROPOSALS
        return self._proposals[key]

    def _contradicting(self, rules: Rules) -> Subject | None:
        """A subject that the rules contradict."""
        kind = formulation(rules)
        return next((one for one in self._all if try_formulation(kind, one) == CONTRADICTED), None)

    def _next_states(self, rules: Rules, evaluations: Sequence[Evaluation], first: Evaluation) -> Iterator[Rules]:
        """The rules with more that explain the first difference, in all scopes that no other subject excludes.

        Where other subjects differ first in the same equation, a proposal must be part of one of theirs.
        """
        beside = [one for one in evaluations if one.names and one is not first and one.equation == first.equation]
        theirs = [(one, self._proposed(one)) for one in beside]
        proposals = self._proposed(first).rules
        if not proposals and not rules:
            self._work += WORK_OF_FORWARD
            proposals, theirs = propose_with_forward(first).rules, []
        for proposal in proposals:
            forbidding = [one for one, its in theirs if not its.allow(proposal)]
            for scoped in self._instances.scoped(proposal, first):
                self._work += WORK_OF_SCOPE
                is_forbidden = any(all(_is_for(rule, one) for rule in scoped) for one in forbidding)
                if not is_forbidden and not any(one in rules for one in scoped):
                    kept = [one for one in rules if not any(_is_part(one, other) for other in scoped)]
                    yield tuple(sorted((*kept, *scoped), key=_sorting_key))


def _effective(rules: Rules, subject: Subject, layer: int | None = None) -> tuple[object, ...]:
    """What the rules are in the subject's network; those of other scopes may be the same there.

    If a layer is given, only what its gradients may be made of counts: the forward pass, the deltas from the layer
    below on, and how gradients are made in this layer and the next, or in all if a delta is made of gradients.
    """
    book, found = subject.right_formulation(subject.dtype), []
    if any("∂C" in rule.symbol for rule in rules):
        layer = None
    for rule in rules:
        layers = range(1, book.last + 1)
        if layer is not None and rule.slot not in FORWARD:
            is_of_gradients = not {"BP1", "BP2"} & {*SLOTS[rule.slot].equations.split(", ")}
            layers = layers[layer - 1 : layer + 1] if is_of_gradients else layers[max(layer - 2, 0) :]
        mask = tuple(rule.scope.covers(book, l, rule.scope.part) and occurs(rule.slot, book, l) for l in layers)
        if any(mask):
            found.append((rule.slot, rule.symbol, rule.scope.part, mask))
    return tuple(found)


def _is_for(rule: Rule, found: Evaluation) -> bool:
    """Whether a rule is for the layer where a difference was found."""
    covers = rule.scope.covers(found.book, found.layer, rule.scope.part)
    return covers and occurs(rule.slot, found.book, found.layer)


def _sorting_key(rule: Rule) -> tuple[str, int, str, str]:
    """Of two rules for a slot, the one for fewer layers comes first, and stands there."""
    return rule.slot, -rule.scope.restrictions, rule.symbol, repr(rule.scope)


def _is_part(one: Rule, other: Rule) -> bool:
    """Whether a rule is one of another's, which is for all layers."""
    is_wide = not other.scope.restrictions and other.scope.part in ("", one.scope.part)
    return is_wide and (one.slot, one.symbol) == (other.slot, other.symbol)


def _further_cost(evaluations: Sequence[Evaluation]) -> int:
    """What the rules that are still missing cost at least, or a little more where several quantities differ first."""
    return min(len({(one.equation, one.names) for one in evaluations if one.names}), 2)


def _first_subjects(failing: Sequence[Subject]) -> list[Subject]:
    """Some small subjects of different kinds, of those with the most numbers out of bounds: these tell the most."""
    chosen: dict[tuple[object, ...], Subject] = {}
    for one in sorted(failing, key=_how_telling, reverse=True):
        network = one.inputs.network
        chosen.setdefault((network.is_canonical, network.cost.name), one)
    return sorted(chosen.values(), key=_how_telling, reverse=True)[:SUBJECTS]


def _how_telling(subject: Subject) -> tuple[bool, bool, bool, bool, float, int]:
    """How much a subject tells: more if it has several rows, outputs and layers, of different sizes, and no kinks."""
    inputs, layers = subject.inputs, subject.inputs.network.layers
    wrong = sum(int(entries.sum()) for entries, _ in subject.out_of_bounds.values())
    sizes = [len(inputs.x), inputs.x.shape[1], *(len(layer.b) for layer in layers)]
    is_plain = subject.dtype == "float64" and min(len(inputs.x), inputs.t.shape[1]) > 1
    names = {layer.activation.name for layer in layers}
    is_varied = bool(names & {"tanh", "softplus"})  # of a sigmoid f'(z) is a(1 − a), and so on
    is_smooth = not any("relu" in layer.activation.name for layer in layers) and wrong >= ENOUGH_WRONG
    is_small = inputs.work <= SMALL
    return is_plain and is_small, len(layers) > 1, is_smooth, is_varied, len({*sizes}) / len(sizes), -inputs.work

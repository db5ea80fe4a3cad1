"""The formulas as text: every alternative of the grammar reads as an equation, and some read as written here."""

from __future__ import annotations

import re

import pytest

from harness.cases.standard import gradient_cases
from harness.judging.conventions import DEFAULT_CONVENTION, Convention
from harness.mistakes import CATALOGUE
from harness.mistakes.grammar import SLOTS
from harness.mistakes.grammar.factors import constant
from harness.mistakes.render import formulas_of, marked, plain
from harness.mistakes.rules import HIDDEN_LAYERS, SOFTMAX, Rule, Scope

BUILT = {case.id: case.build(1).network for case in gradient_cases()}
NETWORKS = [network for network in BUILT.values() if len(network.layers) > 3] + list(BUILT.values())
SIGMOIDS = [BUILT["iris-4-6-5-3-sigmoid-batch8"]]
SCOPES = [Scope(position) for position in ("", "the hidden layers but the last", "all layers but the first")] + [
    HIDDEN_LAYERS
]
ALTERNATIVES = [(slot.name, symbol) for slot in SLOTS.values() for symbol in slot.by_symbol]


def both(rules, networks=SIGMOIDS, convention=DEFAULT_CONVENTION):
    return [
        (one.equation, marked(one.yours), marked(one.right), one.where)
        for one in formulas_of(rules, networks, convention)
    ]


@pytest.mark.parametrize(("slot", "symbol"), ALTERNATIVES, ids=lambda name: name)
def test_every_alternative_is_an_equation(slot, symbol):
    """With layers by number where it has a value, and by letter."""
    convention = Convention(l2=0.1, l2_biases=symbol != "λ p") if slot == "penalty" else DEFAULT_CONVENTION
    in_networks = [formulas_of([Rule(slot, symbol, scope)], NETWORKS, convention) for scope in SCOPES]
    general = formulas_of([Rule(slot, symbol)], (), convention)
    assert general
    numbered = [one for one in in_networks if one and not re.search(r"[\^{_][lL]", plain(one[0].yours))]
    # (a^l − t) is ∇_a C, except with a cost for which no case has another output; a wide clip cuts nothing off.
    assert numbered or symbol in ("(a^l − t)",) or re.fullmatch(r"clip.*±([1-9]|10)\)", symbol)
    for formula in [*general, *(numbered[0] if numbered else ())]:
        assert formula.equation in SLOTS[slot].equations.split(", ") or formula.equation == "calls"
        for tokens in (formula.yours, formula.right):
            text = plain(tokens)
            assert re.search(r" = | ← | returns | are ", text)
            assert all(text.count(one) == text.count(other) for one, other in ("()", "{}"))
            assert not re.search(r"·$|  |\( | \)|⊙ *$|[+−] *$|\[|\]", text.replace("· 1/n", ""))
        assert plain(formula.yours) != plain(formula.right)
        assert any(token.differs and token.text for token in (*formula.yours, *formula.right))
        assert plain(t for t in formula.yours if not t.differs)


def test_symbols_are_unique_within_a_slot():
    assert all(len(slot.by_symbol) == len(slot.alternatives) for slot in SLOTS.values())


WRITTEN = [
    (Rule("slope", "f'(a^l)", HIDDEN_LAYERS), [
        ("BP2", "δ^2 = (δ^3 W^3) ⊙ [f'(a^2)]", "δ^2 = (δ^3 W^3) ⊙ [f'(z^2)]", ""),
    ]),
    (Rule("slope", "1"), [
        ("BP1", "δ^3 = a^3 − t", "δ^3 = (a^3 − t) [⊙ f'(z^3)]", ""),
        ("BP2", "δ^2 = δ^3 W^3", "δ^2 = (δ^3 W^3) [⊙ f'(z^2)]", ""),
    ]),
    (Rule("source", "δ^L"), [("BP2", "δ^1 = ([δ^3] W^2) ⊙ f'(z^1)", "δ^1 = ([δ^2] W^2) ⊙ f'(z^1)", "")]),
    (Rule("matrix", "(W^{l+1})ᵀ", Scope("hidden layers", "sigmoid")), [
        (
            "BP2",
            "δ^2 = (δ^3 [(W^3)ᵀ]) ⊙ f'(z^2)",
            "δ^2 = (δ^3 [W^3]) ⊙ f'(z^2)",
            "in the hidden layers with sigmoid only",
        ),
    ]),
    (Rule("input used", "z^{l-1}"), [("BP4", "∂C/∂W^2 = (δ^2)ᵀ [z^1]", "∂C/∂W^2 = (δ^2)ᵀ [a^1]", "")]),
    (Rule("delta used", "(a^l − t)", Scope(part="weights")), [
        ("BP4", "∂C/∂W^1 = [(a^1 − t)ᵀ] a^0", "∂C/∂W^1 = [(δ^1)ᵀ] a^0", ""),
    ]),
    (Rule("rows", "all rows but the last"), [
        ("BP3", "∂C/∂b^1 = [Σ_{all rows but the last}] δ^1", "∂C/∂b^1 = [Σ_{all rows}] δ^1", ""),
        ("BP4", "∂C/∂W^1 = [Σ_{all rows but the last}] (δ^1)ᵀ a^0", "∂C/∂W^1 = [Σ_{all rows}] (δ^1)ᵀ a^0", ""),
    ]),
    (Rule("arrangement", "reshape((·)ᵀ)"), [
        ("BP4", "∂C/∂W^1 = [reshape(((δ^1)ᵀ a^0)ᵀ)]", "∂C/∂W^1 = [(δ^1)ᵀ a^0]", ""),
    ]),
    (Rule("gradient factor", "0", Scope(part="biases")), [("BP3", "∂C/∂b^1 = [0]", "∂C/∂b^1 = [Σ_rows δ^1]", "")]),
    (Rule("gradient factor", "l", Scope(part="biases")), [
        ("BP3", "∂C/∂b^2 = [l] Σ_rows δ^2", "∂C/∂b^2 = Σ_rows δ^2", ""),  # in layer 1 it is 1
    ]),
    (Rule("delta factor", "−1", Scope("the output layer")), [
        ("BP1", "δ^3 = [−](a^3 − t) ⊙ f'(z^3)", "δ^3 = (a^3 − t) ⊙ f'(z^3)", ""),
    ]),
    (Rule("delta factor", "−0.36", Scope("the last hidden layer"), constant(-0.36)), [
        (
            "BP2",
            "δ^2 = [−0.36] (δ^3 W^3) ⊙ f'(z^2)",
            "δ^2 = (δ^3 W^3) ⊙ f'(z^2)",
            "in the last hidden layer only",
        ),
    ]),
    (Rule("bias", "0"), [("z", "z^1 = a^0 (W^1)ᵀ", "z^1 = a^0 (W^1)ᵀ [+ b^1]", "")]),
    (Rule("bias sum", "Σ_rows Σ_units ·"), [
        ("BP3", "∂C/∂b^1 = [Σ_rows Σ_units] δ^1", "∂C/∂b^1 = [Σ_rows] δ^1", ""),
    ]),
    (Rule("step factor", "−1", Scope(part="weights")), [
        ("rule", "W^1 ← W^1 [+] η ∂C/∂W^1", "W^1 ← W^1 [−] η ∂C/∂W^1", ""),
    ]),
    (Rule("step factor", "1/η", Scope(part="biases")), [
        ("rule", "b^1 ← b^1 − ∂C/∂b^1", "b^1 ← b^1 − [η] ∂C/∂b^1", ""),
    ]),
    (Rule("order", "for one row after the other"), [
        (
            "rule",
            "W^1 ← W^1 − η ∂C/∂W^1[, for one row after the other]",
            "W^1 ← W^1 − η ∂C/∂W^1[, for all rows at once]",
            "",
        ),
    ]),
    (Rule("second call", "g + g"), [("calls", "the second call returns [g + g]", "the second call returns [g]", "")]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "written"), WRITTEN, ids=lambda one: getattr(one, "slot", ""))
def test_one_rule_reads_as_written(rule, written):
    assert both([rule]) == written


def test_without_networks_the_layers_have_letters():
    assert both([Rule("slope", "f'(a^l)")], ()) == [
        ("BP1", "δ^L = ∇_a C ⊙ [f'(a^L)]", "δ^L = ∇_a C ⊙ [f'(z^L)]", ""),
        ("BP2", "δ^l = (δ^{l+1} W^{l+1}) ⊙ [f'(a^l)]", "δ^l = (δ^{l+1} W^{l+1}) ⊙ [f'(z^l)]", ""),
    ]
    assert both([Rule("input used", "a^{l-2}")], ())[0][1] == "∂C/∂W^l = (δ^l)ᵀ [a^{l-2}]"


def test_several_rules_in_one_equation_and_in_several():
    """In the order of computation, each set of rules of an equation once."""
    rules = [
        Rule("gradient factor", "2", HIDDEN_LAYERS),
        Rule("input used", "ones"),
        Rule("source", "e^{l+1}"),
        Rule("matrix", "W^l"),
    ]
    assert both(rules) == [
        ("BP2", "δ^2 = ([e^3] [W^2]) ⊙ f'(z^2)", "δ^2 = ([δ^3] [W^3]) ⊙ f'(z^2)", ""),
        ("BP3", "∂C/∂b^1 = [2] Σ_rows δ^1", "∂C/∂b^1 = Σ_rows δ^1", "in the hidden layers only"),
        ("BP4", "∂C/∂W^1 = [2] (δ^1)ᵀ [ones]", "∂C/∂W^1 = (δ^1)ᵀ [a^0]", "in the hidden layers only"),
        ("BP4", "∂C/∂W^3 = (δ^3)ᵀ [ones]", "∂C/∂W^3 = (δ^3)ᵀ [a^2]", "in the other layers"),
    ]
    assert formulas_of(rules, SIGMOIDS)[0].meaning == "e is δ before its f'"


def test_a_canonical_output_has_no_slope_and_a_softmax_the_diagonal():
    rules = [Rule("error", "(−t / a^l)", SOFTMAX), Rule("extra slope", "f'(z^l)", SOFTMAX)]
    [formula] = formulas_of(rules, BUILT.values())
    assert marked(formula.yours) == "δ^2 = [(−t / a^2) ⊙ f'(z^2)]"
    assert marked(formula.right) == "δ^2 = [a^2 − t]"
    assert "diagonal a (1 − a)" in formula.meaning


def test_what_does_not_change_the_numbers_is_not_shown():
    """With an identity f' is 1, so that its absence shows in another network."""
    networks = [BUILT["diabetes-10-7-4-1-softplus-identity-batch8"], *SIGMOIDS]
    assert [one[1] for one in both([Rule("slope", "1")], networks)] == ["δ^3 = a^3 − t", "δ^2 = δ^3 W^3"]


def test_a_rule_for_layers_of_one_unit_is_shown_where_there_is_one():
    rules = [Rule("gradient factor", "2", Scope("layers of one unit", part="weights"))]
    shown = ("BP4", "∂C/∂W^2 = [2] (δ^2)ᵀ a^1", "∂C/∂W^2 = (δ^2)ᵀ a^1", "in layers of one unit only")
    assert both(rules, [*SIGMOIDS, BUILT["xor-2-3-1-sigmoid-batch4"]]) == [shown]
    assert both(rules)[0][1] == "∂C/∂W^l = [2] (δ^l)ᵀ a^{l-1}"


def test_the_declared_convention_is_a_part_of_the_right_formula():
    convention = Convention(reduction="mean", half=False, l2=0.1, l2_half=False, l2_divided=True)
    assert both([Rule("delta factor", "n", Scope("the output layer"))], SIGMOIDS, convention)[0][1:3] == (
        "δ^3 = [n ·] 2/n (a^3 − t) ⊙ f'(z^3)",
        "δ^3 = 2/n (a^3 − t) ⊙ f'(z^3)",
    )
    assert both([Rule("penalty", "1/2 ·")], SIGMOIDS, convention) == [
        ("BP4", "∂C/∂W^1 = (δ^1)ᵀ a^0 [+ λ/n W^1]", "∂C/∂W^1 = (δ^1)ᵀ a^0 [+ 2λ/n W^1]", "")
    ]
    for symbol, text in {"n ·": "2λ W^1", "1/n ·": "1/n (2λ/n W^1)", "−·": "2λ/n W^1", "λ ones": "2λ/n ones"}.items():
        [(_, yours, _, _)] = both([Rule("penalty", symbol, Scope(part="weights"))], SIGMOIDS, convention)
        assert yours == f"∂C/∂W^1 = (δ^1)ᵀ a^0 [{'−' if symbol == '−·' else '+'} {text}]"
    assert both([Rule("penalty", "λ p", Scope(part="biases"))], SIGMOIDS, Convention(l2=0.1)) == [
        ("BP3", "∂C/∂b^1 = Σ_rows δ^1 [+ λ b^1]", "∂C/∂b^1 = Σ_rows δ^1", "")
    ]


def test_every_mistake_of_the_catalogue_has_formulas():
    for entry in CATALOGUE.values():
        for rules in (entry.rules, *entry.also):
            shown = formulas_of(rules, BUILT.values(), entry.convention)
            assert {rule for one in shown for rule in one.rules} == set(rules), entry.known_as()


def test_symbols_that_are_new_are_explained():
    [formula] = formulas_of([Rule("delta factor", "1/n_{l-1}", Scope("the output layer"))], SIGMOIDS)
    assert formula.meaning == "n_2 units in layer 2"
    [formula] = formulas_of([Rule("gradient factor", "1/(2n)", Scope(part="biases"))], SIGMOIDS)
    assert formula.meaning == "n rows"
    assert formulas_of([Rule("slope", "g(z^l)")], SIGMOIDS)[0].meaning.endswith("f'(z) = g(a)")

"""The equations as text: with what rules put in their slots, and as they should be."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from harness.mistakes.grammar import SLOTS
from harness.mistakes.render.form import (
    Form,
    Place,
    Token,
    Tokens,
    as_last_term,
    over_reduction,
    transposed,
    without_brackets,
)
from harness.model.contract import Network

# A factor of the step times η, where that is no product.
_RATES = {"": "η ", "η": "η² ", "η²": "η³ ", "1/η": "", "−1": "η "}


def _weighted_input_side(form: Form) -> Tokens:
    bias = form.symbol("bias", "" if form.place.convention.bias == "none" else "b^l")
    product = [
        form.token(form.symbol("layer input"), "layer input"),
        Token(" "),
        form.token(form.symbol("weights"), "weights"),
    ]
    operator = form.symbol("bias operator")
    if operator == "+":
        return [*product, form.token(as_last_term(bias), "bias", "bias operator")]
    return [Token("("), *product, Token(")"), form.token(f" {operator} ", "bias operator"), form.token(bias, "bias")]


def _data_side(form: Form) -> Tokens:
    return [form.token(form.symbol("data"), "data")]


def _activation_side(form: Form) -> Tokens:
    return [form.token(form.symbol("activation"), "activation")]


def _output_delta_side(form: Form) -> Tokens:
    place = form.place
    cost, is_canonical = place.network.cost.name, place.network.is_canonical
    is_difference = is_canonical or (cost == "half_squared_error" and not place.is_general)
    error = form.symbol("error", "(a^l − t)" if is_difference else "∇_a C")
    slot = "extra slope" if is_canonical else "slope"
    slope, factor = _slope_factor(form, slot), _cost_factor(place)
    if not slope and not factor and not form.symbol("delta factor", ""):
        error = without_brackets(error)
    product = _in_order(form, [form.token(error, "error")], slope)
    return form.limited("delta limit", form.times("delta factor", product, factor))


def _hidden_delta_side(form: Form) -> Tokens:
    slope = _slope_factor(form, "slope")
    product = [
        form.token(form.symbol("source"), "source"),
        Token(" "),
        form.token(form.symbol("matrix"), "matrix"),
    ]
    product = form.limited("limit of e", product)
    product = [Token("("), *product, Token(")")] if slope and len(product) == 3 else product
    return form.limited("delta limit", form.times("delta factor", _in_order(form, product, slope)))


def _in_order(form: Form, back: Tokens, slope: Tokens) -> Tokens:
    """What is sent back, the operator and the slope, or the slope first."""
    if form.symbols.get("operator") == "only" and slope:
        return [Token("".join(one.text for one in (*back, slope[0])), True), *slope[1:]] if form.is_right else slope[1:]
    is_reversed = "reversed" in form.symbol("operator") and slope
    product = [*slope[1:], slope[0], *back] if is_reversed else [*back, *slope]
    has_factor = bool(form.symbol("delta factor", "") or _cost_factor(form.place))
    is_sum = bool(slope) and form.symbol("operator").removesuffix(" reversed") in ("+", "−")
    return [Token("("), *product, Token(")")] if is_sum and has_factor else product


def _slope_factor(form: Form, slot: str) -> Tokens:
    """The factor f' or what stands there, nothing if that is 1."""
    right, slope = SLOTS[slot].right, form.symbol(slot)
    is_in_both = right and form.symbols.get(slot, right) != "1"
    operator = form.symbol("operator").removesuffix(" reversed")
    if not slope or (slope == "1" and operator == "⊙"):
        return []
    if operator in ("−", "/") and " " in slope and not slope.startswith("("):
        slope = f"({slope})"
    slots = ("operator",) if is_in_both else (slot, "operator")
    return [form.token(f" {operator} ", *slots), form.token(slope, slot)]


def _bias_gradient_side(form: Form) -> Tokens:
    total, rows = form.symbol("bias sum"), form.symbol("rows")
    slots: tuple[str, ...] = ("bias sum",)
    inner = [form.token(form.symbol("delta used"), "delta used")]
    if "rows" in form.symbols and "Σ_rows" in total:
        total, slots = total.replace("Σ_rows", f"Σ_{{{rows}}}"), ("bias sum", "rows")
    elif "rows" in form.symbols:
        inner.append(form.token(f" in {rows}", "rows"))
    return [
        *form.limited("gradient limit", form.times("gradient factor", form.filled(total, inner, *slots))),
        *_penalty(form, "b^l", form.place.convention.l2_biases),
    ]


def _weight_gradient_side(form: Form) -> Tokens:
    product = [
        form.token(transposed(form.symbol("delta used")), "delta used"),
        Token(" "),
        form.token(form.symbol("input used"), "input used"),
    ]
    if "rows" in form.symbols:
        product.insert(0, form.token(f"Σ_{{{form.symbol('rows')}}} ", "rows"))
    value = form.filled(form.symbol("arrangement"), product, "arrangement")
    value = form.limited("gradient limit", form.times("gradient factor", value))
    return [*value, *_penalty(form, "W^l", True)]


def _penalty(form: Form, parameters: str, is_penalised: bool) -> Tokens:
    """What the declared penalty adds; nothing if there is none."""
    convention = form.place.convention
    if not convention.l2:
        return []
    coefficient = "λ" if convention.l2_half else "2λ"
    coefficient = over_reduction(coefficient, form.place) if convention.l2_divided else coefficient
    symbol = form.symbol("penalty")
    if symbol == "0" or (not is_penalised and "·" in symbol):
        return [form.token("", "penalty")]
    shorter = {"1/2 ·": coefficient.removeprefix("2"), "n ·": coefficient.removesuffix("/n")}.get(symbol, coefficient)
    if shorter != coefficient:  # 1/2 of 2λ is λ
        text = f"{shorter} {parameters}"
    else:
        right = f"{coefficient} {parameters}"
        is_factor = coefficient != "λ" and symbol not in ("·", "|·|", "−·")
        own = _with_parameters(symbol.replace("λ", coefficient), parameters)
        text = own.replace("·", f"({right})" if is_factor else right)
    return [form.token(as_last_term(text), "penalty")]


def _new_weights_side(form: Form) -> Tokens:
    return _moved_parameters(form, "W^l")


def _new_biases_side(form: Form) -> Tokens:
    return _moved_parameters(form, "b^l")


def _with_parameters(symbol: str, parameters: str) -> str:
    """The symbol with the parameters for p."""
    return re.sub(r"\bp\b", parameters, symbol)


def _moved_parameters(form: Form, parameters: str) -> Tokens:
    factor, order, step = form.symbol("step factor", ""), form.symbol("order"), form.symbol("step")
    if step != "p − η g":
        return [form.token(re.sub(r"\bg\b", f"∂C/∂{parameters}", _with_parameters(step, parameters)), "step")]
    tokens = [form.token(parameters)]
    if form.symbols.get("step factor") == "0":
        tokens.append(form.token(f" − η ∂C/∂{parameters}" if form.is_right else "", "step factor"))
    else:
        is_sign, is_only_sign = (form.symbols.get("step factor", "").startswith("−"), factor in ("−1", ""))
        is_only_sign &= form.symbols.get("step factor") == "−1"
        sign, size = ("+", factor.removeprefix("−")) if factor.startswith("−") else ("−", factor)
        rate = _RATES.get(size, f"{size} η ") if size != "1" else "η "
        tokens += [
            form.token(f" {sign} ", *(("step factor",) if is_sign else ())),
            form.token(rate, *(() if is_only_sign else ("step factor",))),
            form.token(f"∂C/∂{parameters}"),
        ]
    return [*tokens, form.token(f", {order}", "order")] if "order" in form.symbols else tokens


def _second_call_side(form: Form) -> Tokens:
    return [form.token(form.symbol("second call"), "second call")]


def _callers_arrays_side(form: Form) -> Tokens:
    return [form.token(form.symbol("inputs"), "inputs")]


def _cost_factor(place: Place) -> str:
    """What the declared cost has before the sum of the default one."""
    is_whole = not place.convention.half and place.network.cost.name == "half_squared_error"
    return "" if place.is_general else over_reduction("2" if is_whole else "", place)


@dataclass(frozen=True)
class Equation:
    """An equation of one layer: its `tag`, the quantity it gives, its left side, how to write the right one, its slots.

    `part` is that of the gradient which it is about.
    """

    tag: str
    quantity: str
    left: str
    written: Callable[[Form], Tokens]
    slots: tuple[str, ...]
    part: str = ""


X_EQUATION = Equation("data", "x", "a^0 = ", _data_side, ("data",))
Z_EQUATION = Equation("z", "z", "z^l = ", _weighted_input_side, ("layer input", "weights", "bias", "bias operator"))
A_EQUATION = Equation("a", "a", "a^l = ", _activation_side, ("activation",))
_OF_DELTA = ("delta factor", "delta limit")
BP1 = Equation("BP1", "delta", "δ^l = ", _output_delta_side, (*_OF_DELTA, "error", "slope", "operator"))
BP1_CANONICAL = Equation("BP1", "delta", "δ^l = ", _output_delta_side, (*_OF_DELTA, "error", "extra slope"))
BP2 = Equation(
    "BP2", "delta", "δ^l = ", _hidden_delta_side, (*_OF_DELTA, "limit of e", "source", "matrix", "slope", "operator")
)
_OF_BOTH = ("gradient factor", "gradient limit", "delta used", "rows", "penalty")
BP3 = Equation("BP3", "b", "∂C/∂b^l = ", _bias_gradient_side, (*_OF_BOTH, "bias sum"), "biases")
BP4 = Equation("BP4", "w", "∂C/∂W^l = ", _weight_gradient_side, (*_OF_BOTH, "input used", "arrangement"), "weights")
RULE_W = Equation("rule", "new w", "W^l ← ", _new_weights_side, ("step factor", "step", "order"), "weights")
RULE_B = Equation("rule", "new b", "b^l ← ", _new_biases_side, ("step factor", "step"), "biases")
SECOND_CALL = Equation("calls", "second call", "the second call returns ", _second_call_side, ("second call",))
ARRAYS = Equation("calls", "inputs", "the arrays of the caller are ", _callers_arrays_side, ("inputs",))


def equations_of(network: Network) -> list[tuple[Equation, int]]:
    """The equations of a network with their layers, in the order of computation."""
    last = len(network.layers)
    layers = range(1, last + 1)
    return [
        (X_EQUATION, 1),
        *((one, l) for l in layers for one in (Z_EQUATION, A_EQUATION)),
        (BP1_CANONICAL if network.is_canonical else BP1, last),
        *((BP2, l) for l in reversed(layers[:-1])),
        *((one, l) for one in (BP3, BP4, RULE_W, RULE_B) for l in layers),
        *((one, last) for one in (SECOND_CALL, ARRAYS)),
    ]

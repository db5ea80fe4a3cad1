"""Write a plan as Python: the adapter that a person would have written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from harness.sandbox.inference.adapter.arrangements import arrangement
from harness.sandbox.inference.adapter.names import names_in
from harness.sandbox.inference.adapter.plan import Family, Plan

_INDENT = "    "


def made_source(make: str, settings: Sequence[str], weights: Family, biases: Family | None) -> str:
    """The function `made`, which makes the code's own network with the given parameters."""
    families = [one for one in (weights, biases) if one is not None]
    body = [*_widths_if_used([make]), f"net = {make}", *settings]
    body += [line for family in families for line in _assigning_lines(family)]
    lines = [f"{_INDENT}{line}" for family in families if not family.heads for line in _set_lines(family)]
    body += ["for l, layer in enumerate(network.layers):", *lines] if lines else []
    return _function_source(
        "made(network, x, t, learning_rate)", "The file's own network, with these parameters", body, "net"
    )


def _widths_if_used(lines: Sequence[str]) -> list[str]:
    if "widths" not in names_in(lines):
        return []
    return ["widths = [network.layers[0].w.shape[1], *(len(layer.b) for layer in network.layers)]"]


def drive_source(lines: Sequence[str]) -> str:
    """The function `drive(net, x, t, r, s, learning_rate)` of an exploration; it returns its variables."""
    return _function_source("drive(net, x, t, r, s, learning_rate)", "", list(lines), "locals()")


def functions_source(plan: Plan, *, refuses: bool = False, is_mean: bool = False) -> str:
    """`backprop` or `step` of the contract, by this plan.

    It calls `made`, and `refuse_unsupported` if it `refuses`. The gradients are divided by the number of rows if
    `is_mean`.
    """
    if plan.reading.function == "step":
        return _step_source(plan, refuses)
    return _backprop_source(plan, refuses, is_mean)


def refusal_source(lines: Sequence[str]) -> str:
    """The function that refuses what the code is not for; empty if there are no lines."""
    return (
        _function_source("refuse_unsupported(network, x, t)", "Refuse what the file is not for", lines) if lines else ""
    )


def unit_source(weights: Family, pinned: str) -> str:
    """The function that adds a bias unit to the weights of a hidden layer, or an empty string if there is none."""
    kind = arrangement(weights.arrangement)
    if not kind.has_bias_unit:
        return ""
    is_last = kind.name.startswith("last")
    rows, at = ("layer.w.T, layer.b", -1) if is_last else ("layer.b, layer.w.T", 0)
    joined = "m, unit" if is_last else "unit, m"
    body = [
        f"m = np.vstack([{rows}])",
        "if layer is network.layers[-1]:",
        f"{_INDENT}return m",
        "unit = np.zeros((len(m), 1))",
        f"unit[{at}] = {pinned}  # the activation of the unit is 1 then, as that of a bias must be",
    ]
    return _function_source(
        "with_bias_unit(network, layer)", "The weights of a layer with a bias unit", body, f"np.hstack([{joined}])"
    )


def _function_source(head: str, docstring: str, body: Sequence[str], returned: str = "") -> str:
    lines = [f'"""{docstring}"""'] if docstring else []
    last = [f"return {returned}"] if returned else []
    return "\n".join([f"def {head}:", *(f"{_INDENT}{line}" for line in (*lines, *body, *last))])


def _backprop_source(plan: Plan, refuses: bool, is_mean: bool) -> str:
    feed, parts = plan.feed, _read_lines(plan)
    first = _first_lines(plan, refuses)
    if not feed.is_row:
        body = [*first, "net = made(network, x, t, 0.1)", *_call_lines(plan.lines, parts), *parts]
        mean = "[one / len(x) for one in w], [one / len(x) for one in b]"
        return _function_source("backprop(network, x, t)", "", body, mean if is_mean else "w, b")
    rows = ("net = made(network, x, t, 0.1)", *_call_lines(plan.lines, parts), *parts, "rows.append([*w, *b])")
    body = [
        *first,
        "rows = []",
        "for r, s in zip(x, t):",
        *(f"{_INDENT}{line}" for line in rows),
        f"sums = [sum(parts){' / len(x)' if is_mean else ''} for parts in zip(*rows)]",
    ]
    return _function_source(
        "backprop(network, x, t)", "", body, "sums[: len(network.layers)], sums[len(network.layers) :]"
    )


def _first_lines(plan: Plan, refuses: bool) -> list[str]:
    return [*(["refuse_unsupported(network, x, t)"] if refuses else []), *_widths_if_used(plan.lines)]


def _step_source(plan: Plan, refuses: bool) -> str:
    parts = _read_lines(plan)
    body = [
        *_first_lines(plan, refuses),
        "net = made(network, x, t, learning_rate)",
        *(["r, s = x[0], t[0]"] if plan.feed.is_row else []),
        *_call_lines(plan.lines, parts),
        *parts,
    ]
    return _function_source("step(network, x, t, learning_rate)", "", body, "w, b")


def _call_lines(lines: Sequence[str], parts: Sequence[str]) -> Iterator[str]:
    """The calls, without the variables that neither later calls nor these parts read."""
    for at, line in enumerate(lines):
        name, is_assigned, call = line.partition(" = ")
        later = [one.partition(" = ")[2] or one for one in (*lines[at + 1 :], *parts)]
        yield line if not is_assigned or name.startswith("for ") or name in names_in(later) else call


def _read_lines(plan: Plan) -> list[str]:
    """Lines that read w and b, lists with an array in the shapes of the contract for each layer."""
    reading = plan.reading
    kind, weights = arrangement(reading.weights.arrangement), _get(reading.weights)
    expressions = {"w": kind.w.replace("m", weights, 1)}
    if kind.b:
        expressions["b"] = kind.b.replace("m", weights, 1)
    elif reading.biases is not None:
        expressions["b"] = f"np.ravel({_get(reading.biases)})"
    lines = []
    for name in ("w", "b"):
        if name in expressions:
            number = "l, layer in enumerate(network.layers)"
            lines.append(f"{name} = [{expressions[name]} for {number}]")
        else:
            lines.append(f"{name} = []")
    return lines


def _get(family: Family) -> str:
    """The array of layer `l`, as a copy."""
    if not family.tails:
        return f"np.array({family.head})"
    if len(family.tails) == 1:
        return f"np.array([item{family.tails[0]} for item in {family.head}])"
    first, last = family.tails
    return f"np.array([[item{last} for item in unit{first}] for unit in {family.head}])"


def _assigning_lines(family: Family) -> list[str]:
    """Lines that put arrays in the places of those that the code has made, if the family is for them."""
    pack, layer = arrangement(family.arrangement).pack, re.compile(r"\blayer\b")
    return [f"{head} = np.array({layer.sub(f'network.layers[{l}]', pack)})" for l, head in enumerate(family.heads)]


def _set_lines(family: Family) -> list[str]:
    """Lines that set the array of layer `l` to its packed value."""
    value = arrangement(family.arrangement).pack
    if family.leaf == "integers":
        return [f"{family.head} = np.array({value})"]
    if not family.tails:
        return [f"{family.head}[...] = {value}" if family.leaf == "array" else f"{family.head}[:] = ({value}).tolist()"]
    slot = {"array": "[...]", "list": "[:]", "number": ""}[family.leaf]
    if len(family.tails) == 1:
        return [
            f"for item, value in zip({family.head}, ({value}).tolist()):",
            f"{_INDENT}item{family.tails[0]}{slot} = value",
        ]
    first, last = family.tails
    return [
        f"for unit, row in zip({family.head}, ({value}).tolist()):",
        f"{_INDENT}for item, value in zip(unit{first}, row):",
        f"{_INDENT * 2}item{last}{slot} = value",
    ]

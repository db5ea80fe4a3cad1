"""One step of backprop worked through on small networks, as each formulation writes it: the data of the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.jobs.claims.tools import is_right, module
from harness.jobs.page.worked.examples import Example, examples
from harness.jobs.page.worked.formulations import INDICES, NOTATIONS, Notation
from harness.jobs.page.worked.lines import excerpts
from harness.jobs.page.worked.quantities import SHOWN_DIGITS, WIRES, EntryKey, Made, Worked, number_text
from harness.model.contract import Unsupported
from harness.sandbox.sources.find import find_implementations
from harness.truth.certify import certify, error_over_bound


@dataclass(frozen=True)
class WorkedStep:
    """One step: its short name, one plain sentence, and the entries that it makes."""

    name: str
    sentence: str
    keys: list[EntryKey]


def data() -> dict[str, Any]:
    """Everything that the part "Side by side" shows, to be written as JSON; the same on every machine."""
    return {
        "formulations": [_formulation(notation) for notation in NOTATIONS],
        "networks": [_network_data(example) for example in examples()],
    }


def refusal(example: Example, notation: Notation) -> str | None:
    """Why a formulation is not shown on a network; None where it has its numbers, every one within its own rounding
    bound of the certified truth, as the textbook's are."""
    inputs, rate = example.inputs.copy(), example.learning_rate
    code = module(notation.implementation)
    try:
        gradients = code.backprop(inputs.network, inputs.x, inputs.t)
        moved = code.step(inputs.network, inputs.x, inputs.t, rate)
    except Unsupported as reason:
        return str(reason)
    standards = certify(example.inputs, rate, "float64")
    for l, (old, new) in enumerate(zip(example.inputs.network.layers, moved.layers, strict=True), start=1):
        displacement = np.column_stack([old.w, old.b]) - np.column_stack([new.w, new.b])
        if not (error_over_bound(displacement, standards["update", l]) <= 1).all():
            return "its update is not the harness's"
    return None if is_right(gradients, example.inputs) else "its gradients are not the harness's"


def steps(worked: Worked) -> Iterator[WorkedStep]:
    """The start, forward layer by layer, BP1, BP2 from the last hidden layer to the first, BP3, BP4, the update."""
    last, rate = worked.last, number_text(worked.example.learning_rate)
    layers = range(1, last + 1)

    def of(*kinds: str) -> list[EntryKey]:
        return [key for kind in kinds for l in layers for key in worked.keys(kind, l)]

    start = "The start: the inputs, the target, and the weights and biases before the step."
    yield WorkedStep("Start", start, [*worked.keys("a", 0), *of("t", "w", "b")])
    for l in layers:
        sentence = (
            f"Forward, layer {l}: z of each neuron = its bias + (w of the wires that enter it) · "
            f"({'the inputs' if l == 1 else f'a of layer {l - 1}'}); a = {worked.activation(l)}(z)."
        )
        yield WorkedStep(f"Forward {l}", sentence, [*worked.keys("z", l), *worked.keys("a", l)])
    sentence = f"BP1, layer {last}: δ of each output neuron = (its output a − the target t) × f′(z)."
    yield WorkedStep("BP1", sentence, worked.keys("delta", last))
    for l in range(last - 1, 0, -1):
        sentence = (
            f"BP2, layer {l}: δ of each hidden neuron = (w of the wires that leave it) · (δ of layer {l + 1}) × f′(z)."
        )
        yield WorkedStep("BP2" if last == 2 else f"BP2, layer {l}", sentence, worked.keys("delta", l))
    yield WorkedStep("BP3", "BP3: ∂C/∂b of each neuron = its δ, as there is one row of data.", of("gb"))
    sentence = "BP4: ∂C/∂w of each wire = (δ of the neuron that it enters) × (a of the neuron that it leaves)."
    yield WorkedStep("BP4", sentence, of("gw"))
    sentence = f"The update: from each weight and bias {rate} times its gradient is taken away (η = {rate})."
    yield WorkedStep("Update", sentence, of("new_w", "new_b"))


def _formulation(notation: Notation) -> dict[str, Any]:
    [implementation] = find_implementations([notation.implementation])
    return {
        "id": notation.implementation,
        "title": f"{notation.implementation} ({notation.teacher})",
        "code": notation.is_code,
        "note": notation.note,
        "lines": {
            tag: [[line.number, line.text, line.part] for line in lines]
            for tag, lines in excerpts(implementation).items()
        },
    }


def _network_data(example: Example) -> dict[str, Any]:
    worked = Worked(example)
    return {
        "id": example.id,
        "title": example.title,
        "note": example.note,
        "widths": list(example.widths),
        "numbers": {
            key.id: [number_text(value, digits) for digits in SHOWN_DIGITS] for key, value in worked.values.items()
        },
        "steps": [
            {"name": step.name, "sentence": step.sentence, "rows": [_sample_data(worked, key) for key in step.keys]}
            for step in steps(worked)
        ],
        "formulations": {notation.implementation: _as_written(worked, notation) for notation in NOTATIONS},
    }


def _sample_data(worked: Worked, key: EntryKey) -> dict[str, Any]:
    """One entry as a row of the table: `made` gives the ids of what it is made of."""
    made = worked.made(key)
    return {
        "id": key.id,
        "label": _name(INDICES, key),
        "place": place_of(worked.example.widths, key),
        "how": worked.how(key),
        "tag": _tag(worked, key),
        "made": made and _ids(made),
    }


def _ids(made: Made) -> dict[str, Any]:
    terms = [[term.sign, [key.id for key in term.factors]] for term in made.sum]
    return {"f": made.f, "sum": terms, "times": made.times and made.times.id}


def _tag(worked: Worked, key: EntryKey) -> str:
    """Under which tag the lines are that make an entry; empty where it is given."""
    if key.kind == "delta":
        return "BP1" if key.l == worked.last else "BP2"
    if worked.made(key) is None:
        return ""
    return {"gb": "BP3", "gw": "BP4", "new_b": "rule", "new_w": "rule"}.get(key.kind, "forward")


def place_of(widths: tuple[int, ...], key: EntryKey) -> str:
    """Where an entry stands, in words."""
    neuron = _neuron(widths, key.l, key.j)
    if key.kind in WIRES:
        return f"wire from {_neuron(widths, key.l - 1, key.k)} to {neuron}"
    return f"target of {neuron}" if key.kind == "t" else neuron


def _neuron(widths: tuple[int, ...], l: int, j: int) -> str:
    layer = "input" if l == 0 else "output neuron" if l == len(widths) - 1 else "hidden neuron"
    of_layer = f" of layer {l}" if layer == "hidden neuron" and len(widths) > 3 else ""
    return f"{layer} {j + 1}{of_layer}"


def _as_written(worked: Worked, notation: Notation) -> dict[str, Any]:
    """A network as one formulation writes it: the names of all entries, the equation of each kind and layer, and the
    sentences about the weights, by hidden layer; or why it is not shown."""
    reason = refusal(worked.example, notation)
    if reason is not None:
        return {"refusal": reason}
    layers, hidden = range(1, worked.last + 1), range(1, worked.last)
    equations = {}
    for l in layers:
        delta = "output_delta" if l == worked.last else "hidden_delta"
        for kind, equation in {"z": "z", "a": "a", "delta": delta, "gb": "gb", "gw": "gw"}.items():
            equations[f"{kind}-{l}"] = notation.equation(equation, l)
        equations |= dict.fromkeys((f"new_w-{l}", f"new_b-{l}"), notation.equation("new", l))
    same = "Whatever their name, they are the wires from layer {} to layer {}."
    return {
        "names": {key.id: _name(notation, key) for key in worked.values if key.kind not in ("error", "back")},
        "equations": equations,
        "weights": {str(l): f"{notation.which_weights(l)} {same.format(l, l + 1)}" for l in hidden},
    }


def _name(notation: Notation, key: EntryKey) -> str:
    return notation.name(key.kind, key.l, key.j, max(key.k, 0))

"""The worked steps: the harness's own numbers, the published ones, every formulation's names and lines."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest

from harness.jobs.claims.experiments.published.groups import PUBLISHED
from harness.jobs.claims.tools import module
from harness.jobs.page.worked import networks
from harness.jobs.page.worked.examples import examples
from harness.jobs.page.worked.formulations import (
    ARTICLE_1,
    ARTICLE_2,
    FIFTEEN_STEPS,
    INDICES,
    MATRICES,
    NIELSEN,
    NOTATIONS,
)
from harness.jobs.page.worked.lines import TAGS, excerpts, tagged
from harness.jobs.page.worked.networks import data, refusal, steps
from harness.jobs.page.worked.quantities import EntryKey, Worked, number_text
from harness.model.textbook import Textbook
from harness.sandbox.sources.find import find_implementations

EXAMPLES = examples()
MAZUR = EXAMPLES[0]


@pytest.fixture(scope="module")
def page():
    return data()


def test_the_numbers_are_the_textbooks(page):
    for example, network in zip(EXAMPLES, page["networks"], strict=True):
        book = Textbook(example.inputs, example.learning_rate)
        moved, gradients = book.step(), book.gradients()
        for l in range(1, len(example.widths)):
            of_layer = {"z": book.z[l][0], "a": book.a[l][0], "delta": book.delta[l][0]}
            of_layer |= {"gw": gradients.w[l - 1], "gb": gradients.b[l - 1]}
            of_layer |= {"new_w": moved.layers[l - 1].w, "new_b": moved.layers[l - 1].b}
            for kind, array in of_layer.items():
                for place in np.ndindex(array.shape):
                    shown, few, _ = network["numbers"]["-".join(map(str, [kind, l, *place]))]
                    assert float(shown.replace("−", "-")) == float(f"{array[place]:.6g}")
                    assert float(few.replace("−", "-")) == float(f"{array[place]:.4g}")


@pytest.mark.parametrize(
    ("figure", "key"),
    [
        ("delta2[0,0]", EntryKey("delta", 2, 0)),
        ("gW1[0,0]", EntryKey("gw", 1, 0, 0)),
        ("gW2[0,0]", EntryKey("gw", 2, 0, 0)),
        ("nW2[0,0]", EntryKey("new_w", 2, 0, 0)),
        ("nW1[1,1]", EntryKey("new_w", 1, 1, 1)),
    ],
)
def test_the_worked_example_has_the_published_figures(page, figure, key):
    [row] = PUBLISHED["examples"][0]["rows"]
    shown = page["networks"][0]["numbers"][key.id][0]
    assert float(shown) == pytest.approx(float(row["values"][figure]), rel=5e-6, abs=0)


def test_how_a_hidden_delta_is_made():
    how = Worked(MAZUR).how(EntryKey("delta", 1, 0))
    assert how == "(0.4)(0.138499) + (0.5)(−0.0380982) = 0.0363503; × 0.241301 = 0.00877135"


@pytest.mark.parametrize(
    ("value", "shown"), [(-0.0, "0"), (-0.25, "−0.25"), (1.0, "1"), (1.2345678e-5, "0.0000123457"), (4e6, "4000000")]
)
def test_numbers_are_written_plainly(value, shown):
    assert number_text(value) == shown


def test_every_formulation_is_shown_where_it_can_be(page):
    for network in page["networks"]:
        refused = {name for name, one in network["formulations"].items() if "refusal" in one}
        assert refused == (set() if len(network["widths"]) == 2 else {"fifteen_steps"})


@pytest.mark.parametrize("wrong", ["backprop", "step"])
def test_a_formulation_with_other_numbers_is_not_shown(monkeypatch, wrong):
    code = SimpleNamespace(**vars(module("row_matrices")))
    right = getattr(code, wrong)

    def slightly_off(network, x, t, *rate):
        return right(network, x * (1 + 1e-12), t, *rate)

    setattr(code, wrong, slightly_off)
    monkeypatch.setattr(networks, "module", lambda name: code)
    assert "not the harness's" in refusal(MAZUR, ARTICLE_1)


def test_the_steps_make_every_number_once_and_from_what_is_there(page):
    for example, network in zip(EXAMPLES, page["networks"], strict=True):
        made = [key for step in steps(Worked(example)) for key in step.keys]
        inside = {"slope", "error", "back"}  # parts of BP1 and BP2, not numbers of their own
        assert sorted(made) == sorted(key for key in Worked(example).values if key.kind not in inside)
        known = set()
        for step in network["steps"]:
            assert step["sentence"].startswith(step["name"].split()[0].replace("Start", "The").replace("Update", "The"))
            for row in step["rows"]:
                parts = [part for _, ids in (row["made"] or {"sum": []})["sum"] for part in ids]
                assert set(parts) <= known, row["id"]
                known.add(row["id"])


def test_bp2_goes_through_the_wires_that_leave_the_neuron(page):
    for network in page["networks"]:
        for row in (row for step in network["steps"] for row in step["rows"] if row["tag"] == "BP2"):
            _, l, j = row["id"].split("-")
            after = int(l) + 1
            wires = [f"w-{after}-{i}-{j}" for i in range(network["widths"][after])]
            assert [ids[0] for _, ids in row["made"]["sum"]] == wires


@pytest.mark.parametrize("notation", NOTATIONS, ids=lambda n: n.implementation)
def test_every_tagged_line_is_found(notation):
    [implementation] = find_implementations([notation.implementation])
    text = implementation.path.read_text(encoding="utf-8")
    lines, found = text.splitlines(), tagged(text)
    for tag in TAGS:
        if tag == "forward":
            right = [n for n, line in enumerate(lines, 1) if "activation.f(" in line]
        else:
            right = [n for n, line in enumerate(lines, 1) if re.search(rf"# .*\b{tag}\b", line)]
        assert found[tag] == right
        assert right or (notation is FIFTEEN_STEPS and tag == "BP2")
        shown = excerpts(implementation)[tag]
        assert [line.number for line in shown if line.part == "tagged"] == right
        assert all(line.text == lines[line.number - 1] for line in shown)


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("neuron_loop", 'next_neuron["weights"][j] * next_neuron["delta"]'),
        ("row_matrices", "deltas[-1] @ weights[l].T"),
        ("column_vectors", "next_layer.w.T @ delta"),
        ("component_sums", "after[j] * w[j][k]"),
        ("matrices", "delta[l + 1] @ layers[l + 1].w"),
    ],
)
def test_the_line_with_the_weights_is_lit_in_bp2(name, weights):
    assert any(weights in line.text and line.part for line in excerpts(find_implementations([name])[0])["BP2"])


# Every name, looked up in the formulation's own data.


def spaces(notation, example):
    """The formulation's own variables, after backprop and after a step."""
    network, x, t = example.inputs.network, example.inputs.x, example.inputs.t
    code = module(notation.implementation)
    after = code.step(network, x, t, example.learning_rate)
    activations = [layer.activation for layer in network.layers]
    if notation is ARTICLE_2:
        layers = code.initialize_network(network)
        code.forward_propagate(layers, activations, x[0].tolist())
        code.backward_propagate_error(layers, activations, t[0].tolist())
        own = {"network": layers, "row": x[0], "expected": t[0], "gradients": code.weight_gradients(layers, x[0])}
        return own, {"network": code.initialize_network(after)}
    book = Textbook(example.inputs)
    book.gradients()
    own = {"a": book.a, "z": [book.z[l] for l in sorted(book.z)], "t": t, "np": np}
    moved = [np.vstack([layer.w.T, layer.b]) for layer in after.layers]
    if notation is ARTICLE_1:
        W, gradient, deltas = code.gradients(network, x, t)
        own |= {"W": W, "gradient": gradient, "deltas": deltas, "with_ones": code.with_ones}
        return own, {"moved": moved}
    if notation is FIFTEEN_STEPS:
        weights, _, delta = code.weight_change(network, x, t, 1)
        inputs = np.hstack([x, np.ones((1, 1))])
        own |= {"weights": weights, "delta": delta, "inputs": inputs, "net": inputs @ weights, "f": activations[0].f}
        return own, {"moved": moved[0]}
    gradients = code.backprop(network, x, t)
    return own | {"layers": network.layers, "delta": gradients.delta, "gradients": gradients}, {"moved": after}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.id)
@pytest.mark.parametrize("notation", [ARTICLE_1, ARTICLE_2, MATRICES, FIFTEEN_STEPS], ids=lambda n: n.implementation)
def test_names_of_code_name_the_right_entries(notation, example):
    if refusal(example, notation):
        pytest.skip(refusal(example, notation))
    before, after = spaces(notation, example)
    unnamed = {"error", "back", *(["z"] if notation is ARTICLE_2 else [])}  # article 2's z is a local number
    for key, value in Worked(example).values.items():
        if key.kind in unnamed:
            continue
        slopes = {}
        if key.kind == "slope":
            activation = example.inputs.network.layers[key.l - 1].activation
            slopes = {"slope": activation.slope, "slope_from_output": activation.slope_from_output}
        space = before | slopes | (after if key.kind.startswith("new") else {})
        named = eval(notation.name(key.kind, key.l, key.j, max(key.k, 0)), space)
        assert float(named) == pytest.approx(value, rel=1e-12, abs=1e-15), key


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.id)
@pytest.mark.parametrize(("notation", "first"), [(NIELSEN, 1), (INDICES, 0)], ids=["column_vectors", "component_sums"])
def test_names_of_mathematics_name_the_right_entries(notation, first, example):
    """`first` is the number that the input layer has in this notation."""
    network, x, t = example.inputs.network, example.inputs.x, example.inputs.t
    code, shape = module(notation.implementation), (-1, 1) if notation is NIELSEN else (-1,)
    deltas, other = code.backprop_one(network, x.reshape(shape), t.reshape(shape))
    arrays = {"w": [layer.w for layer in network.layers], "b": [layer.b for layer in network.layers]}
    arrays |= {"δ": deltas, **({"a": other[1:]} if notation is NIELSEN else {"∂C/∂w": other})}
    checked = set()
    for key, value in Worked(example).values.items():
        if key.kind in ("error", "back"):
            continue
        name = notation.name(key.kind, key.l, key.j, max(key.k, 0))
        found = re.fullmatch(r"([^\^]+)\^\((\d)\)_\((\d)(\d?)\)", name)
        if found and found[1] in arrays:
            place = tuple(int(index) - 1 for index in found.groups()[2:] if index)
            array = np.asarray(arrays[found[1]][int(found[2]) - first - 1])
            entry = array[place] if array.ndim == len(place) else array[(*place, 0)]
            assert float(entry) == pytest.approx(value, rel=1e-12, abs=1e-15), key
            checked.add(key.kind)
    assert {"w", "b", "delta"} <= checked


def test_which_weights_a_hidden_delta_needs_is_said_by_each(page):
    for network in page["networks"]:
        hidden = {str(l) for l in range(1, len(network["widths"]) - 1)}
        for one in network["formulations"].values():
            assert "refusal" in one or set(one["weights"]) == hidden
            assert all(f"the wires from layer {l} to" in text for l, text in one.get("weights", {}).items())
    [mazur, *_] = page["networks"]
    assert "W[1]" in mazur["formulations"]["row_matrices"]["weights"]["1"]
    assert "network[1][k]['weights'][j]" in mazur["formulations"]["neuron_loop"]["weights"]["1"]
    assert "w^(3)" in mazur["formulations"]["column_vectors"]["weights"]["1"]


def test_the_data_are_json_and_the_same_again(page):
    assert json.dumps(data(), ensure_ascii=False) == json.dumps(page, ensure_ascii=False)
    assert len(json.dumps(page, ensure_ascii=False)) < 300_000

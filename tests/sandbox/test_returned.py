"""The forms that a function may return: all give the same arrays, and unknown forms are reported in one line."""

from __future__ import annotations

import math
from collections import namedtuple
from fractions import Fraction

import numpy as np
import pytest
from support.running import Silent, compared, write

from harness.cases.case import make_case
from harness.cases.standard import gradient_cases
from harness.jobs.check.run import check_submission
from harness.jobs.compare.run import Selection
from harness.jobs.prove.proofs import attempts
from harness.jobs.train.courses import courses
from harness.jobs.train.follow import TrainingSelection, follow
from harness.jobs.train.runners import Formulation
from harness.jobs.train.store import Store
from harness.model.contract import Gradients
from harness.sandbox.answers import Fault, check_shapes
from harness.sandbox.host.returned import gradient_arrays, network_arrays, next_network
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import Limits

CORE = """
import collections, types
import numpy as np
Backward = collections.namedtuple("Backward", "delta b w")
Step = collections.namedtuple("Step", "b w")

def gradients(network, x, t):
    layers, a, z = network.layers, [x], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    delta = [a[-1] - t]
    if not network.is_canonical:
        delta = [network.cost.gradient(a[-1], t) * layers[-1].activation.slope(z[-1])]
    for l in range(len(layers) - 2, -1, -1):
        delta.insert(0, (delta[0] @ layers[l + 1].w) * layers[l].activation.slope(z[l]))
    return [d.T @ i for d, i in zip(delta, a)], [d.sum(axis=0) for d in delta], delta

def moved(network, x, t, eta):
    w, b, _ = gradients(network, x, t)
    return [l.w - eta * g for l, g in zip(network.layers, w)], [l.b - eta * g for l, g in zip(network.layers, b)]

def backprop(network, x, t):
    w, b, delta = gradients(network, x, t)
    return {backprop}

def step(network, x, t, eta):
    w, b = moved(network, x, t, eta)
    return {step}
"""
OURS = CORE.replace("import numpy as np", "import numpy as np\nfrom harness import Gradients")
OURS = OURS.replace("{backprop}", "Gradients(w, b, delta)").replace("{step}", "network.with_parameters(w, b)")
FORMS = {
    "mapping": ('{"w": w, "b": b, "delta": delta}', '{"b": b, "w": w}'),
    "read_only_mapping": (
        'types.MappingProxyType({"delta": delta, "w": w, "b": b})',
        'types.MappingProxyType({"w": w, "b": b})',
    ),
    "three": ("w, b, delta", "w, b"),
    "tuples_of_arrays": ("tuple(w), tuple(b), tuple(delta)", "tuple(w), tuple(b)"),
    "named": ("Backward(delta, b, w)", "Step(b, w)"),
    "lists_of_lists": (
        "tuple([one.tolist() for one in part] for part in (w, b, delta))",
        "w, [one.tolist() for one in b]",
    ),
}
WITHOUT_DELTA = {
    "mapping_without": ('{"w": w, "b": b}', "w, b"),
    "no_delta": ('{"w": w, "b": b, "delta": None}', "w, b"),
    "two": ("w, b", "w, b"),
}


def made(folder, name, forms):
    backprop, step = forms
    return write(folder, name, CORE.replace("{backprop}", backprop).replace("{step}", step))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A file for each form, by name; the first returns what is ours."""
    folder = tmp_path_factory.mktemp("forms")
    ours = write(folder, "ours", OURS)
    return [ours, *(made(folder, name, forms) for name, forms in (FORMS | WITHOUT_DELTA).items())]


TRAINING = make_case("iris", (4, 3), "sigmoid", 100, online=True)
CASES = (*(case for case in gradient_cases() if case.id.startswith(("xor", "iris"))), TRAINING)


def test_compare_gives_the_same_rows_for_every_form(files):
    rows = [*compared(Selection(tuple(files), CASES, complete=False)).rows]
    by_file = {
        one.name: [row._replace(implementation="", seconds=0.0) for row in rows if row.implementation == one.name]
        for one in files
    }
    ours = by_file["ours"]
    assert {row.verdict for row in ours} == {"agrees", ""}
    assert any(row.quantity == "epoch20" for row in ours)
    for name in FORMS:
        assert by_file[name] == ours, name
    for name in WITHOUT_DELTA:
        assert by_file[name] == [row for row in ours if row.quantity != "delta"], name


def test_check_gives_the_same_numbers_for_every_form(files, server):
    found = {one.name: check_submission(server, one.path, gradient_cases(), 3, Limits()) for one in files}
    assert {one.verdict for one in found.values()} == {"agrees"}
    ours = found["ours"]
    for name in FORMS:
        for one, other in zip(ours.outcomes, found[name].outcomes, strict=True):
            assert one.quantities.keys() == other.quantities.keys()
            assert all(array.tobytes() == other.quantities[key].tobytes() for key, array in one.quantities.items())
            assert one.judgements == other.judgements


def test_prove_computes_the_same_for_every_form(files):
    with Server(("harness.jobs.prove.host",)) as server:
        tried = attempts(server, files, seed=1, jobs=2, seconds=60.0)
    ours = {one.architecture: one for one in tried if one.name == "ours"}
    assert all(one.rational is not None for one in ours.values())
    for one in tried:
        mine = ours[one.architecture]
        assert (one.unable, one.refused, one.degree) == ("", "", mine.degree), one.name
        for values, expected in zip((*one.trials, one.rational), (*mine.trials, mine.rational), strict=True):
            keys = {key for key in expected if key[0] != "delta" or one.name not in WITHOUT_DELTA}
            assert values.keys() == keys | (values.keys() & {("delta", 1)})
            assert all(np.array_equal(values[key], expected[key]) for key in keys)


def test_train_computes_the_same_weights_for_every_form(files, server, tmp_path):
    [course] = [one for one in courses(epochs=3) if one.id == "iris-4-5-3-batches20"]
    selection = TrainingSelection(tuple(map(Formulation, files)), (course,), complete=False)
    followed = follow(selection, Store(tmp_path), server, 2, Limits(60.0, math.inf), Silent())
    states = {name: run.states for (_, name), run in followed.runs.items()}
    for one in files:
        assert len(states[one.name]) == len(states["ours"]) > 0
        for mine, theirs in zip(states["ours"], states[one.name], strict=True):
            assert all(a.tobytes() == b.tobytes() for a, b in zip(mine, theirs, strict=True)), one.name


def test_z_and_a_in_a_mapping_are_judged_as_those_of_gradients(tmp_path, server):
    shown = '{"w": w, "b": b, "z": [x @ l.w.T + l.b + 1 for l in network.layers[:1]]}'
    path = made(tmp_path, "shows", (shown, "w, b")).path
    found = check_submission(
        server, path, [case for case in gradient_cases() if case.id == "iris-4-3-sigmoid-batch8"], 3, Limits()
    )
    assert found.verdict == "wrong"
    assert found.outcomes[0].out_of_bounds == [("z", 1)]


INPUTS = make_case("random", (3, 4, 2), "sigmoid", 5).build()
ONE_LAYER = make_case("random", (3, 2), "sigmoid", 5).build()
W, B = ([one.w for one in INPUTS.network.layers], [one.b for one in INPUTS.network.layers])
KEYS = "expected the keys w and b (and optionally delta, z, a)"
WRONG = {
    "none": (None, "backprop returned None, expected harness.Gradients(w, b, delta), a mapping with the keys w and b"),
    "list": ([W, B], "backprop returned list, expected harness.Gradients(w, b, delta), a mapping"),
    "array": (np.zeros((2, 3)), "backprop returned ndarray, expected"),
    "empty mapping": ({}, f"backprop returned a mapping without 'w' and 'b', {KEYS}"),
    "missing": ({"w": W}, f"backprop returned a mapping without 'b', {KEYS}"),
    "spelling": (
        {"dW": W, "db": B},
        f"backprop returned a mapping without 'w' and 'b' and with the unknown keys 'dW', 'db', {KEYS}",
    ),
    "one too many": ({"w": W, "b": B, "deltas": []}, f"a mapping with the unknown key 'deltas', {KEYS}"),
    "no word": ({"w": W, "b": B, 3: []}, f"a mapping with the unknown key 3, {KEYS}"),
    "long key": ({"w": W, "b": B, "x" * 1000: []}, f"with the unknown key '{'x' * 39}, expected"),
    "named otherwise": (namedtuple("Two", "dw db")(W, B), "with the unknown keys 'dw', 'db'"),
    "one": ((W,), "backprop returned a tuple of 1, expected (w, b) or (w, b, delta)"),
    "four": ((W, B, None, None), "backprop returned a tuple of 4, expected (w, b) or (w, b, delta)"),
    "a layer each": (((W[0], B[0]), (W[1], B[1]), (1, 2)), "w of layer 2 has shape"),
    "ragged": (([[[1], [1, 2]], W[1]], B), "w of layer 1 is ragged, expected an array"),
    "words": ((W, ["a", "b"]), "b of layer 1 holds str"),
    "masked": ((W, [np.ma.masked_equal(B[0], B[0][0]), B[1]]), "b of layer 1 has masked entries"),
    "one for all": ((np.zeros((2, 2, 2)), B), "w is ndarray, expected a list of 2: one array per layer"),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_unknown_form_is_reported_with_what_was_expected_and_found(name):
    returned, message = WRONG[name]
    with pytest.raises(Fault) as caught:
        check_shapes(gradient_arrays(returned, INPUTS), {("w", l): w.shape for l, w in enumerate(W, 1)})
    assert message in caught.value.detail
    assert "\n" not in caught.value.detail
    assert len(caught.value.detail) < 250


WRONG_STEPS = {
    "none": (
        None,
        "step returned None, expected harness.Network(layers, cost), a mapping with the keys w and b, or a ",
    ),
    "gradients": (Gradients(W, B), "step returned Gradients, expected harness.Network(layers, cost), a mapping"),
    "three": ((W, B, None), "step returned a tuple of 3, expected (w, b)"),
    "delta": (
        {"w": W, "b": B, "delta": B},
        "step returned a mapping with the unknown key 'delta', expected the keys w and b",
    ),
    "too few": ((W[:1], B), "w after the step is 1 entries, expected a list of 2: one array per layer"),
    "ragged": ((W, [[1, [2]], B[1]]), "b after the step of layer 1 is ragged, expected an array"),
}


@pytest.mark.parametrize("name", WRONG_STEPS)
@pytest.mark.parametrize("read", [network_arrays, lambda returned, inputs: next_network(returned, inputs.network)])
def test_an_unknown_form_of_a_step_is_reported_in_a_check_and_in_training(name, read):
    returned, message = WRONG_STEPS[name]
    with pytest.raises(Fault) as caught:
        read(returned, INPUTS)
    assert message in caught.value.detail


@pytest.mark.parametrize("w", [ONE_LAYER.network.layers[0].w, ONE_LAYER.network.layers[0].w.tolist()])
def test_a_matrix_in_place_of_a_list_of_one_is_refused(w):
    """With one layer, w might be meant as the matrix itself: a list is asked for, and the number found is said."""
    b = ONE_LAYER.network.layers[0].b
    with pytest.raises(Fault, match=r"w is (ndarray|2 entries), expected a list of 1: one array per layer"):
        gradient_arrays((w, b), ONE_LAYER)
    found = gradient_arrays(([w], [b]), ONE_LAYER)
    assert np.array_equal(found["w", 1], w)


def test_exact_numbers_stay_exact_and_the_next_step_has_arrays():
    third = Fraction(1, 3)
    found = gradient_arrays(
        ([[[third]]], [[third]]),
        make_case("random", (1, 1), "sigmoid", 1).build(),
        lambda _, value: np.array(value, dtype=object),
    )
    assert found["w", 1][0, 0] is third
    moved = next_network(([one.tolist() for one in W], B), INPUTS.network)
    assert all(isinstance(layer.w, np.ndarray) and layer.w.dtype == float for layer in moved.layers)
    assert moved.cost == INPUTS.network.cost


def test_prove_reports_what_was_expected_of_an_unknown_form(tmp_path):
    file = made(tmp_path, "spelled", ('{"dW": w, "db": b}', "w, b"))
    with Server(("harness.jobs.prove.host",)) as exact:
        found = attempts(exact, [file], seed=1, jobs=1, seconds=60.0)
    assert {one.unable for one in found} == {WRONG["spelling"][1]}

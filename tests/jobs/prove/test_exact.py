"""Exact proofs: what is proved is so, what is wrong is refuted, and what is not exact is not taken for it."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from support.running import functions_of, write

from harness.jobs.prove import proofs
from harness.jobs.prove.evaluate import NotExact, degree, differences, evaluate
from harness.jobs.prove.host import parted, run_exactly
from harness.jobs.prove.proofs import ARCHITECTURES, Attempt, attempts, prove
from harness.jobs.prove.refute import WRONG_FORMULATIONS, refute
from harness.model.contract import Gradients, Unsupported
from harness.model.exact import (
    SET_SIZE,
    Architecture,
    Degree,
    OpaqueActivation,
    degree_inputs,
    opaque_inputs,
    small_inputs,
)
from harness.model.textbook import Textbook
from harness.sandbox.processes.server import Server
from harness.sandbox.sources.find import find_implementations, python_implementations
from harness.sandbox.sources.functions import Functions

GENERIC = [
    "batched_matrices",
    "column_vectors",
    "component_sums",
    "dual_numbers",
    "fifteen_steps",
    "matrices",
    "neuron_loop",
    "row_matrices",
    "scalar_tape",
    "weight_by_weight",
]
REPORT = (Path(__file__).resolve().parents[3] / "reports" / "proof.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def able():
    """The functions of the generic implementations, by name."""
    return {one.name: functions_of(one) for one in find_implementations(GENERIC)}


def attempt(name, functions, architecture, seed):
    """In this process."""
    try:
        found = run_exactly(functions, architecture, seed)
    except Unsupported as reason:
        return Attempt(name, architecture, refused=str(reason))
    except NotExact as reason:
        return Attempt(name, architecture, unable=str(reason))
    *trials, rational = parted(found)
    return Attempt(name, architecture, tuple(trials), rational, found["degree", 1][()])


def proof_of(functions, architecture, seed):
    return prove([attempt(name, one, architecture, seed) for name, one in functions.items()])


@pytest.fixture(scope="module")
def exact_server():
    with Server(("harness.jobs.prove.host", "torch")) as server:
        yield server


@pytest.fixture(scope="module")
def tried(exact_server):
    """Every implementation on every architecture, as `nox -s prove` runs them."""
    return attempts(exact_server, python_implementations(), seed=1, jobs=2, seconds=60.0)


def test_ten_implementations_are_generic_and_three_are_not(tried):
    unable = {one.name: one.unable for one in tried if one.unable}
    assert sorted(unable) == ["complex_step", "finite_differences", "torch_autograd"]
    assert sorted({one.name for one in tried} - set(unable)) == GENERIC
    assert len(tried) == len(python_implementations()) * len(ARCHITECTURES)


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda a: a.name)
def test_every_pair_is_equal_on_every_architecture(able, architecture):
    proof = proof_of(able, architecture, seed=2)
    assert not proof.different
    assert proof.rational_equal
    count = len(proof.ran)
    assert len(proof.equal) == count * (count - 1) // 2
    assert count == (10 if len(architecture.widths) == 2 else 9)
    assert proof.false_equality < Fraction(1, 10**30)
    layers = len(architecture.widths) - 1
    assert max(proof.ran.values()) == 2 * layers + 2


def test_the_architectures_are_as_varied_as_promised():
    assert len(ARCHITECTURES) >= 10
    assert {len(a.widths) - 2 for a in ARCHITECTURES} == {0, 1, 2, 3, 4}
    assert {a.rows == 1 for a in ARCHITECTURES} == {len(set(a.widths)) == 1 for a in ARCHITECTURES} == {True, False}


@pytest.mark.parametrize("name", WRONG_FORMULATIONS)
def test_a_wrong_formulation_is_refuted_and_its_counterexample_holds(name):
    found = refute(name)
    assert found.refuted == found.of == 100
    entries = [array for layer in found.example.network.layers for array in (layer.w, layer.b)]
    for array in (*entries, found.example.x, found.example.t):
        assert all(isinstance(v, int) and -9 <= v <= 9 for v in array.flat)
    assert not np.array_equal(found.right_value, found.wrong_value)
    # The right value by numpy's own integers, from the definition with f(z) = z.
    (w1, w2), (b1, b2) = ([getattr(layer, k).astype(int) for layer in found.example.network.layers] for k in "wb")
    a1 = found.example.x.astype(int) @ w1.T + b1
    delta2 = a1 @ w2.T + b2 - found.example.t.astype(int)
    right = {"δ^1": delta2 @ w2, "∂C/∂W^2": delta2.T @ a1}[found.quantity]
    assert np.array_equal(found.right_value, right)


def test_a_small_slip_in_one_entry_is_refuted(able):
    def slipping(network, x, t):
        gradients = able["batched_matrices"].backprop(network, x, t)
        gradients.w[0][0, 0] += 1
        return gradients

    proof = proof_of(able | {"slipping": Functions(slipping, None)}, ARCHITECTURES[2], seed=3)
    assert {pair[1] for pair in proof.different} == {"slipping"}
    assert all(what == "w of layer 1" for _, _, what in proof.different)


def test_code_that_compares_branches_or_leaves_exact_numbers_proves_nothing():
    [batched] = find_implementations(["batched_matrices"])
    right = functions_of(batched).backprop

    def branching(network, x, t):
        return right(network, abs(x), t) if x[0, 0] > 0 else right(network, x, t)

    def equal(network, x, t):
        return right(network, x, t) if x[0, 0] == x[0, 0] else None

    def floating(network, x, t):
        gradients = right(network, x, t)
        gradients.b[0] = gradients.b[0].astype(float)
        return gradients

    def secretly(network, x, t):
        try:
            return right(network, -x, t) if x[0, 0] > 0 else right(network, x, t)
        except TypeError:
            return right(network, x, t)

    def partial(network, x, t):
        gradients = right(network, x, t)
        return Gradients(gradients.w[:1], gradients.b[:1])

    def nothing(network, x, t):
        return Gradients([], [])

    def in_place(network, x, t):
        gradients = right(network, x, t)
        network.layers[0].w[0, 0] = network.layers[0].w[0, 0] + 1
        return gradients

    architecture = ARCHITECTURES[2]
    for function in (branching, equal, secretly):
        with pytest.raises(NotExact, match="it compares its numbers"):
            degree(Functions(function, None), architecture)
    for function in (partial, nothing, in_place):
        with pytest.raises(NotExact, match=r"one array per layer|changes its inputs"):
            evaluate(Functions(function, None), opaque_inputs(architecture, random.Random(0)), 1)
    with pytest.raises(NotExact, match="it computes with float"):
        evaluate(Functions(floating, None), opaque_inputs(architecture, random.Random(0)), 1)


def test_the_wrong_layers_activation_and_a_wrong_canonical_branch_are_refuted(able):
    def first_everywhere(network, x, t):
        layers = tuple(replace(layer, activation=network.layers[0].activation) for layer in network.layers)
        return able["batched_matrices"].backprop(replace(network, layers=layers), x, t)

    def wrong_if_canonical(network, x, t):
        right = able["batched_matrices"].backprop(network, x, t)
        return Gradients([-w for w in right.w], [-b for b in right.b]) if network.is_canonical else right

    for function in (first_everywhere, wrong_if_canonical):
        proof = proof_of(able | {"mine": Functions(function, None)}, ARCHITECTURES[3], seed=4)
        assert {pair[1] for pair in proof.different} == {"mine"}
        assert len(proof.different) == len(proof.ran) - 1


def test_the_opaque_activation_remembers_and_finds_its_way_back_from_the_output():
    opaque = OpaqueActivation("a key")
    activation = opaque.activation()
    z = np.array([[3, 5], [3, -(10**40)]], dtype=object)
    a = activation.f(z)
    assert a[0, 0] == a[1, 0] == activation.f(3)
    assert len({a[0, 0], a[0, 1], a[1, 1]}) == 3
    assert np.array_equal(activation.slope(z), activation.slope_from_output(a))
    assert activation.slope_from_output(17) != activation.slope(17)
    assert all(abs(v) <= SET_SIZE // 2 for v in a.flat)


def test_the_textbook_is_the_formulation_of_the_implementations(able):
    inputs = opaque_inputs(Architecture((3, 4, 2), 2), random.Random(5))
    gradients = Textbook(inputs).gradients()
    own = {("w", l): w for l, w in enumerate(gradients.w, 1)} | {
        ("delta", l): d for l, d in enumerate(gradients.delta, 1)
    }
    unequal, compared = differences(own, evaluate(able["component_sums"], inputs, 1))
    assert not unequal
    assert compared == 12 + 8 + 8 + 4


def test_a_file_that_exits_or_hangs_proves_nothing_and_stops_nothing(exact_server, tmp_path, monkeypatch):
    monkeypatch.setattr(proofs, "ARCHITECTURES", ARCHITECTURES[:1])
    bodies = {
        "exits": "import os; os._exit(0)",
        "leaves": "raise SystemExit(0)",
        "hangs": "import time; time.sleep(600)",
    }
    files = [write(tmp_path, name, f"def backprop(n, x, t):\n    {body}\n") for name, body in bodies.items()]
    tried = attempts(exact_server, (*files, *find_implementations(["row_matrices"])), 1, 2, 2.0)
    found = {one.name: one for one in tried}
    assert "exit code 0" in found["exits"].unable
    assert "SystemExit" in found["leaves"].unable
    assert "no answer within 2 s" in found["hangs"].unable
    assert found["row_matrices"].degree == 4


def test_degrees_add_under_products_and_take_the_larger_under_sums():
    one, two = Degree(1), Degree(2)
    assert (one * two).degree == 3
    assert (one * two + one - 5).degree == 3
    assert (7 * one).degree == 1
    assert (sum([one * one, two], 0) * True).degree == 2
    inputs = degree_inputs(Architecture((2, 2), 1), canonical=False)
    assert (inputs.x @ inputs.network.layers[0].w.T)[0, 0].degree == 2
    with pytest.raises(TypeError, match="float"):
        one * 0.5


def test_the_report_holds_what_the_run_says(able, tried):
    proofs = [
        prove([one for one in tried if one.architecture == architecture and not one.unable])
        for architecture in ARCHITECTURES
    ]
    pairs, numbers = sum(len(p.equal) for p in proofs), sum(p.numbers for p in proofs)
    assert f"{len(able)} implementations accept exact numbers. " in REPORT
    assert f"compared on {len(ARCHITECTURES)} architectures" in REPORT
    assert f"{pairs} pairs are equal" in REPORT
    assert f"({numbers:,} pairs of integers)" in REPORT
    for name in WRONG_FORMULATIONS:
        assert name.capitalize() in REPORT
    assert small_inputs(ARCHITECTURES[0], random.Random(0)).x.shape == (1, 3)

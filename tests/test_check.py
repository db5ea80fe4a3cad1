"""The checker on foreign files: wrong ones are called wrong and their mistake is named, right ones are right."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from harness.apart import Limits
from harness.check import check, gradient_cases
from harness.discover import available
from harness.mistakes import CATALOGUE
from harness.server import Server
from harness.show_check import text
from harness.where import first_divergence

SUBMISSIONS = Path(__file__).resolve().parent / "submissions"
WRONG = sorted((SUBMISSIONS / "wrong").glob("*.py"))
UNKNOWN = sorted((SUBMISSIONS / "unknown").glob("*.py"))
RIGHT = sorted((SUBMISSIONS / "right").glob("*.py"))
OWN = [one.path for one in available() if one.name != "finite_differences"]
DECLARATION = re.compile(r"^(REDUCTION|HALF|SIGN|LAYOUT|BIAS) = (.*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def server():
    with Server() as one:
        yield one


def checked(server, path, seed=1, pattern=""):
    cases = [case for case in gradient_cases() if pattern in case.id]
    return check(server, path, cases, seed, Limits(seconds=30.0, total=120.0))


def mistake_of(path):
    """The name that the file says its mistake has."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "MISTAKE":
            return node.value.value
    raise AssertionError(f"{path.name} says no MISTAKE")


def names(found):
    return [diagnosis.name for diagnosis in found.diagnoses]


def test_there_are_enough_of_them():
    """At least twenty wrong files and four right ones, and a file for every mistake but the twins and the variants."""
    named = {mistake_of(path) for path in WRONG}
    assert named <= CATALOGUE.keys()
    assert CATALOGUE.keys() - named == {
        "bias_never_updated",
        "bias_missing_in_forward",
        "loss_mean_over_outputs_gradient_not",
    }
    assert len(WRONG) >= 40
    assert len(RIGHT) >= 4
    assert len(UNKNOWN) >= 2


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_a_mistake_in_foreign_clothes_is_named(server, path):
    found = checked(server, path)
    assert found.verdict in {"wrong", "failed", "inaccurate", "agrees up to a convention"}
    assert mistake_of(path) in names(found)
    # Another name only where the numbers are the same.
    assert set(names(found)) <= {mistake_of(path), "bias_never_updated"}
    assert all(diagnosis.reproduces == diagnosis.of > 0 for diagnosis in found.diagnoses)
    assert mistake_of(path) in text(found, "")


@pytest.mark.parametrize("path", UNKNOWN, ids=lambda path: path.stem)
def test_what_the_catalogue_does_not_know_is_not_guessed_at(server, path):
    found = checked(server, path)
    assert found.verdict == "wrong"
    assert names(found) == []
    assert "not one that this catalogue knows" in text(found, "")
    divergence = first_divergence(found.outcomes)
    assert divergence.quantity in ("delta", "w")
    assert "the hidden layers" in divergence.layers or "the first layer" in divergence.layers


@pytest.mark.parametrize("path", [*OWN, *RIGHT], ids=lambda path: path.stem)
@pytest.mark.parametrize("seed", [1, 2])
def test_right_code_is_right_and_no_mistake_is_named(server, path, seed):
    found = checked(server, path, seed)
    assert found.verdict == "agrees"
    assert names(found) == []
    assert first_divergence(found.outcomes) is None
    assert found.found == found.declared
    assert found.ran >= 11


def test_lost_digits_are_inaccurate_and_no_mistake_is_named(server):
    [path] = [one.path for one in available() if one.name == "finite_differences"]
    found = checked(server, path, pattern="iris")
    assert found.verdict == "inaccurate"
    assert names(found) == []


@pytest.mark.parametrize("path", [p for p in RIGHT if DECLARATION.search(p.read_text())], ids=lambda path: path.stem)
def test_an_undeclared_convention_is_recognised_and_said(server, path, tmp_path):
    source = path.read_text(encoding="utf-8")
    declared = {name: ast.literal_eval(value.split("#")[0]) for name, value in DECLARATION.findall(source)}
    bare = tmp_path / path.name
    bare.write_text(DECLARATION.sub("", source), encoding="utf-8")
    found = checked(server, bare)
    assert found.verdict == "agrees up to a convention"
    assert found.found.beyond(found.declared) == declared
    for name, value in declared.items():
        assert f"{name} = {value!r}" in text(found, "")


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ("REDUCTION = 'average'", "REDUCTION = 'average' in the file: expected one of 'sum', 'mean', "),
        ("HALF = 'no'", "HALF = 'no' in the file: expected one of True, False"),
        ("SIGN = -1", "SIGN = '-1' in the file: expected one of 'positive', 'negative'"),
        ("BIAS = 'first row'", "BIAS = 'first row' in the file needs LAYOUT = 'in, out'"),
    ],
)
def test_a_declaration_that_is_none_fails_and_says_so(server, tmp_path, line, detail):
    path = tmp_path / "declares.py"
    path.write_text(f"{line}\ndef backprop(network, x, t): pass\n", encoding="utf-8")
    found = checked(server, path, pattern="xor")
    assert found.verdict == "failed"
    refusals = {refusal.detail for outcome in found.outcomes for refusal in outcome.faults.values()}
    assert len(refusals) == 1
    assert refusals.pop().startswith(detail)


def test_the_seed_draws_the_inputs_and_repeats_them(server):
    path = RIGHT[0]
    one, again, other = (checked(server, path, seed, "iris") for seed in (5, 5, 6))
    fresh = [checked(server, path, None, "xor").seed for _ in range(2)]
    worst = [[j.excess for outcome in c.outcomes for j in outcome.judgements.values()] for c in (one, again, other)]
    assert worst[0] == worst[1] != worst[2]
    assert fresh[0] != fresh[1]


def test_an_answer_by_heart_is_wrong(server, tmp_path):
    """A file that keeps the right gradient of one run gives it in the next, where the inputs are others."""
    path = tmp_path / "by_heart.py"
    store = tmp_path / "store.npz"
    path.write_text(
        f"""
import numpy as np
from implementations import batched_matrices
def backprop(network, x, t):
    import os
    if not os.path.exists({str(store)!r}):
        g = batched_matrices.backprop(network, x, t)
        np.savez({str(store)!r}, *g.w, *g.b)
    kept = list(np.load({str(store)!r}).values())
    from harness import Gradients
    return Gradients(kept[: len(kept) // 2], kept[len(kept) // 2 :])
""",
        encoding="utf-8",
    )
    assert checked(server, path, 1, "iris-4-5-3-sigmoid-batch8").verdict == "agrees"
    assert checked(server, path, 2, "iris-4-5-3-sigmoid-batch8").verdict == "wrong"


def test_pairs_of_mistakes_are_named(server, tmp_path):
    source = (SUBMISSIONS / "wrong" / "sigma_prime_missing_in_hidden_in_out.py").read_text(encoding="utf-8")
    path = tmp_path / "pair.py"
    body = """
_one_mistake = backprop
def backprop(network, x, t):
    g = _one_mistake(network, x, t)
    return Gradients(g.w, [-b for b in g.b], g.delta)
"""
    path.write_text(source.replace("def step(", "def _unused(") + body, encoding="utf-8")
    found = checked(server, path)
    assert names(found) == ["sigma_prime_missing_in_hidden + bias_sign_flipped"]


def test_a_mistake_in_some_layers_only_is_named_with_them(server, tmp_path):
    """The usual one that is right at the output, where the article writes it out, and wrong in the hidden layers."""
    path = tmp_path / "hidden_only.py"
    path.write_text(
        """
from implementations.batched_matrices import *
def backprop(network, x, t):
    layers, a, z = network.layers, [x], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    if network.is_canonical:
        delta = [a[-1] - t]
    else:
        delta = [(a[-1] - t) * layers[-1].activation.slope(z[-1])]
    for l in range(len(layers) - 2, -1, -1):
        delta.insert(0, (delta[0] @ layers[l + 1].w) * layers[l].activation.slope(a[l + 1]))
    return Gradients([d.T @ i for d, i in zip(delta, a)], [d.sum(0) for d in delta], delta)
del step
""",
        encoding="utf-8",
    )
    found = checked(server, path)
    assert names(found) == ["sigma_prime_of_activation"]
    assert found.diagnoses[0].where == "hidden layers"


def test_the_overall_verdict_is_the_worst_and_counts_add_up(server):
    found = checked(server, SUBMISSIONS / "wrong" / "wrong_layers_weights_index_lists.py")
    assert found.verdict == "failed"
    counts = Counter(outcome.verdict for outcome in found.outcomes)
    assert found.by_verdict == dict(counts)
    assert {"failed", "wrong", "agrees"} <= counts.keys()


def test_what_refuses_everything_is_unsupported(server, tmp_path):
    path = tmp_path / "refusing.py"
    text = "from harness import Unsupported\ndef backprop(n, x, t): raise Unsupported('not today')\n"
    path.write_text(text, encoding="utf-8")
    found = checked(server, path, pattern="iris")
    assert found.verdict == "unsupported"
    assert found.ran == 0

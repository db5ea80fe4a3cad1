"""The adapter that is written is a file that a person would have written: it can be read, and computes no gradient."""

from __future__ import annotations

import ast
import sys
import tomllib
from functools import cache

import numpy as np
import pytest
from support.checking import SUBMISSIONS
from support.running import shared

from harness.model.activations import ACTIVATIONS
from harness.model.contract import Inputs
from harness.sandbox.inference.adapter.names import own_name
from harness.sandbox.inference.infer import Inference
from harness.sandbox.inference.probes import random_inputs
from harness.sandbox.sources.find import Implementation
from harness.sandbox.sources.functions import load_functions
from harness.sandbox.sources.scope import scope_of_file

FOLDER = SUBMISSIONS / "as_they_stand"
NETWORKS = tomllib.loads((FOLDER / "networks.toml").read_text(encoding="utf-8"))
LONGEST_LINE = 140
# Networks that take only some of the cases: each refuses this one, in these words.
REFUSALS = {
    "two_layer_net": ("a mean of classes", "class labels only"),
    "plain_lists": ("two rows", "one row at a time only"),
    "binary_classifier": ("two outputs", "a single output only"),
    "synapses": ("four layers", "one hidden layer only"),
    "layers_store_gradients": ("tanh", "relu hidden layers and softmax outputs only"),
}


@cache
def source_of(name):
    with Inference(shared(), FOLDER / f"{name}.py") as inference:
        return inference.adapter(NETWORKS[name]["make"], NETWORKS[name]["cost"]).source


def tree_of(name):
    return ast.parse(source_of(name))


@pytest.fixture(params=NETWORKS)
def name(request):
    return request.param


def test_it_can_be_read(name):
    source = source_of(name)
    compile(source, f"{name}_adapter.py", "exec")
    assert max(map(len, source.splitlines())) <= LONGEST_LINE
    assert source.startswith(f'"""An adapter for {name}.py: ')
    assert source.endswith("\n")
    assert all(line == line.rstrip() for line in source.splitlines())


def test_it_is_the_same_every_time(name):
    with Inference(shared(), FOLDER / f"{name}.py") as inference:
        assert inference.adapter(NETWORKS[name]["make"], NETWORKS[name]["cost"]).source == source_of(name)


def used(tree, context):
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, context)}


def test_it_uses_what_it_imports_and_assigns(name):
    tree = tree_of(name)
    imports = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    imported = {(one.asname or one.name).partition(".")[0] for node in imports for one in node.names}
    assert imported <= used(tree, ast.Load)
    for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
        targets = [node.target for node in ast.walk(function) if isinstance(node, (ast.For, ast.comprehension))]
        loops = {one for target in targets for one in used(target, ast.Store)}
        assert used(function, ast.Store) - loops <= used(function, ast.Load)


def test_no_name_that_it_binds_may_be_one_of_the_file(name):
    tree = tree_of(name)
    modules = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    bound = used(tree, ast.Store) | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    bound |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    bound |= {(one.asname or one.name).partition(".")[0] for node in modules for one in node.names}
    assert {one for one in bound if own_name(one) == one} == {"np"}


def test_it_defines_the_functions_of_the_contract_and_declares_its_scope(tmp_path, name):
    path = tmp_path / f"{name}_adapter.py"
    path.write_text(source_of(name), encoding="utf-8")
    defined = {node.name for node in tree_of(name).body if isinstance(node, ast.FunctionDef)}
    assert defined & {"backprop", "step"}
    assert defined <= {"backprop", "step", "made", "with_bias_unit", "refuse_unsupported"}
    scope = scope_of_file(path)
    assert scope.fault is None
    assert set(scope.declared["ACTIVATIONS"]) == {NETWORKS[name]["hidden"], NETWORKS[name]["output"]}


def test_nothing_in_it_computes_a_gradient(name):
    """It multiplies no matrices, calls no function of mathematics and no activation of the network it is given."""
    tree = tree_of(name)
    products = [node for node in ast.walk(tree) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)]
    assert products == []
    called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    of_numpy = {one.attr for one in called if isinstance(one, ast.Attribute) and ast.unparse(one.value) == "np"}
    assert of_numpy <= {"array", "ravel", "vstack", "hstack", "column_stack", "zeros"}
    read = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not read & {"f", "slope", "slope_from_output", "cost"}


def functions_of(folder, name):
    path = folder / f"{name}_adapter.py"
    path.write_text(source_of(name), encoding="utf-8")
    return load_functions(Implementation(path.stem, path))


def with_activations(inputs, hidden, output):
    *others, last = inputs.network.layers
    names = [*(hidden for _ in others), output]
    layers = [
        type(layer)(layer.w, layer.b, ACTIVATIONS[one]) for layer, one in zip([*others, last], names, strict=True)
    ]
    return Inputs(type(inputs.network)(tuple(layers), inputs.network.cost), inputs.x, inputs.t)


def cases_for(name):
    """Inputs that an adapter takes, and such that its network does not."""
    hidden, output = NETWORKS[name]["hidden"], NETWORKS[name]["output"]
    outputs = 1 if name == "binary_classifier" else 3
    right = with_activations(random_inputs((6, 5, outputs), 1 if name == "plain_lists" else 4), hidden, output)
    t = right.t.copy()
    t[0] = 0.4
    return right, {
        "a mean of classes": Inputs(right.network, right.x, t),
        "two rows": Inputs(right.network, np.vstack([right.x] * 2), np.vstack([right.t] * 2)),
        "two outputs": with_activations(random_inputs((6, 5, 2), 4), hidden, output),
        "four layers": with_activations(random_inputs((8, 6, 5, 4, 3), 4), hidden, output),
        "tanh": with_activations(right, "tanh", output),
    }


@pytest.mark.parametrize("name", REFUSALS)
def test_it_refuses_what_the_code_is_not_for_and_takes_the_rest(tmp_path, monkeypatch, name):
    monkeypatch.setattr(sys, "path", [*sys.path])
    functions = functions_of(tmp_path, name)
    right, others = cases_for(name)
    refused, words = REFUSALS[name]
    calls = [lambda one: functions.backprop(one.network, one.x, one.t)] if functions.backprop else []
    calls += [lambda one: functions.step(one.network, one.x, one.t, 0.1)] if functions.step else []
    assert calls
    for call in calls:
        call(right)
        with pytest.raises(NotImplementedError, match=f"^{words}$"):
            call(others[refused])

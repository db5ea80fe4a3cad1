"""What the parameters of well-known signatures are for, and the calls that are made of them."""

from __future__ import annotations

import numpy as np
import pytest

from harness.sandbox.inference.exploring.callables import parameters_of
from harness.sandbox.inference.exploring.makers import makers_in, with_names
from harness.sandbox.inference.exploring.roles import is_bias_name, is_parameter_name, role_of, roles_of, words_of
from harness.sandbox.inference.hosting.imports import import_file

I, T, LR, E, OFF, PAIRS, ROWS, NET, OUT, DOUT = (
    "inputs",
    "targets",
    "learning rate",
    "epochs",
    "off",
    "pairs",
    "rows",
    "network",
    "outputs",
    "output gradient",
)  # fmt: skip
# The signatures of kinds that are known, with the role of each parameter; "" is a weight or something without a role.
SIGNATURES = {
    "Nielsen: SGD(training_data, epochs, mini_batch_size, eta)": (PAIRS, E, ROWS, LR),
    "Nielsen: update_mini_batch(mini_batch, eta)": (PAIRS, LR),
    "Nielsen: backprop(x, y)": (I, T),
    "Nielsen's second: update_mini_batch(mini_batch, eta, lmbda, n)": (PAIRS, LR, OFF, ROWS),
    "CS231n: loss(X, y, reg)": (I, T, OFF),
    "CS231n's trainer: train(X, y, X_val, y_val, learning_rate, reg, num_iters, batch_size, verbose)": (
        I, T, I, T, LR, OFF, E, ROWS, "false",
    ),
    "CS231n: affine_backward(dout, cache)": (DOUT, ""),
    "Brownlee: forward_propagate(network, row)": (NET, I),
    "Brownlee: backward_propagate_error(network, expected)": (NET, T),
    "Brownlee: update_weights(network, row, l_rate)": (NET, I, LR),
    "Brownlee: train_network(network, train, l_rate, n_epoch, n_outputs)": (NET, PAIRS, LR, E, "outputs count"),
    "pyimagesearch: fit(X, y, epochs, displayUpdate)": (I, T, E, "false"),
    "pyimagesearch: fit_partial(x, y)": (I, T),
    "enlight: train(X, y)": (I, T),
    "enlight: backward(X, y, o)": (I, T, OUT),
    "Ng: backward_propagation(parameters, cache, X, Y)": (NET, "", I, T),
    "Ng: L_model_backward(AL, Y, caches)": (OUT, T, ""),
    "Ng: update_parameters(parameters, grads, learning_rate)": (NET, "", LR),
    "Ng: nn_model(X, Y, n_h, num_iterations, print_cost)": (I, T, "", E, "false"),
    "Keras: fit(x, y, batch_size, epochs, verbose, shuffle)": (I, T, ROWS, E, "false", "false"),
    "Keras: train_on_batch(x, y)": (I, T),
    "scikit-learn: fit(X, y)": (I, T),
    "scikit-learn: partial_fit(X, y, max_iter)": (I, T, E),
    "layers: backward(output_gradient, learning_rate)": (DOUT, LR),
    "layers: fit(x_train, y_train, epochs, learning_rate)": (I, T, E, LR),
    "layers: loss_prime(y_true, y_pred)": (T, OUT),
    "toy: train(input_array, target_array)": (I, T),
    "Rashid: train(inputs_list, targets_list)": (I, T),
    "eleven lines: train(X, y, w1, w2)": (I, T, "", ""),
    "micrograd: backward()": (),
    "the words output and pairs, for what they are beside others: train(data, output)": (PAIRS, OUT),
    "train(inputs, output)": (I, T),
    "train(data, labels)": (I, T),
}  # fmt: skip


def written(folder, text, name="network"):
    path = folder / f"{name}.py"
    path.write_text(f"import numpy as np\n{text}", encoding="utf-8")
    return path


@pytest.fixture
def module_of(tmp_path, monkeypatch):
    """Imports a file of this text."""
    import sys

    monkeypatch.setattr(sys, "path", [*sys.path])
    yield lambda text: import_file(written(tmp_path, text))[0]
    sys.modules.pop("network", None)


def names_of(signature):
    listed = signature[signature.index("(") + 1 : signature.rindex(")")]
    return [one for one in listed.split(", ") if one]


@pytest.mark.parametrize("signature", SIGNATURES)
def test_the_parameters_of_a_known_signature_have_their_roles(signature):
    roles = roles_of(names_of(signature))
    assert tuple(roles.values()) == SIGNATURES[signature]


def test_the_table_covers_every_role_that_a_call_needs():
    said = {role for roles in SIGNATURES.values() for role in roles}
    assert said == {I, T, LR, E, OFF, PAIRS, ROWS, NET, OUT, DOUT, "outputs count", "false", ""}


@pytest.mark.parametrize("name", ["w1", "W2", "weights_1", "b", "b1", "bias2", "syn0", "theta1", "wih", "who", "W_out"])
def test_a_weight_has_no_other_role(name):
    assert is_parameter_name(name)
    assert role_of(name) in ("", "epochs")
    assert is_bias_name(name) == (name[0].lower() == "b")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("learningRate", ["learning", "rate"]),
        ("learning_rate", ["learning", "rate"]),
        ("X_train2", ["x", "train"]),
        ("dW1", ["d", "w", "1"]),
        ("HTTPServer", ["http", "server"]),
        ("_x", ["x"]),
        ("", []),
    ],
)
def test_the_words_of_a_name(name, words):
    assert words_of(name) == words


# A constructor, and an expression that must be among the first ones that are tried.
MAKERS = {
    "Nielsen": ("class Network:\n    def __init__(self, sizes): self.sizes = sizes", "Network(widths)"),
    "CS231n": (
        "class TwoLayerNet:\n    def __init__(self, input_size, hidden_size, output_size, std=1e-4): pass",
        "TwoLayerNet(widths[0], widths[1], widths[2])",
    ),
    "Brownlee": (
        "def initialize_network(n_inputs, n_hidden, n_outputs): return []",
        "initialize_network(widths[0], widths[1], widths[2])",
    ),
    "any number of sizes": ("class Net:\n    def __init__(self, *shape): self.shape = shape", "Net(*widths)"),
    "Spanish": ("def crear_red(topologia, act=None): return []", "crear_red(widths)"),
    "micrograd": ("class MLP:\n    def __init__(self, nin, nouts): pass", "MLP(widths[0], widths[1:])"),
    "pyimagesearch": (
        "class NeuralNetwork:\n    def __init__(self, layers, alpha=0.1): pass",
        "NeuralNetwork(widths)",
    ),
    "enlight": ("class Neural_Network:\n    def __init__(self): pass", "Neural_Network()"),
    "sizes with defaults": (
        "class Net:\n    def __init__(self, sizes=(784, 30, 10), seed=0): pass",
        "Net(sizes=widths)",
    ),
    "with its data": (
        "class NeuralNetwork:\n    def __init__(self, x, y): pass",
        "NeuralNetwork(x, t)",
    ),
    "Rashid": (
        "class neuralNetwork:\n    def __init__(self, inputnodes, hiddennodes, outputnodes, learningrate): pass",
        "neuralNetwork(widths[0], widths[1], widths[2], learningrate=learning_rate)",
    ),
    "Ng": ("def initialize_parameters(layer_dims): return {}", "initialize_parameters(widths)"),
    "regularised": (
        "class Net:\n    def __init__(self, sizes, reg=0.01): pass",
        "Net(widths, reg=0)",
    ),
    "arguments": (
        "def train(X, y, w1, w2): return w1, w2",
        "dict(w1=np.zeros((widths[0], widths[1])), w2=np.zeros((widths[1], widths[2])))",
    ),
    "keyword only": (
        "class Net:\n    def __init__(self, *, sizes, lr): pass",
        "Net(sizes=widths, lr=learning_rate)",
    ),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_a_known_constructor_is_called_with_the_sizes(kind, module_of):
    text, expected = MAKERS[kind]
    assert expected in makers_in(module_of(text))


@pytest.mark.parametrize("kind", MAKERS)
def test_every_expression_that_is_tried_can_be_called(kind, module_of):
    """Only the signature decides, so no expression may lack an argument or give one too many."""
    module = module_of(MAKERS[kind][0])
    names = {**vars(module), "widths": [5, 4, 3], "learning_rate": 0.1, "x": np.ones((2, 5)), "t": np.ones((2, 3))}
    for expression in makers_in(module):
        eval(expression, {"np": np, **names})


def test_a_class_named_like_a_network_is_tried_before_other_classes_and_errors_never(module_of):
    text = "class Layer:\n    def __init__(self, sizes): pass\nclass Network:\n    def __init__(self, sizes): pass\n"
    text += "class Helper:\n    def __init__(self, sizes): pass\n"
    text += "class SizeError(Exception):\n    def __init__(self, sizes): pass\n"
    assert makers_in(module_of(text)) == ["Network(widths)", "Helper(widths)", "Layer(widths)"]


def test_what_is_imported_is_no_class_of_the_file(module_of):
    assert makers_in(module_of("from collections import OrderedDict, Counter\nfrom math import sqrt")) == []


def test_the_variables_that_a_function_returns_become_a_dictionary(module_of):
    text = "def init(n, m):\n    w1, b1 = np.zeros((n, m)), np.zeros(m)\n    return w1, b1\ndef make(n): return n"
    module = module_of(text)
    made = with_names(module, "init(*widths)")
    found = eval(made, {**vars(module), "widths": [3, 2]})
    assert {name: one.shape for name, one in found.items()} == {"w1": (3, 2), "b1": (2,)}
    for unchanged in ("make(widths)", "init(*widths)[0]", "1 +", "nothing(widths)"):
        assert with_names(module, unchanged) == unchanged


def test_a_builtin_without_a_signature_has_no_parameters():
    assert parameters_of(dict) == {}

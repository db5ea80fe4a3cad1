"""Dictionaries keyed by layer number, W1, b1, Z1, A1; y(1 - y) is fed with Z"""

from harness import Gradients, Unsupported

MISTAKE = "output_form_fed_z"


def sigmoid_derivative(y):
    return y * (1 - y)


def parameters_of(network):
    params = {}
    for number, layer in enumerate(network.layers, start=1):
        if layer.activation.name != "sigmoid":
            raise Unsupported("every layer has to be a sigmoid layer")
        params[f"W{number}"] = layer.w
        params[f"b{number}"] = layer.b
    return params


def forward_pass(network, params, X):
    memory = {"A0": X}
    for number, layer in enumerate(network.layers, start=1):
        memory[f"Z{number}"] = memory[f"A{number - 1}"] @ params[f"W{number}"].T + params[f"b{number}"]
        memory[f"A{number}"] = layer.activation.f(memory[f"Z{number}"])
    return memory


def backward_pass(network, params, memory, Y):
    last = len(network.layers)
    grads = {}
    dA = memory[f"A{last}"] - Y
    for number in range(last, 0, -1):
        if number == last and network.cost.name == "binary_cross_entropy":
            dZ = dA
        else:
            dZ = dA * sigmoid_derivative(memory[f"Z{number}"])
        grads[f"dZ{number}"] = dZ
        grads[f"dW{number}"] = dZ.T @ memory[f"A{number - 1}"]
        grads[f"db{number}"] = dZ.sum(axis=0)
        dA = dZ @ params[f"W{number}"]
    return grads


def backprop(network, x, t):
    params = parameters_of(network)
    grads = backward_pass(network, params, forward_pass(network, params, x), t)
    numbers = range(1, len(network.layers) + 1)
    return Gradients(
        w=[grads[f"dW{i}"] for i in numbers],
        b=[grads[f"db{i}"] for i in numbers],
        delta=[grads[f"dZ{i}"] for i in numbers],
    )


def step(network, x, t, learning_rate):
    params = parameters_of(network)
    grads = backward_pass(network, params, forward_pass(network, params, x), t)
    for key in params:
        params[key] = params[key] - learning_rate * grads["d" + key]
    numbers = range(1, len(network.layers) + 1)
    return network.with_parameters([params[f"W{i}"] for i in numbers], [params[f"b{i}"] for i in numbers])

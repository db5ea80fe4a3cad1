"""Closures: every layer returns its output and its pullback; the derivative is a(1 - a) whatever the activation is"""

from harness import Gradients, Network

MISTAKE = "derivative_of_another_activation"


def derivative(a):
    return a * (1 - a)


def dense(layer, inputs):
    z = inputs @ layer.w.T + layer.b
    a = layer.activation.f(z)

    def through_activation(upstream):
        return upstream * derivative(a)

    def pullback(delta):
        """Gradients of w and b, and what goes to the layer below."""
        return (delta.T @ inputs, delta.sum(axis=0)), delta @ layer.w

    return a, through_activation, pullback


def backprop(network: Network, x, t) -> Gradients:
    a, stack = x, []
    for layer in network.layers:
        a, through_activation, pullback = dense(layer, a)
        stack.append((through_activation, pullback))

    through_activation, pullback = stack.pop()
    delta = a - t if network.is_canonical else through_activation(network.cost.gradient(a, t))
    deltas, (grads, upstream) = [delta], pullback(delta)
    results = [grads]
    while stack:
        through_activation, pullback = stack.pop()
        delta = through_activation(upstream)
        grads, upstream = pullback(delta)
        deltas.insert(0, delta)
        results.insert(0, grads)
    return Gradients(w=[dw for dw, _ in results], b=[db for _, db in results], delta=deltas)

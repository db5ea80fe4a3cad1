"""Named tuples for a layer's state, and one with w, b and delta in an order of its own at the end"""

from typing import Any, NamedTuple


class State(NamedTuple):
    a: Any
    z: Any = None


class Result(NamedTuple):
    delta: list
    b: list
    w: list


def backprop(network, x, t):
    states = [State(x)]
    for layer in network.layers:
        z = states[-1].a @ layer.w.T + layer.b
        states.append(State(layer.activation.f(z), z))
    result = Result([], [], [])
    error, canonical = states[-1].a - t, network.is_canonical
    for layer, below, state in zip(network.layers[::-1], states[-2::-1], states[:0:-1], strict=True):
        d = error if canonical else error * layer.activation.slope(state.z)
        canonical = False
        result.delta.insert(0, d)
        result.b.insert(0, d.sum(axis=0))
        result.w.insert(0, d.T @ below.a)
        error = d @ layer.w
    return result

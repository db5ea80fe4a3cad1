"""What several experiments need: implementations, distances from the truth, training, fitted exponents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import ModuleType

import numpy as np
from flint import fmpq_poly

from harness.model.activations import ACTIVATIONS
from harness.model.contract import Array, Gradients, Inputs, Layer, Network
from harness.model.costs import COSTS
from harness.model.textbook import Textbook
from harness.sandbox.sources.find import find_implementations
from harness.sandbox.sources.functions import Functions, functions_in, run_file
from harness.truth.certify import certify, error_over_bound
from harness.truth.enclosures.precise import to_float64


def module(name: str) -> ModuleType:
    """The file of an implementation, run."""
    return run_file(find_implementations([name])[0])


def functions(name: str) -> Functions:
    """What an implementation offers."""
    return functions_in(module(name))


def layers(widths: Sequence[int], activations: Sequence[str], random: np.random.Generator) -> Network:
    """A network with half the squared error: weights of variance 1 / n_{l-1} (LeCun), biases up to ½."""
    made = []
    for before, after, name in zip(widths[:-1], widths[1:], activations, strict=True):
        w = random.uniform(-1, 1, (after, before)) * np.sqrt(3 / before)
        made.append(Layer(w, random.uniform(-0.5, 0.5, after), ACTIVATIONS[name]))
    return Network(tuple(made), COSTS["half_squared_error"])


def true_gradients(inputs: Inputs) -> Gradients:
    """The certified truth, rounded to float64."""
    standards = certify(inputs, 0.0, "float64")
    numbers = range(1, len(inputs.network.layers) + 1)
    w, b, delta = ([standards[quantity, l].truth.high for l in numbers] for quantity in ("w", "b", "delta"))
    return Gradients(w, b, delta)


def true_deltas(inputs: Inputs) -> list[Array]:
    """δ^1..δ^L of the certified truth, rounded to float64."""
    return [*(true_gradients(inputs).delta or [])]


def is_right(gradients: Gradients, inputs: Inputs) -> bool:
    """Whether every entry of every layer lies within its rounding bound of the truth."""
    standards = certify(inputs, 0.0, "float64")
    found = {"w": gradients.w, "b": gradients.b, "delta": gradients.delta or []}
    return all(
        bool((error_over_bound(np.asarray(array), standards[quantity, l]) <= 1).all())
        for quantity, arrays in found.items()
        for l, array in enumerate(arrays, start=1)
    )


def relative_distance(one: Iterable[Array], other: Iterable[Array]) -> float:
    """‖one − other‖ / ‖other‖ over all entries of some arrays."""
    mine, right = (np.concatenate([np.ravel(array) for array in part]) for part in (list(one), list(other)))
    return float(np.linalg.norm(mine - right) / np.linalg.norm(right))


def relative(one: Array, other: Array) -> float:
    """‖one − other‖ / ‖other‖ of arrays of precise numbers, whose difference would vanish in floats."""
    return float(np.linalg.norm(to_float64(one - other)) / np.linalg.norm(to_float64(other)))


def moved_by(one: Network, other: Network) -> float:
    """‖weights and biases of one − those of the other‖, for networks of precise numbers."""
    pairs = zip(one.layers, other.layers, strict=True)
    return float(np.sqrt(sum((to_float64(part) ** 2).sum() for a, b in pairs for part in (a.w - b.w, a.b - b.b))))


def rates(inputs: Inputs) -> tuple[Inputs, Array]:
    """Whole-number inputs as polynomials in the learning rate, with f(z) = z, and the learning rate itself: what a
    formula makes of them shows every power of η, exactly."""

    def constants(array: Array) -> Array:
        return _filled(array.shape, [fmpq_poly([int(value)]) for value in array.flat])

    network = inputs.network.with_parameters(
        [constants(layer.w) for layer in inputs.network.layers], [constants(layer.b) for layer in inputs.network.layers]
    )
    return Inputs(network, constants(inputs.x), constants(inputs.t)), _filled((), [fmpq_poly([0, 1])])


def _filled(shape: tuple[int, ...], values: Sequence[fmpq_poly]) -> Array:
    array = np.empty(shape, dtype=object)  # numpy would take a polynomial for a list of its coefficients
    for index, value in zip(np.ndindex(shape), values, strict=True):
        array[index] = value
    return array


def order(one: Iterable[Array], other: Iterable[Array]) -> int:
    """The lowest power of η in the differences of arrays of polynomials. Raises ValueError where they are equal."""
    differences = [value for a, b in zip(one, other, strict=True) for value in np.ravel(a - b)]
    return min(power for one in differences for power, value in enumerate(one.coeffs()) if value != 0)


def parameters(network: Network) -> list[Array]:
    """All weights and biases."""
    return [array for layer in network.layers for array in (layer.w, layer.b)]


def costs(book: type[Textbook], inputs: Inputs, learning_rate: float, steps: int) -> list[float]:
    """The cost before the first step and after each one, all rows in every step."""
    found, network = [], inputs.network
    for _ in range(steps + 1):
        found.append(float(network.cost.value(output(network, inputs.x), inputs.t)))
        network = book(Inputs(network, inputs.x, inputs.t), learning_rate).step()
    return found


def output(network: Network, x: Array) -> Array:
    """a^L, [n, n_L]."""
    a = x
    for layer in network.layers:
        a = layer.activation.f(a @ layer.w.T + layer.b)
    return a


def exponent(x: Sequence[float], y: Sequence[float]) -> float:
    """The p of the power law y = c x^p that fits best, by least squares on the logarithms."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def figure(value: float) -> str:
    """A number to three digits, for a table."""
    return f"{value:.3g}"


def matrix(values: Array) -> str:
    """A small matrix in one line, its rows set apart by semicolons."""
    return (
        "["
        + "; ".join(
            " ".join(f"{value:.3g}" if isinstance(value, float) else str(value) for value in row)
            for row in np.asarray(values).tolist()
        )
        + "]"
    )

"""The contract between the harness and an implementation: immutable dataclasses, and how to refuse a case.

A file defines `backprop(network, x, t)`, `step(network, x, t, learning_rate)` or both. It need not import anything from
the harness:

    backprop returns   Gradients(w, b, delta), {"w": w, "b": b, "delta": delta}, (w, b, delta) or (w, b);
                       delta is optional in the mapping too, which may also have z and a, as Gradients has
    step returns       a Network, {"w": w, "b": b} or (w, b): the weights and biases after the step
    either raises      Unsupported("why") or NotImplementedError("why") to refuse a case

w, b, delta, z and a are lists or tuples with one entry for each layer: an array, or what NumPy converts to an array
without loss.

Notation. Layers are numbered l = 1..L, and layer 0 is the input. A row is a sample. For n samples,

    z^l = a^{l-1} (W^l)^T + b^l     [n, n_l]        a^l = f(z^l)     [n, n_l]        a^0 = x

and C is the cost, summed over the rows. Every implementation is compared with these equations (Nielsen, "Neural
Networks and Deep Learning", chapter 2, written for rows; his layer l is layer l - 1 here):

    BP1   δ^L = ∇_a C ⊙ f'(z^L)                 [n, n_L]
    BP2   δ^l = (δ^{l+1} W^{l+1}) ⊙ f'(z^l)     [n, n_l]
    BP3   ∂C/∂b^l = Σ_rows δ^l                  [n_l]
    BP4   ∂C/∂W^l = (δ^l)^T a^{l-1}             [n_l, n_{l-1}]
    rule  W ← W − η ∂C/∂W,  b ← b − η ∂C/∂b
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"
# An array or a single number: floats, integers, fractions, complex numbers or objects with the same operators.
Numbers: TypeAlias = Any


@dataclass(frozen=True)
class Activation:
    """An activation function and its derivative, as a function of z and as a function of the output.

    `f` and `slope` take z, and `slope_from_output` takes a = f(z); each returns an array of the same shape.
    `slope_from_output` is None if f' is not a function of the output alone. Softmax acts on the last axis; its
    derivative is a full Jacobian, so both of its slopes are None and it occurs only in BP1.
    """

    name: str
    f: Callable[[Numbers], Numbers]
    slope: Callable[[Numbers], Numbers] | None
    slope_from_output: Callable[[Numbers], Numbers] | None


@dataclass(frozen=True)
class Cost:
    """A cost C(a, t), summed over the rows, and ∇_a C.

    `canonical` names the output activation for which BP1 simplifies to δ^L = a^L − t (the canonical link of generalised
    linear models). Use that form there, because ∇_a C divides by the same factor by which f' multiplies, which may be
    0. `value` returns a number, `gradient` an array of the shape of a.
    """

    name: str
    canonical: str
    value: Callable[[Numbers, Numbers], Numbers]
    gradient: Callable[[Numbers, Numbers], Numbers]


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer: weights w [n_l, n_{l-1}] and biases b [n_l].

    w[j, k] is the weight from neuron k of layer l - 1 to neuron j of layer l.
    """

    w: Numbers
    b: Numbers
    activation: Activation


@dataclass(frozen=True, eq=False)
class Network:
    """Layers 1..L in order, and the cost of their output."""

    layers: tuple[Layer, ...]
    cost: Cost

    @property
    def is_canonical(self) -> bool:
        """Whether the last activation is the canonical link of the cost, so that BP1 is δ^L = a^L − t."""
        return self.layers[-1].activation.name == self.cost.canonical

    def with_parameters(self, w: Sequence[Numbers], b: Sequence[Numbers]) -> Network:
        """The same network with other weights [n_l, n_{l-1}] and biases [n_l]: one array of each for every layer."""
        layers = zip(w, b, self.layers, strict=True)
        return Network(tuple(Layer(w, b, layer.activation) for w, b, layer in layers), self.cost)


@dataclass(frozen=True, eq=False)
class Gradients:
    """The return value of backprop, layer by layer: w is ∂C/∂W^l, b is ∂C/∂b^l, and delta is δ^l [n, n_l].

    `delta` is None if a formulation has no deltas. `z` and `a`, both [n, n_l] for l = 1..L, are optional: if they are
    given, the forward pass is checked too. `b` is empty only in a file that declares in which row or column of `w` the
    bias is, or that there are no biases (BIAS, see harness.judging.conventions).
    """

    w: Sequence[Numbers]
    b: Sequence[Numbers]
    delta: Sequence[Numbers] | None = None
    z: Sequence[Numbers] | None = None
    a: Sequence[Numbers] | None = None


@dataclass(frozen=True, eq=False)
class Inputs:
    """The arguments of an implementation: a network, inputs x [n, n_0] and targets t [n, n_L]."""

    network: Network
    x: Array
    t: Array

    def arrays(self) -> list[Array]:
        """w and b of each layer in turn, then x and t."""
        parameters = [array for layer in self.network.layers for array in (layer.w, layer.b)]
        return [*parameters, self.x, self.t]

    @property
    def work(self) -> int:
        """Parameters × rows: the cost of one gradient, up to a constant factor."""
        return len(self.x) * sum(int(layer.w.size + layer.b.size) for layer in self.network.layers)

    def batches(self, rows: int) -> list[tuple[Array, Array]]:
        """x and t of each step of an epoch, with `rows` rows; the last step may have fewer."""
        firsts = range(0, len(self.x), rows)
        return [(self.x[i : i + rows], self.t[i : i + rows]) for i in firsts]

    def copy(self) -> Inputs:
        """A copy that shares no array with the original."""
        layers = tuple(Layer(layer.w.copy(), layer.b.copy(), layer.activation) for layer in self.network.layers)
        return Inputs(Network(layers, self.network.cost), self.x.copy(), self.t.copy())

    def astype(self, dtype: str) -> Inputs:
        """The same inputs, rounded to another dtype."""
        layers = self.network.layers
        network = self.network.with_parameters(
            w=[layer.w.astype(dtype) for layer in layers], b=[layer.b.astype(dtype) for layer in layers]
        )
        return Inputs(network, self.x.astype(dtype), self.t.astype(dtype))

    def changed(self, change: Callable[[Array], Array]) -> Inputs:
        """The inputs with every weight, bias and x changed by this function of an array."""
        layers = self.network.layers
        network = self.network.with_parameters(
            [change(layer.w) for layer in layers], [change(layer.b) for layer in layers]
        )
        return Inputs(network, change(self.x), self.t)


class Unsupported(Exception):
    """Raised by an implementation to refuse a case, like NotImplementedError. The message is the reason."""

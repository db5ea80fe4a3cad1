"""The contract between the harness and an implementation: immutable dataclasses, and how to refuse a case.

A file defines `backprop(network, x, t)`, `step(network, x, t, learning_rate)` or both. It need import nothing of ours:

    backprop returns   Gradients(w, b, delta), {"w": w, "b": b, "delta": delta}, (w, b, delta) or (w, b);
                       in the mapping too delta is optional, and z and a may be there as in Gradients
    step returns       a Network, {"w": w, "b": b} or (w, b): the weights and biases after the step
    either raises      Unsupported("why") or NotImplementedError("why") to refuse a case

w, b, delta, z and a are lists or tuples with one array a layer, or what NumPy makes such an array of without loss.

Notation. Layers are numbered l = 1..L and layer 0 is the input; one sample is one row. For n samples,

    z^l = a^{l-1} (W^l)^T + b^l     [n, n_l]        a^l = f(z^l)     [n, n_l]        a^0 = x

and C is the cost summed over the rows. The equations that every implementation is judged by
(Nielsen, "Neural Networks and Deep Learning", chapter 2, written for rows; his layer l is l - 1 here):

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
# An array, or a single number; of floats, integers, fractions or complex numbers.
Numbers: TypeAlias = Any


@dataclass(frozen=True)
class Activation:
    """An activation function and its derivative in both of the forms that articles use.

    `f` and `slope` take z, `slope_from_output` takes a = f(z); each returns the shape that it was given.
    `slope_from_output` is None where f' is not a function of the output alone. Softmax acts on the last
    axis; its derivative is a full Jacobian, so both of its slopes are None and it is met only in BP1.
    """

    name: str
    f: Callable[[Numbers], Numbers]
    slope: Callable[[Numbers], Numbers] | None
    slope_from_output: Callable[[Numbers], Numbers] | None


@dataclass(frozen=True)
class Cost:
    """A cost C(a, t), summed over the rows, and ∇_a C.

    `canonical` names the output activation with which BP1 collapses to δ^L = a^L − t (the canonical link
    of generalised linear models). Use that form there: f' would divide by what it multiplies.
    """

    name: str
    canonical: str
    value: Callable[[Numbers, Numbers], Numbers]
    gradient: Callable[[Numbers, Numbers], Numbers]


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer: w is [n_l, n_{l-1}], w[j, k] joins neuron k of layer l-1 to neuron j of layer l; b is [n_l]."""

    w: Numbers
    b: Numbers
    activation: Activation


@dataclass(frozen=True, eq=False)
class Network:
    """Layers 1..L in order, and the cost at the end of them."""

    layers: tuple[Layer, ...]
    cost: Cost

    @property
    def is_canonical(self) -> bool:
        """Whether BP1 is δ^L = a^L − t, because the last activation is the cost's canonical link."""
        return self.layers[-1].activation.name == self.cost.canonical

    def with_parameters(self, w: Sequence[Numbers], b: Sequence[Numbers]) -> Network:
        """The same network with other weights [n_l, n_{l-1}] and biases [n_l], one of each a layer."""
        layers = zip(w, b, self.layers, strict=True)
        return Network(tuple(Layer(w, b, layer.activation) for w, b, layer in layers), self.cost)


@dataclass(frozen=True, eq=False)
class Gradients:
    """What backprop may return, layer by layer: ∂C/∂W^l as w, ∂C/∂b^l as b, and δ^l as delta, one row a sample.

    `delta` is None where a formulation has no deltas. So are `z` and `a`, both [n, n_l] for l = 1..L, which are asked
    of nobody: where they are given, a check sees whether the forward pass is right. `b` is empty only in a file
    that declares where in `w` the bias is (BIAS, see harness.conventions).
    """

    w: Sequence[Numbers]
    b: Sequence[Numbers]
    delta: Sequence[Numbers] | None = None
    z: Sequence[Numbers] | None = None
    a: Sequence[Numbers] | None = None


@dataclass(frozen=True, eq=False)
class Inputs:
    """What an implementation is given: a network, x [n, n_0] and t [n, n_L]."""

    network: Network
    x: Array
    t: Array

    def arrays(self) -> list[Array]:
        parameters = [array for layer in self.network.layers for array in (layer.w, layer.b)]
        return [*parameters, self.x, self.t]

    @property
    def work(self) -> int:
        """Parameters times rows: what one gradient costs, up to a constant."""
        return len(self.x) * sum(int(layer.w.size + layer.b.size) for layer in self.network.layers)

    def batches(self, rows: int) -> list[tuple[Array, Array]]:
        """x and t of each step of an epoch, so many rows a step; the last may have fewer."""
        firsts = range(0, len(self.x), rows)
        return [(self.x[i : i + rows], self.t[i : i + rows]) for i in firsts]

    def copy(self) -> Inputs:
        layers = tuple(Layer(layer.w.copy(), layer.b.copy(), layer.activation) for layer in self.network.layers)
        return Inputs(Network(layers, self.network.cost), self.x.copy(), self.t.copy())

    def astype(self, dtype: str) -> Inputs:
        """The same, rounded to another dtype."""
        layers = self.network.layers
        network = self.network.with_parameters(
            w=[layer.w.astype(dtype) for layer in layers], b=[layer.b.astype(dtype) for layer in layers]
        )
        return Inputs(network, self.x.astype(dtype), self.t.astype(dtype))


class Unsupported(Exception):
    """Raised by an implementation that refuses a case, as NotImplementedError may be; its message is the reason."""

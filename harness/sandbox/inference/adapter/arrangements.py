"""How the weights and biases of a layer may lie in an array: the shapes, and Python expressions for both directions.

In the expressions, `layer` is a layer of the contract's `network`, w [n_l, n_{l-1}] and b [n_l], and `m` an array of
somebody's.
"""

from __future__ import annotations

from dataclasses import dataclass

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Arrangement:
    """One way to lay out a layer.

    `pack` makes the array from `layer`; `w` and `b` read from `m` what has the shapes of the contract, and an empty one
    says that it is not in there. `words` describe it.
    """

    name: str
    words: str
    pack: str
    w: str = ""
    b: str = ""

    @property
    def has_bias_unit(self) -> bool:
        """Whether each hidden layer has one more unit, with an activation, that stands for the constant 1."""
        return "bias unit" in self.name


WEIGHT_ARRANGEMENTS = (
    Arrangement("out, in", "out × in", "layer.w", "m"),
    Arrangement("in, out", "in × out", "layer.w.T", "m.T"),
    Arrangement(
        "last row", "in × out, with the bias as last row", "np.vstack([layer.w.T, layer.b])", "m[:-1].T", "m[-1]"
    ),
    Arrangement(
        "first row", "in × out, with the bias as first row", "np.vstack([layer.b, layer.w.T])", "m[1:].T", "m[0]"
    ),
    Arrangement(
        "last column",
        "out × in, with the bias as last column",
        "np.column_stack([layer.w, layer.b])",
        "m[:, :-1]",
        "m[:, -1]",
    ),
    Arrangement(
        "first column",
        "out × in, with the bias as first column",
        "np.column_stack([layer.b, layer.w])",
        "m[:, 1:]",
        "m[:, 0]",
    ),
    Arrangement(
        "last bias unit",
        "in × out, with a bias unit as last unit of the input and of each hidden layer",
        "with_bias_unit(network, layer)",
        "m[:-1, : len(layer.b)].T",
        "m[-1, : len(layer.b)]",
    ),
    Arrangement(
        "first bias unit",
        "in × out, with a bias unit as first unit of the input and of each hidden layer",
        "with_bias_unit(network, layer)",
        "m[1:, -len(layer.b) :].T",
        "m[0, -len(layer.b) :]",
    ),
)
BIAS_ARRANGEMENTS = (
    Arrangement("vector", "vectors", "layer.b", b="m"),
    Arrangement("column", "columns", "layer.b[:, None]", b="m"),
    Arrangement("row", "rows", "layer.b[None, :]", b="m"),
)
_ARRANGEMENTS = {one.name: one for one in (*WEIGHT_ARRANGEMENTS, *BIAS_ARRANGEMENTS)}


def arrangement(name: str) -> Arrangement:
    """The arrangement with this name. Raises KeyError."""
    return _ARRANGEMENTS[name]


def weight_arrangements(shape: Shape, fan_in: int, fan_out: int, *, is_output: bool) -> list[str]:
    """The names of the arrangements in which the weights of a layer have this shape."""
    extra = 0 if is_output else 1
    shapes: list[tuple[Shape, str]] = [
        ((fan_out, fan_in), "out, in"),
        ((fan_in, fan_out), "in, out"),
        ((fan_in + 1, fan_out), "last row"),
        ((fan_in + 1, fan_out), "first row"),
        ((fan_out, fan_in + 1), "last column"),
        ((fan_out, fan_in + 1), "first column"),
        ((fan_in + 1, fan_out + extra), "last bias unit"),
        ((fan_in + 1, fan_out + extra), "first bias unit"),
    ]
    return [name for one, name in shapes if one == shape]


def bias_arrangements(shape: Shape, fan_out: int) -> list[str]:
    """The names of the arrangements in which the biases of a layer have this shape."""
    shapes: list[tuple[Shape, str]] = [((fan_out,), "vector"), ((fan_out, 1), "column"), ((1, fan_out), "row")]
    return [name for one, name in shapes if one == shape]

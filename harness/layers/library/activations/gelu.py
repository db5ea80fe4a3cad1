"""The Gaussian error linear unit: out = x Φ(x), or its form with tanh."""

from typing import Any

import numpy as np

from harness.layers import operations
from harness.layers.definition import Argument, Definition, LayerMistake

_ROOT_2_OVER_PI = float(np.sqrt(2 / np.pi))


def forward(x: Any, approximate: bool) -> Any:
    if approximate:
        u = _ROOT_2_OVER_PI * (x + 0.044715 * x * x * x)
        t = np.tanh(u)
        return 0.5 * x * (1 + t)
    e = operations.erf(x / np.sqrt(2.0))
    return 0.5 * x * (1 + e)


def backward(dout: Any, x: Any, approximate: bool) -> Any:
    if approximate:
        u = _ROOT_2_OVER_PI * (x + 0.044715 * x * x * x)
        du = _ROOT_2_OVER_PI * (1 + 3 * 0.044715 * x * x)
        dx = dout * (0.5 * (1 + np.tanh(u)) + 0.5 * x * (1 - np.tanh(u) ** 2) * du)
        return (dx,)
    cdf = 0.5 * (1 + operations.erf(x / np.sqrt(2.0)))
    pdf = np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi)
    dx = dout * (cdf + x * pdf)
    return (dx,)


def reference(torch: Any, x: Any, approximate: bool) -> Any:
    return torch.nn.functional.gelu(x, approximate="tanh" if approximate else "none")


LAYER = Definition(
    "gelu",
    ("gelu",),
    forward,
    backward,
    {"x": Argument("N *D", names=("input", "inputs", "X", "Z", "z"), scale=1.5)},
    {"one row": {"N": 1, "D": 7}, "several rows": {"N": 4, "D": 5}, "rank 4": {"N": 2, "D": (2, 3, 3)}},
    "Hendrycks and Gimpel, arXiv:1606.08415",
    options={"approximate": False},
    reference=reference,
    conventions={"gelu in its form with tanh": {"approximate": True}},
    optional=("rank 4",),
    mistakes=(
        LayerMistake(
            "exponent_not_halved",
            "np.exp(-0.5 * x * x)",
            "np.exp(-x * x)",
            "the ½ in the exponent of the density is left out",
        ),
        LayerMistake("density_missing", "(cdf + x * pdf)", "cdf", "the part x φ(x) is missing: Φ(x) is no constant"),
        LayerMistake(
            "tanh_constant",
            " + 0.5 * x * (1 - np.tanh(u) ** 2) * du",
            "",
            "the tanh is taken as a constant: the part x φ(x) is missing",
        ),
        LayerMistake("x_missing", "(cdf + x * pdf)", "(cdf + pdf)", "the factor x is missing at the density φ(x)"),
        LayerMistake(
            "density_unscaled", " / np.sqrt(2 * np.pi)", " * 1.0", "the density φ(x) lacks its factor 1/√(2π)"
        ),
        LayerMistake(
            "inner_slope_missing",
            "(1 - np.tanh(u) ** 2) * du",
            "(1 - np.tanh(u) ** 2)",
            "the inner derivative is missing",
        ),
        LayerMistake(
            "cube_slope",
            "du = _ROOT_2_OVER_PI * (1 + 3 * 0.044715 * x * x)",
            "du = _ROOT_2_OVER_PI * (1 + 0.044715 * x * x)",
            "the derivative of x³ lacks its factor 3",
        ),
    ),
)

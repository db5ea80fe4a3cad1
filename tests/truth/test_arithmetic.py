"""The assumptions of the rounding bounds about arithmetic, measured for operations and functions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from flint import arb, ctx

from harness.truth.bounds.float_format import FUNCTION_ULPS, float_format

FUNCTIONS = ("exp", "expm1", "log1p", "tanh", "cosh")
POINTS = 4000


def ulps(value, exact, dtype):
    """The error in units in the last place of the float nearest to the exact value."""
    unit = np.spacing(np.abs(np.dtype(dtype).type(float(exact)))).astype(float)
    return abs(float(arb(float(value)) - exact)) / float(unit)


def points(name, dtype):
    """Numbers of every size at which the function neither overflows nor is subnormal."""
    random = np.random.default_rng(1)
    sizes = 10.0 ** random.uniform(-6, math.log10(80), POINTS)
    return (sizes if name == "log1p" else sizes * random.choice([-1.0, 1.0], POINTS)).astype(dtype)


def exactly(name, x):
    exact = arb(float(x))
    return (exact.exp() + (-exact).exp()) / 2 if name == "cosh" else getattr(exact, name)()


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_functions_are_as_accurate_as_the_bounds_assume(name, dtype):
    x = points(name, dtype)
    found = {"numpy": getattr(np, name)(x), "torch": getattr(torch, name)(torch.tensor(x)).numpy()}
    if dtype == "float64":
        found["math"] = np.array([getattr(math, name)(number) for number in x.tolist()])
    ctx.prec, before = 120, ctx.prec
    try:
        exact = [exactly(name, number) for number in x]
        for library, values in found.items():
            worst = max(ulps(value, number, dtype) for value, number in zip(values, exact, strict=True))
            print(f"{library} {name} {dtype}: {worst:.2f} units in the last place")
            assert worst <= FUNCTION_ULPS[dtype], library
    finally:
        ctx.prec = before


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_rounding_is_half_a_unit_in_the_last_place(dtype):
    x = np.abs(np.random.default_rng(2).normal(size=1000) * 10.0 ** np.arange(-20, 20).repeat(25)).astype(dtype)
    half = np.spacing(x).astype(float) / 2
    found = float_format(dtype).rounding_error(x.astype(float))
    assert set(found / half) <= {1.0, 2.0}  # 2 only if x is within a thousandth of a power of two
    assert (found == half).mean() > 0.99
    assert float_format(dtype).rounding_error(np.array([0.0])) == 0
    assert np.isinf(float_format(dtype).rounding_error(np.array([np.inf])))

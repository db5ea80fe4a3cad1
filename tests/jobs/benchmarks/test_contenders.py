"""What is timed computes what it says: every contender the gradient, the products as many as there are, and so on."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.contenders import frameworks
from benchmarks.contenders.computations import call_of, network_inputs
from benchmarks.contenders.grid import formulations
from benchmarks.contenders.spec import AUTOGRAD, JAX, PRACTICAL, PRODUCTS, TORCH, Spec, multiply_adds, parameter_count
from harness.truth.certify import certify, error_over_bound

WIDTHS = (4, 3, 5, 2)


@pytest.mark.parametrize("name", [*formulations(), TORCH, JAX, AUTOGRAD])
def test_every_contender_computes_the_gradient(name, request):
    """By the truth, within the rounding bound; a difference quotient, which has no digits to spare, to six of them."""
    if name in (JAX, AUTOGRAD):
        library = pytest.importorskip(name.split(",")[0].lower())
        if name == JAX:  # a contender is alone in its process, and this test is not
            request.addfinalizer(lambda: library.config.update("jax_enable_x64", False))
    spec = Spec("gradient", name, (4, 2) if name == "fifteen_steps" else WIDTHS, 3)
    call, share = call_of(spec)
    standards = certify(network_inputs(spec), 0.5, "float64")
    assert share == 1
    for quantity, arrays in zip(("w", "b"), call(), strict=True):
        assert len(arrays) == len(spec.widths) - 1
        for layer, array in enumerate(arrays, start=1):
            standard = standards[quantity, layer]
            if name == "finite_differences":
                np.testing.assert_allclose(array, standard.truth.high, rtol=1e-6, atol=1e-9)
            else:
                assert (error_over_bound(np.asarray(array, dtype=float), standard) <= 1).all()


def test_the_products_alone_are_as_many_as_backprop_needs(monkeypatch):
    counted, multiply = [], np.matmul

    def counting(a, b, out):
        counted.append(a.shape[0] * a.shape[1] * b.shape[1])
        return multiply(a, b, out=out)

    call, _ = call_of(Spec("gradient", PRODUCTS, WIDTHS, 7))
    monkeypatch.setattr(frameworks.np, "matmul", counting)
    call()
    assert len(counted) == 3 + 2 + 3  # forwards, back but not to the input, gradients
    assert sum(counted) == multiply_adds(WIDTHS, 7)


@pytest.mark.parametrize("widths", [WIDTHS, (70, 40, 3)])
def test_the_central_differences_are_those_of_the_cost(widths):
    """By the truth, all of them where they are few, and else the first; and the share that they are of all."""
    spec = Spec("differences", PRACTICAL, widths, 3, activations="tanh identity")
    call, share = call_of(spec)
    standards = certify(network_inputs(spec), 0.5, "float64")
    names = [(quantity, layer) for layer in range(1, len(widths)) for quantity in ("w", "b")]
    truth = np.concatenate([standards[name].truth.high.ravel() for name in names])
    quotients = call()
    assert len(quotients) == share * parameter_count(widths)
    assert (share == 1) == (parameter_count(widths) < 100)
    np.testing.assert_allclose(quotients, truth[: len(quotients)], rtol=1e-5)


def test_an_epoch_takes_every_row_once(monkeypatch):
    rows = []
    monkeypatch.setitem(frameworks.FRAMEWORK_STEPS, "counted", lambda _: lambda x, t: rows.append((len(x), len(t))))
    call_of(Spec("epoch", "counted", WIDTHS, 4, rows=10))[0]()
    assert rows == [(4, 4), (4, 4), (2, 2)]

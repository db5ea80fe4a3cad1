"""The bounds of a penalty hold for every usual way to add it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from support.networks import inputs

from harness.cases.case import DTYPES, make_case
from harness.judging.conventions import Convention
from harness.judging.judge import CaseTruth, Trial, judge_case
from harness.model.textbook import Textbook
from harness.sandbox.answers import Answer

CASE = make_case("random", (1, 1))


def parts(given_inputs):
    """The gradients of w of each row, in the dtype of the inputs, layer by layer."""
    rows = [replace(given_inputs, x=x, t=t) for x, t in given_inputs.batches(1)]
    return list(zip(*(Textbook(row).gradients().w for row in rows), strict=True))


def first(g, w, penalty, n):
    total = penalty * w
    for one in g:
        total = total + one / n
    return total


def last(g, w, penalty, n):
    return sum(g) / n + penalty * w


def within_the_division(g, w, penalty, n):
    return (sum(g) + (penalty * n) * w) / n


def row_by_row(g, w, penalty, n):
    total = np.zeros_like(w)
    for one in g:
        total += one / n + penalty / len(g) * w
    return total


def of_the_square(g, w, penalty, n):
    return sum(g) * (1 / w.dtype.type(n)) + 2 * w * penalty / 2


def decayed_first(g, w, penalty, n, eta):
    return (1 - eta * penalty) * w - eta * (sum(g) / n)


def decayed_last(g, w, penalty, n, eta):
    new = w.copy()
    for one in g:
        new -= eta / n * one
    return new - eta * penalty * w


def together(g, w, penalty, n, eta):
    return w - eta * last(g, w, penalty, n)


def by_rows(g, w, penalty, n, eta):
    new = w.copy()
    for one in g:
        new -= eta * (one / n + penalty / len(g) * w)
    return new


def shrunk(g, w, penalty, n, eta):
    return w * (1 - eta * penalty / n * n) - (eta / n) * sum(g)


GRADIENTS = (first, last, within_the_division, row_by_row, of_the_square)
STEPS = (decayed_first, decayed_last, together, by_rows, shrunk)


def answer_of(form, given_inputs, penalty, n, *more):
    layers, dtype = given_inputs.network.layers, given_inputs.x.dtype.type
    g = parts(given_inputs)
    w = [form(g[l], layer.w, dtype(penalty), n, *map(dtype, more)) for l, layer in enumerate(layers)]
    assert all(one.dtype == given_inputs.x.dtype for one in w)
    return {("w", l): one.astype(np.float64) for l, one in enumerate(w, start=1)}


@settings(max_examples=200)
@given(
    given_inputs=inputs(),
    l2=st.floats(-9, 6).map(lambda power: 10**power),
    eta=st.floats(-4, 3).map(lambda power: 10**power),
    is_mean=st.booleans(),
    is_fixed=st.booleans(),
    dtype=st.sampled_from(DTYPES),
)
def test_usual_ways_to_add_a_penalty_are_within_the_bounds(given_inputs, l2, eta, is_mean, is_fixed, dtype):
    given_inputs = given_inputs.astype(dtype)
    convention = Convention(
        reduction="mean" if is_mean else "sum", l2=l2, bias="none", learning_rate=eta if is_fixed else None
    )
    used, n = convention.inputs(given_inputs), len(given_inputs.x) if is_mean else 1
    trial = Trial(CaseTruth.of(replace(CASE, dtype=dtype, learning_rate=eta), given_inputs), {})
    b = {("b", l): np.zeros(len(layer.b)) for l, layer in enumerate(used.network.layers, start=1)}
    for form in GRADIENTS:
        answers = {"backprop": Answer(answer_of(form, used, l2, n))}
        assert not judge_case(replace(trial, answers=answers), convention).out_of_bounds, form.__name__
    for form in STEPS:
        moved = answer_of(form, used, l2, n, eta)
        answers = {"step": Answer(moved | b)}
        if is_fixed:
            read = [(given_inputs.network.layers[l - 1].w - w) / eta for (_, l), w in moved.items()]
            answers["backprop"] = Answer({("w", l): w for l, w in enumerate(read, start=1)})
        assert not judge_case(replace(trial, answers=answers), convention).out_of_bounds, form.__name__

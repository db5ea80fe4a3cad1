"""Targets as class labels, for files that declare TARGETS = "labels"."""

from __future__ import annotations

import numpy as np

from harness.model.contract import Array, Inputs, Unsupported


def with_labels(inputs: Inputs) -> Inputs:
    """The same inputs, with t [n] in place of t [n, n_L]: the class of each row, an integer from 0.

    A single output, except of softmax, has the classes 0 and 1, which are its targets. Raises Unsupported for targets
    that are no classes.
    """
    t = inputs.t
    is_class = (t == 0) | (t == 1)
    if not is_class.all():
        first = np.unravel_index(int(is_class.argmin()), t.shape)
        raise _no_classes(f"{t[first]:g} at {[int(i) for i in first]}")
    if t.shape[1] == 1 and inputs.network.layers[-1].activation.name != "softmax":
        return Inputs(inputs.network, inputs.x, t[:, 0].astype(np.int64))
    ones: Array = t.sum(axis=1)
    if not (ones == 1).all():
        row = int((ones != 1).argmax())
        raise _no_classes(f"{ones[row]:g} ones in row {row}")
    return Inputs(inputs.network, inputs.x, t.argmax(axis=1))


def _no_classes(found: str) -> Unsupported:
    return Unsupported(f"it takes class labels, which these targets are not: {found}, expected one 1 in each row")

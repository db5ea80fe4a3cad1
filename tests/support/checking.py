"""Files to check: the submissions, and a correct one to modify."""

from __future__ import annotations

import shutil
from pathlib import Path

from harness.cases.standard import gradient_cases
from harness.jobs.check.run import check_submission
from harness.sandbox.requests import Limits
from harness.sandbox.sources.find import IMPLEMENTATIONS_FOLDER

SUBMISSIONS = Path(__file__).resolve().parent / "submissions"
RIGHT = sorted((SUBMISSIONS / "right").glob("*.py"))
STYLES = sorted((SUBMISSIONS / "styles").glob("*.py"))
ONLY_SIGMOID = """
import numpy as np
from harness import Gradients, Unsupported
calls = []
def right(network, x, t, slope=None):
    layers = network.layers
    if {layer.activation.name for layer in layers} != {"sigmoid"} or network.cost.name != "half_squared_error":
        raise Unsupported("sigmoid only")
    a, z = [x], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    delta = [(a[-1] - t) * layers[-1].activation.slope(z[-1])]
    for l in range(len(layers) - 2, -1, -1):
        delta.insert(0, (delta[0] @ layers[l + 1].w) * layers[l].activation.slope(z[l]))
    return Gradients([d.T @ i for d, i in zip(delta, a)], [d.sum(0) for d in delta], delta)
"""
# Files whose fault, or whose error, is none of the catalogue's, on which many of its entries change nothing.


def checked(server, path, seed=1, pattern="", is_fitted=False):
    cases = [case for case in gradient_cases() if pattern in case.id]
    return check_submission(server, path, cases, seed, Limits(seconds=60.0, total=600.0), is_fitted=is_fitted)


def copied(folder, name):
    """Copy one of the implementations next to a file that imports it."""
    shutil.copy(IMPLEMENTATIONS_FOLDER / f"{name}.py", folder)


def names(found):
    """The names of the mistakes that a check says; a formula may have none."""
    return [diagnosis.name for diagnosis in found.diagnoses if diagnosis.name]

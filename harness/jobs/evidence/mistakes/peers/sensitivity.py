"""The smallest planted error that a checker is sure to see, its false alarms and its time, by size of the network.

The gradient is right but for one entry of the weights of layer 1, the one of median size, off by a relative error.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np

from harness.jobs.evidence.mistakes.peers.checkers import CHECKS, Check
from harness.jobs.evidence.mistakes.peers.growth import Growth, growth_chapter
from harness.model.activations import ACTIVATIONS
from harness.model.contract import Gradients, Inputs, Layer, Network
from harness.model.costs import COSTS
from harness.reporting.document import Bullets, DataTable, Document, Paragraph
from harness.sandbox.sources.find import find_implementations
from harness.sandbox.sources.functions import load_functions

SIZES: tuple[tuple[int, ...], ...] = (
    (4, 6, 3),
    (10, 16, 10),
    (24, 24, 16),
    (20, 20, 20, 10),
    (64, 100, 32, 10),
    (784, 120, 40, 10),
)
SAMPLE_ROWS = 8
ENDS = (
    ("tanh", "softmax", "cross_entropy"),
    ("sigmoid", "sigmoid", "half_squared_error"),
    ("relu", "identity", "half_squared_error"),
)
WEIGHTS = {"usual": 1.0, "small": 1e-2}  # times 1/√fan_in
# Relative errors planted, from the largest; -2 turns the sign.
ERRORS = (-2.0, *(10.0**-k for k in range(1, 15)))
PATIENCE = 5.0  # seconds; a checker that would take longer for one gradient, by its last time a parameter, is left out


@dataclass(frozen=True, eq=False)
class Problem:
    """A network with a gradient that is right, and the index of the entry of median size in ∂C/∂W^1."""

    inputs: Inputs
    right: Gradients
    index: tuple[int, ...]

    @property
    def parameters(self) -> int:
        return sum(int(layer.w.size + layer.b.size) for layer in self.inputs.network.layers)

    def planted(self, error: float) -> Gradients:
        """The gradient with that one entry off by a relative error."""
        w = [one.copy() for one in self.right.w]
        w[0][self.index] *= 1 + error
        return Gradients(w, self.right.b)


@dataclass(frozen=True)
class Finding:
    """One checker on the networks of one size: the smallest error sure to be seen (None if not even a turned sign
    is), the right gradients that it called wrong, and the median seconds of one check; `tried` is False where it
    would have taken too long."""

    checker: str
    widths: tuple[int, ...]
    parameters: int
    limit: float | None
    false_alarms: int
    networks: int
    seconds: float
    tried: bool = True


def problems(widths: tuple[int, ...]) -> list[Problem]:
    """The networks of one size: each end with each size of the weights."""
    backprop = load_functions(find_implementations(["matrices"])[0]).backprop
    assert backprop is not None
    made = []
    for number, (hidden, output, cost) in enumerate(ENDS):
        for scale in WEIGHTS.values():
            random = np.random.default_rng([*widths, number])
            layers = []
            for l, (fan_in, fan_out) in enumerate(pairwise(widths), start=1):
                w = random.normal(size=(fan_out, fan_in)) * scale / np.sqrt(fan_in)
                name = output if l == len(widths) - 1 else hidden
                layers.append(Layer(w, random.normal(size=fan_out) * 0.1 * scale, ACTIVATIONS[name]))
            x = random.normal(size=(SAMPLE_ROWS, widths[0]))
            t = np.eye(widths[-1])[random.integers(widths[-1], size=SAMPLE_ROWS)]
            inputs = Inputs(Network(tuple(layers), COSTS[cost]), x, t)
            right = backprop(inputs.network, x, t)
            sizes = np.abs(right.w[0]).ravel()
            live = np.flatnonzero(sizes)  # a dead unit's weights have nothing to be off from
            middle = live[np.argsort(sizes[live])[live.size // 2]]
            made.append(Problem(inputs, right, tuple(int(i) for i in np.unravel_index(middle, right.w[0].shape))))
    return made


def examine(name: str, check: Check, widths: tuple[int, ...]) -> Finding:
    """One checker on all networks of one size."""
    networks = problems(widths)
    seconds, trusted = [], []
    for problem in networks:
        start = time.perf_counter()
        if check(problem.inputs, problem.right):
            trusted.append(problem)
        seconds.append(time.perf_counter() - start)
    alarms, limit = len(networks) - len(trusted), None
    for error in ERRORS if trusted else ():  # to reject everything is not to see anything
        if any(check(problem.inputs, problem.planted(error)) for problem in trusted):
            break
        limit = abs(error)
    return Finding(name, widths, networks[0].parameters, limit, alarms, len(networks), median(seconds))


def examine_all(sizes: tuple[tuple[int, ...], ...] = SIZES) -> Iterator[Finding]:
    """Every checker on every size, the sizes growing; each as it is done."""
    pace = dict.fromkeys(CHECKS, 0.0)  # seconds a parameter
    for widths in sizes:
        parameters = sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(widths))
        for name, check in CHECKS.items():
            expected = pace[name] * parameters
            if expected > PATIENCE:
                yield Finding(name, widths, parameters, None, 0, 0, expected, tried=False)
            else:
                finding = examine(name, check, widths)
                pace[name] = finding.seconds / parameters
                yield finding


def sensitivity_document(findings: list[Finding], growing: list[Growth]) -> Document:
    """The report: what each checker sees, network by network."""
    ends = ", ".join(f"{hidden} and {output}" for hidden, output, _ in ENDS)
    rows = [[_network_size(finding), finding.checker, *_figures(finding)] for finding in findings]
    return Document(
        "What other gradient checkers miss",
        (
            Paragraph(
                "A gradient is correct except for one entry of ∂C/∂W^1, the entry of median size. Each checker gets it "
                f"at its default settings. There are {len(ENDS) * len(WEIGHTS)} networks of each size ({ends}; each "
                f"with weights of the usual size and with weights a hundred times smaller; {SAMPLE_ROWS} rows)."
            ),
            Bullets(
                (
                    "*Always sees*: the smallest relative error of that entry that the checker sees on every network "
                    "of a size whose correct gradient it accepts.",
                    "*Misses a sign*: on some network it does not even see that the entry has the wrong sign.",
                    "*False alarms*: correct gradients that it calls wrong.",
                    "*Seconds*: the median time of one check, on the machine of this run; compare these only within "
                    "this table.",
                )
            ),
            Paragraph("This project's check knows the network; the other checkers know only the function."),
            DataTable.of(["network", "checker", "always sees", "false alarms", "seconds"], rows),
            Paragraph(
                "[Each checker, and the threshold it is given](../harness/jobs/evidence/mistakes/peers/checkers.py); "
                "scipy's has none of its own. Jax is in the table only if it is installed."
            ),
            growth_chapter(growing),
        ),
    )


def finding_line(finding: Finding) -> str:
    """One line for the terminal."""
    seen, alarms, seconds = _figures(finding)
    return f"{_network_size(finding)}: {finding.checker}: {seen}" + (
        f"; false alarms {alarms}; {seconds} s" if alarms else ""
    )


def _network_size(finding: Finding) -> str:
    return f"{'-'.join(map(str, finding.widths))} ({finding.parameters:,})"


def _figures(finding: Finding) -> list[str]:
    if not finding.tried:
        return ["not tried: too slow", "", f"about {finding.seconds:.2g}"]
    if finding.false_alarms == finding.networks:
        return [
            "nothing: rejects everything",
            f"{finding.false_alarms} of {finding.networks}",
            f"{finding.seconds:.2g}",
        ]
    seen = "misses a sign" if finding.limit is None else "a sign" if finding.limit == 2 else f"{finding.limit:.0e}"
    return [seen, f"{finding.false_alarms} of {finding.networks}", f"{finding.seconds:.2g}"]

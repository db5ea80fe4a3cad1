"""What rounding alone explains: the spread of runs that start one ulp away, and a limit for a run that is right.

Each of RUNS runs starts from weights that are one unit in the last place up or down, at random, and rounds in its own
way from there. Let d_1..d_K be their distances from the truth after some epoch, and d that of a run in question, which
is explained by rounding if

    d <= q · sqrt((d_1² + ... + d_K²) / K)

with q the two-sided quantile of Student's t with K degrees of freedom for a probability of FALSE_ALARM. The argument:
as long as errors are small they are sums of many small roundings, each carried on linearly, so nearly Gaussian, and d²
is a quadratic form in them. Of all such forms of mean 1 the one of rank one, a single squared Gaussian, has the
heaviest tail beyond 1.54 (Székely and Bakirov, "Extremal probabilities for Gaussian quadratic forms", Probability
Theory and Related Fields 126, 2003). Its mean of K also varies most (the expectation of a convex function of Σ λ_i Z_i²
is Schur-convex in λ: Marshall and Olkin, "Inequalities", chapter 11), and there d over the root mean square is |t_K|.
"""

from __future__ import annotations

import numpy as np

from harness.jobs.train.courses import Course
from harness.jobs.train.states import State
from harness.model.contract import Array, Network

RUNS = 16
FALSE_ALARM = 1e-9  # of one comparison; there are some thousands in a table


def quantile(runs: int = RUNS, false_alarm: float = FALSE_ALARM) -> float:
    """The q that |t| with so many degrees of freedom exceeds with this probability."""
    from scipy.special import stdtrit  # slow to import, and needed where runs are judged

    return float(-stdtrit(runs, false_alarm / 2))


def limit(distances: Array) -> float:
    """The largest distance that rounding explains, from those of the perturbed runs."""
    return quantile(len(distances)) * float(np.sqrt((distances**2).mean()))


def perturbed(course: Course, state: State) -> State:
    """RUNS copies of a state side by side, [RUNS, n_l, n_{l-1} + 1], every number one ulp up or down at random."""
    random = course.random("perturbed")
    directions = (random.choice([-np.inf, np.inf], (RUNS, *part.shape)) for part in state)
    return tuple(np.nextafter(part, towards) for part, towards in zip(state, directions, strict=True))


def perturbed_step(network: Network, x: Array, t: Array, learning_rate: float) -> Network:
    """One step of all runs at once: BP1 to BP4 and the rule, with weights [RUNS, n_l, n_{l-1}] and biases [RUNS, n_l].

    `x` and `t`, one sample a row, are the same for all. The last layer is sigmoid or the cost's canonical one.
    """
    a, z = [x], []
    for layer in network.layers:
        z.append(a[-1] @ layer.w.swapaxes(-1, -2) + layer.b[:, None, :])
        a.append(layer.activation.f(z[-1]))
    layers = network.layers
    error = a[-1] - t if network.is_canonical else network.cost.gradient(a[-1], t) * _slope(network, -1, z)  # BP1
    delta = [error]
    for l in range(len(layers) - 2, -1, -1):
        delta.insert(0, (delta[0] @ layers[l + 1].w) * _slope(network, l, z))  # BP2
    moved = [
        (layer.w - learning_rate * (d.swapaxes(-1, -2) @ before), layer.b - learning_rate * d.sum(axis=-2))
        for layer, d, before in zip(layers, delta, a[:-1], strict=True)
    ]  # BP3, BP4, rule
    return network.with_parameters(w=[w for w, _ in moved], b=[b for _, b in moved])


def _slope(network: Network, l: int, z: list[Array]) -> Array:
    slope = network.layers[l].activation.slope
    assert slope is not None, "no course has a softmax"
    return np.asarray(slope(z[l]))

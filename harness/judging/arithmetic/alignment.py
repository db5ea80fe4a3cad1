"""Whether a file's errors are those of an emulated arithmetic: a statistic, and the risk of a false alarm.

Let r be the file's errors and e those of the emulation, for the same inputs. The rounding errors of other arithmetic
depend on bits that e does not depend on, so they are aligned with e no more than with e', the errors of the same
emulation for slightly perturbed inputs: those pass through the same network, but are rounded anew. Neither r nor e has
independent entries, since an error of one δ reaches many gradients; e' has the same dependence as e, which a test of
the signs would not know. With the cosine c_k of r_k and e_k, in units of their bounds, the alignment is

    S(e) = Σ_k √n_k sign(c_k) √(−log(1 − c_k²))     over the arrays k with n_k entries.

Each term is the signed root of a likelihood ratio: for random directions in d dimensions √(d − 1) times the root is
nearly a standard normal number, also in its tails, whatever d is. So (S(e) − mean S(e')) / (s √(1 + 1/m)) has nearly
Student's t distribution with m − 1 degrees of freedom, for m perturbations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from flint import arb

from harness.model.contract import Array
from harness.sandbox.answers import ArrayKey

Errors = Mapping[ArrayKey, Array]  # of one observation, each a flat array in units of the bounds


def unexplained_part(found: Sequence[Errors], emulated: Sequence[Errors]) -> float:
    """The mean over all entries of ‖r_k − e_k‖² / ‖r_k‖² of their array; below 1, the emulation is nearer than truth.

    It is infinite if the emulation has errors in an array where the file has none, or if one of them is not finite.
    """
    total, entries = 0.0, 0
    for mine, theirs in zip(found, emulated, strict=True):
        for key, r in mine.items():
            size, rest = float(r @ r), float(np.sum((r - theirs[key]) ** 2))
            if rest == 0:
                continue
            total, entries = total + (r.size * rest / size if size else np.inf), entries + r.size
    return total / entries if entries and not np.isnan(total) else np.inf


def alignment(found: Sequence[Errors], emulated: Sequence[Errors]) -> float:
    """S(e)."""
    total = 0.0
    for mine, theirs in zip(found, emulated, strict=True):
        for key, r in mine.items():
            e = theirs[key]
            size = np.sqrt(float(r @ r) * float(e @ e))
            if size and np.isfinite(size):
                cosine = float(r @ e) / size
                total += np.sqrt(r.size) * np.copysign(np.sqrt(-np.log(max(1 - cosine**2, 2.0**-52))), cosine)
    return total


def risk_of_alignment(
    found: Sequence[Errors], emulated: Sequence[Errors], draws: int, draw: Callable[[int], Sequence[Errors]]
) -> float:
    """The probability that errors which have nothing to do with the emulation are so well aligned with it.

    `draw(number)` gives the emulation's errors for perturbed inputs.
    """
    others = np.array([alignment(found, draw(number)) for number in range(draws)])
    spread = others.std(ddof=1) * np.sqrt(1 + 1 / draws)
    distance = alignment(found, emulated) - others.mean()
    return student_tail(distance / spread, draws - 1) if spread > 0 else 1.0


def student_tail(t: float, freedom: int) -> float:
    """P(T > t) for Student's t distribution (Abramowitz and Stegun, 26.7.1)."""
    tail = float(arb(freedom / (freedom + t * t)).beta_lower(freedom / 2, 0.5, True)) / 2
    return tail if t > 0 else 1 - tail

"""What rounding alone explains: the spread of runs that start one ulp away, and a limit for a run that is right."""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

from harness.contract import Array

RUNS = 16
FALSE_ALARM = 1e-9  # of one comparison


def limit(distances: Array) -> float:
    """The largest distance that rounding explains, from those of the perturbed runs: Student's t."""
    return float(-stdtrit(len(distances), FALSE_ALARM / 2)) * float(np.sqrt((distances**2).mean()))

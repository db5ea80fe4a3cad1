"""Choose how to call a layer that can be called in several ways, by the results of its forward pass alone.

The gradients are not looked at: this configures a call, and judges nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from harness.layers.cases import LayerCase, draw
from harness.layers.finding.plan import LayerCall
from harness.layers.finding.requests import LAYERS_HOST, layer_request
from harness.layers.standards import TracedCase, as_standard
from harness.layers.verdicts.compare import is_near
from harness.model.contract import Array
from harness.sandbox.pool import Pool
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import Limits, Request, Submission

_CASES = 2  # that show which way is right


def settled(
    server: Server, path: Path, plans: Sequence[LayerCall], seed: int, limits: Limits, dtype: str = "float64"
) -> list[LayerCall]:
    """The plans, each in the first of its ways whose results are right; else the first that runs."""
    ways = [(replace(plan, others=()), *plan.others) for plan in plans]
    tried: dict[tuple[int, int], list[tuple[LayerCase, Request]]] = {}
    for n, several in enumerate(ways):
        for m, way in enumerate(several if len(several) > 1 else ()):
            cases = (draw(way.layer, name, seed).rounded_to(dtype) for name in way.layer.cases)
            taken = islice(filter(way.takes, cases), _CASES)
            tried[n, m] = [(case, layer_request((n, m, case.name), way.forward_only, case)) for case in taken]
    if tried:
        submission = Submission(path.stem, (str(path.resolve()),), limits, LAYERS_HOST)
        with Pool(server, 1) as pool:
            pool.add(submission, [request for several in tried.values() for _, request in several])
            for _ in pool.outcomes():
                pass
    ranks = {key: _rank(several, dtype) for key, several in tried.items()}
    return [
        min(enumerate(several), key=lambda way, n=n: (ranks.get((n, way[0]), 0), way[0]))[1]  # type: ignore[misc]
        for n, several in enumerate(ways)
    ]


def _rank(tried: Sequence[tuple[LayerCase, Request]], dtype: str) -> int:
    """0 for a way whose results are right, 1 for one that runs, 2 for one that does not."""
    answers = [(case, request.answers["call"]) for case, request in tried]
    if not answers or any(answer.refusal is not None for _, answer in answers):
        return 2
    return 0 if all(_is_right(case, answer.arrays, dtype) for case, answer in answers) else 1


def _is_right(case: LayerCase, arrays: Mapping[tuple[str, int], Array], dtype: str) -> bool:
    found = {name: array for (name, _), array in arrays.items() if name in case.layer.results}
    results = TracedCase(case.observed(found), dtype).results
    standards = {name: as_standard(one.bounded) for name, one in zip(case.layer.results, results, strict=True)}
    return bool(found) and all(is_near(array, standards[name]) for name, array in found.items())

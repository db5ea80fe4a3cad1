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
from harness.truth.certify import Standard

_CASES = 2  # that show which way is right
_UNCALLED = 10**6  # as many wrong results as no way has that runs
_Tried = tuple[LayerCase, Request]


def settled(
    server: Server, path: Path, plans: Sequence[LayerCall], seed: int, limits: Limits, dtype: str = "float64"
) -> list[LayerCall]:
    """The plans, each in the first of its ways whose results are right; else in that with the fewest wrong ones."""
    ways = [(replace(plan, others=()), *plan.others) for plan in plans]
    tried: dict[tuple[int, int], list[_Tried]] = {}
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
    return [_nearest(n, several, tried, dtype) for n, several in enumerate(ways)]


def _nearest(
    n: int, ways: Sequence[LayerCall], tried: Mapping[tuple[int, int], Sequence[_Tried]], dtype: str
) -> LayerCall:
    """The first way whose results are all right; else the first of those with the fewest wrong ones."""
    best, least = ways[0], _UNCALLED
    for m, way in enumerate(ways if len(ways) > 1 else ()):
        wrong = _wrong_results(tried[n, m], dtype)
        if wrong < least:
            best, least = way, wrong
        if not wrong:
            break
    return best


def _wrong_results(tried: Sequence[_Tried], dtype: str) -> int:
    """How many results are wrong, those in float32 counted once, others twice."""
    answers = [(case, request.answers["call"]) for case, request in tried]
    if not answers or any(answer.refusal is not None for _, answer in answers):
        return _UNCALLED
    return sum(_wrong_in(case, answer.arrays, dtype) for case, answer in answers)


def _wrong_in(case: LayerCase, arrays: Mapping[tuple[str, int], Array], dtype: str) -> int:
    found = {name: array for (name, _), array in arrays.items() if name in case.layer.results}
    right = _result_standards(case.observed(found), dtype)
    wrong = [name for name in right if name not in found or not is_near(found[name], right[name])]
    if not wrong:
        return 0
    # A file may compute in float32: such results are not right, but nearer than others.
    single = _result_standards(case.observed(found), "float32")
    return sum(2 - (name in found and is_near(found[name], single[name])) for name in wrong)


def _result_standards(case: LayerCase, dtype: str) -> dict[str, Standard]:
    results = TracedCase(case, dtype).results
    return {name: as_standard(one.bounded) for name, one in zip(case.layer.results, results, strict=True)}

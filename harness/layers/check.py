"""Check the layers of a file: call each on its cases, compare with the truth, explain what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from harness.layers.cases import LayerCase, draw
from harness.layers.definition import Definition
from harness.layers.finding.plan import LayerCall
from harness.layers.finding.requests import LAYERS_HOST, layer_request
from harness.layers.standards import NamedStandards, TracedCase
from harness.layers.verdicts.compare import ArrayResult, is_near, judge_values, observations
from harness.layers.verdicts.explain import Explanation, explain
from harness.model.contract import Array
from harness.sandbox.answers import Refusal
from harness.sandbox.host.scripts.layers import RETURNED
from harness.sandbox.pool import Pool
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import Limits, Request, Submission
from harness.truth.bounds.float_format import float_format

WORST_FIRST = ("failed", "wrong", "inaccurate", "cannot tell", "not written", "agrees", "unsupported")
SAID_OF_FLOAT32 = 'its errors are those of float32; if that is meant, declare DTYPE = "float32"'
ValuesByCase = dict[str, dict[str, Array]]  # by case and name


@dataclass(frozen=True, eq=False)
class LayerResult:
    """The verdict on one layer of a file: on each array, and what explains the wrong ones.

    ran: how many of its cases ran, `of` how many there are; detail: why the others did not, or why it failed. changed:
    the arguments that the file changed.
    """

    plan: LayerCall
    verdict: str
    arrays: tuple[ArrayResult, ...]
    explanations: tuple[Explanation, ...]
    ran: int
    of: int
    detail: str = ""
    changed: tuple[str, ...] = ()


def check_layers(
    server: Server, path: Path, plans: Sequence[LayerCall], seed: int, limits: Limits, dtype: str = "float64"
) -> list[LayerResult]:
    """The result of each plan, in their order, for code that works in `dtype`."""
    submission = Submission(path.stem, (str(path.resolve()),), limits, LAYERS_HOST)
    with Pool(server, 1) as pool:
        requests = {}
        cases = {}
        for n, plan in enumerate(plans):
            for name in plan.layer.cases:
                case = draw(plan.layer, name, seed).rounded_to(dtype)
                cases[n, name] = case
                if plan.takes(case) and plan.steps:
                    requests[n, name] = layer_request((n, name), plan, case)
        pool.add(submission, list(requests.values()))
        # The truth is computed while the file computes.
        pool.poll()
        traced = _traced_cases(plans, cases, dtype)
        for _ in pool.outcomes():
            pass
    results = [
        _layer_result(
            plan, {name: requests[n, name] for name in plan.layer.cases if (n, name) in requests}, traced[n], dtype
        )
        for n, plan in enumerate(plans)
    ]
    wrong = {one.plan.layer.name for one in results if one.verdict == "wrong"}
    return [_with_its_step(one) if one.verdict == "wrong" and one.plan.layer.step in wrong else one for one in results]


def _with_its_step(result: LayerResult) -> LayerResult:
    return replace(result, detail=result.detail or f"{result.plan.layer.step} is wrong, too; this may come from there")


def _traced_cases(
    plans: Sequence[LayerCall], cases: Mapping[tuple[int, str], LayerCase], dtype: str
) -> list[dict[str, TracedCase]]:
    """The traced cases of each plan; plans of one layer share them."""
    known: dict[tuple[Definition, str], TracedCase] = {}
    for (n, name), case in cases.items():
        key = plans[n].layer, name
        if key not in known:
            known[key] = TracedCase(case, dtype)
    return [{name: known[plan.layer, name] for name in plan.layer.cases} for plan in plans]


def _layer_result(
    plan: LayerCall, requests: Mapping[str, Request], traced: Mapping[str, TracedCase], dtype: str
) -> LayerResult:
    of = len(plan.layer.cases)
    if not plan.steps:
        verdict = "not written" if plan.not_written else "unsupported"
        return LayerResult(plan, verdict, (), (), 0, of, plan.not_written or plan.refusal)
    answers = {name: request.answers["call"] for name, request in requests.items()}
    optional = {*plan.layer.optional, *(plan.layer.optional_in_classes if plan.is_supposed else ())}
    answers = {name: one for name, one in answers.items() if not (name in optional and _is_exception(one.refusal))}
    refusals = [one.refusal for one in answers.values() if one.refusal is not None]
    values: ValuesByCase = {
        name: {key: array for (key, _), array in answer.arrays.items() if key != RETURNED}
        for name, answer in answers.items()
        if answer.refusal is None
    }
    limits = [one for one in refusals if one.kind == "limit"]
    failures = [one for one in refusals if one.verdict == "failed" and one not in limits]
    detail = (failures or refusals)[0].detail if refusals else ""
    traced = {name: traced[name].observed(found) for name, found in values.items()}
    changed = tuple(dict.fromkeys(name for one in answers.values() for name in one.changed))
    standards = {name: traced[name].right for name in values}
    shapes = _shapes_put_right(values, standards)
    arrays = [judge_values(name, observations(values, standards, name)) for name in plan.results]
    arrays = [_in_every_case(one, values) for one in arrays]
    wrong = [one.name for one in arrays if one.verdict == "wrong"]
    if plan.layer.has_many_forms and not {*plan.layer.results}.isdisjoint(wrong):
        known = "; ".join(["as defined in reports/layers.md", *plan.layer.conventions])
        detail = f"its forward pass is none of the forms that are known here: {known}"
        return LayerResult(plan, "unsupported", (), (), 0, of, detail)
    explanations = explain(plan.layer, wrong, values, traced) if wrong else ()
    explained = {name for one in explanations for name in one.arrays}
    arrays = [
        _inaccurate(one, values, traced, dtype) if one.name in wrong and one.name not in explained else one
        for one in arrays
    ]
    arrays = [replace(one, detail=one.detail or shapes.get(one.name, "")) for one in arrays]
    unexplained = [one.name for one in arrays if one.verdict == "wrong" and one.name not in explained]
    if plan.is_supposed and not {*plan.layer.results}.isdisjoint(unexplained):
        detail = f"in no way of calling it that was tried are its results those of {plan.layer.name}"
        arrays = [replace(one, verdict="cannot tell") if one.verdict == "wrong" else one for one in arrays]
    verdict = _overall(arrays, bool(failures), len(refusals) > len(limits), bool(values))
    return LayerResult(plan, verdict, tuple(arrays), explanations, len(values), of, detail, changed)


def _in_every_case(result: ArrayResult, values: ValuesByCase) -> ArrayResult:
    """The result, `not written` in place of `agrees` if the array is None in some of the cases."""
    missing = [case for case, found in values.items() if result.name not in found]
    if result.verdict != "agrees" or not missing:
        return result
    detail = f"it is None in {len(missing)} of {len(values)} cases (case: {missing[0]})"
    return replace(result, verdict="not written", detail=detail)


def _is_exception(refusal: Refusal | None) -> bool:
    return refusal is not None and refusal.kind == "exception"


def _shapes_put_right(values: ValuesByCase, standards: Mapping[str, NamedStandards]) -> dict[str, str]:
    """Give arrays the shape of the truth where only axes of length 1 differ; what is to be said of each, by name."""
    said: dict[str, str] = {}
    for case, found in values.items():
        for name, array in found.items():
            shape = standards[case][name].bound.shape if name in standards[case] else array.shape
            if array.shape != shape and [n for n in array.shape if n != 1] == [n for n in shape if n != 1]:
                found[name] = array.reshape(shape)
                said.setdefault(name, f"its shape is {array.shape}, expected {shape}")
    return said


def _inaccurate(result: ArrayResult, values: ValuesByCase, traced: Mapping[str, TracedCase], dtype: str) -> ArrayResult:
    """The result, `inaccurate` in place of `wrong` if every error is what rounding in float32 explains."""
    if dtype == "float32":
        return result
    unit = float_format("float32").u
    for case, found in values.items():
        single = TracedCase(traced[case].case, "float32").standards()[result.name]
        stored = replace(single, bound=single.bound + unit * np.abs(single.truth.high))  # an array is stored as well
        if result.name in found and not is_near(found[result.name], stored):
            return result
    return replace(result, verdict="inaccurate", detail=SAID_OF_FLOAT32)


def _overall(arrays: Iterable[ArrayResult], has_failed: bool, has_refused: bool, has_run: bool) -> str:
    verdicts = {one.verdict for one in arrays} if has_run else set()
    if has_failed:
        verdicts.add("failed")
    if has_refused and not has_run:
        verdicts.add("failed" if has_failed else "not written")
    return min(verdicts or {"unsupported"}, key=WORST_FIRST.index)

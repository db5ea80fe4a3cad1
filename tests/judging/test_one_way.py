"""One way from a file to its verdict: whatever command judges a file, the verdict, the reason and the worst error are
the same."""

from __future__ import annotations

import math
from collections import defaultdict

import pytest
from support.checking import ONLY_SIGMOID, SUBMISSIONS
from support.running import RIGHT, compared, shared, write

from harness.cases.standard import gradient_cases
from harness.jobs.check.run import check_submission
from harness.jobs.compare.rows import rows_of
from harness.jobs.compare.run import Selection
from harness.judging.hints import ratios
from harness.judging.judge import UNDECLARED_CONVENTION
from harness.judging.verdict import VERDICTS
from harness.mistakes import explain
from harness.sandbox.inference.driving.adapters import Adapters
from harness.sandbox.requests import Limits
from harness.sandbox.sources.find import Implementation, available_implementations

SEED = 7
LIMITS = Limits(60.0, math.inf)
# Networks without a line of adapter; each has a mistake of its own: what it replaces, and by what.
NETWORKS = {
    "nielsen_columns": ("return sigmoid(z) * (1 - sigmoid(z))", "return z * (1 - z)"),
    "grades": ("self.b2 += self.o_delta.sum(axis=0)", "self.b2 += 2 * self.o_delta.sum(axis=0)"),
    "layers_store_gradients": ("self.db = dout.sum(axis=0) / batch_size", "self.db = dout.sum(axis=0)"),
}
pytestmark = pytest.mark.usefixtures("known_truths")
CASES = [
    *("xor-2-3-1-sigmoid-batch4", "iris-4-3-sigmoid-batch1", "iris-4-5-3-sigmoid-batch8", "wine-13-8-6-3-tanh-batch8"),
    *("random-4-4-4-4-sigmoid-batch4", "random-9-4-softmax-batch8", "random-5-8-6-3-relu-identity-dead-batch8"),
    *("iris-4-7-3-relu-softmax-batch8", "random-5-6-4-3-sigmoid-small-batch8", "iris-4-3-sigmoid-batch8-float32"),
]
TWISTED = "def backprop(n, x, t):\n    g = right(n, x, t)\n    "
# Files that two ways of judging took for two things.
SPECIAL = {
    "mean_declared_deltas_of_the_sum": (
        f"REDUCTION = 'mean'\n{RIGHT}\n{TWISTED}"
        "return Gradients([w / len(x) for w in g.w], [b / len(x) for b in g.b], g.delta)",
        "agrees",
    ),
    "mean_undeclared": (
        f"{RIGHT}\n{TWISTED}return Gradients([w / len(x) for w in g.w], [b / len(x) for b in g.b])",
        UNDECLARED_CONVENTION,
    ),
    "wrong_forward_pass_shown": (
        f"{RIGHT}\n{TWISTED}"
        "z = [x @ n.layers[0].w.T]\n    for l in n.layers[1:]: z.append(z[-1] @ l.w.T)\n"
        "    return Gradients(g.w, g.b, g.delta, z, z)",
        "wrong",
    ),
    "leaves_a_thread_and_a_file": (
        f"{RIGHT}\nimport threading, time\n{TWISTED}"
        "threading.Thread(target=time.sleep, args=(600,), daemon=True).start(); open('left', 'w').close(); return g",
        "failed",
    ),
    "sums_in_the_order_of_a_set": (
        f"{RIGHT}\n{TWISTED}"
        "kept.append(0); order = range(len(x))[:: 1 if len(kept) % 2 else -1]\n"
        "    return Gradients(g.w, [sum(d[i] for i in order) for d in g.delta], g.delta)",
        "agrees",
    ),
    "draws_its_first_weights": (
        f"{RIGHT}\nimport random\n{TWISTED}np.random.seed(3); np.random.rand(5); random.random(); return g",
        "agrees",
    ),
    "wrong_in_its_first_calls": (
        f"{ONLY_SIGMOID}\ndef backprop(n, x, t):\n    g = right(n, x, t); calls.append(0)\n"
        "    return g if len(calls) > 2 else Gradients([w * 0 for w in g.w], [b * 0 for b in g.b])",
        "failed",
    ),
    "layout_undeclared_and_wrong": (
        f"{RIGHT}\n{TWISTED}return Gradients([w.T for w in g.w], [-b for b in g.b])",
        "wrong",
    ),
    "declares_nonsense": (f"REDUCTION = 'average'\n{RIGHT}\n{TWISTED}return g", "failed"),
    "cannot_be_imported": ("import no_such_module", "failed"),
}


@pytest.fixture(scope="module")
def special(tmp_path_factory):
    """The special files, which know the squared error alone where they do not say so."""
    folder = tmp_path_factory.mktemp("special")
    refuse = "\n_given = backprop\ndef backprop(n, x, t):\n    if n.cost.name != 'half_squared_error':\n"
    refuse += "        raise Unsupported('squared error only')\n    return _given(n, x, t)\n"
    return {
        name: write(folder, name, text + (refuse if "def backprop" in text else ""))
        for name, (text, _) in SPECIAL.items()
    }


@pytest.fixture(scope="module")
def driven(tmp_path_factory):
    """The networks as they stand, and with their mistakes."""
    folder, found = tmp_path_factory.mktemp("driven"), {}
    for name, (right, wrong) in NETWORKS.items():
        text = (SUBMISSIONS / "as_they_stand" / f"{name}.py").read_text(encoding="utf-8")
        assert text.count(right) == 1
        found |= {name: write(folder, name, text)}
        found |= {f"{name}_wrong": write(folder, f"{name}_wrong", text.replace(right, wrong))}
    with Adapters(shared(), LIMITS) as adapters:
        yield dict(zip(found, adapters.drive_all([*found.values()], "", ""), strict=True))


@pytest.fixture(scope="module")
def files(special, driven):
    """Every file of the tests, every implementation, the special ones, and the networks."""
    submissions = [
        Implementation(path.stem, path)
        for kind in ("right", "wrong", "unknown")
        for path in sorted((SUBMISSIONS / kind).glob("*.py"))
    ]
    found = [*available_implementations(), *submissions, *special.values(), *driven.values()]
    assert len({one.name for one in found}) == len(found)
    return found


@pytest.fixture(scope="module")
def cases():
    return tuple(case for case in gradient_cases() if case.id in CASES)


@pytest.fixture(scope="module")
def judged_on(files, special, driven, cases, pytestconfig):
    """Files, and the cases they are judged on: every second one; all for special files, networks, and --all-seeds."""
    if pytestconfig.getoption("all_seeds"):
        return [(files, cases)]
    always = special | driven
    others = [one for one in files if one.name not in always]
    return [([*always.values()], cases), *((others[start::2], cases[start::2]) for start in (0, 1))]


@pytest.fixture(scope="module")
def by_compare(judged_on):
    """The rows of each file on each case, as `compare` writes them."""
    table = defaultdict(list)
    for some, on in judged_on:
        for row in compared(Selection(tuple(some), on, complete=False), jobs=1, seed=SEED).rows:
            table[row.implementation, row.case].append(row)
    return table


@pytest.fixture(scope="module")
def by_check(judged_on):
    """What `check` finds of each file, without the name of its mistake, for which `compare` does not ask."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explain, "diagnose_outcomes", lambda *_: [])
        patch.setattr(ratios, "exact_ratios", lambda *_: [])
        return {one.name: check_submission(shared(), one, on, SEED, LIMITS) for some, on in judged_on for one in some}


def as_said(rows):
    """The verdict, the reasons, and the worst error of rows; without times."""
    worst = max((row.error_ratio for row in rows if row.error_ratio is not None), default=0.0)
    return min((row.verdict for row in rows), key=VERDICTS.index), sorted({row.detail for row in rows}), worst


def test_check_and_compare_say_the_same_of_every_file_on_every_case(files, cases, by_check, by_compare):
    count, verdicts = 0, set()
    for one in files:
        for outcome in by_check[one.name].outcomes:
            rows = by_compare[one.name, outcome.trial.case.id]
            mine = [*rows_of(one.name, outcome)]
            assert as_said(rows) == as_said(mine), (one.name, outcome.trial.case.id)
            assert [row._replace(seconds=0.0) for row in rows] == [row._replace(seconds=0.0) for row in mine]
            # A function that is refused beside one that is judged is said in a row of its own.
            assert outcome.verdict == min((row.verdict for row in rows if row.verdict != "unsupported"),
                                          key=VERDICTS.index, default="unsupported")  # fmt: skip
            count += 1
            verdicts.add(outcome.verdict)
    print(f"{count} verdicts of {len(files)} files on {len(cases)} cases are the same: {', '.join(sorted(verdicts))}")
    assert len(cases) == len(CASES)
    assert verdicts == {"agrees", UNDECLARED_CONVENTION, "wrong", "inaccurate", "failed", "unsupported"}


@pytest.mark.parametrize("name", SPECIAL)
def test_check_and_compare_judge_former_differences_alike(by_check, name):
    assert by_check[name].verdict == SPECIAL[name][1]


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_are_judged_as_their_numbers_are(by_check, name):
    assert by_check[name].verdict == "agrees"
    assert by_check[f"{name}_wrong"].verdict == "wrong"


def test_calls_that_differ_by_rounding_are_noted(by_check):
    notes = {outcome.note for outcome in by_check["sums_in_the_order_of_a_set"].outcomes}
    assert "backprop: two calls with the same inputs differ in b of layer 1, within rounding" in notes


def test_dependence_on_earlier_calls_is_reported(by_check):
    found = by_check["wrong_in_its_first_calls"]
    details = {refusal.detail for outcome in found.outcomes for refusal in outcome.faults.values()}
    assert details == {"its answer depends on earlier calls: run alone, this case agrees"}

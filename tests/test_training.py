"""Training, followed: the exact run, the spread of perturbed runs, who is explained by rounding and who is not."""

from __future__ import annotations

from dataclasses import replace

import mpmath
import numpy as np
import pytest
from flint import ctx

from harness import balls, truth
from harness.answers import Refusal
from harness.certify import certify
from harness.contract import Inputs
from harness.discover import Implementation
from harness.training import spread
from harness.training.courses import DATASETS, Course, batches, courses, learned
from harness.training.follow import Followed, Selection, follow, select
from harness.training.judged import EXPLAINED, NOT_EXPLAINED, judge
from harness.training.runners import PERTURBED, PLANTED_MISTAKE, TRUTH, Formulation, ScikitLearn
from harness.training.states import balls_of, network_of, of_balls, of_network
from harness.training.store import Store
from harness.training_report import write
from harness.training_views import answer, is_well
from harness.verdict import judge as judge_array

SHORT = {course.id: course for course in courses(16)}


class Silent:
    """A display that keeps what it is told."""

    def __init__(self):
        self.began, self.heard, self.failed = [], [], []

    def begin(self, runs):
        self.began = list(runs)

    def reached(self, run, epochs):
        self.heard.append((*run.key, run.epoch, epochs))

    def stopped(self, run):
        self.failed.append(run.key)

    def close(self):
        """Nothing to tidy up."""


def test_the_exact_training_in_batches_is_that_of_mpmath_at_70_digits():
    """A sigmoid hidden layer of two units, one linear output; three rows in batches of two, three epochs."""
    inputs = Course("iris", (4, 2, 3), "identity", 3, 2, 0.25).build()
    with mpmath.workdps(70):
        (w1, b1), (w2, b2) = (
            ([[mpmath.mpf(v) for v in row] for row in layer.w.tolist()], [mpmath.mpf(v) for v in layer.b.tolist()])
            for layer in inputs.network.layers
        )
        for _ in range(3):
            for x, t in batches(inputs, 2):
                g1, h1, g2, h2 = np.zeros((2, 4), object), np.zeros(2, object), np.zeros((3, 2), object), [0, 0, 0]
                for row, target in zip(x.tolist(), t.tolist(), strict=True):
                    a = [1 / (1 + mpmath.exp(-(mpmath.fdot(w1[j], row) + b1[j]))) for j in range(2)]
                    d2 = [mpmath.fdot(w2[j], a) + b2[j] - target[j] for j in range(3)]
                    d1 = [sum(d2[j] * w2[j][k] for j in range(3)) * a[k] * (1 - a[k]) for k in range(2)]
                    for j in range(3):
                        h2[j] += d2[j]
                        g2[j] += [d2[j] * a[k] for k in range(2)]
                    for j in range(2):
                        h1[j] += d1[j]
                        g1[j] += [d1[j] * mpmath.mpf(row[k]) for k in range(4)]
                w1 = [[w1[j][k] - g1[j, k] / 4 for k in range(4)] for j in range(2)]
                b1 = [b1[j] - h1[j] / 4 for j in range(2)]
                w2 = [[w2[j][k] - g2[j, k] / 4 for k in range(2)] for j in range(3)]
                b2 = [b2[j] - h2[j] / 4 for j in range(3)]
        expected = [[*row, b] for w, bs in ((w1, b1), (w2, b2)) for row, b in zip(w, bs, strict=True)]
        found = truth.advance(inputs, balls.parameters(inputs.network), 0.25, 2, 3)
        parts = [row for layer in of_balls(found) for row in np.moveaxis(layer, 0, -1).tolist()]
        errors = [
            abs(mpmath.fsum(of_entry) - value)
            for row, values in zip(parts, expected, strict=True)
            for of_entry, value in zip(row, values, strict=True)
        ]
        # Each of a step's roundings, some tens, is of 2^-192, and there are six steps.
        assert max(errors) < mpmath.mpf(2) ** (12 - truth.TRAINING_PRECISION)
    assert len(errors) == 19


def test_the_truth_can_be_kept_as_floats_without_loss_and_goes_on_from_there():
    inputs = SHORT["iris-4-5-3-batches20"].build()
    start = balls.parameters(inputs.network)
    at_once = truth.advance(inputs, start, 0.01, 20, 3)
    parted = truth.advance(inputs, balls_of(of_balls(truth.advance(inputs, start, 0.01, 20, 1))), 0.01, 20, 2)
    before, ctx.prec = ctx.prec, 400
    try:
        for one, other in zip(at_once, parted, strict=True):
            assert all(x - y == 0 for x, y in zip(one.entries(), other.entries(), strict=True))
    finally:
        ctx.prec = before


@pytest.mark.parametrize("name", ["iris-4-5-3-batches20", "iris-4-3-batches20", "breast_cancer-30-4-1-online"])
def test_each_of_the_runs_side_by_side_takes_a_right_step(name):
    course = SHORT[name]
    inputs = course.build()
    x, t = batches(inputs, course.batch)[0]
    starts = spread.perturbed(course, of_network(inputs.network))
    moved = of_network(spread.step(network_of(inputs.network, starts), x, t, course.learning_rate))
    for k in range(spread.RUNS):
        alone = network_of(inputs.network, tuple(layer[k] for layer in starts))
        standards = certify(Inputs(alone, x, t), course.learning_rate, "float64")
        for l, (before, after) in enumerate(zip(starts, moved, strict=True), start=1):
            assert judge_array(before[k] - after[k], standards["update", l]).verdict == "agrees"


def test_perturbed_starts_are_one_ulp_away_in_both_directions():
    course = SHORT["digits-64-10-online"]
    [start] = of_network(course.build().network)
    [moved] = spread.perturbed(course, (start,))
    up, down = np.nextafter(start, np.inf), np.nextafter(start, -np.inf)
    assert moved.shape == (spread.RUNS, *start.shape)
    assert ((moved == up) ^ (moved == down)).all()
    assert len({run.tobytes() for run in moved}) == spread.RUNS


@pytest.mark.parametrize(("false_alarm", "published"), [(0.05, "2.120"), (0.01, "2.921"), (0.001, "4.015")])
def test_the_quantile_is_that_of_the_published_table(false_alarm, published):
    """Two-sided, 16 degrees of freedom: Fisher and Yates, Statistical Tables, table III."""
    assert f"{spread.quantile(16, false_alarm):.3f}" == published


def test_the_quantile_leaves_out_the_probability_that_it_is_asked_for():
    n, q = spread.RUNS, spread.quantile()
    with mpmath.workdps(30):
        scale = mpmath.gamma((n + 1) / mpmath.mpf(2)) / (mpmath.sqrt(n * mpmath.pi) * mpmath.gamma(n / mpmath.mpf(2)))
        outside = 2 * mpmath.quad(lambda t: scale * (1 + t * t / n) ** (-(n + 1) / mpmath.mpf(2)), [q, 100, mpmath.inf])
    assert f"{float(outside):.6e}" == f"{spread.FALSE_ALARM:.6e}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def selection(folder):
    """Short courses on iris for five formulations, scikit-learn, and files that are wrong each in its own way."""
    chosen = select("batched_matrices,neuron_loop,fifteen_steps,torch_autograd", "iris*", 16)
    step = "def step(n, x, t, eta):\n    "
    move = "return n.with_parameters([l.w + 1 for l in n.layers], [l.b for l in n.layers])"
    bodies = {
        "wrong": move,
        "infinite": move.replace("+ 1", "* 1e300"),
        "crashing": "import os; os._exit(7)",
        "raising": "raise KeyError('no')",
    }
    files = []
    for name, body in bodies.items():
        files.append(Formulation(Implementation(name, folder / f"{name}.py")))
        files[-1].path.write_text(step + body + "\n", encoding="utf-8")
    runners = (*chosen.runners, ScikitLearn(), *files)
    return Selection(runners, tuple(one for one in chosen.courses if one.id != "iris-4-3-batches20"), complete=False)


@pytest.fixture(scope="module")
def followed(selection, folder):
    display = Silent()
    found = follow(selection, Store(folder), 2, 60.0, display)
    # Every epoch of every run that came to its end is counted once.
    assert sum(epochs for *_, epochs in display.heard) == sum(run.epoch for run in found.runs.values())
    assert {(run.course.id, run.runner.name) for run in display.began} == set(found.runs)
    return found


def test_right_runs_are_explained_and_the_planted_mistake_is_not(followed):
    judged = judge(followed)
    found = {(one.course, one.runner): one.verdict for one in judged.verdicts}
    for course in followed.selection.courses:
        assert found[course.id, PLANTED_MISTAKE.name] == NOT_EXPLAINED
        assert found[course.id, "wrong"] == NOT_EXPLAINED
        right = ["batched_matrices", "torch_autograd"]
        right += ["scikit-learn"] if len(course.widths) > 2 else ["fifteen_steps"]
        right += ["neuron_loop"] if course.batch == 1 else []
        assert [found[course.id, name] for name in right] == [EXPLAINED] * len(right)
    print("\n".join(answer(judged)))
    assert "11 of 23 runs are explained by rounding" in answer(judged)[0]
    assert "4 of 27 pairs of a runner and a course were refused" in answer(judged)[0]
    assert not is_well(judged)


def test_what_breaks_costs_its_own_runs_with_the_reason(followed):
    details = {one.runner: (one.verdict, one.detail) for one in judge(followed).verdicts if one.course.endswith("20")}
    assert details["infinite"] == ("failed", "w after the step of layer 1 holds inf at [0, 0]")
    assert details["crashing"] == ("failed", "the process ended with exit code 7")
    assert details["raising"] == ("failed", "KeyError: 'no' (raising.py, line 2)")
    assert details["neuron_loop"] == ("unsupported", "updates are online: one row a step")
    assert details["fifteen_steps"][0] == "unsupported"


def test_what_hangs_is_stopped_where_it_is(selection, followed, folder):
    path = folder / "hanging.py"
    path.write_text("def step(n, x, t, eta):\n    while True: pass\n", encoding="utf-8")
    runner = Formulation(Implementation("hanging", path))
    alone = Selection((runner, PLANTED_MISTAKE, TRUTH, PERTURBED), selection.courses[:1], complete=False)
    display = Silent()
    found = follow(alone, Store(folder), 1, 1.0, display)
    assert found.stopped[display.failed[0]].detail == "no answer within 1 s"
    assert display.failed == [(alone.courses[0].id, "hanging")]
    assert display.heard == []  # the others are there from before


def test_no_number_is_explained_where_it_is_none(followed):
    key = "iris-4-3-online", "torch_autograd"
    run = followed.runs[key]
    spoilt = replace(run, states=(*run.states[:-1], tuple(layer * np.nan for layer in run.states[-1])))
    judged = judge(Followed(followed.selection, {**followed.runs, key: spoilt}, followed.stopped))
    [verdict] = [one for one in judged.verdicts if (one.course, one.runner) == key]
    assert verdict.verdict == NOT_EXPLAINED
    assert np.isnan(verdict.excess)


def test_without_its_truth_nothing_is_told_of_a_course(followed):
    key = "iris-4-3-online", TRUTH.name
    short = replace(followed.runs[key], states=followed.runs[key].states[:2])
    runs, why = {**followed.runs, key: short}, {key: Refusal("failed", "no answer within 1 s")}
    found = {
        one.runner: one.verdict
        for one in judge(Followed(followed.selection, runs, why)).verdicts
        if one.course == key[0]
    }
    assert found["batched_matrices"] == "cannot tell"
    assert found["wrong"] == NOT_EXPLAINED


def test_every_run_learns(followed):
    for course in followed.selection.courses:
        run = followed.runs[course.id, "batched_matrices"]
        before, _ = learned(run.inputs.network, run.inputs)
        after, right = learned(network_of(run.inputs.network, run.states[-1]), run.inputs)
        assert after < before / 2
        assert right > course.rows / 2


def test_two_writings_of_a_report_are_the_same_to_the_byte(followed, tmp_path):
    texts = []
    for folder in (tmp_path / "one", tmp_path / "other"):
        write(judge(followed), folder)
        texts.append({path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()})
    assert texts[0] == texts[1]
    print(f"{len(texts[0])} files")
    assert {path.name for path in texts[0]} >= {"training.md", "training.csv", "training-loss.svg"}
    assert (
        b"nan" not in texts[0][next(path for path in texts[0] if path.name == "training.csv" and len(path.parts) == 1)]
    )


def test_courses_have_one_hidden_layer_or_none_on_each_dataset_online_and_in_batches():
    found = {(course.dataset, len(course.widths), course.batch == 1) for course in courses()}
    assert len(found) == len(courses()) == 4 * len(DATASETS)
    assert all(course.epochs == 300 and course.recorded[0] == 1 and course.recorded[-1] == 300 for course in courses())
    assert {1, 10, 100} <= set(courses()[0].recorded)
    assert PERTURBED.name != TRUTH.name

"""Training, followed: who is explained by rounding and who is not, and the report that says so."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.running import Silent, shared

from harness.jobs.train.courses import courses, learned
from harness.jobs.train.follow import Followed, TrainingSelection, follow, select_courses
from harness.jobs.train.judged import EXPLAINED, NOT_EXPLAINED, judge
from harness.jobs.train.report.pages import COMMITTED, committed_training, write_training
from harness.jobs.train.report.views import answer, is_well
from harness.jobs.train.runners import PERTURBED, PLANTED_MISTAKE, TRUTH, Formulation, ScikitLearn
from harness.jobs.train.states import network_of
from harness.jobs.train.store import Store
from harness.sandbox.answers import Refusal
from harness.sandbox.requests import Limits
from harness.sandbox.sources.find import Implementation, python_implementations

REPORTS = Path(__file__).resolve().parents[3] / "reports"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def selection(folder):
    """Short courses on iris for five formulations, scikit-learn, and files that are wrong each in its own way."""
    chosen = select_courses("batched_matrices,neuron_loop,fifteen_steps,torch_autograd", "iris*", 16)
    step = "def step(n, x, t, eta):\n    "
    move = "return n.with_parameters([l.w + 1 for l in n.layers], [l.b for l in n.layers])"
    bodies = {
        "wrong": move,
        "infinite": move.replace("+ 1", "* 1e300"),
        "crashing": "import os; os._exit(7)",
        "raising": "raise KeyError('no')",
        "penalised": "return n\nL2 = 0.1",
    }
    files = []
    for name, body in bodies.items():
        files.append(Formulation(Implementation(name, folder / f"{name}.py")))
        files[-1].path.write_text(step + body + "\n", encoding="utf-8")
    runners = (*chosen.runners, ScikitLearn(), *files)
    return TrainingSelection(
        runners, tuple(one for one in chosen.courses if one.id != "iris-4-3-batches20"), complete=False
    )


@pytest.fixture(scope="module")
def followed(selection, folder):
    display = Silent()
    found = follow(selection, Store(folder), shared(), 2, Limits(60.0, math.inf), display)
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
    assert "7 of 30 pairs of a runner and a course were refused" in answer(judged)[0]
    assert not is_well(judged)


def test_what_breaks_costs_its_own_runs_with_the_reason(followed):
    details = {one.runner: (one.verdict, one.detail) for one in judge(followed).verdicts if one.course.endswith("20")}
    assert details["infinite"] == ("failed", "w after the step of layer 1 holds inf at [0, 0]")
    assert details["crashing"] == ("failed", "the process ended: exit code 7")
    assert details["raising"] == ("failed", "KeyError: 'no' (raising.py, line 2)")
    assert details["neuron_loop"] == ("unsupported", "updates are online: one row a step")
    assert details["fifteen_steps"][0] == "unsupported"
    assert details["penalised"] == ("unsupported", "courses have the default cost and rate; the file declares L2 = 0.1")


def test_what_hangs_is_stopped_where_it_is(selection, followed, folder):
    path = folder / "hanging.py"
    path.write_text("def step(n, x, t, eta):\n    while True: pass\n", encoding="utf-8")
    runner = Formulation(Implementation("hanging", path))
    alone = TrainingSelection((runner, PLANTED_MISTAKE, TRUTH, PERTURBED), selection.courses[:1], complete=False)
    display = Silent()
    found = follow(alone, Store(folder), shared(), 1, Limits(1.0, math.inf), display)
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
    assert np.isnan(verdict.error_ratio)


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
        write_training(judge(followed), folder)
        texts.append({path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()})
    assert texts[0] == texts[1]
    print(f"{len(texts[0])} files")
    assert {path.name for path in texts[0]} >= {"training.md", "training.csv", "training-loss.svg"}
    assert (
        b"nan" not in texts[0][next(path for path in texts[0] if path.name == "training.csv" and len(path.parts) == 1)]
    )


@pytest.fixture(scope="module")
def stored():
    return pd.read_csv(REPORTS / "training.csv", keep_default_na=False)


def test_the_committed_table_has_every_run_that_was_not_refused(stored):
    assert list(stored.columns) == COMMITTED
    stepping = {one.name for one in python_implementations() if "def step(" in one.path.read_text(encoding="utf-8")}
    runs = set()
    for course in courses():
        refused = {"neuron_loop"} if course.batch > 1 else set()
        refused |= {"fifteen_steps"} if len(course.widths) > 2 else {"scikit-learn"}
        runs |= {(course.id, name) for name in {*stepping, "scikit-learn", PLANTED_MISTAKE.name} - refused}
    marks = courses()[0].recorded
    expected = {(*run, epoch, quantity) for run in runs for epoch in marks for quantity in ("weights", "loss")}
    print(f"{len(runs)} runs, {len(expected)} rows")
    found = stored[["course", "runner", "epoch", "quantity"]].itertuples(index=False, name=None)
    assert sorted(found) == sorted(expected), "run `nox -s train` and commit reports/"


def test_in_the_committed_table_all_but_the_planted_mistake_is_explained(stored):
    weights = stored[stored["quantity"] == "weights"]
    planted = weights["runner"] == PLANTED_MISTAKE.name
    assert set(weights[~planted]["verdict"]) == {EXPLAINED}
    assert set(weights[planted]["verdict"]) == {NOT_EXPLAINED}


def test_all_formulations_and_scikit_learn_learn_the_same(stored):
    last = stored[(stored["epoch"] == courses()[0].epochs) & (stored["runner"] != PLANTED_MISTAKE.name)]
    assert (last.groupby("course")[["loss", "right"]].nunique() == 1).all(axis=None)
    rows = {course.id: course.rows for course in courses()}
    shares = last["right"] / last["course"].map(rows)
    print(f"at least {shares.min():.0%} of the rows are classified right")
    assert (shares > 0.9).all()


def test_the_committed_table_is_that_of_today_on_one_course(stored, tmp_path):
    selection = select_courses("batched_matrices,row_matrices", "iris-4-3-batches20")
    today = committed_training(
        judge(follow(selection, Store(tmp_path), shared(), 2, Limits(60.0, math.inf), Silent())).table
    )
    keys = ["course", "runner", "epoch", "quantity"]
    both = today.astype({"loss": float}).merge(stored, on=keys, suffixes=("_today", "_stored"))
    assert len(both) == len(today)
    for column in ("verdict", "loss", "right"):
        assert (both[f"{column}_today"] == both[f"{column}_stored"]).all(), "run `nox -s train` and commit reports/"


def test_the_committed_page_shows_every_course_and_its_pictures():
    text = (REPORTS / "training.md").read_text(encoding="utf-8")
    for course in courses():
        assert f"`{course.id}`: {course.rows} rows" in text
    pictures = re.findall(r"\]\((pictures/[a-z-]+\.svg)\)", text)
    assert len(pictures) == 5
    for name in pictures:
        assert (REPORTS / name).read_text(encoding="utf-8").startswith("<?xml")
    assert not re.search(r"20\d\d-\d\d-\d\d|\d\d:\d\d|\bnan\b", text, re.IGNORECASE)
    assert str(REPORTS.parent) not in text

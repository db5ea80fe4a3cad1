"""The claims: each is borne out, each can fail, and the page says what the experiments gave."""

from __future__ import annotations

import dataclasses
import itertools
import re
from pathlib import Path

import mpmath
import numpy as np
import pandas as pd
import pytest
import torch
from flint import ctx, fmpq_series
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.networks import inputs

from harness.cases.case import make_case
from harness.jobs.claims.catalogue import all_claims, answered
from harness.jobs.claims.claim import Claim, ClaimTable, Evidence, Statement
from harness.jobs.claims.counting import Counting
from harness.jobs.claims.experiments.formulas import (
    current_or_next_layer,
    hadamard_product,
    iverson_bracket,
    slope_forms,
    transpose_not_inverse,
)
from harness.jobs.claims.experiments.practice import bias_trick, many_costs, signs
from harness.jobs.claims.experiments.published.figures import CARELESS, FIGURES_RIGHT, FIGURES_WRONG, judged
from harness.jobs.claims.experiments.published.groups import groups
from harness.jobs.claims.experiments.published.recomputed import OffByOne
from harness.jobs.claims.report import claims_document, drawn_pictures, write_claims
from harness.jobs.claims.tools import exponent, functions, is_right, relative_distance
from harness.mistakes.entries.backward import (
    InverseWhereTransposeBelongs,
    UpdatedWeightsUsedToPropagate,
    WrongLayersWeights,
)
from harness.mistakes.entries.batches import OnlineUpdatesInsideBatch
from harness.mistakes.entries.costs import SoftmaxDiagonalJacobian
from harness.mistakes.entries.gradients import OutputsWhereInputsBelong
from harness.mistakes.entries.slopes import SigmaPrimeOfActivation
from harness.model.activations import ACTIVATIONS
from harness.model.contract import Inputs
from harness.model.textbook import Textbook
from harness.reporting.figures import Picture
from harness.reporting.markdown import rendered
from harness.truth.certify import certify
from harness.truth.enclosures.precise import precise_inputs, to_float64

REPORTS = Path(__file__).resolve().parents[3] / "reports"
NAMES = [
    "inputs-not-outputs",
    "why-the-iverson-bracket",
    "transpose-not-inverse",
    "why-the-hadamard-product",
    "current-or-next-layer",
    "slope-from-output-or-input",
    "error-sign-and-update-sign",
    "the-bias-trick",
    "one-backprop-many-costs",
    "online-batch-mean",
    "update-after-backward",
    "published-figures",
]
CLAIM = {claim.name: claim for claim in all_claims()}


def mixed_forms():
    """The form of tanh for the sigmoid."""
    return {
        "sigmoid": slope_forms.FORMS["tanh"],
        "tanh": dataclasses.replace(slope_forms.FORMS["tanh"], from_z=lambda e: e),
    }


def swapped_activations():
    """A sigmoid that never reaches 1 and a softplus with the slope of tanh."""
    softplus = dataclasses.replace(ACTIVATIONS["softplus"], slope_from_output=lambda a: 1 - a * a)
    slow = dataclasses.replace(ACTIVATIONS["sigmoid"], f=lambda z: 1 / (2 + abs(z)))
    return ACTIVATIONS | {"softplus": softplus, "sigmoid": slow}


def narrow(widths, random):
    """Matrices as article 1 has them, without the extra unit."""
    return [random.uniform(-1, 1, (n + (l == 0), m)) for l, (n, m) in enumerate(itertools.pairwise(widths))]


def constant_units(weights, x):
    """Activations that do not depend on the row."""
    a = [np.hstack([x, np.ones((len(x), 1))])]
    return a + [np.full((len(x), w.shape[1]), 0.5) for w in weights]


def twice(book, call=1):
    """Two steps in place of one."""
    return Textbook(Inputs(Textbook.step(book, call), book.a[0], book.t), book.learning_rate).step(call)


@pytest.fixture(scope="module", autouse=True)
def hardly_timed():
    """Times are those of the machine, and no test looks at them: each is measured once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(many_costs, "ROUNDS", 1)
        patch.setattr(many_costs, "SPAN", 0.0)
        yield


@pytest.fixture(scope="module")
def found() -> dict[Claim, Evidence]:
    return {claim: answered(claim) for claim in all_claims()}


def test_the_twelve_questions_are_there_and_each_is_whole(found):
    assert list(CLAIM) == NAMES
    for claim, evidence in found.items():
        assert claim.question.endswith("?"), claim.name
        assert min(map(len, (claim.answer, claim.source, claim.method, claim.limits))) > 20, claim.name
        assert evidence.statements, claim.name
        assert any(isinstance(one, ClaimTable) for one in evidence.exhibits), claim.name


@pytest.mark.parametrize("name", NAMES)
def test_the_claim_is_borne_out(found, name):
    evidence = found[CLAIM[name]]
    print(f"{name}: {sum(one.holds for one in evidence.statements)} of {len(evidence.statements)} statements")
    assert not [one.text for one in evidence.statements if not one.holds]


# Things that make claims false, the mistake made right or the right thing made wrong, and the statements, counted from
# 0, that must then fail.
KRON, JACREV, INV = np.kron, torch.func.jacrev, np.linalg.inv


def through_other_weights(book, l):
    return book.delta[l + 1] @ (book.layer(l + 1).w + 1)


SABOTAGE = [
    ("inputs-not-outputs", OutputsWhereInputsBelong, "weight_gradient", Textbook.weight_gradient, {1, 2, 3, 4}),
    ("inputs-not-outputs", Textbook, "weight_gradient", lambda book, l: book.delta[l].T @ book.a[l - 1] * 2, {4}),
    ("inputs-not-outputs", np, "kron", lambda a, b: KRON(a, b) + 1, {6, 8}),
    ("why-the-iverson-bracket", iverson_bracket, "_jacobian", lambda x, n: np.ones((n, n, len(x))), {0, 1}),
    ("why-the-iverson-bracket", np, "outer", lambda a, b: np.full((len(a), len(b)), 7.0), {1}),
    ("transpose-not-inverse", InverseWhereTransposeBelongs, "sent_back", Textbook.sent_back, {1}),
    ("transpose-not-inverse", transpose_not_inverse, "_singular_values_are_ones", lambda w: len(w) == 2, {2, 3}),
    ("transpose-not-inverse", transpose_not_inverse, "ONE_PLUS_X", fmpq_series([1, 0, 1]), {4}),
    ("transpose-not-inverse", np.linalg, "inv", lambda w: w, {5}),
    ("transpose-not-inverse", transpose_not_inverse, "differences", lambda one, other: (["w"], 1), {0}),
    ("why-the-hadamard-product", hadamard_product, "ELEMENTWISE", {"mixing": lambda z: z + z.sum()}, {0, 1}),
    ("why-the-hadamard-product", hadamard_product, "softmax", torch.sigmoid, {2}),
    ("why-the-hadamard-product", SoftmaxDiagonalJacobian, "output_delta", Textbook.output_delta, {5}),
    ("why-the-hadamard-product", hadamard_product, "Fraction", lambda k: float(k) / 3, {3}),
    ("current-or-next-layer", WrongLayersWeights, "sent_back", Textbook.sent_back, {3}),
    (
        "current-or-next-layer",
        current_or_next_layer,
        "_article_1",
        lambda n: [np.vstack([2 * one.w.T, one.b]) for one in n.layers],
        {0, 1},
    ),
    ("slope-from-output-or-input", slope_forms, "FORMS", mixed_forms(), {0}),
    ("slope-from-output-or-input", slope_forms, "ALLOWED", 0, {1}),
    ("slope-from-output-or-input", SigmaPrimeOfActivation, "slope", Textbook.slope, {5}),
    ("slope-from-output-or-input", slope_forms, "ACTIVATIONS", swapped_activations(), {3, 4}),
    ("error-sign-and-update-sign", signs, "MIXED", signs.RIGHT_SIGNS, {3}),
    ("error-sign-and-update-sign", signs, "RIGHT_SIGNS", signs.MIXED, {2}),
    ("error-sign-and-update-sign", signs, "differences", lambda one, other: (["new w"], 1), {0}),
    ("the-bias-trick", bias_trick, "as_published", lambda widths, random: narrow(widths, random), {1}),
    ("the-bias-trick", bias_trick, "from_output", lambda o: 2 * o * (1 - o), {3}),
    ("the-bias-trick", bias_trick, "as_copied", bias_trick.from_output, {4}),
    ("the-bias-trick", bias_trick, "forward", constant_units, {2}),
    ("the-bias-trick", Textbook, "bias_gradient", lambda book, l: book.delta[l].sum(axis=0) * 2, {0}),
    ("one-backprop-many-costs", many_costs, "functions", lambda name: functions("weight_by_weight"), {0, 1}),
    ("one-backprop-many-costs", many_costs, "functions", lambda name: functions("matrices"), {1, 2}),
    ("online-batch-mean", OnlineUpdatesInsideBatch, "step", twice, {2}),
    ("online-batch-mean", Textbook, "scaled", lambda book, value: value, {1}),
    ("online-batch-mean", Textbook, "bias_gradient", lambda book, l: book.delta[l][0], {0}),
    ("update-after-backward", UpdatedWeightsUsedToPropagate, "sent_back", through_other_weights, {1}),
    ("update-after-backward", UpdatedWeightsUsedToPropagate, "output_delta", lambda book: book.output_error() * 2, {0}),
    ("published-figures", OffByOne, "weighted_input", Textbook.weighted_input, {0}),
    ("published-figures", UpdatedWeightsUsedToPropagate, "sent_back", Textbook.sent_back, {0}),
    ("published-figures", Textbook, "slope", lambda book, l: book.a[l] * (1 - book.a[l]) * 2, {0, 1}),
]


@pytest.mark.parametrize(("name", "owner", "attribute", "other", "expected"), SABOTAGE, ids=lambda one: str(one)[:20])
def test_no_claim_is_confirmed_whatever_happens(name, owner, attribute, other, expected, monkeypatch):
    monkeypatch.setattr(owner, attribute, other)
    with np.errstate(all="ignore"):
        evidence = answered(CLAIM[name])
    failed = {k for k, one in enumerate(evidence.statements) if not one.holds}
    assert not evidence.statements[0].text.startswith("The experiment ran"), evidence.statements[0].text
    assert not evidence.holds
    assert expected <= failed, failed


def test_an_experiment_that_fails_is_no_confirmation_and_no_traceback():
    def fail():
        raise KeyError("gone")

    evidence = answered(dataclasses.replace(all_claims()[0], experiment=fail))
    assert not evidence.holds
    assert "KeyError" in evidence.statements[0].text
    assert not Evidence((), ()).holds


# Independent numbers.


def test_the_worked_examples_first_step_by_hand(found):
    """The 2-2-2 network of the worked example written out in scalars, with mpmath, both orders of updating."""
    with mpmath.workdps(40):
        s = lambda z: 1 / (1 + mpmath.exp(-z))  # noqa: E731
        number = lambda text: mpmath.mpf(text)  # noqa: E731
        w = [number(text) for text in (".15", ".2", ".25", ".3", ".4", ".45", ".5", ".55")]
        b1, b2, i1, i2, t1, t2 = map(number, (".35", ".6", ".05", ".1", ".01", ".99"))

        def outputs(w):
            h1, h2 = s(w[0] * i1 + w[1] * i2 + b1), s(w[2] * i1 + w[3] * i2 + b1)
            return h1, h2, s(w[4] * h1 + w[5] * h2 + b2), s(w[6] * h1 + w[7] * h2 + b2)

        def after(early):
            h1, h2, o1, o2 = outputs(w)
            d1, d2 = (o1 - t1) * o1 * (1 - o1), (o2 - t2) * o2 * (1 - o2)
            new = [w[4] - d1 * h1 / 2, w[5] - d1 * h2 / 2, w[6] - d2 * h1 / 2, w[7] - d2 * h2 / 2]
            back = new if early else w[4:]
            e1 = (d1 * back[0] + d2 * back[2]) * h1 * (1 - h1)
            e2 = (d1 * back[1] + d2 * back[3]) * h2 * (1 - h2)
            first = [w[0] - e1 * i1 / 2, w[1] - e1 * i2 / 2, w[2] - e2 * i1 / 2, w[3] - e2 * i2 / 2]
            *_, o1, o2 = outputs(first + new)
            return ((o1 - t1) ** 2 + (o2 - t2) ** 2) / 2

        right, early = mpmath.nstr(after(early=False), 9), mpmath.nstr(after(early=True), 9)
    assert (right, early) == ("0.291027774", "0.291027924")
    [table] = [one for one in found[CLAIM["published-figures"]].exhibits if "the slip" in one.headers[-1]]
    [row] = [row for row in table.rows if row[:2] == ["Mazur, closing figures", "`loss_after_1`"]]
    assert row[3].startswith("0.29102777")
    assert (row[2], *row[4:]) == (early, FIGURES_WRONG, "yes")


@pytest.mark.parametrize(
    ("printed", "verdict"),
    [
        ("0.710567", FIGURES_RIGHT),
        ("0.710566", CARELESS),
        ("0.710568", FIGURES_WRONG),
        ("0.71057", FIGURES_RIGHT),
        ("0.71056", CARELESS),
    ],
)
def test_a_figure_is_judged_by_its_last_printed_place(printed, verdict):
    """The hidden output of article 2's forward pass is 0.71056688831."""
    [group] = [one for one in groups() if one.title == "Brownlee, forward pass"]
    [figure] = judged(dataclasses.replace(group, figures={"a1[0,0]": printed}))
    assert figure.verdict == verdict


def test_the_printed_figures_are_those_of_the_list(found):
    [summary] = [one for one in found[CLAIM["published-figures"]].exhibits if one.headers[-1] == "why"]
    assert summary.rows[-1][:5] == ["all", "263", "244", "1", "18"]


@settings(max_examples=50)
@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5), st.integers(0, 2**32))
def test_a_counting_array_does_what_an_array_does_and_counts_it(m, k, n, seed):
    source = np.random.default_rng(seed)
    one, other = source.integers(-9, 9, (m, k)), source.integers(-9, 9, (k, n))
    before = Counting.done
    assert np.array_equal(one.view(Counting) @ other.view(Counting), one @ other)
    assert Counting.done - before == m * k * n
    assert np.array_equal(one.view(Counting) @ other[:, 0].view(Counting), one @ other[:, 0])
    assert Counting.done - before == m * k * n + m * k
    total = (one.view(Counting) * 3 + 1).sum() - one.view(Counting)[0, 0] * 2
    assert total == (one * 3 + 1).sum() - one[0, 0] * 2
    assert Counting.done - before == m * k * n + 2 * m * k + 1


def test_the_fitted_exponent_is_that_of_a_power():
    assert exponent([1, 2, 4, 8], [3 * x**2.5 for x in (1, 2, 4, 8)]) == pytest.approx(2.5, rel=1e-12)


@settings(max_examples=20)
@given(inputs())
def test_precise_numbers_give_the_certified_truth(given_inputs):
    """The textbook in 200 bits lies in the enclosures that the truth gives by other means."""
    names = {layer.activation.name for layer in given_inputs.network.layers}
    assume("softmax" not in names and given_inputs.network.cost.name == "half_squared_error")
    with ctx.workprec(200):
        gradients = Textbook(precise_inputs(given_inputs)).gradients()
    standards = certify(given_inputs, 0.0, "float64")
    for l, w in enumerate(gradients.w, start=1):
        standard = standards["w", l]
        error = standard.truth.error(to_float64(w))
        clear = ~standard.undecidable
        ulp = np.spacing(np.abs(standard.truth.high))
        assert (error <= ulp + standard.truth.radius)[clear].all()


def test_right_is_within_rounding_and_a_thousandth_of_a_percent_is_not():
    given_inputs = make_case("iris", (4, 5, 3), "sigmoid", 8).build()
    gradients = Textbook(given_inputs).gradients()
    assert is_right(gradients, given_inputs)
    off = dataclasses.replace(gradients, w=[gradients.w[0] * (1 + 1e-5), *gradients.w[1:]])
    assert not is_right(off, given_inputs)
    assert relative_distance(off.w[:1], gradients.w[:1]) == pytest.approx(1e-5, rel=1e-9)


# The page.


def page_of(found):
    return rendered(claims_document(found), "claims")


def untimed(page):
    """The page without its tables of times, which are those of the machine that made it."""
    return re.sub(r"The time of one gradient.*?\n\n.*?\n\n", "", page, flags=re.DOTALL)


def test_the_committed_page_is_that_of_today(found):
    stored = (REPORTS / "claims.md").read_text(encoding="utf-8")
    assert untimed(page_of(found)) == untimed(stored), "run `nox -s claims` and commit reports/"
    assert len(re.findall("The time of one gradient", stored)) == 2


def test_the_committed_points_and_pictures_are_those_of_today(found, tmp_path):
    write_claims(found, tmp_path)
    stored, today = (pd.read_csv(folder / "claims.csv", keep_default_na=False) for folder in (REPORTS, tmp_path))
    assert stored.equals(today), "run `nox -s claims` and commit reports/"
    drawn = drawn_pictures(found)
    for one in drawn:
        stored_svg, svg_today = (
            (folder / "pictures" / f"{one.name}.svg").read_bytes() for folder in (REPORTS, tmp_path)
        )
        assert svg_today == stored_svg, one.name
    print(f"{len(drawn)} pictures, {len(stored)} points")
    assert len(drawn) == 8


def test_every_claim_has_its_section_with_all_that_was_promised(found):
    page = page_of(found)
    sections = dict(zip(NAMES, re.split(r"^## ", page, flags=re.MULTILINE)[1:], strict=True))
    for claim, evidence in found.items():
        section = sections[claim.name]
        for part in (claim.question, claim.answer, claim.source, claim.method, claim.limits):
            assert part in section, claim.name
        assert f"`nox -s claims -- {claim.name}`" in section
        assert all(f"- ✓ {statement.text}" in section for statement in evidence.statements)
        for exhibit in evidence.exhibits:
            assert exhibit.caption in section
            assert not isinstance(exhibit, Picture) or f"(pictures/{exhibit.name}.svg)" in section


def test_a_claim_that_fails_shows_on_the_page():
    evidence = Evidence((Statement("two and two are five", False), Statement("four is four", True)), ())
    page = page_of({all_claims()[0]: evidence})
    assert "0 of 1 claims are confirmed" in page
    assert "**not confirmed** (1 of 2 statements hold)" in page
    assert "- ✗ two and two are five" in page
    assert "does not confirm this" in page


def test_cells_cannot_break_a_table_and_long_tables_are_folded():
    table = ClaimTable("caption", ["a|b"], [["c|d"]] * 30)
    page = page_of({all_claims()[0]: Evidence((Statement("yes", True),), (table,))})
    assert page.count("c\\|d") == 30
    assert "<details><summary>caption</summary>" in page

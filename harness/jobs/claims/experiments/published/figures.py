"""The figures that the articles print, recomputed to every printed digit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

import numpy as np
from flint import arb, ctx

from harness.jobs.claims.claim import Claim, ClaimTable, Evidence, Statement
from harness.jobs.claims.experiments.published.groups import (
    BY_STEPS,
    CLOSING,
    PUBLISHED_BITS,
    Group,
    groups,
    worked_example_with_biases,
)
from harness.jobs.claims.experiments.published.recomputed import Recipe
from harness.jobs.train.spread import RUNS, limit, quantile
from harness.model.contract import Inputs, Numbers
from harness.truth.enclosures.precise import precise_inputs

FLOAT_DIGITS = 15  # a figure with so many digits is a float64, whose own rounding is part of it
FIGURES_RIGHT, CARELESS, FIGURES_WRONG = "right", "rounded carelessly", "wrong"


@dataclass(frozen=True)
class Figure:
    """One printed figure, the number that should stand there, the verdict, and whether the mistaken code prints it."""

    name: str
    printed: str
    value: str
    verdict: str
    reproduced: bool


def judged(group: Group) -> list[Figure]:
    """Every figure of a group."""
    with ctx.workprec(PUBLISHED_BITS):
        right = group.recipe(precise_inputs)
        mistaken = group.mistaken(precise_inputs) if group.mistaken else {}
    slack, slack_of_mistaken = _slack(group.figures, group.recipe), _slack(group.figures, group.mistaken)
    found = []
    for name, printed in group.figures.items():
        off, half = _distance(right[name], printed), _half_a_unit(printed)
        verdict = (
            FIGURES_RIGHT if off <= half + slack[name] else CARELESS if off <= 2 * half + slack[name] else FIGURES_WRONG
        )
        reproduced = name in mistaken and _distance(mistaken[name], printed) <= half + slack_of_mistaken[name]
        found.append(Figure(name, printed, _shown(right[name], printed), verdict, reproduced))
    return found


def _slack(figures: Mapping[str, str], recipe: Recipe | None) -> dict[str, float]:
    """What is allowed to each figure: nothing to one with few digits; to one that is a whole float64, the limit of
    harness.jobs.train.spread, from runs in floats whose inputs are moved by an ulp."""
    whole = [name for name, printed in figures.items() if len(printed.lstrip("-0.").replace(".", "")) >= FLOAT_DIGITS]
    slack = dict.fromkeys(figures, 0.0)
    if whole and recipe is not None:
        with ctx.workprec(PUBLISHED_BITS):
            right = recipe(precise_inputs)
        runs = [recipe(partial(_moved_figure, run=run)) for run in range(RUNS)]
        for name in whole:
            slack[name] = limit(np.array([float(abs(arb(float(run[name])) - right[name])) for run in runs]))
    return slack


def _moved_figure(inputs: Inputs, run: int) -> Inputs:
    """The inputs with every number one ulp up or down."""
    source = np.random.default_rng(run)
    parts = [np.nextafter(array, source.choice([-np.inf, np.inf], array.shape)) for array in inputs.arrays()]
    network = inputs.network.with_parameters(parts[0:-2:2], parts[1:-2:2])
    return Inputs(network, parts[-2], parts[-1])


def _distance(value: Numbers, printed: str) -> float:
    return float(abs(value - arb(printed)))


def _half_a_unit(printed: str) -> float:
    """Half a unit in the last printed place."""
    return float(Decimal((0, (5,), _exponent(printed) - 1)))


def _exponent(printed: str) -> int:
    exponent = Decimal(printed).as_tuple().exponent
    assert isinstance(exponent, int), "a figure is finite"
    return exponent


def _shown(value: Numbers, printed: str) -> str:
    """The number with two digits more than are printed, or as many as a float64 has."""
    places = min(-_exponent(printed) + 2, max(17, -_exponent(printed)))
    return f"{Decimal(arb(value).str(40, radius=False)):.{places}f}"


def experiment() -> Evidence:
    all_groups = {group: judged(group) for group in groups()}
    figures = [figure for found in all_groups.values() for figure in found]
    counts = {
        verdict: sum(figure.verdict == verdict for figure in figures)
        for verdict in (FIGURES_RIGHT, CARELESS, FIGURES_WRONG)
    }
    by_title = {group.title: {figure.name: figure for figure in found} for group, found in all_groups.items()}
    after, at_end = (by_title[CLOSING][name] for name in ("loss_after_1", "loss_after_10000"))
    with_biases = _shown(worked_example_with_biases(), after.printed)
    by_steps = [figure.verdict for figure in by_title[BY_STEPS].values()]
    return Evidence(
        (
            Statement(
                "Every figure that is not right is what the slip that is named gives, to the last printed digit.",
                all(figure.reproduced for figure in figures if figure.verdict != FIGURES_RIGHT),
            ),
            Statement(
                f"The worked example's step-by-step figures are right, {by_steps.count(FIGURES_RIGHT)} of "
                f"{len(by_steps)}, and none is worse than carelessly rounded.",
                FIGURES_WRONG not in by_steps,
            ),
            Statement(
                f"Its closing figures are not: after one step the cost is {after.value}, not {after.printed}; after "
                f"10,000 it is {at_end.value}, not {at_end.printed}.",
                after.verdict == at_end.verdict == FIGURES_WRONG,
            ),
            Statement(
                "It leaves its biases as they are. Code that updates them too is right as well, and comes to "
                f"{with_biases} after one step.",
                with_biases != after.value,
            ),
        ),
        (_figures_summary(all_groups, counts), _not_right(all_groups), _all(all_groups)),
    )


def _figures_summary(all_groups: Mapping[Group, list[Figure]], totals: Mapping[str, int]) -> ClaimTable:
    rows = []
    for group, found in all_groups.items():
        counts = [
            sum(figure.verdict == verdict for figure in found) for verdict in (FIGURES_RIGHT, CARELESS, FIGURES_WRONG)
        ]
        rows.append([group.title, str(len(found)), *map(str, counts), group.why])
    rows.append(["all", str(sum(totals.values())), *map(str, totals.values()), ""])
    return ClaimTable(
        "The figures by where they are printed.",
        ["where", "figures", FIGURES_RIGHT, CARELESS, FIGURES_WRONG, "why"],
        rows,
    )


def _not_right(all_groups: Mapping[Group, list[Figure]]) -> ClaimTable:
    rows = [
        [group.title, f"`{one.name}`", one.printed, one.value, one.verdict, "yes" if one.reproduced else ""]
        for group, found in all_groups.items()
        for one in found
        if one.verdict != FIGURES_RIGHT
    ]
    headers = ["where", "figure", "printed", "it is", "verdict", "the slip gives what is printed"]
    return ClaimTable("The figures that are not right.", headers, rows)


def _all(all_groups: Mapping[Group, list[Figure]]) -> ClaimTable:
    rows = [
        [group.title, f"`{one.name}`", one.printed, one.value, one.verdict]
        for group, found in all_groups.items()
        for one in found
    ]
    return ClaimTable(
        "Every figure; layers are numbered from the input, indices from 0.",
        ["where", "figure", "printed", "it is", "verdict"],
        rows,
    )


CLAIM = Claim(
    position=12,
    name="published-figures",
    question="Can the figures that Mazur, Brownlee and others print be trusted, to check one's own code by?",
    answer=(
        "Nearly all of them, to every printed digit. But the closing figures of Mazur's worked example, the most "
        "copied of all, come from code that updates the output weights before it uses them, and two sections of "
        "Brownlee's from a version with an off-by-one: right code will not give them. And Mazur leaves the biases as "
        "they are; code that updates them gives other figures, and is right."
    ),
    source=(
        "Mazur, A Step by Step Backpropagation Example, 2015; Brownlee, How to Code a Neural Network with "
        "Backpropagation In Python, 2016; backprop_example2.txt of the courses COMPSCI 589 (UMass Amherst) and "
        "INF01017 (UFRGS)."
    ),
    method=(
        f"Every figure is computed anew in {PUBLISHED_BITS} bits. It is right if it is the number rounded to the "
        "printed places, careless if it is less than a unit of the last place off, wrong otherwise. To a figure that "
        f"is a whole float64 {quantile():.1f} times the root mean square error of {RUNS} float64 runs is allowed, "
        "each from inputs that are an ulp off. What is not right is computed once more with the slip."
    ),
    limits=(
        "The texts were read in public copies; a later edition may print other figures. A figure that right code "
        "does not give says nothing against an article's explanation, which may be right all the same."
    ),
    experiment=experiment,
)

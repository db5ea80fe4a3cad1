"""The figures that the articles print, in groups that are computed together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any

from flint import arb, ctx

from harness.jobs.claims.experiments.published.recomputed import (
    Figures,
    OffByOne,
    Recipe,
    WeightChange,
    article_2,
    cost_of,
    hidden_output_dropped,
    inputs_of,
    published_step,
    regularised,
    trained,
)
from harness.mistakes.entries.backward import UpdatedWeightsUsedToPropagate
from harness.model.contract import Inputs, Numbers
from harness.model.textbook import Textbook
from harness.truth.enclosures.precise import precise_inputs

PUBLISHED: dict[str, Any] = json.loads((Path(__file__).parent / "published.json").read_text(encoding="utf-8"))
BY_STEPS, CLOSING = "Mazur, step by step", "Mazur, closing figures"
PUBLISHED_BITS = 160
NO_RATE = 1.0  # of a step that nobody prints


@dataclass(frozen=True, eq=False)
class Group:
    """Figures by name, how they are computed, and how those that are not right came about."""

    title: str
    figures: Mapping[str, str]
    recipe: Recipe
    mistaken: Recipe | None = None
    why: str = ""


def groups() -> Iterator[Group]:
    """All groups, by article."""
    worked, course = PUBLISHED["examples"]
    yield from _worked_example(worked)
    yield from _course(course)
    yield from _article_2(PUBLISHED["training"], PUBLISHED["small"])


def worked_example_with_biases() -> Numbers:
    """The cost of the worked example after one step that updates the biases, too."""
    worked = PUBLISHED["examples"][0]
    [row] = worked["rows"]
    with ctx.workprec(PUBLISHED_BITS):
        inputs = precise_inputs(inputs_of(worked, row["x"], row["t"]))
        moved = Textbook(inputs, worked["learning_rate"]).step()
        return cost_of(Inputs(moved, inputs.x, inputs.t))


def _worked_example(worked: Mapping[str, Any]) -> Iterator[Group]:
    [row], rate = worked["rows"], worked["learning_rate"]
    inputs = inputs_of(worked, row["x"], row["t"])
    by_code, closing, later = (worked[part]["values"] for part in ("code", "closing", "later"))

    def one(change: WeightChange) -> Figures:
        return published_step(change(inputs), rate)

    def many(book: type[Textbook], names: Iterable[str]) -> Recipe:
        return lambda change: trained(change(inputs), rate, book, names)

    right = cache(many(Textbook, [*closing, *later]))  # ten thousand steps, for both groups

    def of_rounded_factors(change: WeightChange) -> Figures:
        delta, w = one(change)["delta2[0,1]"], inputs.network.layers[1].w[1, 0]
        nine_places = Decimal(delta.str(30, radius=False)).quantize(Decimal("1e-9"))
        return {"dEda1_o1[0,0]": arb(str(nine_places)) * float(w)}

    yield Group(
        BY_STEPS,
        row["forward"] | row["products"] | row["values"],
        one,
        of_rounded_factors,
        "-0.019049119 is the product of two factors of which one was rounded to nine places before",
    )
    yield Group(
        "Mazur, by the author's own code",
        row["full_precision"] | by_code,
        lambda change: one(change) | many(Textbook, by_code)(change),
    )
    yield Group(
        CLOSING,
        closing,
        right,
        many(UpdatedWeightsUsedToPropagate, closing),
        "the output weights are updated before the delta goes back through them (`updated_weights_used_to_propagate`)",
    )
    yield Group(
        'Mazur, later versions, "after 10,000 times"',
        later,
        right,
        why="right as the cost before the 10,000th update, after 9,999",
    )


def _course(course: Mapping[str, Any]) -> Iterator[Group]:
    for number, row in enumerate(course["rows"], start=1):
        yield Group(
            f"backprop_example2.txt, sample {number}",
            row["forward"] | row["values"],
            partial(_step, inputs=inputs_of(course, row["x"], row["t"])),
        )
    both = inputs_of(course, *([row[part][0] for row in course["rows"]] for part in "xt"))
    penalty = course["regularised"]
    yield Group(
        "backprop_example2.txt, mean with L2 penalty",
        penalty["values"],
        lambda change: regularised(change(both), penalty["strength"]),
    )


def _step(change: WeightChange, inputs: Inputs) -> Figures:
    return published_step(change(inputs), NO_RATE)


def _article_2(training: Mapping[str, Any], small: Mapping[str, Any]) -> Iterator[Group]:
    inputs = inputs_of(small, small["x"], small["t"])
    yield Group("Brownlee, forward pass", small["forward"], partial(_step, inputs=inputs))
    yield Group(
        "Brownlee, backward pass",
        small["stated"],
        lambda change: hidden_output_dropped(change(inputs)) | _step(change, inputs),
        lambda change: hidden_output_dropped(change(inputs)),
        "the outputs written into this test are f(b), because the hidden unit's output was dropped; the deltas are "
        "right for the outputs as stated",
    )
    epochs = len(training["epoch_errors"])
    book = partial(article_2, learning_rate=training["learning_rate"], epochs=epochs)
    errors = {f"epoch_error[{epoch}]": printed for epoch, printed in enumerate(training["epoch_errors"])}
    yield Group("Brownlee, 20 epochs", errors | training["final"] | training["last_row"], partial(book, book=Textbook))
    yield Group(
        "Brownlee, weights of the section on prediction",
        training["predict"],
        partial(book, book=Textbook),
        partial(book, book=OffByOne),
        "range(len(inputs) − 1) in the forward pass and in the update leaves the last hidden unit out, as in the "
        "version before 3 January 2017",
    )

"""reports/layers.md: every layer by each formulation, its definition, its mistakes, and what other checks miss."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import Any

from harness.jobs.evidence.layers.run import FOUND, LAYER_FORMULATIONS, PASSED, UNUSABLE, Killed, LayerFound
from harness.jobs.evidence.layers.usual_checks import USUAL_CHECKS
from harness.layers.definition import Definition, LayerMistake
from harness.layers.verdicts.changes import changed_lines, is_in
from harness.reporting.document import Block, Bullets, Chapter, CodeBlock, DataTable, Document, Fold, Paragraph, literal

MARKS = {FOUND: "found", PASSED: "**passed**", UNUSABLE: "says nothing"}


def layers_document(found: Sequence[LayerFound]) -> Document:
    """The report."""
    mistakes = [one for layer in found for one in layer.mistakes]
    return Document(
        "Layers: the backward passes that courses ask for",
        (
            Paragraph(
                f"{len(found)} layers, losses and optimisers, each defined once by its forward pass "
                "([the definitions](../harness/layers/library)). The exact gradient comes from that pass by reverse "
                "mode in ball arithmetic; the bound of each number is that of right code in any order of sums and any "
                "usual form. `gradproof check layers.py` checks a file of your own against them."
            ),
            Bullets(tuple(_layers_summary(found, mistakes))),
            Chapter("Formulations", tuple(_agreement_table(found))),
            Chapter("Mistakes, and which checks find them", tuple(_mistake_table(found, mistakes))),
            Chapter("Right code that other checks reject", tuple(_rejections(found))),
            Chapter("The definitions", tuple(map(_definition, found))),
        ),
    )


def layer_facts(found: Sequence[LayerFound]) -> dict[str, Any]:
    """The numbers of the report as JSON can hold them."""
    return {
        "layers": [
            {
                "name": one.layer.name,
                "source": one.layer.source,
                "cases": list(one.layer.cases),
                "formulations": {row.formulation: row.numbers for row in one.agreements},
                "mistakes": [
                    {
                        "name": row.mistake.name,
                        "sentence": row.mistake.sentence,
                        "named": row.is_named,
                        "usual": row.usual,
                    }
                    for row in one.mistakes
                ],
                "rejected": one.rejected,
            }
            for one in found
        ]
    }


def _layers_summary(found: Sequence[LayerFound], mistakes: Sequence[Killed]) -> Iterator[str]:
    rows = [row for one in found for row in one.agreements]
    within = sum(row.worst <= 1 for row in rows)
    numbers = sum(row.numbers for row in rows)
    yield f"{within} of {len(rows)} formulations are within their bounds in all {numbers:,} numbers."
    seen, named = sum(one.seen > 0 for one in mistakes), sum(one.is_named for one in mistakes)
    yield f"{seen} of {len(mistakes)} mistakes are found, and {named} named."
    tried = [one for one in mistakes if one.usual]
    for name in USUAL_CHECKS:
        passed = sum(one.usual[name] == PASSED for one in tried)
        silent = sum(one.usual[name] == UNUSABLE for one in tried)
        more = f", and rejects the right code, too, where {silent} others show" if silent else ""
        yield f"{name}: passes {passed} of the {len(tried)} mistakes in a gradient{more}."


def _agreement_table(found: Sequence[LayerFound]) -> Iterator[Block]:
    yield Paragraph(
        "The numbers that were compared, results and gradients; each is within its bound unless the cell says "
        "otherwise. Blank: PyTorch does not have the layer."
    )
    rows = []
    for one in found:
        cells = {
            row.formulation: f"{row.numbers}" + ("" if row.worst <= 1 else " **out of bounds**")
            for row in one.agreements
        }
        rows.append([one.layer.name, len(one.layer.cases), *(cells.get(name, "") for name in LAYER_FORMULATIONS)])
    yield DataTable.of(["layer", "cases", *LAYER_FORMULATIONS], rows)


def _mistake_table(found: Sequence[LayerFound], mistakes: Sequence[Killed]) -> Iterator[Block]:
    yield Paragraph(
        "Each mistake is run on the cases of its layer. The other checks get the same cases, and the right forward "
        "pass; a mistake counts as found if a check rejects it in one case in which it passes the right code. *Says "
        "nothing*: it rejects the right code in each of these cases. Blank: the mistake is in the forward pass or in "
        "an optimiser, which these checks do not look at."
    )
    cells = [
        [
            one.layer,
            literal(one.mistake.sentence),
            f"{one.seen} of {one.of}",
            *(MARKS.get(one.usual.get(name, ""), "") for name in USUAL_CHECKS),
        ]
        for one in mistakes
    ]
    yield DataTable.of(["layer", "mistake", "cases that see it", *USUAL_CHECKS], cells)


def _rejections(found: Sequence[LayerFound]) -> Iterator[Block]:
    yield Paragraph(
        "In how many cases each check rejects the plain formulation in float32, which is right. In float64 the "
        "relative error rejects it, too, where a gradient is small beside the rounding of the difference quotient."
    )
    rows = [
        [
            one.layer.name,
            len(one.layer.cases),
            *(one.rejected[name] for name in USUAL_CHECKS),
        ]
        for one in found
        if one.rejected
    ]
    yield DataTable.of(["layer", "cases", *USUAL_CHECKS], rows)


def _definition(found: LayerFound) -> Chapter:
    layer = found.layer
    passes = [layer.forward, *([layer.backward] if layer.backward else [])]
    code = CodeBlock("\n\n\n".join(inspect.getsource(one).rstrip() for one in passes))
    known = tuple(_changed_line(layer, one.mistake) for one in found.mistakes)
    doc = inspect.getmodule(layer.forward).__doc__ or ""
    return Chapter(
        layer.name,
        (
            Paragraph(literal(doc.strip())),
            code,
            *((Fold(f"Its mistakes: {len(known)}", known),) if known else ()),
            Paragraph(f"Source: {literal(layer.source)}. Cases: {literal('; '.join(layer.cases))}."),
        ),
    )


def _changed_line(layer: Definition, mistake: LayerMistake) -> CodeBlock:
    function = layer.forward if is_in(layer.forward, mistake) else layer.backward
    right, wrong = changed_lines(function, mistake)
    source = f"\n# {mistake.source}" if mistake.source else ""
    return CodeBlock(f"# {mistake.sentence}{source}\n- {right}\n+ {wrong}")

"""reports/proof.md: what exact arithmetic proves, the argument, and the wrong formulations that it refutes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from harness.jobs.prove.argument import ARGUMENT
from harness.jobs.prove.proofs import Proof
from harness.jobs.prove.refute import Refutation
from harness.model.contract import Array
from harness.reporting.document import Block, Chapter, CodeBlock, DataTable, Document, Paragraph, literal


def proof_document(
    proofs: Sequence[Proof], unable: Mapping[str, str], refutations: Sequence[Refutation], seed: int
) -> Document:
    """The report. `unable` has the reason for each implementation of which nothing is proved."""
    risk = sum((proof.false_equality for proof in proofs), Fraction(0))
    pairs, different = sum(len(proof.equal) for proof in proofs), sum(len(proof.different) for proof in proofs)
    numbers = sum(proof.numbers for proof in proofs)
    return Document(
        "Proofs: the formulations are the same function",
        (
            Paragraph(
                f"{len(proofs[0].ran)} implementations accept exact numbers. They are compared on {len(proofs)} "
                f"architectures. {pairs} pairs are equal in every δ, ∂C/∂W, ∂C/∂b and update that both return "
                f"({numbers:,} pairs of integers); {different} pairs differ. The probability that any of these "
                f"equalities is false is below {_power(risk)}."
            ),
            _architectures(proofs),
            Paragraph(
                "Every implementation is compared with every other; a pair counts if both support the architecture. "
                f"*Fractions*: the same comparison with f(z) = 1/(c − z). Seed {seed}."
            ),
            *_refuted(proofs),
            Chapter("The implementations", tuple(_implementations(proofs, unable))),
            ARGUMENT,
            Chapter(
                "Wrong formulations, refuted",
                (
                    Paragraph(
                        "Each is the textbook formulation with one line changed. The report gives the number of random "
                        "trials that refute it, and a counterexample in one-digit integers with f(z) = z, and so "
                        "f'(z) = 1, which can be verified by hand."
                    ),
                    *map(_refutation, refutations),
                ),
            ),
        ),
    )


def _architectures(proofs: Sequence[Proof]) -> DataTable:
    rows = [
        [
            proof.architecture.name,
            len(proof.ran),
            len(proof.equal),
            len(proof.different),
            f"{proof.numbers:,}",
            "equal" if proof.rational_equal else "different",
            max(proof.ran.values()),
            _power(proof.false_equality),
        ]
        for proof in proofs
    ]
    heads = ["architecture", "ran", "pairs equal", "pairs different", "integers", "fractions", "degree"]
    return DataTable.of([*heads, "false, below"], rows)


def _refuted(proofs: Sequence[Proof]) -> Iterator[Chapter]:
    """The pairs that differ, if there are any."""
    rows = [[proof.architecture.name, *found] for proof in proofs for found in proof.different]
    if rows:
        yield Chapter("Refuted", (DataTable.of(["architecture", "one", "other", "first difference"], rows),))


def _implementations(proofs: Sequence[Proof], unable: Mapping[str, str]) -> Iterator[Block]:
    supported = [
        [name, sum(name in proof.ran for proof in proofs), _refused_bullets(name, proofs)] for name in proofs[0].ran
    ]
    yield DataTable.of(
        ["implementation", f"architectures of {len(proofs)}", "reason for refusing the others"], supported
    )
    yield Paragraph("The following do not accept exact numbers, so nothing is proved about them.")
    yield DataTable.of(
        ["implementation", "on exact integers"], [[name, literal(reason)] for name, reason in unable.items()]
    )


def _refused_bullets(name: str, proofs: Sequence[Proof]) -> str:
    reasons = dict.fromkeys(literal(proof.refused[name]) for proof in proofs if name in proof.refused)
    return "; ".join(reasons) or "–"


def _refutation(found: Refutation) -> Chapter:
    layers = found.example.network.layers
    lines = [
        f"{name}^{l} = {_proof_rows(value)}"
        for l, layer in enumerate(layers, 1)
        for name, value in (("W", layer.w), ("b", layer.b))
    ]
    data = f"x = {_proof_rows(found.example.x[0])}    t = {_proof_rows(found.example.t[0])}"
    return Chapter(
        found.name.capitalize(),
        (
            Paragraph(
                f"Correct: {found.right}. Wrong: {found.wrong}. Refuted in {found.refuted} of {found.of} random "
                "trials. For example, with"
            ),
            CodeBlock("\n".join([data, *lines])),
            Paragraph(
                f"the correct {found.quantity} is {_numbers(found.right_value)}, the wrong one is "
                f"{_numbers(found.wrong_value)}."
            ),
        ),
    )


def _proof_rows(array: Array) -> str:
    """[[1 2] [3 4]]; a single row without the outer brackets."""
    if array.ndim == 1:
        return "[" + " ".join(str(number) for number in array) + "]"
    rows = [_proof_rows(row) for row in array]
    return rows[0] if len(rows) == 1 else "[" + " ".join(rows) + "]"


def _numbers(array: Array) -> str:
    return literal(_proof_rows(array))


def _power(probability: Fraction) -> str:
    """The power of ten that a probability is below."""
    return f"10^{math.floor(math.log10(probability)) + 1}"

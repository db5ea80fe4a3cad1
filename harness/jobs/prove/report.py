"""reports/proof.md: what exact arithmetic proves, the argument, and the wrong formulations that it refutes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from harness.jobs.prove.proofs import Proof
from harness.jobs.prove.refute import Refutation
from harness.model.contract import Array
from harness.model.exact import SET_SIZE
from harness.reporting import markdown

ARGUMENT = f"""\
## The argument

**What is compared.** Backprop uses +, − and × and never looks inside the activation: f(z) and f'(z) are black boxes
to it. So each implementation is run on *exact* integers with *opaque* activations, one for each layer: f(z) and
f'(z) are random integers, one for each distinct z. All of W, b, x, t and η are drawn evenly from a set S of |S| =
2^{SET_SIZE.bit_length() - 1} integers by Python's Mersenne Twister from the seed above, f(z) and f'(z) by the hash
BLAKE2b of a key so drawn and of z; the argument takes all draws for even and independent, as they are for code that
does not know the seed. The cost is half the squared error. There are two trials: with an opaque output, and with
f(z) = z at the output, the canonical link, where BP1 is a − t. Results are compared with `==`, entry by entry,
without any rounding. Of each implementation every layer of ∂C/∂W and ∂C/∂b must be there, in its shape; what a pair
does not have in common (deltas, a step) is not claimed.

**The code computes polynomials.** Each implementation is also run on numbers that know nothing but a bound on their
degree as a polynomial, and that offer +, − and × and nothing else: comparing them, branching on them or converting
them is an error, and is noticed even if the code catches it. Code that runs on them takes no branch on a value, so
for one architecture it always computes the same polynomials, in the variables w, b, x, t, η, f(z_i) and f'(z_i),
one pair of the last for each unit and row. The run also checks that every argument of f has degree 2 at most (a
weight times an activation), and returns the degree d of the results: it is the *degree* in the table, and the
largest is 2L + 2 (δ^L is a difference times a slope, 2; each BP2 multiplies by a weight and a slope, 2 more; BP4
multiplies by an input, and the rule by η).

**Both see the same z** (induction over the layers). Let two implementations agree on a^0..a^{{l-1}} as polynomials;
a^0 = x is given. Both pass polynomials of degree at most 2 as z^l to f. If those were different polynomials for
some unit and row, they would by the Schwartz–Zippel lemma take the same value with probability at most 2/|S|;
otherwise f gives the two implementations independent numbers. If they are the same polynomial, f gives both the
same f(z) and f'(z), so they agree on a^l as well. The values of f are independent variables as long as no two
different arguments have the same value, and no two of them the same f(z), by which f' is found from the output.
Among the M arguments of all implementations in a trial there are M(M − 1)/2 pairs; two different polynomials meet
with probability at most 2/|S|, two values of f with 1/|S|. (Where two arguments are the same polynomial, as for
equal rows, one variable stands for both in all implementations.)

**Equal numbers, equal polynomials.** By the Schwartz–Zippel lemma (Schwartz 1980, Zippel 1979) a polynomial of
degree d that is not zero vanishes at a point drawn evenly from S with probability at most d/|S|. If any of the
compared results of two implementations were different polynomials, their difference would be such a polynomial. So
the pairs whose results are all equal are pairs of equal polynomials, but for a probability of at most 2 (P d + 3
M(M − 1)/2) / |S| for the P pairs of an architecture in two trials: the last column.

**From polynomials to gradients.** Equal polynomials are equal for *every* value of their variables, so also for the
values that sigmoid, tanh, relu or any other elementwise activation gives, in real numbers, for all weights, biases,
inputs, targets and learning rates.

**What is proved**: that the formulations are the same function, for these architectures, for all weights, inputs,
targets and elementwise activations, with half the squared error. **What is not**: rounding, which is what [the
comparison](README.md) is about; other architectures, although nothing in the code depends on them but the number of
passes through its loops; activations that are not elementwise, such as softmax, and the other costs; and code that
would look at the *type* of its numbers or the *name* of an activation and do something else there.

**A concrete instance**: the same comparison with fractions and f(z) = 1/(c − z), whose slope is a² from the output
and 1/(c − z)² from z, so that both slope forms are seen to be one function.
"""


def render(proofs: Sequence[Proof], unable: Mapping[str, str], refutations: Sequence[Refutation], seed: int) -> str:
    """The page in Markdown."""
    risk = sum((proof.false_equality for proof in proofs), Fraction(0))
    pairs = sum(len(proof.equal) for proof in proofs)
    different = [(proof, *found) for proof in proofs for found in proof.different]
    parts = [
        markdown.made("prove"),
        "# Proofs: the formulations are the same function\n",
        f"""\
{len(proofs[0].ran)} implementations that are generic in their numbers, {len(proofs)} architectures: {pairs} pairs are
equal in every δ, ∂C/∂W, ∂C/∂b and update that both give ({sum(p.numbers for p in proofs):,} pairs of integers),
{len(different)} differ. The probability that any one of these equalities is false is below {_power(risk)}.
""",
        _architectures(proofs),
        f"""\
Every implementation is compared with every other; a pair counts where both support the architecture. *Fractions*: the
same comparison with f(z) = 1/(c − z). Seed {seed}.
""",
    ]
    if different:
        rows = [[proof.architecture.name, one, other, quantity] for proof, one, other, quantity in different]
        parts += ["## Refuted\n", markdown.table(rows, ["architecture", "one", "other", "first difference"])]
    supported = [[name, sum(name in proof.ran for proof in proofs), _refusals(name, proofs)] for name in proofs[0].ran]
    parts += [
        "## The implementations\n",
        markdown.table(supported, ["implementation", f"architectures of {len(proofs)}", "refused the others because"]),
        "Not generic in their numbers, so that nothing is proved of them:\n",
        markdown.table(
            [[name, markdown.plain(reason)] for name, reason in unable.items()], ["implementation", "on exact integers"]
        ),
        ARGUMENT,
        "## Wrong formulations, refuted\n",
        """\
Each is the textbook with one line changed. Beside the count of random trials that refute it stands a counterexample in
one-digit integers, with f(z) = z and so f'(z) = 1, to be verified by hand.
""",
        *map(_refutation, refutations),
    ]
    return "\n".join(parts)


def _architectures(proofs: Sequence[Proof]) -> str:
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
    headers = [
        "architecture",
        "ran",
        "pairs equal",
        "pairs different",
        "integers",
        "fractions",
        "degree",
        "false, below",
    ]
    return markdown.table(rows, headers)


def _refusals(name: str, proofs: Sequence[Proof]) -> str:
    return (
        "; ".join(dict.fromkeys(markdown.plain(proof.refused[name]) for proof in proofs if name in proof.refused))
        or "–"
    )


def _refutation(found: Refutation) -> str:
    layers = found.example.network.layers
    lines = [
        f"{name}^{l} = {_rows(value)}"
        for l, layer in enumerate(layers, 1)
        for name, value in (("W", layer.w), ("b", layer.b))
    ]
    data = "    ".join([f"x = {_rows(found.example.x[0])}", f"t = {_rows(found.example.t[0])}"])
    given = "\n".join(f"    {line}" for line in (data, *lines))
    return f"""\
### {found.name.capitalize()}

Right: {found.right}. Wrong: {found.wrong}. Refuted in {found.refuted} of {found.of} random trials. For example, with

{given}

the right {found.quantity} is {_rows(found.right_value)}, the wrong one {_rows(found.wrong_value)}.
"""


def _rows(array: Array) -> str:
    """[[1 2] [3 4]]; a single row without the outer brackets."""
    if array.ndim == 1:
        return "[" + " ".join(str(number) for number in array) + "]"
    rows = [_rows(row) for row in array]
    return rows[0] if len(rows) == 1 else "[" + " ".join(rows) + "]"


def _power(probability: Fraction) -> str:
    """The power of ten that a probability is below."""
    return f"10^{math.floor(math.log10(probability)) + 1}"

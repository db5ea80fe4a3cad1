"""Why equal results of exact arithmetic prove that formulations are the same function, for the report."""

from __future__ import annotations

from harness.model.exact import SET_SIZE
from harness.reporting.document import Chapter, paragraphs

_SET_BITS = SET_SIZE.bit_length() - 1
_TEXT = f"""
**What is compared.** Backprop uses +, − and ×, and it never looks inside an activation: f(z) and f'(z) are black boxes
to it. So each implementation is run on *exact* integers with *opaque* activations, one for each layer: f(z) and f'(z)
are random integers, one pair for each distinct z. All entries of W, b, x, t and η are drawn uniformly from a set S of
|S| = 2^{_SET_BITS} integers by Python's Mersenne Twister, from the seed above. f(z) and f'(z) are values of
the hash BLAKE2b of z and a key that is drawn in the same way. The argument takes all draws as uniform and independent,
as they are for code that does not know the seed. The cost is half the squared error. There are two trials: with an
opaque output, and with f(z) = z at the output, the canonical link, where BP1 is a − t. Results are compared with `==`,
entry by entry, without any rounding. Each implementation must return every layer of ∂C/∂W and ∂C/∂b in its shape.
Nothing is claimed about quantities that only one of a pair returns (deltas, a step).

**The code computes polynomials.** Each implementation is also run on numbers that know nothing but a bound on their
degree as a polynomial, and that offer only +, − and ×. Comparing them, branching on them or converting them is an
error, which is noticed even if the code catches it. Code that runs on these numbers never branches on a value. So for
one architecture it always computes the same polynomials in the variables w, b, x, t, η, f(z_i) and f'(z_i), with one
pair f(z_i), f'(z_i) for each unit and row. The run also checks that every argument of f has degree 2 at most (a weight
times an activation), and it returns the degree d of the results, which is *degree* in the table. The largest degree is
2L + 2: δ^L is a difference times a slope, which has degree 2; each BP2 multiplies by a weight and a slope, which adds
2; BP4 multiplies by an input, and the rule by η.

**Both see the same z** (by induction over the layers). Let two implementations agree on a^0..a^{{l-1}} as polynomials;
a^0 = x is given. Both pass polynomials of degree 2 at most as z^l to f. If these were different polynomials for some
unit and row, they would have the same value with probability at most 2/|S|, by the Schwartz–Zippel lemma; otherwise f
returns independent numbers to the two implementations. If they are the same polynomial, f returns the same f(z) and
f'(z) to both, so both agree on a^l as well. The values of f are independent variables if no two different arguments
have the same value, and no two of them the same f(z), from which f' is found in the output form. Among the M arguments
of all implementations in a trial there are M(M − 1)/2 pairs. Two different polynomials have the same value with
probability at most 2/|S|, and two values of f are equal with probability 1/|S|. (If two arguments are the same
polynomial, as for equal rows, one variable stands for both in all implementations.)

**Equal numbers, equal polynomials.** By the Schwartz–Zippel lemma (Schwartz 1980, Zippel 1979), a polynomial of degree
d that is not zero vanishes at a uniformly drawn point with probability at most d/|S|. If any compared results of two
implementations were different polynomials, their difference would be such a polynomial. So the pairs whose results are
all equal are pairs of equal polynomials, except with probability at most 2 (P d + 3 M(M − 1)/2) / |S|, for the P pairs
of an architecture in two trials. The last column has this bound.

**From polynomials to gradients.** Equal polynomials are equal for *every* value of their variables. So they are equal
for the values that sigmoid, tanh, relu or any other elementwise activation returns, in real numbers, for all weights,
biases, inputs, targets and learning rates.

**What is proved**: for these architectures the formulations are the same function, for all weights, inputs, targets and
elementwise activations, with half the squared error. **What is not proved**: anything about rounding, which [the
comparison](README.md) is about; other architectures, although nothing in the code depends on them except the number of
passes through its loops; activations that are not elementwise, such as softmax; other costs; and code that inspects the
*type* of its numbers or the *name* of an activation.

**A concrete instance**: the same comparison with fractions and f(z) = 1/(c − z). Its slope is a² from the output and
1/(c − z)² from z, so this shows that both slope forms are one function.
"""
ARGUMENT = Chapter("The argument", paragraphs(_TEXT))

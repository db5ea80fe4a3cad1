"""Expressions of numbers whose graphs have values that are used more than once."""

from typing import Any

from harness.layers.definition import Argument, LayerMistake
from harness.layers.engines.expression import expression, repeated_sum

NUMBER = Argument("", scale=0.5, offset=1.5)
OTHER = Argument("", scale=0.5, offset=-2.0)
_ONE_USE = "only the last use is kept (= in place of +=)"


def sum_of_uses(a: Any, b: Any) -> Any:
    return a + b + a


def sum_of_uses_backward(a: Any, b: Any) -> Any:
    da = a * 0 + 1 + 1
    db = b * 0 + 1
    return da, db


def square_and_use(a: Any) -> Any:
    return a * a + a


def square_and_use_backward(a: Any) -> Any:
    da = a + a + 1
    return (da,)


def difference(a: Any, b: Any) -> Any:
    return (a - a) * b - a


def difference_backward(a: Any, b: Any) -> Any:
    da = b - b - 1
    db = a - a
    return da, db


def diamond(a: Any, b: Any) -> Any:
    c = a * b
    d = c + a
    return c * d


def diamond_backward(a: Any, b: Any) -> Any:
    c = a * b
    d = c + a
    dd = c
    dc = d + dd
    da = dc * b + dd
    db = dc * a
    return da, db


def two_calls(a: Any, b: Any) -> Any:
    return a * b, a + b * b


def two_calls_backward(a: Any, b: Any) -> Any:
    da = b + 1
    db = a + b + b
    return da, db


def deep_chain(a: Any) -> Any:
    return repeated_sum(a, 2000)


def deep_chain_backward(a: Any) -> Any:
    da = a * 0 + 2000
    return (da,)


EXPRESSIONS = (
    expression(
        "sum with reuse",
        sum_of_uses,
        sum_of_uses_backward,
        {"a": NUMBER, "b": OTHER},
        LayerMistake("use_lost", "da = a * 0 + 1 + 1", "da = a * 0 + 1", _ONE_USE),
    ),
    expression(
        "product with itself",
        square_and_use,
        square_and_use_backward,
        {"a": NUMBER},
        LayerMistake("last_product", "da = a + a + 1", "da = a", _ONE_USE),
        LayerMistake("last_sum", "da = a + a + 1", "da = a * 0 + 1", _ONE_USE),
        LayerMistake("one_of_two", "da = a + a + 1", "da = a + 1", "a use of a in a * a is lost"),
    ),
    expression(
        "difference with itself",
        difference,
        difference_backward,
        {"a": NUMBER, "b": OTHER},
        LayerMistake(
            "second_use_lost",
            "da = b - b - 1",
            "da = -b",
            "of a - a only the last use is kept (= in place of +=)",
            "https://github.com/ictxiangxin/paradox/pull/3",
        ),
        LayerMistake("first_use_lost", "da = b - b - 1", "da = b", "of a - a only one use is kept (= in place of +=)"),
        LayerMistake("sign_missing", "da = b - b - 1", "da = b + b + 1", "the derivative of a - b by b lacks its sign"),
    ),
    expression(
        "diamond",
        diamond,
        diamond_backward,
        {"a": NUMBER, "b": OTHER},
        LayerMistake(
            "uses_lost", "dc = d + dd\n    da = dc * b + dd", "dc = dd\n    da = dc * b", f"of a and c {_ONE_USE}"
        ),
        LayerMistake(
            "too_early",
            "dc = d + dd",
            "dc = d",
            "c is visited before all of its uses: what arrives later is not passed on (topological order)",
        ),
        LayerMistake(
            "visited_twice",
            "dc = d + dd",
            "dc = d + d + dd",
            "c is visited at each of its uses and passes on what it has passed on already (topological order)",
        ),
        LayerMistake("first_use_of_c_lost", "dc = d + dd", "dc = dd", f"of c {_ONE_USE}"),
    ),
    expression(
        "two backward calls",
        two_calls,
        two_calls_backward,
        {"a": NUMBER, "b": OTHER},
        LayerMistake(
            "first_call_lost",
            "da = b + 1\n    db = a + b + b",
            "da = a * 0 + 1\n    db = b + b",
            "a second backward call replaces what the first one gave",
        ),
        LayerMistake(
            "second_use_lost_too",
            "da = b + 1\n    db = a + b + b",
            "da = a * 0 + 1\n    db = b",
            "each gradient replaces the one before (= in place of +=)",
        ),
        results=("first", "second"),
    ),
    expression(
        "2000 operations deep",
        deep_chain,
        deep_chain_backward,
        {"a": NUMBER},
        LayerMistake("chain_lost", "da = a * 0 + 2000", "da = a * 0 + 1", _ONE_USE),
        LayerMistake(
            "too_early",
            "da = a * 0 + 2000",
            "da = a * 0 + 2",
            "a is visited before all of its uses (topological order)",
        ),
        cases={"a chain": {}},
    ),
)

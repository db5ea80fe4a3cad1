"""The standard cases: those of a check, those of training, and cases for a CSV file."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from harness.cases.case import Case, make_case


def _real_cases() -> Iterator[Case]:
    one_layer = [
        ("xor", (2, 1), "sigmoid", 4),
        ("ten_rows", (2, 2), "sigmoid", 10),
        ("iris", (4, 3), "sigmoid", 1),
        ("iris", (4, 3), "sigmoid", 8),
        ("wine", (13, 3), "tanh", 8),
        ("breast_cancer", (30, 1), "sigmoid", 8),
        ("digits", (64, 10), "sigmoid", 8),
        ("diabetes", (10, 1), "identity", 8),
    ]
    hidden_layers = [
        ("xor", (2, 3, 1), "sigmoid", 4),
        ("ten_rows", (2, 2, 2), "sigmoid", 1),
        ("ten_rows", (2, 4, 2), "tanh sigmoid", 10),
        ("iris", (4, 5, 3), "sigmoid", 1),
        ("iris", (4, 5, 3), "sigmoid", 8),
        ("iris", (4, 6, 5, 3), "sigmoid", 8),
        ("wine", (13, 6, 3), "sigmoid", 8),
        ("wine", (13, 8, 6, 3), "tanh", 8),
        ("breast_cancer", (30, 8, 1), "sigmoid", 8),
        ("digits", (64, 16, 10), "sigmoid", 8),
        ("digits", (64, 12, 8, 10), "tanh sigmoid", 4),
        ("diabetes", (10, 6, 1), "sigmoid identity", 8),
        ("diabetes", (10, 7, 4, 1), "softplus identity", 8),
        ("iris", (4, 7, 3), "relu softmax", 8),
        ("wine", (13, 9, 5, 3), "leaky_relu softmax", 8),
        ("digits", (64, 12, 10), "relu softmax", 8),
    ]
    for dataset, widths, activations, batch in one_layer + hidden_layers:
        yield make_case(dataset, widths, activations, batch)
    yield make_case("xor", (2, 4, 1), "tanh sigmoid", 4, bce=True)
    yield make_case("breast_cancer", (30, 6, 1), "relu sigmoid", 8, bce=True)
    yield make_case("iris", (4, 5, 3), "sigmoid", 150)
    yield make_case("breast_cancer", (30, 1), "sigmoid", 8, bce=True)  # logistic regression
    yield make_case("xor", (2, 3, 1), "sigmoid", 4, bce=True)
    yield make_case("breast_cancer", (30, 5, 1), "sigmoid", 8, bce=True)
    yield make_case("iris", (4, 5, 3), "sigmoid", 8, bce=True)
    yield make_case("iris", (4, 5, 3), "sigmoid softmax", 8)
    yield make_case("wine", (13, 6, 3), "tanh softmax", 8)
    yield make_case("diabetes", (10, 6, 1), "relu identity", 8)


def _random_cases() -> Iterator[Case]:
    yield make_case("random", (5, 7, 4, 6, 2), "sigmoid", 8)  # three hidden layers of unequal widths; the next has four
    yield make_case("random", (3, 5, 4, 6, 5, 2), "tanh", 4)
    yield make_case(
        "random", (4, 4, 4, 4), "sigmoid", 4
    )  # equal widths: code with a missing transpose runs without error
    yield make_case("random", (4, 4, 4, 4, 4, 4), "softplus identity", 4)
    yield make_case(
        "random", (4, 6, 5, 7, 3), "tanh softplus sigmoid identity", 8
    )  # the slope of a wrong layer is detected
    yield make_case("random", (6, 5, 3), "leaky_relu identity", 8)
    yield make_case("random", (6, 8, 4), "softplus sigmoid", 8, bce=True)
    yield make_case("random", (5, 6, 4), "identity", 8)
    yield make_case("random", (7, 5, 6, 4), "tanh softmax", 1)
    yield make_case("random", (9, 4), "softmax", 8)
    yield make_case("random", (7, 4), "softplus", 8)
    yield make_case("random", (6, 3), "sigmoid", 8, flag="saturated")
    yield make_case("random", (8, 10, 5), "tanh sigmoid", 64)
    yield make_case("random", (5, 6, 4, 3), "sigmoid", 8, flag="saturated")
    yield make_case("random", (5, 6, 4), "tanh", 8, flag="saturated")
    yield make_case("random", (5, 6, 4), "tanh softmax", 8, flag="saturated")
    yield make_case("random", (5, 6, 4), "tanh softmax", 8, flag="large")
    # Two more, so that at least three cases detect a softmax that overflows, as for every other mistake.
    yield make_case("random", (4, 7, 5, 3), "sigmoid softmax", 8, flag="large")
    yield make_case("random", (9, 4), "softmax", 8, flag="large")
    yield make_case("random", (5, 6, 4), "relu sigmoid", 8, bce=True, flag="large")
    yield make_case("random", (5, 8, 6, 3), "relu identity", 8, flag="dead")
    yield make_case("random", (5, 6, 4, 3), "sigmoid", 8, flag="small")
    yield make_case("random", (5, 6, 4, 3), "tanh identity", 8, flag="bias")
    yield make_case("random", (4, 6, 3), "sigmoid", 8, dtype="float32")
    yield make_case("random", (5, 7, 4, 2), "tanh", 8, dtype="float32")
    yield make_case("random", (6, 8, 4), "relu softmax", 8, dtype="float32")
    yield make_case("iris", (4, 3), "sigmoid", 8, dtype="float32")
    yield make_case("wine", (13, 6, 3), "sigmoid", 8, dtype="float32")
    yield from _small_and_deep_cases()
    yield from _extreme_cases()


def _small_and_deep_cases() -> Iterator[Case]:
    yield make_case("random", (1, 1), "sigmoid", 1)
    yield make_case("random", (1, 1, 1), "tanh", 1)
    yield make_case("random", (1, 3, 1), "sigmoid", 1, bce=True)
    yield make_case("random", (1, 1, 1), "relu identity", 4)
    yield make_case("random", (3, 1, 2), "sigmoid", 8)
    yield make_case("random", (4, 1, 3), "tanh softmax", 4)
    yield make_case("random", (4, 6, 5, 2), "sigmoid", 4, bce=True)
    yield make_case("random", (5, 6, 6, 3), "relu identity", 8)  # a hidden layer as wide as the next
    yield make_case("random", (3, 2, 3, 4, 3, 2, 3, 4, 2), "tanh", 4)
    yield make_case("random", (6, 4), "relu", 8)
    yield make_case("random", (5, 6, 3), "sigmoid leaky_relu", 8)


def _extreme_cases() -> Iterator[Case]:
    # Gradients far below 1e-12 in the first layers, and none of them 0.
    yield make_case("random", (3, 4, 5, 4, 3, 4, 2), "sigmoid", 4, flag="small")
    yield make_case("random", (6, 8, 5), "sigmoid", 8, flag="flat")
    yield make_case("random", (6, 8, 4), "softplus identity", 8, flag="flat")
    yield make_case("random", (5, 6, 3), "relu identity", 4, flag="kink")
    yield make_case("random", (5, 6, 3), "leaky_relu sigmoid", 4, flag="kink")
    yield make_case("random", (5, 6, 4), "tanh softmax", 8, flag="soft")
    yield make_case("random", (6, 3), "softmax", 8, flag="soft", dtype="float32")


def _training_cases() -> Iterator[Case]:
    networks = [
        ("xor", (2, 3, 1), "sigmoid", 4, 0.5),
        ("ten_rows", (2, 2, 2), "sigmoid", 10, 0.5),
        ("iris", (4, 5, 3), "sigmoid", 100, 0.5),
        ("wine", (13, 6, 3), "sigmoid", 100, 0.5),
        ("breast_cancer", (30, 5, 1), "sigmoid", 100, 0.5),
        ("digits", (64, 10, 10), "sigmoid", 100, 0.5),
        ("diabetes", (10, 5, 1), "sigmoid identity", 100, 0.02),
        ("iris", (4, 3), "sigmoid", 100, 0.5),
        ("wine", (13, 3), "sigmoid", 100, 0.5),
        ("breast_cancer", (30, 1), "sigmoid", 100, 0.5),
        ("digits", (64, 10), "sigmoid", 100, 0.5),
        ("diabetes", (10, 1), "identity", 100, 0.02),
    ]
    for dataset, widths, activations, rows, learning_rate in networks:
        yield make_case(dataset, widths, activations, rows, learning_rate=learning_rate, online=True)


def standard_cases() -> tuple[Case, ...]:
    """All standard cases, in the order of the reports."""
    return (*_real_cases(), *_random_cases(), *_training_cases())


def gradient_cases() -> tuple[Case, ...]:
    """The cases of a check: the standard cases with one gradient and one step."""
    return tuple(case for case in standard_cases() if not case.online)


def csv_cases(path: str, target: str = "") -> tuple[Case, ...]:
    """Cases for a CSV file: without and with hidden layers, one row and eight rows, and online training.

    `target` is what its last column is taken for, as in Case. Raises BadTable for a file that cannot be used.
    """
    from harness.cases import datasets

    data = datasets.load_dataset(path, target)
    inputs, outputs = data.x.shape[1], data.t.shape[1]
    output = "sigmoid" if set(data.t.ravel().tolist()) <= {0.0, 1.0} else "identity"
    activations = "sigmoid" if output == "sigmoid" else "sigmoid identity"
    deep, rows = (inputs, 5, outputs), len(data.x)
    of_table = partial(make_case, path, target=target)
    return (
        of_table((inputs, outputs), output, min(8, rows)),
        of_table(deep, activations, 1),
        of_table(deep, activations, min(8, rows)),
        of_table((inputs, 6, 4, outputs), f"tanh {output}", min(8, rows)),
        of_table(deep, activations, min(100, rows), learning_rate=0.5 if output == "sigmoid" else 0.02, online=True),
    )

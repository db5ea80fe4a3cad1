"""The mean squared error: the mean of (x − y)² over all entries."""

from typing import Any

from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any, y: Any, half: bool, over: str) -> Any:
    total = ((x - y) ** 2).sum()
    count = {"entries": x.size, "rows": len(x), "nothing": 1}[over]
    return (0.5 if half else 1.0) * total / float(count)


def backward(x: Any, y: Any, half: bool, over: str) -> Any:
    count = {"entries": x.size, "rows": len(x), "nothing": 1}[over]
    factor = (1.0 if half else 2.0) / float(count)
    dx = factor * (x - y)
    return (dx,)


def reference(torch: Any, x: Any, y: Any, half: bool, over: str) -> Any:
    total = torch.nn.functional.mse_loss(x, y, reduction="sum")
    return (0.5 if half else 1.0) * total / {"entries": x.numel(), "rows": len(x), "nothing": 1}[over]


LAYER = Definition(
    "mean squared error",
    ("mse", "mseloss", "meansquarederror", "meansquarederrorloss", "l2loss", "squaredloss", "squarederrorloss"),
    forward,
    backward,
    {
        "x": Argument("N D", names=("pred", "preds", "y_pred", "output", "outputs", "scores", "out")),
        "y": Argument("N D", differentiable=False, names=("target", "targets", "y_true", "t")),
    },
    {"several rows": {"N": 5, "D": 3}, "one row": {"N": 1, "D": 4}, "one column": {"N": 6, "D": 1}},
    "Legendre, 1805",
    results=("loss",),
    kind="loss",
    options={"half": False, "over": "entries"},
    reference=reference,
    conventions={
        "the sum over the columns, the mean over the rows": {"over": "rows"},
        "half the mean over the entries": {"half": True},
        "half the sum over the columns, the mean over the rows": {"half": True, "over": "rows"},
        "half the sum of the squares": {"half": True, "over": "nothing"},
        "the sum of the squares": {"over": "nothing"},
    },
    mistakes=(
        LayerMistake(
            "factor_of_half",
            "factor = (1.0 if half else 2.0) / float(count)",
            "factor = (2.0 if half else 1.0) / float(count)",
            "the factor of the square is wrong: (x − y)² has 2(x − y), ½(x − y)² has x − y",
        ),
        LayerMistake(
            "count_missing",
            "factor = (1.0 if half else 2.0) / float(count)",
            "factor = 1.0 if half else 2.0",
            "it is not divided by the count that the loss is divided by",
        ),
        LayerMistake(
            "divided_by_rows",
            "factor = (1.0 if half else 2.0) / float(count)",
            "factor = (1.0 if half else 2.0) / float(len(x))",
            "it is divided by the number of rows, unlike the loss",
        ),
    ),
)

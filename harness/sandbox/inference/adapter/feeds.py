"""How rows and targets are given to somebody's code: as matrices, columns, single rows, pairs or class labels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Feed:
    """One way to give the data, as Python expressions.

    Of a batch, they are in x [n, n_0] and t [n, n_L]; of a single row (`is_row`), in r [n_0] and s [n_L]. `pairs` is
    one expression for both, and empty if they are given apart. `takes_labels` says that the targets become classes,
    `has_single_output` that the network must have one output. `words` describe it.
    """

    words: str
    x: str = ""
    t: str = ""
    pairs: str = ""
    is_row: bool = False
    takes_labels: bool = False
    has_single_output: bool = False


_PAIR = "for r, s in zip(x, t)"
FEEDS = (
    Feed("a batch, one sample a row", "x", "t"),
    Feed("a batch, one sample a column", "x.T", "t.T"),
    Feed("a batch with class labels", "x", "t.argmax(axis=1)", takes_labels=True),
    Feed("a batch in columns, with class labels", "x.T", "t.argmax(axis=1)", takes_labels=True),
    Feed("a batch with one target a row", "x", "t[:, 0]", has_single_output=True),
    Feed("lists of rows", "x.tolist()", "t.tolist()"),
    Feed("lists of rows with class labels", "x.tolist()", "t.argmax(axis=1).tolist()", takes_labels=True),
    Feed("lists of rows with one target each", "x.tolist()", "t[:, 0].tolist()", has_single_output=True),
    Feed("a batch of columns, [n, n_0, 1]", "x[:, :, None]", "t[:, :, None]"),
    Feed("a batch of matrices with one row, [n, 1, n_0]", "x[:, None, :]", "t[:, None, :]"),
    Feed("pairs of columns", pairs=f"[(r[:, None], s[:, None]) {_PAIR}]"),
    Feed("pairs of vectors", pairs="list(zip(x, t))"),
    Feed("pairs of lists", pairs="list(zip(x.tolist(), t.tolist()))"),
    Feed("pairs of lists and one target", pairs="list(zip(x.tolist(), t[:, 0].tolist()))", has_single_output=True),
    Feed("rows with the class as last entry", pairs=f"[[*r, int(s.argmax())] {_PAIR}]", takes_labels=True),
    Feed("one row as a vector", "r", "s", is_row=True),
    Feed("one row as a column", "r[:, None]", "s[:, None]", is_row=True),
    Feed("one row as a matrix", "r[None, :]", "s[None, :]", is_row=True),
    Feed("one row as a list", "r.tolist()", "s.tolist()", is_row=True),
    Feed("one row as a vector with a class label", "r", "int(s.argmax())", is_row=True, takes_labels=True),
    Feed("one row as a list with a class label", "r.tolist()", "int(s.argmax())", is_row=True, takes_labels=True),
    Feed("one row as a vector with one target", "r", "float(s[0])", is_row=True, has_single_output=True),
    Feed("one row as a list with one target", "r.tolist()", "float(s[0])", is_row=True, has_single_output=True),
)

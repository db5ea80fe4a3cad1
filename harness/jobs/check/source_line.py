"""Find the line of a file that plainly is one of the equations, by a tag in a comment or by the names in it."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.mistakes.render import Formula
from harness.sandbox.sources.find import PYTHON

MAX_LINES = 400  # of a file in which a name is telling
_TAG = re.compile(r"\b(BP[1-4])\b")
_COMMENT_AFTER_CODE = re.compile(r"[^\s/#%*].*?(?://|/\*|#|%)(.*)")  # of most languages
_NUMBERED = re.compile(r"[\d_]+$")
_DELTA = re.compile(r"deltas?|δ|d_?z|grad_?z|output_deltas?|hidden_deltas?")
_WEIGHT_GRADIENT = re.compile(
    r"d_?w|d_?weights?|grad_?w|w_?grads?|gradients?_w|grads?_w|nabla_w|delta_w|weight_?gradients?|weight_?grads?"
)
_BIAS_GRADIENT = re.compile(
    r"d_?b|d_?bias(es)?|grad_?b|b_?grads?|gradients?_b|grads?_b|nabla_b|delta_b|bias_?gradients?|bias_?grads?"
)
_WEIGHTED_INPUT = re.compile(r"zs?|nets?|weighted_(input|sum)s?|pre_?activations?")
_TARGETS = {"t", "y", "target", "targets", "label", "labels", "expected", "desired", "truth", "y_true"}
_EMPTY = {"zeros", "zeros_like", "empty", "empty_like"}
_PART = "part of "
_PRODUCTS = {"dot", "matmul", "einsum", "outer", "inner", "tensordot"}
_SUMS = {"sum", "fsum", "mean", "einsum"}


def line_of(formula: Formula, path: Path) -> tuple[int, str] | None:
    """The number and the text of the only line that is clearly the formula's equation; None if none or several are."""
    found = _lines(path)
    if found is None:
        return None
    # A factor may come from another line, which no name tells.
    named = {} if any("factor" in rule.slot for rule in formula.rules) else found.named
    numbers = found.tagged.get(formula.equation) or named.get(formula.equation) or []
    return (numbers[0], found.text[numbers[0] - 1].strip()) if len(numbers) == 1 else None


@dataclass(frozen=True)
class _Lines:
    """The lines of a file, and for each equation the numbers of those that are it, as comments say and as names say."""

    text: list[str]
    tagged: dict[str, list[int]]
    named: dict[str, list[int]]


def _lines(path: Path) -> _Lines | None:
    """The file as text, never imported; None if it cannot be read. In other languages than Python only tags tell."""
    try:
        source = path.read_text(encoding="utf-8")
        if path.suffix != PYTHON:
            return _Lines(source.splitlines(), _tags_after_code(source), {})
        tree = ast.parse(source)
        tokens = [*tokenize.generate_tokens(io.StringIO(source).readline)]
    except (OSError, ValueError, SyntaxError, RecursionError, tokenize.TokenError):
        return None
    text = source.splitlines()
    tagged: dict[str, list[int]] = {}
    for token in tokens:
        if token.type == tokenize.COMMENT and text[token.start[0] - 1].strip() != token.string:
            for tag in _TAG.findall(token.string):
                tagged.setdefault(tag, []).append(token.start[0])
    return _Lines(text, tagged, _lines_by_names(tree) if len(text) <= MAX_LINES else {})


def _tags_after_code(source: str) -> dict[str, list[int]]:
    """The numbers of the lines with a tag in a comment that follows code."""
    tagged: dict[str, list[int]] = {}
    for number, line in enumerate(source.splitlines(), start=1):
        if comment := _COMMENT_AFTER_CODE.search(line):
            for tag in _TAG.findall(comment[1]):
                tagged.setdefault(tag, []).append(number)
    return tagged


def _lines_by_names(tree: ast.AST) -> dict[str, list[int]]:
    """The lines of each equation, as their names say; none if another line is a part of it."""
    found: dict[str, list[int]] = {}
    for statement, name, value in _assignments(tree):
        for tag in _equations_of(statement, name, value):
            found.setdefault(tag, []).append(statement.lineno)
    return {tag: numbers for tag, numbers in found.items() if f"{_PART}{tag}" not in found}


def _assignments(tree: ast.AST) -> Iterator[tuple[ast.stmt, str, ast.expr]]:
    """The statements that give something a value or append one, with the name of the thing, without its numbers."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            yield node, _bare_name(node.targets[0]), node.value
        elif isinstance(node, ast.AugAssign):
            yield node, _bare_name(node.target), node.value
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and node.value.args:
            function = node.value.func
            if isinstance(function, ast.Attribute) and function.attr in ("append", "insert", "appendleft"):
                yield node, _bare_name(function.value), node.value.args[-1]


def _bare_name(node: ast.expr) -> str:
    while isinstance(node, ast.Subscript):
        node = node.value
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return _NUMBERED.sub("", name.lower())


def _equations_of(statement: ast.stmt, name: str, value: ast.expr) -> tuple[str, ...]:
    """The tag of the equation that a statement is, or tags of equations that it may be a part of."""
    inside = [*ast.walk(value)]
    names = {_bare_name(node) for node in inside if isinstance(node, (ast.Name, ast.Attribute))}
    called = {_bare_name(node.func) for node in inside if isinstance(node, ast.Call)}
    has_product = bool(called & _PRODUCTS) or any(isinstance(node, ast.MatMult) for node in inside)
    if isinstance(value, ast.Name) or not names - called or called & _EMPTY:  # another name of the same, or zeros
        return ()
    if _DELTA.fullmatch(name):
        return ("BP2",) if has_product else ("BP1",) if _has_error(inside) else (f"{_PART}BP1", f"{_PART}BP2")
    if _BIAS_GRADIENT.fullmatch(name):
        return ("BP3",) if called & _SUMS else (f"{_PART}BP3",)
    if _WEIGHT_GRADIENT.fullmatch(name):
        return ("BP4",) if has_product else (f"{_PART}BP4",)
    if _WEIGHTED_INPUT.fullmatch(name):
        return ("z",) if has_product else (f"{_PART}z",)
    return ()


def _has_error(inside: Iterable[ast.AST]) -> bool:
    """Whether a target is subtracted, or something from it."""
    differences = (node for node in inside if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub))
    return any({_bare_name(node.left), _bare_name(node.right)} & _TARGETS for node in differences)

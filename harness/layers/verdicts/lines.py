"""Mistakes in one line of a definition: a factor or a term left out, a wrong sign, a wrong axis, a mean for a sum."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from harness.layers.cases import LayerCase, as_tuple
from harness.layers.definition import Definition, LayerMistake
from harness.layers.verdicts.changes import changed, is_in
from harness.model.contract import Array

_CLOSE = 1e-3  # of the largest entry: the mistakes that are worth an exact computation
_SIGNS = {ast.Add: ("-", "subtracted, not added"), ast.Sub: ("+", "added, not subtracted")}


def likely_mistakes(
    layer: Definition, wrong: Sequence[str], values: Mapping[str, Mapping[str, Array]], cases: Mapping[str, LayerCase]
) -> Iterator[LayerMistake]:
    """The mistakes in one line, of the forward pass if its results are wrong, that give about the file's numbers."""
    if layer.kind == "engine":  # its pass is an expression, which has no lines
        return
    is_forward = any(name in layer.results for name in wrong)
    function = layer.forward if is_forward else layer.backward
    names = layer.results if is_forward else layer.gradients
    for mistake in line_mistakes(function) if function else ():
        if not is_forward and is_in(layer.forward, mistake):
            continue  # a line of both passes
        pairs = (
            (found, _computed(function, mistake, cases[case], names, is_forward)) for case, found in values.items()
        )
        near = [{name for name in wrong if name in made and _is_close(found, made, name)} for found, made in pairs]
        if near and set.intersection(*near):
            yield mistake


def _computed(
    function: Any, mistake: LayerMistake, case: LayerCase, names: Sequence[str], is_forward: bool
) -> dict[str, Array]:
    """What a pass with a mistake gives in float64; nothing where it does not run."""
    upstream = () if is_forward or case.layer.kind == "loss" else case.upstream
    try:
        with np.errstate(all="ignore"):
            made = as_tuple(changed(function, mistake)(*upstream, **case.arguments, **case.options))
            return {name: np.asarray(one, dtype=np.float64) for name, one in zip(names, made, strict=True)}
    except (ArithmeticError, IndexError, TypeError, ValueError):  # the shapes do not fit
        return {}


def _is_close(found: Mapping[str, Array], made: Mapping[str, Array], name: str) -> bool:
    """Whether most entries are about the same; a case that lacks the array excludes nothing."""
    if name not in found:
        return True
    one, other = found[name], made[name]
    if one.shape != other.shape or not one.size:
        return False
    with np.errstate(all="ignore"):
        return bool((np.abs(one - other) <= _CLOSE * np.abs(one).max()).mean() > 0.5)


@cache
def line_mistakes(function: Any) -> tuple[LayerMistake, ...]:
    """A mistake for each changed line, of the lines that a pass has once."""
    source = inspect.getsource(function)
    lines = source.splitlines()
    found = []
    for statement in ast.walk(ast.parse(source)):
        if not isinstance(statement, ast.Assign | ast.Return) or statement.lineno != statement.end_lineno:
            continue
        line = lines[statement.lineno - 1]
        if source.count(line) != 1:
            continue
        for node in ast.walk(statement):
            for text, sentence in _line_changes(node, line):
                start, stop = node.col_offset, node.end_col_offset  # type: ignore[attr-defined]
                wrong = (line.encode()[:start] + text.encode() + line.encode()[stop:]).decode()
                found.append(LayerMistake(f"line {statement.lineno}: {sentence}", line, wrong, sentence))
    return tuple(found)


def _line_changes(node: ast.AST, line: str) -> Iterator[tuple[str, str]]:
    """What may stand in place of a part of a line, and what is said of it."""

    def written(part: ast.expr) -> str:
        text = line.encode()[part.col_offset : part.end_col_offset].decode()
        return f"({text})" if isinstance(part, ast.BinOp | ast.UnaryOp | ast.IfExp) else text

    match node:
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as operator, right=right):
            sign, said = _SIGNS[type(operator)]
            yield f"{written(left)} {sign} {written(right)}", f"`{written(right)}` is {said}"
            yield written(left), f"`{written(right)}` is left out"
            yield written(right) if sign == "-" else f"-{written(right)}", f"`{written(left)}` is left out"
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            yield written(left), f"the factor `{written(right)}` is left out"
            yield written(right), f"the factor `{written(left)}` is left out"
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            yield written(left), f"the division by `{written(right)}` is left out"
            yield f"{written(left)} / {written(right)} / {written(right)}", f"it is divided by `{written(right)}` twice"
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant()):
            yield written(left), f"the power of `{written(left)}` is left out"
        case ast.UnaryOp(op=ast.USub(), operand=operand) if not isinstance(operand, ast.Constant):
            yield written(operand), f"the minus sign of `{written(operand)}` is left out"
        case ast.Attribute(value=value, attr="T"):
            yield written(value), f"`{written(value)}` is not transposed"
        case ast.Call(func=ast.Attribute(value=value, attr="sum" | "mean" as called)):
            rest = line.encode()[value.end_col_offset : node.end_col_offset].decode()
            other = {"sum": "mean", "mean": "sum"}[called]
            changed_call = rest.replace(f".{called}(", f".{other}(", 1)
            start = line.encode()[node.col_offset : value.end_col_offset].decode()
            yield start + changed_call, f"the {other} stands in place of the {called} in `{start}{rest}`"
        case ast.keyword(arg="axis", value=ast.Constant(value=0 | 1 | -1 as axis)):
            other_axis = 0 if axis else 1
            yield f"axis={other_axis}", f"the axis is {other_axis}, not {axis}"

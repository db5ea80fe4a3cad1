"""An expression of a definition as the steps that build it with the objects of an engine."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

_METHODS_OF_ENGINES = {"tanh": "tanh", "exp": "exp", "log": "log", "maximum": "relu", "sigmoid": "sigmoid"}
_OPERATORS: Mapping[type[ast.AST], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.Pow: "pow",
    ast.MatMult: "matmul",
    ast.USub: "neg",
}


@dataclass(frozen=True)
class Written:
    """Steps (name, expression) and the expressions of the results; `needs`: the methods that they call."""

    steps: tuple[tuple[str, str], ...]
    results: tuple[str, ...]
    needs: tuple[str, ...]


@cache
def in_objects(forward: Callable[..., Any]) -> Written:
    """The body of a forward pass in terms of an engine: `np.tanh(a)` is `a_.tanh()`, where a_ is the object for a."""
    [function] = ast.parse(textwrap.dedent(inspect.getsource(forward))).body
    assert isinstance(function, ast.FunctionDef)
    translator = _Translator()
    steps: list[tuple[str, str]] = []
    results: list[str] = []
    for statement in function.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            steps.append((f"{statement.targets[0].id}_", ast.unparse(translator.visit(statement.value))))
        elif isinstance(statement, ast.Return) and statement.value is not None:
            parts = statement.value.elts if isinstance(statement.value, ast.Tuple) else [statement.value]
            results = [ast.unparse(translator.visit(part)) for part in parts]
    return Written(tuple(steps), tuple(results), tuple(translator.needs))


class _Translator(ast.NodeTransformer):
    """Names become those of objects, functions become methods; what is needed is noted."""

    def __init__(self) -> None:
        self.needs: dict[str, None] = {}

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name(f"{node.id}_", node.ctx)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        side = "r" if isinstance(node.left, ast.Constant) else ""
        self.needs[f"__{side}{_OPERATORS[type(node.op)]}__"] = None
        return ast.BinOp(self.visit(node.left), node.op, self.visit(node.right))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        if not isinstance(node.operand, ast.Constant):
            self.needs["__neg__"] = None
        return ast.UnaryOp(node.op, self.visit(node.operand))

    def visit_Call(self, node: ast.Call) -> ast.expr:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id  # type: ignore[attr-defined]
        if name == "repeated_sum":
            self.needs["__add__"] = None
            operand, times = self.visit(node.args[0]), node.args[1]
            text = f"sum([{ast.unparse(operand)}] * ({ast.unparse(times)} - 1), {ast.unparse(operand)})"
            return ast.parse(text, mode="eval").body
        method = _METHODS_OF_ENGINES.get(name, name)
        self.needs[method] = None
        is_method = name not in _METHODS_OF_ENGINES  # of the array itself, such as x.sum(axis=0)
        operand = node.func.value if is_method and isinstance(node.func, ast.Attribute) else node.args[0]
        keywords = node.keywords if is_method else []
        return ast.Call(ast.Attribute(self.visit(operand), method, ast.Load()), [], keywords)

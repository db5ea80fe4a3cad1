"""The lines of an implementation that are equations, found by their tags, with a little of what stands around them."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass

from harness.sandbox.sources.find import Implementation

TAGS = ("forward", "BP1", "BP2", "BP3", "BP4", "rule")
BEFORE, AFTER = 6, 1  # lines of context: a sum is prepared above its tag, seldom below


@dataclass(frozen=True)
class CodeLine:
    """One line of a file, numbered from 1. `part` is "tagged" for the equation that was asked for, "leads" for a line
    that assigns what the equation uses, and empty for what stands around them."""

    number: int
    text: str
    part: str


def tagged(text: str) -> dict[str, list[int]]:
    """The numbers of the lines with each tag in a comment, which may name several, as in `# BP3, BP4`. The forward
    pass has no tag; its lines are those that call the `f` of an activation."""
    found: dict[str, list[int]] = {tag: [] for tag in TAGS}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            for tag in re.findall(r"\b(BP[1-4]|rule)\b", token.string):
                found[tag].append(token.start[0])
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "f":
            found["forward"].append(node.lineno)
    return {tag: sorted(numbers) for tag, numbers in found.items()}


def excerpts(implementation: Implementation) -> dict[str, list[CodeLine]]:
    """For each tag its lines, each with its function's head and some context of that function; a gap in the numbers is
    a gap in the file. Empty where the file has no such line."""
    text = implementation.path.read_text(encoding="utf-8")
    lines, tree = text.splitlines(), ast.parse(text)
    found = {}
    for tag, numbers in tagged(text).items():
        shown = sorted(_around(tree, numbers))
        leading = _assigned(tree, _used(tree, numbers)) - set(numbers)
        parts = dict.fromkeys(leading, "leads") | dict.fromkeys(numbers, "tagged")
        found[tag] = [CodeLine(number, lines[number - 1], parts.get(number, "")) for number in shown]
    return found


def _around(tree: ast.Module, numbers: list[int]) -> set[int]:
    """The lines near these, within their functions, and the heads of the functions."""
    near = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
            function = range(node.lineno, node.end_lineno + 1)
            for number in filter(function.__contains__, numbers):
                context = range(max(number - BEFORE, node.lineno), min(number + AFTER, node.end_lineno) + 1)
                near |= {node.lineno, *context}
    return near


def _used(tree: ast.Module, numbers: list[int]) -> set[str]:
    """The names that these lines read."""
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.lineno in numbers)
    return {node.id for node in names if isinstance(node.ctx, ast.Load)}


def _assigned(tree: ast.Module, names: set[str]) -> set[int]:
    """The lines of assignments to these names; `for` and `with` assign too, but say nothing about the value."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Assign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            inner = (one for target in targets for one in ast.walk(target))
            stored = (one for one in inner if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))
            found |= {one.lineno for one in stored if one.id in names}
    return found

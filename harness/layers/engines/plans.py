"""Engines in a file, by their interface, and the steps that let each differentiate every expression.

Classes as in micrograd (`data`, `grad`, `backward()`) and minitorch (`derivative`), of numbers or arrays; and the
algorithms of minitorch's autodiff.py (`backpropagate(variable, deriv)`), which are given a graph of variables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.layers.definition import Definition
from harness.layers.engines.differences import DIFFERENCES, FUNCTION
from harness.layers.engines.expressions import known_expressions
from harness.layers.engines.written import Written, in_objects
from harness.layers.finding.plan import CallStep, LayerCall
from harness.layers.finding.scan import ClassFound, Source

_GRADIENT_NAMES, _VALUE_NAMES = ("grad", "derivative", "gradient"), ("data", "value", "val", "_data", "item")
_OF_ARRAYS = ("__matmul__", "matmul", "sum")  # methods of engines for arrays


def engine_plans(source: Source) -> Iterator[LayerCall]:
    """A plan for each expression of each engine."""
    for found in source.classes.values():
        if is_engine(found):
            yield from _class_plans(source, found)
    if {"backpropagate", "topological_sort"} <= set(source.functions):
        yield from _variable_plans(source)
    if {"arg", "epsilon"} <= set(_parameters_of(source, "central_difference")):
        yield from _difference_plans(source)


def is_engine(found: ClassFound) -> bool:
    """Whether a class is a node of a graph that differentiates itself."""
    has_methods = {"__add__", "__mul__", "backward"} <= set(found.methods)
    return has_methods and any(name in found.attributes for name in _GRADIENT_NAMES)


def _class_plans(source: Source, found: ClassFound) -> Iterator[LayerCall]:
    made = found.methods.get("__init__")
    if made is None or not made.parameters:
        return
    takes_arrays = any(name in found.methods for name in _OF_ARRAYS)
    gradient = next(name for name in _GRADIENT_NAMES if name in found.attributes)
    value = next((name for name in _VALUE_NAMES if name in found.attributes or name in found.methods), "data")
    more = ", requires_grad=True" if "requires_grad" in made.parameters else ""
    for expression in known_expressions():
        if _is_of_numbers(expression) == takes_arrays:
            continue
        text = in_objects(expression.forward)
        title = f"{found.name}: {', '.join(text.results).replace('_', '')}"
        if lacking := [name for name in text.needs if name not in found.methods]:
            missing = f"{found.name} has no {', '.join(lacking)}"
            yield LayerCall(expression, title, found.line, (), (), not_written=missing)
            continue
        argument = "{}.copy()" if takes_arrays else "float({})"
        objects = [((f"{name}_",), f"{found.name}({argument.format(name)}{more})") for name in expression.arguments]
        results = [(name, f"held_numbers(node{n}_.{value})") for n, name in enumerate(expression.results)]
        calls = [f"backward_from(node{n}_)" for n in range(len(results))]
        slopes = [(f"d{name}", f"held_numbers({name}_.{gradient})") for name in expression.arguments]
        yield _expression_plan(expression, title, found.line, objects, text, results, calls, slopes)


def _variable_plans(source: Source) -> Iterator[LayerCall]:
    signature = source.functions["backpropagate"]
    for expression in filter(_is_of_numbers, known_expressions()):
        text = in_objects(expression.forward)
        title = f"backpropagate: {', '.join(text.results).replace('_', '')}"
        objects = [((f"{name}_",), f"TapeVariable(float({name}))") for name in expression.arguments]
        calls = [f"backpropagate_from(backpropagate, node{n}_)" for n in range(len(expression.results))]
        slopes = [(f"d{name}", f"{name}_.derivative") for name in expression.arguments]
        # The values are not the file's own work, so they are not judged.
        yield _expression_plan(expression, title, signature.line, objects, text, [], calls, slopes)


def _parameters_of(source: Source, function: str) -> tuple[str, ...]:
    return source.functions[function].parameters if function in source.functions else ()


def _difference_plans(source: Source) -> Iterator[LayerCall]:
    line = source.functions["central_difference"].line
    for arg, difference in enumerate(DIFFERENCES):
        call = f"central_difference({FUNCTION}, float(x), float(y), arg={arg}, epsilon=0.001)"
        title = f"central_difference: arg={arg}"
        yield LayerCall(difference, title, line, ((("out",), call),), ("out",))


def _is_of_numbers(expression: Definition) -> bool:
    return all(not argument.shape for argument in expression.arguments.values())


def _expression_plan(
    expression: Definition,
    title: str,
    line: int,
    objects: Sequence[CallStep],
    text: Written,
    results: Sequence[tuple[str, str]],
    calls: Sequence[str],
    slopes: Sequence[tuple[str, str]],
) -> LayerCall:
    """The objects of the arguments, the graph, the values of its results, the backward passes, the gradients."""
    steps: list[CallStep] = [*objects, *(((name,), value) for name, value in text.steps)]
    steps += [((f"node{n}_",), value) for n, value in enumerate(text.results)]
    steps += [((name,), value) for name, value in results]
    steps += [((), call) for call in calls]
    steps += [((name,), value) for name, value in slopes]
    names = tuple(name for name, _ in (*results, *slopes))
    return LayerCall(expression, title, line, tuple(steps), names)

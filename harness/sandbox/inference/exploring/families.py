"""The arrays of all layers in one object: the weights, the biases, or something of their shapes, such as gradients."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from harness.sandbox.inference.adapter.arrangements import bias_arrangements, weight_arrangements
from harness.sandbox.inference.adapter.plan import Family
from harness.sandbox.inference.exploring.places import AXIS, FoundArray, Path, PathStep, numbers_in, places_in
from harness.sandbox.inference.exploring.roles import (
    BIAS_WORDS,
    LAYER_WORDS,
    NOT_PARAMETERS,
    PARAMETER_WORDS,
    UPDATES,
    words_of,
)

# Other characters might have a meaning in an f-string, and 01 is not what an f-string makes of 1.
_NUMBERED_NAME = re.compile(r"((?:[^\W\d]|[ .:/-])*)(0|[1-9][0-9]*)((?:[^\W\d]|[ .:/-])*)")


@dataclass(frozen=True, eq=False)
class Found:
    """A family in an object, with the paths and the numbers of its arrays, one a layer."""

    family: Family
    paths: tuple[Path, ...]
    values: tuple[np.ndarray[Any, Any], ...]

    @property
    def last_name(self) -> str:
        """The last name on the path: that of the array, if it has one of its own."""
        names = [str(one.value) for one in self.paths[0] if one.kind in ("attribute", "key") and one.value != "data"]
        return names[-1] if names else ""

    @property
    def looks_like_update(self) -> bool:
        """Whether its name is that of a change of the parameters, which contains a learning rate: a velocity."""
        return any(word in UPDATES for step in self.paths[0] for word in words_of(str(step.value)))

    @property
    def looks_changeable(self) -> bool:
        """Whether its name, or its numbers, are not those of parameters: gradients, velocities, outputs."""
        return is_changeable(self.paths[0]) or re.match(r"[dvm]_?[wb]", self.last_name.lower()) is not None

    def overlaps(self, other: Found) -> bool:
        """Whether an array of one is in a place of an array of the other, or is an item of it."""
        return any(_overlap(one, another) for one in self.paths for another in other.paths)


def bias_numbers(root: Any, name: str) -> list[str]:
    """The single numbers in an object that are called like the biases of a layer, such as `net.b2`, as expressions."""
    return [f"{name}{path_text(path)}" for path in numbers_in(root) if path and _is_bias_name(path[-1])]


def _is_bias_name(step: PathStep) -> bool:
    words = {word for word in words_of(str(step.value)) if not word.isdigit()} - LAYER_WORDS
    return step.kind in ("attribute", "key") and bool(words) and words <= BIAS_WORDS


def is_changeable(path: Path) -> bool:
    """Whether a name on a path is not that of parameters, such as `grad`.

    `output` and `input` are names of other arrays, but in `bias_input_hidden` they say which layer it is.
    """
    words = {word for step in path if step.kind != "axis" for word in words_of(str(step.value))}
    return bool((words - LAYER_WORDS if words & PARAMETER_WORDS else words) & NOT_PARAMETERS)


def _overlap(one: Path, other: Path) -> bool:
    return all(a == b or {a.kind, b.kind} == {"axis", "item"} for a, b in zip(one, other, strict=False))


def families_in(root: Any, name: str, widths: Sequence[int]) -> tuple[list[Found], list[Found]]:
    """The families of the shapes of weights, and those of the shapes of biases, in an object that is called `name`.

    `widths` are n_0..n_L, all different.
    """
    layers = len(widths) - 1
    weights: dict[str, list[list[FoundArray]]] = defaultdict(lambda: [[] for _ in range(layers)])
    biases: dict[str, list[list[FoundArray]]] = defaultdict(lambda: [[] for _ in range(layers)])
    for place in places_in(root):
        for l, (fan_in, fan_out) in enumerate(pairwise(widths)):
            for one in weight_arrangements(place.value.shape, fan_in, fan_out, is_output=l == layers - 1):
                weights[one][l].append(place)
            for one in bias_arrangements(place.value.shape, fan_out):
                biases[one][l].append(place)
    return (
        [one for kind, places in weights.items() for one in _families(places, kind, name)],
        [one for kind, places in biases.items() for one in _families(places, kind, name)],
    )


def _families(places: Sequence[Sequence[FoundArray]], kind: str, name: str) -> Iterator[Found]:
    """The families among the places of each layer: those whose paths differ only in numbers, then what is left."""
    by_form: dict[tuple[Any, ...], list[list[FoundArray]]] = defaultdict(lambda: [[] for _ in places])
    for l, some in enumerate(places):
        for place in some:
            by_form[_form(place)][l].append(place)
    is_found = False
    for members in by_form.values():
        if all(members):
            chosen = [some[0] for some in members]
            if (family := _family_at(chosen, kind, name)) is not None:
                is_found = True
                yield family
    if not is_found and all(places):
        rest = [min(some, key=lambda one: is_changeable(one.path)) for some in places]
        if (family := _family_at(rest, kind, name)) is not None:
            yield family


def _form(place: FoundArray) -> tuple[Any, ...]:
    return (
        place.leaf,
        *((one.kind, _form_of_name(str(one.value)) if one.kind != "item" else "") for one in place.path),
    )


def _form_of_name(name: str) -> str:
    """The name with a mark for what may say which layer it belongs to: `W1`, `hidden_bias`, `wih`."""
    words = [re.sub(r"\d+", "", one) for one in words_of(re.sub(r"^w(ih|ho|xh|hy|hh|ij|jk)$", r"w_\1", name))]
    return "_".join("#" if one in LAYER_WORDS or not one else one for one in words)


def _family_at(places: Sequence[FoundArray], kind: str, name: str) -> Found | None:
    """The family of these places, if what follows their lists is the same in each layer."""
    paths = [place.path for place in places]
    heads, tails = zip(*(_head_and_tails(path) for path in paths), strict=True)
    leaves = {place.leaf for place in places}
    if len(set(tails)) != 1 or len(leaves) != 1:
        return None
    head, is_general = _head_of(heads, name)
    leaf = leaves.pop()
    family = Family(head, tails[0], leaf, kind, is_general)
    if leaf == "integers" and (head.startswith("[") or head.endswith(")")):  # no assignment to a list or a call
        each = tuple(f"{name}{path_text(path)}" for path in paths)
        family = replace(family, is_general=False, heads=each)
    return Found(family, tuple(paths), tuple(place.value for place in places))


def _head_and_tails(path: Path) -> tuple[Path, tuple[str, ...]]:
    """What comes before the first axis, and the expressions after each axis."""
    axes = [at for at, token in enumerate(path) if token == AXIS]
    if not axes:
        return path, ()
    ends = [*axes[1:], len(path)]
    tails = tuple("".join(one.text for one in path[at + 1 : end]) for at, end in zip(axes, ends, strict=True))
    return path[: axes[0]], tails


def _head_of(heads: Sequence[Path], name: str) -> tuple[str, bool]:
    """One expression for the heads of all layers, in terms of `l`, and whether it holds for any number of layers."""
    differing = [at for at, tokens in enumerate(zip(*heads, strict=False)) if len(set(tokens)) > 1]
    if len({len(head) for head in heads}) == 1 and len(differing) == 1:
        [at] = differing
        before, after = (path_text(part) for part in (heads[0][:at], heads[0][at + 1 :]))
        if (step := _numbered_step([head[at] for head in heads], f"{name}{before}")) is not None:
            return f"{step}{after}", True
    if len(heads) == 1:
        return f"{name}{path_text(heads[0])}", False
    return f"[{', '.join(name + path_text(head) for head in heads)}][l]", False


def path_text(path: Path) -> str:
    """The steps in Python, to follow the name of an object."""
    return "".join(token.text for token in path)


def _numbered_step(tokens: Sequence[PathStep], before: str) -> str | None:
    """The expression of a step that is numbered by the layer; None if it is not."""
    kinds = {token.kind for token in tokens}
    if len(kinds) != 1:
        return None
    values = [token.value for token in tokens]
    if all(isinstance(value, int) for value in values):
        number = _number(values)  # type: ignore[arg-type]
        return f"{before}[{number}]" if number else None
    parts = [found for value in values if (found := _NUMBERED_NAME.fullmatch(str(value)))]
    outer = {(part[1], part[3]) for part in parts}
    if len(parts) != len(values) or len(outer) != 1 or not (number := _number([int(part[2]) for part in parts])):
        return None
    [(prefix, suffix)] = outer
    named = f'f"{prefix}{{{number}}}{suffix}"'
    return f"{before}[{named}]" if kinds == {"key"} else f"getattr({before}, {named})"


def _number(values: Sequence[int]) -> str:
    """The numbers of the layers as an expression in `l`; empty if they are in no progression."""
    steps = {after - before for before, after in pairwise(values)}
    if len(steps) != 1:
        return ""
    step, first = steps.pop(), values[0]
    if step <= 0:
        return ""
    product = "l" if step == 1 else f"{step} * l"
    return product if first == 0 else f"{product} + {first}"

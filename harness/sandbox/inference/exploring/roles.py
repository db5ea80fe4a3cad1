"""What a parameter of somebody's function is for, by its name.

The names are those that courses, articles and books use, in vocabulary.toml. A name that is not there has no role.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

_TABLES = tomllib.loads(Path(__file__).with_name("vocabulary.toml").read_text(encoding="utf-8"))
_ROLE_OF_WORD: dict[str, str] = {
    word: role for role, words in _TABLES["parameter_words"].items() for word in words.split()
}
_ROLE_OF_NAME: dict[str, str] = {
    name: role for role, names in _TABLES["parameter_names"].items() for name in names.split()
}
_PARAMETER = re.compile(r"(w|weights?|syn|syn_|theta|wih|who|v|b|bias|biases)_?\d*|w_?[a-z]{1,3}|b_?[a-z]{1,2}")
CALLABLES: dict[str, frozenset[str]] = {kind: frozenset(words.split()) for kind, words in _TABLES["callables"].items()}
SIZE_LISTS = frozenset(_TABLES["sizes"]["names"].split())
LAYER_WORDS = frozenset(_TABLES["layers"]["words"].split())
AMBIGUOUS_RATES = frozenset(_TABLES["ambiguous_rates"]["words"].split())
NUMERICAL = frozenset(_TABLES["numerical"]["words"].split())
UPDATES = frozenset(_TABLES["updates"]["words"].split())
BIAS_WORDS = frozenset(_TABLES["parameters"]["biases"].split())
PARAMETER_WORDS = BIAS_WORDS | frozenset(_TABLES["parameters"]["weights"].split())
NOT_PARAMETERS = frozenset(_TABLES["not_parameters"]["words"].split())


def words_of(name: str) -> list[str]:
    """The words of a name in snake_case or camelCase, in lower case, without digits at their ends."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+\d*|\d+", name)
    return [re.sub(r"\d+$", "", part.lower()) or part for part in parts]


def role_of(name: str) -> str:
    """The role of a parameter with this name, or empty."""
    words = words_of(name)
    plain = "_".join(words)
    if (role := _ROLE_OF_NAME.get(plain)) is not None:
        return role
    return next((_ROLE_OF_WORD[word] for word in [*words, "".join(words)] if word in _ROLE_OF_WORD), "")


def roles_of(names: Iterable[str]) -> dict[str, str]:
    """The role of each parameter of one function.

    What is called the output is the target of training, if nothing else in the function is; what may be called pairs,
    such as `data`, is the inputs where there are targets beside it.
    """
    roles = {name: role_of(name) for name in names}
    found = set(roles.values())
    if {"pairs", "targets"} <= found:
        roles = {name: "inputs" if role == "pairs" else role for name, role in roles.items()}
    if "targets" not in found and "inputs" in found:
        for name, role in roles.items():
            if role == "outputs":
                return {**roles, name: "targets"}
    return roles


def is_parameter_name(name: str) -> bool:
    """Whether an argument is called like the weights or the biases of a layer: `w1`, `syn0`, `b2`, `weights_1`."""
    return _PARAMETER.fullmatch(name.lower()) is not None


def is_bias_name(name: str) -> bool:
    """Whether an argument is called like the biases of a layer."""
    return name.lower().startswith("b")

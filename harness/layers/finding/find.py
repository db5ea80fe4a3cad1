"""What a file has of layers, and whether it is a file of layers at all."""

from __future__ import annotations

import re

from harness.layers.engines.plans import engine_plans
from harness.layers.finding.classes.autograd_functions import autograd_plans
from harness.layers.finding.classes.layers import class_plans
from harness.layers.finding.classes.optimisers import optimiser_plans
from harness.layers.finding.functions import function_plans
from harness.layers.finding.plan import LayerCall
from harness.layers.finding.scan import Source

_NETWORK = re.compile(r"(?<!bat)net(work)?$|classifier|^(mlp|ann|nn|model|sequential)|model$|perceptron", re.IGNORECASE)
_OF_NETWORKS = {"fit", "train", "backprop", "step", "train_step", "backpropagate", "train_on_batch", "predict", "sgd"}


def plans_of(source: Source) -> list[LayerCall]:
    """A plan for each layer, loss, optimiser and engine of a file, in the order of the file."""
    finders = (function_plans, class_plans, autograd_plans, optimiser_plans, engine_plans)
    return sorted((plan for find in finders for plan in find(source)), key=lambda plan: plan.line)


def is_of_layers(source: Source) -> bool:
    """Whether a file has layers that can be checked and no network, which is checked as a whole."""
    names = [*source.functions, *source.classes]
    methods = {name for found in source.classes.values() for name in found.methods}
    plans = plans_of(source)
    planned = {name for plan in plans if not plan.refusal for name in plan.title.split(", ")}
    own = {*source.functions, *(methods - {"step"})} - ({"backpropagate"} if "topological_sort" in names else set())
    has_network = any(map(_NETWORK.search, names)) or bool(_OF_NETWORKS & own - planned)
    return not has_network and bool(planned or source.mapped)

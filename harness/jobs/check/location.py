"""Find the first error of a submission: in which quantity, in which layers, and in which cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.cases.features import common_features
from harness.judging.judge import QUANTITY_ORDER, QUANTITY_SYMBOLS, Outcome

PASSING = ("agrees", "agrees up to a convention")


@dataclass(frozen=True)
class Divergence:
    """The first `quantity` with an error, with its `layer` in the first such `case`.

    `layers` says in words in which layers the quantity has errors over all cases, and `common` what the failing cases
    have in common and the passing ones do not have.
    """

    quantity: str
    layer: int
    case: str
    layers: str
    common: str

    @property
    def symbol(self) -> str:
        """The quantity with its layer, as text."""
        return f"{QUANTITY_SYMBOLS[self.quantity]}{'^' if self.quantity != 'update' else ' of layer '}{self.layer}"


def first_divergence(outcomes: Sequence[Outcome]) -> Divergence | None:
    """The first error in the order of computation; None if no number is out of bounds."""
    wrong = [outcome for outcome in outcomes if outcome.out_of_bounds]
    if not wrong:
        return None
    quantity = min((outcome.out_of_bounds[0][0] for outcome in wrong), key=QUANTITY_ORDER.index)
    showing = [outcome for outcome in wrong if outcome.out_of_bounds[0][0] == quantity]
    first = showing[0]
    failing = [outcome.trial.case for outcome in outcomes if outcome.out_of_bounds or outcome.faults]
    passing = [outcome.trial.case for outcome in outcomes if outcome.verdict in PASSING]
    return Divergence(
        quantity,
        first.out_of_bounds[0][1],
        first.trial.case.id,
        _layers_in_words(quantity, showing),
        common_features(failing, passing),
    )


def _layers_in_words(quantity: str, outcomes: Sequence[Outcome]) -> str:
    """In which layers a quantity has errors. Of z, a and delta only the first layer counts, as errors propagate.

    Networks with a single layer are left out, because it is both the first and the output layer.
    """
    deep = [outcome for outcome in outcomes if len(outcome.trial.inputs.network.layers) > 1]
    if not deep:
        return "in the only layer"
    wrong: set[str] = set()
    right: set[str] = set()
    touched: set[str] = set()  # places where any quantity has errors
    for outcome in deep:
        in_error = [layer for name, layer in outcome.out_of_bounds if name == quantity]
        in_any_error = {layer for _, layer in outcome.out_of_bounds}
        counted = in_error[:1] if quantity in ("z", "a", "delta") else in_error
        last = len(outcome.trial.inputs.network.layers)
        for l in range(1, last + 1):
            place = "output" if l == last else "first" if l == 1 else "middle"
            if l in counted:
                wrong.add(place)
            elif l not in in_error:
                right.add(place)
            if l in in_any_error:
                touched.add(place)
    words = {
        frozenset({"output"}): "the output layer",
        frozenset({"first"}): "the first layer",
        frozenset({"middle"}): "the layers between the first and the last",
        frozenset({"first", "middle"}): "the hidden layers",
        frozenset({"middle", "output"}): "every layer but the first",
        frozenset({"first", "output"}): "the first and the last layer",
    }
    never = words.get(frozenset(right - wrong), "") if not (right - wrong) & touched else ""
    if "middle" not in wrong | right:
        del words[frozenset({"first", "output"})]  # a network of two layers has no others
    in_shallow = "middle" in wrong and "output" not in wrong and len(deep) < len(outcomes)
    where = f"{words.get(frozenset(wrong), 'every layer')}{' and in networks with one layer' if in_shallow else ''}"
    return f"in {where}" + (f"; it is right in {never}" if never else "")

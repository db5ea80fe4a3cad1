"""Where a submission first goes wrong: the first quantity that departs, in which layers, and in which cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.cases.features import common_features
from harness.judging.judge import ORDER, SYMBOLS, Outcome

PASSING = ("agrees", "agrees up to a convention")


@dataclass(frozen=True)
class Divergence:
    """The first quantity and layer that depart, in the first case in which they do; the layers in which it departs over
    all cases, in words; and what the failing cases have in common that the passing ones do not have, in words."""

    quantity: str
    layer: int
    case: str
    layers: str
    common: str

    @property
    def symbol(self) -> str:
        return f"{SYMBOLS[self.quantity]}{'^' if self.quantity != 'update' else ' of layer '}{self.layer}"


def first_divergence(outcomes: Sequence[Outcome]) -> Divergence | None:
    """None where no number departs (where all that fails gives no numbers, too)."""
    departing = [outcome for outcome in outcomes if outcome.departures]
    if not departing:
        return None
    quantity = min((outcome.departures[0][0] for outcome in departing), key=ORDER.index)
    showing = [outcome for outcome in departing if outcome.departures[0][0] == quantity]
    first = showing[0]
    failing = [outcome.trial.case for outcome in outcomes if outcome.departures or outcome.faults]
    passing = [outcome.trial.case for outcome in outcomes if outcome.verdict in PASSING]
    return Divergence(
        quantity,
        first.departures[0][1],
        first.trial.case.id,
        _layers(quantity, showing),
        common_features(failing, passing),
    )


def _layers(quantity: str, outcomes: Sequence[Outcome]) -> str:
    """In which layers a quantity departs. Of what is passed on from layer to layer the first alone counts.

    A layer that is alone is the first and the output layer, and so does not tell which of the two it is.
    """
    deep = [outcome for outcome in outcomes if len(outcome.trial.inputs.network.layers) > 1]
    if not deep:
        return "in the only layer"
    wrong: set[str] = set()
    right: set[str] = set()
    for outcome in deep:
        departing = [layer for name, layer in outcome.departures if name == quantity]
        counted = departing[:1] if quantity in ("z", "a", "delta") else departing
        last = len(outcome.trial.inputs.network.layers)
        for l in range(1, last + 1):
            place = "output" if l == last else "first" if l == 1 else "middle"
            if l in counted:
                wrong.add(place)
            elif l not in departing:
                right.add(place)
    words = {
        frozenset({"output"}): "the output layer",
        frozenset({"first"}): "the first layer",
        frozenset({"middle"}): "the layers between the first and the last",
        frozenset({"first", "middle"}): "the hidden layers",
        frozenset({"middle", "output"}): "every layer but the first",
        frozenset({"first", "output"}): "the first and the last layer",
    }
    never = words.get(frozenset(right - wrong), "")
    if "middle" not in wrong | right:
        del words[frozenset({"first", "output"})]  # of two layers these are all
    alone = "middle" in wrong and "output" not in wrong and len(deep) < len(outcomes)
    where = f"{words.get(frozenset(wrong), 'every layer')}{' and in an only layer' if alone else ''}"
    return f"in {where}" + (f"; it is right in {never}" if never else "")

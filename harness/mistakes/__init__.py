"""The catalogue of mistakes that people really make in backprop, each the textbook with one line wrong.

An entry is a class in one of the files of this folder; `CATALOGUE` finds it there.
"""

from harness.mistakes import backward, batches, costs, gradients, slopes
from harness.mistakes.entry import Mistake

# Those that articles themselves raise come first.
_FIRST = ("outputs_where_inputs_belong", "inverse_where_transpose_belongs", "bias_not_an_input")

CATALOGUE: dict[str, type[Mistake]] = {
    entry.known_as(): entry
    for entry in sorted(
        (
            entry
            for module in (slopes, backward, gradients, batches, costs)
            for entry in vars(module).values()
            if isinstance(entry, type) and issubclass(entry, Mistake) and entry is not Mistake
        ),
        key=lambda entry: _FIRST.index(entry.known_as()) if entry.known_as() in _FIRST else len(_FIRST),
    )
}

__all__ = ["CATALOGUE", "Mistake"]

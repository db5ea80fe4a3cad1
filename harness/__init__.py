"""gradproof: is your backprop right?

The names an implementation needs. They are imported when they are asked for, so that a command starts at once.
"""

from __future__ import annotations

TYPE_CHECKING = False  # to a type checker it is True; to import typing takes a tenth of the time of a short command
if TYPE_CHECKING:
    from typing import Any

    from harness.model.contract import Gradients, Layer, Network, Unsupported

__all__ = ["Gradients", "Layer", "Network", "Unsupported"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from harness.model import contract

    return getattr(contract, name)

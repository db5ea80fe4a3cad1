"""gradproof: is your backprop right?

The names an implementation needs. Importing them loads no numerical library, so a command starts at once.
"""

from harness.contract import Gradients, Layer, Network, Unsupported

__all__ = ["Gradients", "Layer", "Network", "Unsupported"]

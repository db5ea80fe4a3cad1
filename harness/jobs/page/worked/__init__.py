"""One step of backprop, worked through on small networks in several notations."""

"""The command `peers`: what other gradient checkers miss, on the same gradients."""

"""Verdicts on the arrays of a layer, and what explains the wrong ones."""

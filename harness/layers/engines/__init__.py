"""Engines of automatic differentiation: an expression is a case, whose truth comes from the same expression."""

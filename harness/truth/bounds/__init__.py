"""Bounds on the rounding error of a correct backprop."""

"""The exact gradients of a case, and bounds on the rounding error of correct code."""

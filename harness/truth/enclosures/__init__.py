"""The exact values of backprop, each enclosed in an interval that is proved to contain it."""

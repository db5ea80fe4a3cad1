"""Activations: functions of each entry, and softmax."""

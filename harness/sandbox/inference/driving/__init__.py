"""Decide whether a file needs an adapter, make one, or say what prevents it."""

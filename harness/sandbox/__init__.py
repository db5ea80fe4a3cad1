"""Untrusted code runs in worker processes, within limits; the harness sends requests and reads arrays as answers."""

"""Untrusted code runs in a subprocess: it is asked over a socket, within limits, and answers with arrays."""

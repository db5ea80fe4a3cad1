"""Benchmarks: the time and memory of a check, compared with the usual alternatives.

`nox -s bench` measures and writes reports/benchmarks.md. The harness does not depend on this package, and no test
asserts a time.
"""

"""What a check costs, beside what people would run instead: measured side by side, asserted nowhere.

It imports the harness, and the harness knows nothing of it. `nox -s bench` writes reports/benchmarks.md.
"""

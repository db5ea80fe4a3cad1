"""What a section of the report consists of, and how sections become reports/benchmarks.md."""

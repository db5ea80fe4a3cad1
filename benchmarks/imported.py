"""Which heavy packages a command of the harness loads: the last line of `python -m benchmarks.imported COMMAND ...`."""

from __future__ import annotations

import contextlib
import sys

HEAVY = ("torch", "pandas", "sklearn", "matplotlib", "jax", "scipy")


def main(arguments: list[str]) -> int:
    from harness.__main__ import main as harness

    with contextlib.suppress(SystemExit):  # as --help ends
        harness(arguments)
    print(", ".join(name for name in HEAVY if name in sys.modules) or "none")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Which heavy packages a command of the harness loads: `python -m benchmarks.contenders.imported COMMAND ...`.

It runs the command and prints the packages as its last line.
"""

from __future__ import annotations

import contextlib
import sys

HEAVY = ("torch", "pandas", "sklearn", "matplotlib", "jax", "scipy")


def main(arguments: list[str]) -> int:
    """Run the command, and print the heavy packages that are loaded at its end."""
    from harness.__main__ import main as harness

    with contextlib.suppress(SystemExit):  # --help ends this way
        harness(arguments)
    print(", ".join(name for name in HEAVY if name in sys.modules) or "none")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A check as a whole process, beside what people would run instead: `python benchmarks/check.py`.

Each contender is a process of its own; they take turns, and every figure is the median of the rounds. Run it on a quiet
machine. It writes benchmarks/check.md, and asserts nothing.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from tabulate import tabulate
from threadpoolctl import threadpool_info

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SMALL, LARGE = "50 small cases", "12 networks of 10,062 parameters"
IMPLEMENTATION = ROOT / "implementations" / "batched_matrices.py"
RUN = [sys.executable, str(HERE / "contenders.py")]
CONTENDERS = {
    SMALL: {
        "python -c 'import numpy'": [sys.executable, "-c", "import numpy"],
        "check": [*RUN, "check", "small"],
        "central differences": [*RUN, "central", "small"],
        "torch gradcheck, slow": [*RUN, "gradcheck", "small"],
    },
    LARGE: {
        "check": [*RUN, "check", "large"],
        "central differences": [*RUN, "central", "large"],
        "torch gradcheck, slow": [*RUN, "gradcheck", "large"],
    },
}


def seconds(command: list[str]) -> float:
    """One run of a process, from its start to its end."""
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def measured(contenders: dict[str, list[str]], rounds: int) -> dict[str, list[float]]:
    """The seconds of each contender in every round; they take turns, so that a slow stretch hits all of them."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, command in contenders.items():
            times[name].append(seconds(command))
    return times


def table(times: dict[str, list[float]]) -> str:
    """Medians with their spread, and how many times the check each is."""
    base = statistics.median(times["check"])
    rows = [
        [
            name,
            f"{statistics.median(all_):.3f}",
            f"{min(all_):.3f} – {max(all_):.3f}",
            f"{statistics.median(all_) / base:.2f}",
        ]
        for name, all_ in times.items()
    ]
    return tabulate(rows, ["whole process", "median, s", "spread", "times the check"], "github", disable_numparse=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    rounds = parser.parse_args().rounds
    kernels = {info["architecture"] for info in threadpool_info() if info.get("internal_api") == "openblas"}
    lines = [
        "# A check, beside what people would run instead\n",
        f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}, "
        f"numpy {np.__version__} with OpenBLAS's kernel {', '.join(sorted(kernels))}, {datetime.date.today()}. "
        f"Median of {rounds} rounds, of 3 for the large networks; torch with its usual threads.\n",
    ]
    for title, contenders in CONTENDERS.items():
        times = measured(contenders, rounds if title == SMALL else 3)
        lines += [f"## {title}\n", table(times) + "\n"]
        print(f"{title}\n{table(times)}\n", flush=True)
    (HERE / "check.md").write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""The machine that a section is measured on: `python -m benchmarks.runner.machine` prints it as JSON.

It runs as a process of its own, because it loads numpy.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from harness.sandbox.processes.server import processors

PACKAGES = ("torch", "jax", "autograd")  # whose versions are given beside that of numpy


def machine_data() -> dict[str, Any]:
    """The date, the hardware, and the versions of Python and of the numerical libraries."""
    import numpy as np
    from threadpoolctl import threadpool_info

    kernels = {info["architecture"] for info in threadpool_info() if info.get("internal_api") == "openblas"}
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": platform.machine(),
        "model": _model(),
        "processors": processors(),
        "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "kernel": ", ".join(sorted(kernels)) or "none",
        "libraries": {name: _version(name) for name in PACKAGES},
    }


def machine_sentence(machine: Mapping[str, Any]) -> str:
    """What `machine_data` gave, as one sentence."""
    libraries = ", ".join(f"{name} {number or 'not installed'}" for name, number in machine["libraries"].items())
    return (
        f"Measured on {machine['date']}: {machine['machine']}, {machine['model']}, {machine['processors']} processors, "
        f"{machine['memory'] / 2**30:.0f} GiB; Python {machine['python']}, numpy {machine['numpy']} with the OpenBLAS "
        f"kernel {machine['kernel']}, {libraries}."
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _model() -> str:
    """The name of the processor, if the system gives it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    named = (text.partition(":")[2].strip() for text in lines if text.startswith("model name"))
    return next(named, platform.processor() or "unknown processor")


if __name__ == "__main__":
    print(json.dumps(machine_data()))

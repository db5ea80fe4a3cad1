"""A contender that stays and times itself: `python -m benchmarks.kernel SPEC LIMIT`, with benchmarks.spec.Spec as JSON
and the seconds that a call may take.

It answers with a line of JSON when it is ready, {"before": bytes, "share": number}, and then for every line that comes
in, {"seconds": number}, the time of one call. What goes wrong is {"error": "one line"}. It ends with its input.
"""

from __future__ import annotations

import json
import math
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import psutil

from benchmarks.spec import Spec

LONG_ENOUGH = 0.2  # seconds of one turn, many times what the clock and the system's own work amount to


def main(text: str, limit: float) -> int:
    try:
        spec = Spec.from_json(text)
        from benchmarks.kernels import call_of  # loads numpy, which is part of what it needs before

        warnings.simplefilter("ignore")  # what overflows in training is no matter of time
        call, share = call_of(spec)
        before = psutil.Process().memory_info().rss
        first = _seconds(call, 1)
        if first > limit:
            _say({"error": f"left out: one call takes {first:.3g} s, the limit is {limit:g} s"})
            return 1
        repeats = max(1, math.ceil(LONG_ENOUGH / _seconds(call, 1)))
        _say({"before": before, "share": share})
        for _ in sys.stdin:
            _say({"seconds": _seconds(call, repeats) / repeats / share})
    except Exception as error:
        _say({"error": f"{type(error).__name__}: {' '.join(str(error).split())}"})
        return 1
    return 0


def _seconds(call: Callable[[], Any], repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return time.perf_counter() - start


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2])))

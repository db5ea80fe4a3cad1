"""A contender that times its own calls: `python -m benchmarks.contenders.timer SPEC LIMIT`.

SPEC is a benchmarks.contenders.spec.Spec as JSON, LIMIT the seconds that one call may take. When it is ready, it prints
the JSON line {"before": bytes, "share": number}. For each line of its input it then prints {"seconds": number}, the
time of one call. An error is {"error": "one line"}. It ends at the end of its input.
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

from benchmarks.contenders.spec import Spec

TURN_SECONDS = 0.2  # at least, so that the clock's resolution and other processes hardly matter


def main(text: str, limit: float) -> int:
    """Answer until the input ends: the exit status, 1 after an error."""
    try:
        spec = Spec.from_json(text)
        from benchmarks.contenders.computations import call_of  # loads numpy, whose memory belongs to `before`

        warnings.simplefilter("ignore")  # overflow in training does not change the time
        call, share = call_of(spec)
        before = psutil.Process().memory_info().rss
        first = _seconds(call, 1)
        if first > limit:
            _answer({"error": f"left out: one call takes {first:.3g} s, the limit is {limit:g} s"})
            return 1
        repeats = max(1, math.ceil(TURN_SECONDS / _seconds(call, 1)))
        _answer({"before": before, "share": share})
        for _ in sys.stdin:
            _answer({"seconds": _seconds(call, repeats) / repeats / share})
    except Exception as error:
        _answer({"error": f"{type(error).__name__}: {' '.join(str(error).split())}"})
        return 1
    return 0


def _seconds(call: Callable[[], Any], repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return time.perf_counter() - start


def _answer(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2])))

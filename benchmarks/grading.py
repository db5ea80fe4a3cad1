"""`python -m benchmarks.grading [N]`: time and memory of marking a class of N (1,000) submissions; writes
reports/grading.md.

The class is made from the files of the tests: right ones, wrong ones with the mistakes of the catalogue, in three
languages, and one in twenty hostile. Each copy has a comment of its own, so that no two are the same.
"""

from __future__ import annotations

import contextlib
import csv
import heapq
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean

import psutil
from tabulate import tabulate

from benchmarks.runner.machine import machine_data, machine_sentence
from benchmarks.runner.processes import REPOSITORY
from harness.reporting.files import REPORTS, first_line

SUBMISSIONS = REPOSITORY / "tests" / "support" / "submissions"
HOSTILE_SHARE, RIGHT_SHARE, WORKERS, SAMPLE_SECONDS = 0.05, 0.5, 2, 1.0
HOSTILE = {
    "kills_its_parent": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n",
    "kills_everything": "import os, signal\nos.kill(-1, signal.SIGKILL)\n",
    "fork_bomb": "import os\nwhile True:\n    os.fork()\n",
    "floods": "import sys\nwhile True:\n    sys.stdout.write('x' * 65536)\n",
    "eats_memory": "kept = []\nwhile True:\n    kept.append(bytearray(50_000_000))\n",
    "leaves_at_once": "import os\nos._exit(0)\n",
    "hangs": "while True:\n    pass\n",
    "aborts": "import os\nos.abort()\n",
    "leaves_a_daemon": "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(1000)\nraise SystemExit\n",
    "fills_the_disk": "with open('x', 'wb') as f:\n    while True:\n        f.write(b'x' * 2**20)\n",
}
ASSIGNMENT = """title = "A thousand"
seed = 20260213
total = 100
[points]
forward = 20
delta = { output = 15, hidden = 25 }
w = 15
b = 15
update = 10
[limits]
seconds = 2
total = 10
memory = 1
"""
MOST_SENDING = 0.8  # of an hour
GOAL_SECONDS, HOUR, MANY = 0.4, 3600.0, 100_000
PROCESSES_A_MACHINE = (2, 8, 32)


def make_class(folder: Path, count: int, seed: int = 1) -> Counter[str]:
    """Write the submissions; how many of each kind there are."""
    draw, counts = random.Random(seed), Counter[str]()
    right, wrong = [*_right()], [*_wrong()]
    kinds = {"hostile": [*_hostile()], "right": right, "wrong": wrong}
    for number in range(count):
        at = draw.random()
        kind = "hostile" if at < HOSTILE_SHARE else "right" if at < HOSTILE_SHARE + RIGHT_SHARE else "wrong"
        suffix, text = draw.choice(kinds[kind])
        mark = "#" if suffix == ".py" else "//"
        (folder / f"{kind}_{number:05}{suffix}").write_text(f"{text}\n{mark} {number}\n", encoding="utf-8")
        counts[f"{kind}, {suffix[1:]}"] += 1
    return counts


def _read(paths: Sequence[Path]) -> Iterator[tuple[str, str]]:
    return ((path.suffix, path.read_text(encoding="utf-8")) for path in paths)


def _right() -> Iterator[tuple[str, str]]:
    yield from _read(sorted((SUBMISSIONS / "right").glob("*.py")))
    yield from _read([one for one in sorted((SUBMISSIONS / "styles").glob("*.py")) if "torch" not in one.name])
    for name in 4 * ("c_flat_arrays.c", "javascript_loops.js"):
        yield from _read([REPOSITORY / "implementations" / name])


def _wrong() -> Iterator[tuple[str, str]]:
    yield from _read(sorted((SUBMISSIONS / "wrong").glob("*.py")))
    table = tomllib.loads((SUBMISSIONS / "languages" / "languages.toml").read_text(encoding="utf-8"))
    for name in ("c_flat_arrays.c", "javascript_loops.js"):
        [(suffix, text)] = _read([REPOSITORY / "implementations" / name])
        for one in table[Path(name).stem]:
            changed = text
            for old, new in one["changes"]:
                changed = changed.replace(old, new)
            yield suffix, changed


def _hostile() -> Iterator[tuple[str, str]]:
    return ((".py", text) for text in HOSTILE.values())


class Watch:
    """The resident memory of a process and of all below it, in bytes, a sample each second; and the processor seconds
    of the process itself, which reads submissions, sends them out and writes what comes back."""

    def __init__(self, pid: int) -> None:
        self.samples, self.own_seconds, self._process = list[int](), 0.0, psutil.Process(pid)
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        with contextlib.suppress(psutil.Error):  # it has ended
            while self._process.is_running():
                own = self._process.cpu_times()
                self.own_seconds = own.user + own.system
                below = self._process.children(recursive=True)
                self.samples.append(sum(map(_resident_bytes, [self._process, *below])))
                time.sleep(SAMPLE_SECONDS)

    def at(self, first: float, last: float) -> float:
        """The mean over a part of the time, such as from 0.25 to 0.5, in MiB."""
        part = self.samples[int(first * len(self.samples)) : max(1, int(last * len(self.samples)))]
        return mean(part or [0]) / 2**20


def _resident_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def processes_needed(seconds: Sequence[float], dispatch: float, submissions: int, within: float) -> int:
    """How many processes do so many submissions in that time, whose durations are drawn from these.

    Each is given to the first free process by one scheduler, which takes `dispatch` seconds for each.
    """
    drawn = random.Random(1).choices(seconds, k=submissions)
    processes = max(1, int(sum(drawn) / within))
    while _duration(drawn, dispatch, processes) > within:
        if dispatch * submissions > within:
            return 0
        processes += max(1, processes // 100)
    return processes


def _duration(drawn: Sequence[float], dispatch: float, processes: int) -> float:
    free, scheduled, end = [0.0] * processes, 0.0, 0.0
    for one in drawn:
        scheduled += dispatch
        start = max(scheduled, heapq.heappop(free))
        heapq.heappush(free, start + one)
        end = max(end, start + one)
    return end


def main(count: int) -> None:
    """Make the class, mark it, and write what was measured."""
    home = Path(tempfile.mkdtemp(prefix="gradproof-thousand-"))
    try:
        (home / "class").mkdir()
        counts = make_class(home / "class", count)
        (home / "assignment.toml").write_text(ASSIGNMENT, encoding="utf-8")
        command = [sys.executable, "-m", "harness", "grade", "class", "--assignment", "assignment.toml"]
        command += ["--workers", str(WORKERS)]
        start = time.perf_counter()
        with open(home / "log", "w", encoding="utf-8") as log:
            process = subprocess.Popen(command, cwd=home, env=_environment(), stdout=log, stderr=subprocess.STDOUT)
            watch = Watch(process.pid)
            process.wait()
        wall = time.perf_counter() - start
        print((home / "log").read_text(encoding="utf-8").splitlines()[-2:])
        text = _report(home / "grades", counts, wall, watch)
        (REPORTS / "grading.md").write_text(text, encoding="utf-8")
        print(text)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(REPOSITORY)}


def _rows(path: Path) -> list[Mapping[str, str]]:
    with open(path, encoding="utf-8", newline="") as table:
        return [*csv.DictReader(table)]


def _report(grades: Path, counts: Counter[str], wall: float, watch: Watch) -> str:
    rows, seconds = _rows(grades / "marks.csv"), [float(one["seconds"]) for one in _rows(grades / "seconds.csv")]
    count, busy = sum(counts.values()), sum(seconds)
    overhead = 1 - busy / (WORKERS * wall)
    dispatch = watch.own_seconds / count
    senders = math.ceil(dispatch * MANY / (HOUR * MOST_SENDING))
    needed = senders * processes_needed(seconds, dispatch, MANY // senders, HOUR)
    verdicts = Counter(one["verdict"] or one["status"] for one in rows)
    hostile = [one for one in rows if one["student"].startswith("hostile")]
    figures = [
        ("submissions", f"{count:,}"),
        ("rows", f"{len(rows):,} of {count:,}"),
        ("seconds in all", f"{wall:.0f}"),
        ("seconds a submission, whole command", f"{wall / count:.3f} (goal: {GOAL_SECONDS})"),
        ("seconds inside a worker: mean, largest", f"{mean(seconds):.3f}, {max(seconds):.1f}"),
        ("share of the workers' time that is not inside a submission", f"{overhead:.1%}"),
        ("processor seconds of the sending process, a submission", f"{dispatch:.4f}"),
        ("MiB of all processes in the 2nd and the 4th quarter", f"{watch.at(0.25, 0.5):.0f}, {watch.at(0.75, 1):.0f}"),
        ("right submissions that agree", _share(rows, "right", ("agrees", "agrees up to a convention"))),
        (
            "wrong submissions that do not agree",
            _share(rows, "wrong", ("wrong", "failed", "inaccurate", "cannot tell")),
        ),
        ("hostile submissions without points", f"{sum(one['points'] == '0' for one in hostile)} of {len(hostile)}"),
        ("wrong submissions with a name or a formula", _explained(rows)),
    ]
    machines = ", ".join(f"{-(-needed // each):,} machines of {each} processes" for each in PROCESSES_A_MACHINE)
    return (
        f"{first_line('bench').replace('nox -s bench', 'python -m benchmarks.grading')}\n# A class of {count:,}\n\n"
        f"{machine_sentence(machine_data())}\n\n"
        f"{tabulate(figures, headers=['what', 'measured'], tablefmt='github', disable_numparse=True)}\n\n"
        f"Kinds: {', '.join(f'{n} {kind}' for kind, n in sorted(counts.items()))}.\n"
        f"Outcomes: {', '.join(f'{n} {kind}' for kind, n in verdicts.most_common())}.\n\n"
        f"By simulation from these durations, {MANY:,} submissions in an hour take {needed:,} processes: {machines}; "
        f"and {senders} commands that each send a part of the class, at {dispatch:.3f} s a submission.\n"
    )


def _share(rows: Sequence[Mapping[str, str]], kind: str, verdicts: Sequence[str]) -> str:
    some = [one for one in rows if one["student"].startswith(kind)]
    return f"{sum(one['verdict'] in verdicts for one in some)} of {len(some)}"


def _explained(rows: Sequence[Mapping[str, str]]) -> str:
    wrong = [one for one in rows if one["student"].startswith("wrong") and one["verdict"] == "wrong"]
    return f"{sum(bool(one['mistake']) or 'is computed' in one['sentence'] for one in wrong)} of {len(wrong)}"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)

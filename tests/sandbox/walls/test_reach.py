"""What an untrusted file can import, its neighbours but not the project; and what its process keeps."""

from __future__ import annotations

import importlib.util
import os

import pytest
from support.asking import FIRST, GENEROUS, Asked, answered, misbehaving, submission
from support.commands import ROOT

from harness.sandbox.sources.find import Implementation


def test_no_module_of_the_truth_is_in_the_worker(server, tmp_path):
    """The worker has neither the truth, nor the name of the case, nor a way to either in its memory."""
    ours = "sorted(m for m in sys.modules if m.split('.')[0] in ('harness', 'flint'))"
    look = f"print({ours}, sys.argv); return right(n, x, t)"
    with submission(server, tmp_path, misbehaving(look)) as one:
        answered(one, FIRST)
        said = one.output.kept.decode()
    assert "harness.model.contract" in said
    for name in (
        *(f"harness.{name}" for name in ("truth", "balls", "certify", "cases", "mistakes")),
        "flint",
        FIRST.id,
    ):
        assert name not in said


OUT_OF_REACH = {
    "an implementation": "from implementations.matrices import backprop",
    "the truth": "from harness.truth.certify import certify",
    "what reads the answers": "import harness.sandbox.host.call",
    "the tests": "import tests.support.checking",
    "the benchmarks": "import benchmarks.contenders.checkers",
}


@pytest.mark.parametrize("name", OUT_OF_REACH)
def test_a_file_cannot_import_what_judges_it(server, tmp_path, name):
    module = OUT_OF_REACH[name].split()[1]
    assert importlib.util.find_spec(module) is not None  # for us it is there
    for folder in (tmp_path, ROOT):
        path = folder / f"reaches_for_the_answers_{os.getpid()}.py"
        path.write_text(f"{OUT_OF_REACH[name]}\nbackprop = print\n", encoding="utf-8")
        try:
            with Asked(server, Implementation("submission", path), GENEROUS) as one:
                refusal = answered(one, FIRST).refusal
        finally:
            path.unlink()
        assert refusal.detail.startswith("ModuleNotFoundError: ")
        assert refusal.kind == "import"


@pytest.mark.parametrize("line", ["import beside", "from . import beside", "from .beside import kept as kept_there"])
def test_a_file_may_import_its_neighbours(server, tmp_path, line):
    (tmp_path / "beside.py").write_text("kept = []\n", encoding="utf-8")
    with submission(server, tmp_path, f"{line}\n{misbehaving('return right(n, x, t)')}") as one:
        assert answered(one, FIRST).refusal is None


def test_the_random_state_is_restored(server, tmp_path):
    """A network that draws its first weights is right; and its two calls draw different ones."""
    body = "print(np.random.rand(), random.random()); np.random.seed(5); return right(n, x, t)"
    with submission(server, tmp_path, misbehaving(body)) as one:
        assert [answered(one, FIRST).refusal for _ in range(2)] == [None, None]
        lines = one.output.kept.decode().splitlines()
    assert lines[0] == lines[2] != lines[1] == lines[3]


def test_a_thread_started_by_the_import_is_not_left_behind_by_a_call(server, tmp_path):
    start = "import threading\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
    text = f"import time, subprocess\n{start}subprocess.Popen(['sleep', '600'])\n{misbehaving('return right(n, x, t)')}"
    with submission(server, tmp_path, text) as one:
        assert answered(one, FIRST).refusal is None


def test_a_process_pool_that_is_closed_again_is_allowed(server, tmp_path):
    """Python keeps a process of its own for those that it has started."""
    body = "import multiprocessing as m\n    with m.get_context('spawn').Pool(1) as p: assert p.map(abs, [-1]) == [1]\n"
    text = misbehaving(f"{body}    p.join(); return right(n, x, t)")
    with submission(server, tmp_path, text) as one:
        assert answered(one, FIRST).refusal is None

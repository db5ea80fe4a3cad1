"""`compare` and `train` in a cluster: the tables are those of one machine, to the byte, whatever is killed."""

from __future__ import annotations

import math
import os
import shutil
import signal
from argparse import Namespace
from multiprocessing import active_children

import numpy as np
import pytest
from support.running import Silent, shared

from harness.jobs.compare.run import compare, select
from harness.jobs.distributed.cluster import local_cluster
from harness.jobs.distributed.here import HERE
from harness.jobs.distributed.machines import machines
from harness.jobs.train.follow import follow, select_courses
from harness.jobs.train.store import Store
from harness.sandbox.requests import Limits, Submission, contract_request
from harness.sandbox.sources.find import find_implementations

WITHOUT_END = Limits(60.0, math.inf)
WRONG = """
import numpy as np
from helper import sigmoid

def backprop(network, x, t):
    a = [x]
    for layer in network.layers:
        a.append(sigmoid(a[-1] @ layer.w.T + layer.b))
    print("being asked")
    d = [(a[-1] - t) * a[-1] * (1 - a[-1])]
    for l in range(len(a) - 2, 0, -1):
        d.insert(0, d[0] @ network.layers[l].w)  # without the derivative
    return [e.T @ i for e, i in zip(d, a)], [e.sum(0) for e in d], d
"""


@pytest.fixture(scope="module")
def cluster():
    with local_cluster(2) as found:
        yield found


@pytest.fixture
def wrong(tmp_path):
    """A file that imports a neighbour, and is wrong, so that it is run again for the cause."""
    (tmp_path / "helper.py").write_text("import numpy as np\ndef sigmoid(z):\n    return 1 / (1 + np.exp(-z))\n")
    (tmp_path / "wrong_one.py").write_text(WRONG)
    return tmp_path / "wrong_one.py"


def tables(where, wrong, progress=lambda *_: None):
    """What a comparison finds, but for the seconds."""
    chosen = select(f"row_matrices,neuron_loop,{wrong}", "iris-4-5-3*,xor*")
    found = compare(chosen, shared(), 2, WITHOUT_END, progress, where=where)
    rows = [row._replace(seconds=0.0) for row in found.rows]
    assert {row.verdict for row in rows if row.implementation == "wrong_one"} >= {"agrees", "wrong"}
    return rows, [*found.pairs]


def test_a_comparison_has_the_same_rows_and_pairs_though_a_process_is_killed(cluster, wrong):
    def kill_one(*_):
        if not killed:
            killed.append(active_children()[0].pid)
            os.kill(killed[0], signal.SIGKILL)

    killed = []
    assert repr(tables(cluster, wrong, kill_one)) == repr(tables(HERE, wrong))
    assert killed


def test_other_machines_need_no_files_of_this_one(cluster, wrong, tmp_path):
    [implementation] = find_implementations([str(wrong)])
    case = select("row_matrices", "iris-4-5-3-sigmoid-batch8").cases[0]
    inputs, found = case.build(), []
    # Of the cluster of the other tests, as if somebody else had started it.
    far = Namespace(scheduler=cluster.client.scheduler.address, workers=None)
    for options, is_moved in ((Namespace(scheduler=None, workers=None), False), (far, True)):
        submission = Submission.of(implementation, WITHOUT_END)
        with machines(options) as where, where.pool(shared(), 1, [implementation]) as pool:
            if is_moved:
                shutil.move(tmp_path / "helper.py", tmp_path / "gone.py")
                wrong.unlink()
            pool.add(submission, [contract_request("key", ("backprop",), inputs, 0.1)])
            [request] = pool.outcomes()
            answer = request.answers["backprop"]
            assert answer.refusal is None
            found.append({key: array.tobytes() for key, array in answer.arrays.items()})
        assert submission.was_loaded
        assert submission.output.kept.startswith(b"being asked\n")
        assert submission.output.bytes == len(submission.output.kept)
        assert submission.used.is_counted
    assert found[0] == found[1]


def test_a_submission_stays_in_one_process(cluster, tmp_path):
    """What it counts goes on from one request to the next, also where they were queued one after the other."""
    path = tmp_path / "counting.py"
    path.write_text(
        "calls = 0\ndef backprop(network, x, t):\n    global calls\n    calls += 1\n    raise OSError(calls)\n"
    )
    [implementation] = find_implementations([str(path)])
    submission, inputs = Submission.of(implementation, WITHOUT_END), select("row_matrices", "xor*").cases[0].build()
    said = []
    with cluster.pool(shared(), 1, [implementation]) as pool:
        for key in range(4):
            pool.add(submission, [contract_request(key, ("backprop",), inputs, 0.1)])
            said += [request.answers["backprop"].refusal.detail for request in pool.outcomes()]
    assert [detail.split(" (")[0] for detail in said] == [f"OSError: {call}" for call in range(1, 5)]


def test_training_goes_through_the_same_states(cluster, tmp_path):
    chosen = select_courses("batched_matrices", "iris-4-3-batches20", 20)
    found = [
        follow(chosen, Store(tmp_path / name), shared(), 2, WITHOUT_END, Silent(), where)
        for name, where in (("here", HERE), ("there", cluster))
    ]
    here, there = found
    assert here.stopped == there.stopped == {}
    assert len(here.runs) == len(there.runs) == 4
    for key, run in here.runs.items():
        assert run.is_complete
        assert all(
            np.array_equal(one, other)
            for state, states in zip(run.states, there.runs[key].states, strict=True)
            for one, other in zip(state, states, strict=True)
        )

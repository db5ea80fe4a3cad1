"""A real cluster of two processes does what this process would do, whatever becomes of one of them."""

from __future__ import annotations

import os
import signal
from argparse import Namespace
from dataclasses import replace

import cluster_tasks
import pytest
from support.commands import is_running, until

from harness.jobs.distributed import cluster as clusters
from harness.jobs.distributed import sending
from harness.jobs.distributed.here import HERE, Lost, close_here
from harness.jobs.distributed.machines import machines
from harness.jobs.distributed.sending import AHEAD
from harness.jobs.distributed.standing import standing
from harness.model.errors import UnusableInput

WORKERS = 2


@pytest.fixture(scope="module")
def cluster():
    with clusters.local_cluster(WORKERS) as found:
        yield found


def pairs(tasks):
    return [(f"task {number}", task) for number, task in enumerate(tasks)]


def test_results_are_those_of_this_process(cluster):
    shared = {"factor": 3, "name": "of all"}
    found = [[*where.results(cluster_tasks.weighted, pairs(range(50)), shared)] for where in (HERE, cluster)]
    assert sorted(found[0]) == sorted(found[1])
    assert len(found[1]) == 50


def test_what_is_sent_ahead_does_not_grow_with_the_tasks(cluster):
    taken, came, most = 0, 0, 0

    def lazy():
        nonlocal taken, most
        for pair in pairs(range(400)):
            taken += 1
            most = max(most, taken - came)
            yield pair

    for _ in cluster.results(cluster_tasks.weighted, lazy(), {"factor": 1, "name": ""}):
        came += 1
    assert came == 400
    assert WORKERS < most <= AHEAD * WORKERS + 1 < 20


def test_an_exception_of_the_function_is_raised_as_here(cluster):
    said = []
    for where in (HERE, cluster):
        with pytest.raises(ValueError, match=r"^no 3$") as raised:
            [*where.results(cluster_tasks.raising, pairs(range(9)), None)]
        said.append(str(raised.value))
    assert said[0] == said[1]
    assert len([*cluster.results(cluster_tasks.raising, pairs([1, 2]), None)]) == 2  # and the cluster goes on


def test_a_process_that_is_killed_in_the_middle_costs_nothing(cluster):
    keys, processes, killed = [], set(), 0
    for key, pid in cluster.results(cluster_tasks.process, pairs([0.02] * 60), None):
        keys.append(key)
        processes.add(pid)
        if not killed and len(keys) == 10:
            killed = pid
            os.kill(pid, signal.SIGKILL)
    assert sorted(keys) == sorted(key for key, _ in pairs(range(60)))
    assert len(processes) >= WORKERS
    assert not is_running(killed)


def test_a_task_that_killed_once_is_done_again(cluster, tmp_path):
    found = dict(cluster.results(cluster_tasks.deadly_once, pairs(["a", "mark", "b"]), str(tmp_path)))
    assert found == dict(pairs(["a", "mark", "b"]))
    assert len([*tmp_path.iterdir()]) == 2  # two processes had it


def test_a_task_that_kills_again_and_again_is_lost_and_no_other(cluster):
    found = dict(cluster.results(cluster_tasks.deadly, pairs(range(20)), None))
    lost = found.pop("task 7")
    assert isinstance(lost, Lost)
    assert "killed" in lost.reason
    assert found == {key: -task for key, task in pairs(range(20)) if task != 7}


def test_each_process_has_one_fork_server_which_ends_with_the_work_or_the_process(cluster):
    servers, killed = {}, None
    for _, (pid, found) in cluster.results(cluster_tasks.serving, pairs([0.02] * 30), None):
        servers.setdefault(pid, set()).update(found)
        if killed is None and len(servers) == WORKERS:
            killed = pid
            os.kill(pid, signal.SIGKILL)
    assert all(len(found) == 1 for found in servers.values())
    until(lambda: not any(is_running(one) for found in servers.values() for one in found))
    close_here()


def test_a_worker_of_another_version_is_refused_before_anything_is_sent(cluster, monkeypatch):
    other = replace(standing(), numpy="0.1")
    monkeypatch.setattr(clusters, "standing", lambda: other)
    options = Namespace(scheduler=cluster.client.scheduler.address, workers=None)
    expected = rf"^worker tcp://\S+: expected numpy 0\.1, as here, found numpy {standing().numpy}; install the same"
    with pytest.raises(UnusableInput, match=expected), machines(options):
        raise AssertionError("it was taken")


def test_a_worker_of_another_version_that_comes_later_does_nothing(cluster, monkeypatch):
    monkeypatch.setattr(sending, "standing", lambda: replace(standing(), gradproof="of other sources"))
    with pytest.raises(UnusableInput, match=r"^worker tcp://\S+: expected gradproof of other sources, as here, found"):
        [*cluster.results(cluster_tasks.weighted, pairs([1]), {"factor": 1, "name": ""})]


def test_what_others_run_is_used_and_left_running(cluster):
    options = Namespace(scheduler=cluster.client.scheduler.address, workers=None)
    with machines(options) as where:
        found = {pid for _, (pid, _) in where.results(cluster_tasks.serving, pairs([0.02] * 20), None)}
    assert found
    assert all(map(is_running, found))
    assert len([*cluster.results(cluster_tasks.raising, pairs([1, 2]), None)]) == 2


def test_a_scheduler_without_workers_is_said_in_a_line(monkeypatch):
    monkeypatch.setattr(clusters, "CONNECT_SECONDS", 1.0)
    monkeypatch.setattr(clusters, "check_workers", lambda *_: pytest.fail("there is none"))
    with pytest.raises(UnusableInput, match=r"^tcp://\S+: expected workers, found none within 1 s; start some"):
        clusters.local_cluster(0).__enter__()

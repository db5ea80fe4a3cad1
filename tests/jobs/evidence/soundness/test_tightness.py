"""The quantiles of error over bound, and what soundness says of them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from support.running import shared, tallied

from harness.__main__ import main
from harness.jobs.evidence.soundness.report import as_json, as_text
from harness.jobs.evidence.soundness.tightness import NONE, Tightness
from harness.jobs.evidence.soundness.trials import FORWARD_PASS, LOSSY, TrialTally, sound
from harness.sandbox.sources.find import find_implementations, python_implementations

A_BIN = 10 ** (1 / 20)


SOUND = tuple(one for one in python_implementations() if one.name not in LOSSY)


def drawn(size, seed=1):
    return 10 ** np.random.default_rng(seed).normal(-3, 1, size)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 0.99])
def test_quantiles_are_those_of_the_numbers_to_within_a_bin(share):
    units = drawn(10_000)
    found, exact = Tightness.of(units).quantile(share), np.quantile(units, share)
    assert exact / A_BIN**1.1 < found < exact * 1.01


def test_errors_of_0_are_counted_apart_and_can_be_left_out():
    units = np.concatenate([np.zeros(3000), drawn(1000)])
    one = Tightness.of(units.reshape(40, 100))
    assert (one.exact, one.entries) == (3000, 4000)
    assert one.quantile(0.5) == 0
    assert one.quantile(0.9) == Tightness.of(drawn(1000)).quantile(0.6)
    assert one.quantile(0.5, with_exact=False) == Tightness.of(drawn(1000)).quantile(0.5)


def test_parts_add_up_to_the_whole():
    first, second = drawn(500, 2), np.append(drawn(700, 3), 0)
    parts, whole = Tightness.of(first).plus(Tightness.of(second)), Tightness.of(np.concatenate([first, second]))
    assert parts.exact == whole.exact == 1
    assert (parts.counts == whole.counts).all()


def test_what_is_beyond_all_bins_or_no_number_is_counted_at_their_ends():
    one = Tightness.of(np.array([1e-300, 1e300, np.inf, np.nan]))
    assert one.entries == one.counts.sum() == 4
    assert one.quantile(0.1) == pytest.approx(1e-20)
    assert one.quantile(0.9) > 1e4
    assert np.isnan(NONE.quantile(0.5))


def test_soundness_tells_how_tight_the_bounds_are():
    tally = TrialTally()
    for one in tallied(find_implementations(["batched_matrices", "torch_autograd"]), range(8)):
        tally = tally.plus(one)
    data = json.loads(as_json(tally, 0, 8))
    parts = [data["quantities"][name] for name in ("delta", "w", "b", "update")]
    assert sum(part["entries"] for part in parts) == data["quantities"]["all"]["entries"]
    compared = tally.entries.total() - tally.entries[FORWARD_PASS]
    assert data["quantities"]["all"]["entries"] == compared - (tally.undecided.total() - tally.undecided[FORWARD_PASS])
    assert data["entries"] == tally.entries.total()
    assert data["false alarms"] == 0
    median = data["quantities"]["all"]["inexact"]["median"]
    assert 1e-4 < median < data["worst error in bounds"] <= 1
    assert f"{median:.1e}" in as_text(tally)


def test_soundness_stops_as_soon_as_enough_is_compared_and_counts_what_was_run(monkeypatch):
    monkeypatch.setattr("harness.jobs.evidence.soundness.trials.BLOCK", 4)
    implementations = tuple(find_implementations(["batched_matrices", "matrices"]))
    expected, trials = TrialTally(), 0
    while expected.entries.total() < 20_000:
        before = expected.entries.total()
        [one] = tallied(implementations, [5 + trials])
        expected, trials = expected.plus(one), trials + 1
    assert before < 20_000
    for jobs in (1, 3):
        *_, (ran, tally) = sound(shared(), implementations, 20_000, 5, jobs)
        assert ran == trials
        assert as_json(tally, 5, ran) == as_json(expected, 5, trials)


def test_the_json_of_soundness_counts_what_was_run(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("harness.jobs.evidence.soundness.trials.BLOCK", 1)  # the network that is enough, and none ahead
    path = tmp_path / "found.json"
    assert main(["soundness", "--entries", "1", "--seed", "3", "--json", str(path)]) == 0
    data, [expected] = json.loads(path.read_text(encoding="utf-8")), tallied(SOUND, [3])
    assert (data["first trial"], data["trials"], data["entries"]) == (3, 1, expected.entries.total())
    assert data["implementations"].keys() == expected.entries.keys()
    shown = {name: one["entries"] for name, one in data["implementations"].items()}
    assert shown == {name: expected.entries[name] - expected.undecided[name] for name in shown}
    assert f"1 networks, {data['entries']:,} entries, 0 false alarms" in capsys.readouterr().out

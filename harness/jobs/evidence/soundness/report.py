"""What a run of soundness found, as text and as data: no false alarm, and how tight the bounds are."""

from __future__ import annotations

import json
from typing import Any

from tabulate import tabulate

from harness.jobs.evidence.soundness.tightness import Tightness
from harness.jobs.evidence.soundness.trials import TrialTally

QUANTITIES = ("delta", "w", "b", "update")
SHARES = {"1%": 0.01, "10%": 0.1, "median": 0.5, "90%": 0.9, "99%": 0.99}
SHOWN = 20  # places of alarms


def as_text(tally: TrialTally) -> str:
    """Two tables, each with what its columns mean, and where there were alarms."""
    counts = (tally.entries, tally.alarms, tally.undecided, tally.idle, tally.sets)
    rows = [
        [name, *(f"{part[name]:,}" for part in counts), f"{worst:.3f}", *_medians(tally.tight(name))]
        for name, worst in sorted(tally.worst.items())
    ]
    headers = ["implementation", "entries", "false alarms", "undecided", "bound above value", "set above bound"]
    headers += ["worst error in bounds"]
    quantities = [[name or "all", *_quantiles(tally.tight(quantity=name))] for name in (*QUANTITIES, "")]
    return "\n".join(
        [
            _tightness_table(rows, [*headers, "median", "if not exact"]),
            "\nError in bounds, of the entries that can be decided; those with an error of exactly 0 are left out, but "
            "for the median of all:",
            _tightness_table(quantities, ["quantity", "entries", "exact", "median of all", *SHARES]),
            *tally.where[:SHOWN],
        ]
    )


def _tightness_table(rows: list[list[str]], headers: list[str]) -> str:
    return str(tabulate(rows, headers=headers, tablefmt="simple", disable_numparse=True))


def _medians(one: Tightness) -> list[str]:
    return [f"{one.quantile(0.5, with_exact=exact):.1e}" for exact in (True, False)]


def _quantiles(one: Tightness) -> list[str]:
    found = [one.quantile(0.5), *(one.quantile(share, with_exact=False) for share in SHARES.values())]
    return [f"{one.entries:,}", f"{one.exact:,}", *(f"{quantile:.1e}" for quantile in found)]


def as_json(tally: TrialTally, first: int, trials: int) -> str:
    """The same as data: from the first trial on, so many; quantiles of error over bound."""
    found: dict[str, Any] = {
        "first trial": first,
        "trials": trials,
        "entries": tally.entries.total(),
        "false alarms": tally.alarms.total(),
        "undecided": tally.undecided.total(),
        "sets wider than the bound": tally.sets.total(),
        "worst error in bounds": max(tally.worst.values()),
        "implementations": {name: _data(tally.tight(name)) for name in sorted(tally.worst)},
        "quantities": {name or "all": _data(tally.tight(quantity=name)) for name in (*QUANTITIES, "")},
    }
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _data(one: Tightness) -> dict[str, Any]:
    quantiles = {name: one.quantile(share, with_exact=False) for name, share in SHARES.items()}
    return {"entries": one.entries, "exact": one.exact, "median of all": one.quantile(0.5), "inexact": quantiles}

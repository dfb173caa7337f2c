"""Days that a model drew itself: what was seen of them until a time, as a table, and how they ended."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from ruamel.yaml import YAML

import cxsim
from cxsim import metrics
from cxsim.model.prepare import prepare
from cxsim.schema.ledger import ABANDONED, FRESH, HANDED_ON, REDIAL, REPEAT
from cxsim.simulation.replications import replicate

DESK = """\
cxsim: 1
name: Small desk
horizon: {start: 2026-03-02, open: 08:00-16:00, interval: 30 min}
channels: {phone: {patience: 3 min}}
reasons:
  sales: {volume: {per_hour: [30, 40, 45, 45, 40, 40, 35, 25], busyness: {gamma: {cv: 15%}}}, talk: 4 min, wrap: 30s}
  help: {volume: {per_hour: [10, 15, 20, 20, 15, 15, 10, 10], busyness: {gamma: {cv: 15%}}}, talk: 4 min, wrap: 30s}
groups:
  front: {skills: {sales: {}}, wage: 20}
  both: {skills: {sales: {rank: 2}, help: {}}, wage: 24}
staff:
  shifts:
    - {group: front, start: 08:00, end: 15:00, breaks: [12:00-12:30], agents: 2}
    - {group: front, start: 09:30, end: 16:00, breaks: [13:00-13:30], agents: 1}
    - {group: both, start: 08:00, end: 15:00, breaks: [11:30-12:00], agents: 1}
    - {group: both, start: 08:00, end: 16:00, breaks: [12:30-13:00], agents: 2}
after_contact: {abandoned: {redial: 30%, delay: 10 min}}
"""


def seen(scenario: Any, ledger: Any, model: Any, until: float) -> pd.DataFrame:
    """The canonical table of intervals of a drawn day until a time (s after midnight), as a system would report it."""
    first = model.timeline.midnight(model.timeline.days_before)
    now, width = first + until, model.timeline.interval
    legs = ledger.legs[(ledger.legs["arrived"] < now) & (ledger.legs["arrived"] >= first) & (ledger.legs["entry"] >= 0)]
    legs = legs[np.isin(legs["cause"], (FRESH, REDIAL, REPEAT)) & (legs["queue"] >= 0) & (legs["outcome"] != HANDED_ON)]
    rows = []
    begin = first + scenario.horizon.hours_on(scenario.horizon.start)[0][0]
    for q, name in enumerate(scenario.queues):
        for k in range(round((now - begin) / width)):
            a = begin + k * width
            mine = legs[(legs["entry"] == q) & (legs["arrived"] >= a) & (legs["arrived"] < a + width)]
            answered = mine[mine["answered"] <= now]
            handled = answered["ended"] - answered["answered"]
            in_time = answered["answered"] - answered["queued"] <= model.layout.within[q]
            gone = mine[(mine["outcome"] == ABANDONED) & (mine["ended"] <= now)]
            label = pd.Timestamp(scenario.horizon.start) + pd.Timedelta(seconds=a - first)
            aht = float(handled.mean()) if len(handled) else np.nan
            rows.append((name, label.isoformat(), 30, len(mine), len(answered), len(gone), int(in_time.sum()), aht))
    columns = ["queue", "start", "minutes", "offered", "answered", "abandoned", "answered_in_sl", "aht_s"]
    return pd.DataFrame(rows, columns=columns)


def drawn(scenario: Any, days: int, until: float, seed: int) -> tuple[list[pd.DataFrame], dict[str, Any]]:
    """What was seen of so many days, and the metrics with which each ended."""
    model = prepare(scenario, seed)
    samples, ledgers = replicate(model, days, keep=True)
    truth = {}
    for name in ("sl", "abandoned_share", "offered"):
        above, below = metrics.figure_values(samples, model.layout, name)
        truth[name] = above if name == "offered" else above / below
    return [seen(scenario, ledger, model, until) for ledger in ledgers], truth


# Two teams that cannot help each other and one that can: which move is best depends on how busy sales is today.
CLOSE_CALLS = {
    "reasons.sales.volume.busyness": {"gamma": {"cv": "25%"}},
    "reasons.help.volume.busyness": None,
    "groups.both.skills": {"help": {}},
    "groups.flex": {"skills": {"sales": {}, "help": {"rank": 2}}, "wage": 26},
    "staff.shifts": [
        {"group": "front", "start": "08:00", "end": "15:30", "breaks": ["12:00-12:30"], "agents": 2},
        {"group": "front", "start": "08:00", "end": "16:00", "breaks": ["13:00-13:30"], "agents": 1},
        {"group": "both", "start": "08:00", "end": "15:00", "breaks": ["12:00-12:30"], "agents": 1},
        {"group": "both", "start": "08:00", "end": "16:00", "breaks": ["13:00-13:30"], "agents": 1},
        {"group": "flex", "start": "08:00", "end": "16:00", "agents": 1},
    ],
}


def desk(**changes: Any) -> Any:
    """The small desk, with changes."""
    return cxsim.parse(YAML(typ="safe", pure=True).load(DESK)).vary(changes)

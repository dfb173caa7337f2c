"""What agents ask, what customers write again, and what is dialled: conservation in drawn scenarios."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from agreement.running import figures, in_order, model_of, written
from agreement.strategies import scenarios
from hypothesis import HealthCheck, given, settings

from cxsim.metrics.sums import CONTACT_COLUMNS
from cxsim.schema import ledger

DRAWN = settings(deadline=None, suppress_health_check=list(HealthCheck))


def hold(tree: dict[str, Any], seen: Counter[str]) -> None:
    model = model_of(tree)
    legs = in_order(written(model, "clock")).legs
    cause, outcome = legs["cause"], legs["outcome"]
    seen.update(ledger.CAUSES[k] for k in cause)
    seen.update(ledger.OUTCOMES[k] for k in outcome)
    same = np.append((np.diff(legs["issue"]) == 0) & (np.diff(legs["attempt"]) == 0), False)

    # Every answer after which the customer writes again is followed by its turn, in the same queue and not sooner.
    replied = np.flatnonzero(outcome == ledger.REPLIED)
    after = legs[replied + 1] if len(replied) else legs[:0]
    assert same[replied].all() and (after["cause"] == ledger.TURN).all()
    assert (after["queue"] == legs["queue"][replied]).all()
    assert (after["arrived"] >= legs["talk_end"][replied]).all()
    begun = (cause == ledger.TURN) & (np.roll(outcome, 1) == ledger.REPLIED)
    assert begun.sum() == len(replied)

    # What an agent asks ends before the talk of who asked, unless nothing more could happen; and is asked in one.
    for k in np.flatnonzero((cause == ledger.CONSULT) & (outcome != ledger.HANDED_ON)):
        one = legs[k]
        mine = legs[(legs["issue"] == one["issue"]) & (legs["attempt"] == one["attempt"]) & (cause != ledger.CONSULT)]
        held = mine[(mine["talk_end"] == one["ended"]) & (mine["answered"] <= one["arrived"])]
        assert len(held) == 1 and held["outcome"][0] in (ledger.ANSWERED, ledger.UNFINISHED)
        assert held["agent"][0] != one["agent"]
        if one["outcome"] != ledger.CONSULTED:
            assert one["agent"] == -1 and held["resolved"][0] == 0

    # A record is one fresh issue of its queue; it is reached at most once, and tried no more often than it may be.
    book = model.network
    for queue in np.flatnonzero(book["queues"]["outbound"]):
        tries = int(book["callbacks"]["tries"][book["queues"]["callback"][queue]])
        mine = legs[(cause == ledger.OUTBOUND) & (legs["queue"] == queue)]
        _, many = np.unique(mine["issue"], return_counts=True)
        assert (many <= tries + 1).all() or book["groups"]["hand_back"].any()  # each adds a leg
        ends = Counter(mine["issue"][mine["outcome"] != ledger.HANDED_ON].tolist())
        assert not ends or max(ends.values()) == 1
        waits = mine["outcome"] == ledger.ABANDONED
        back = book["groups"]["hand_back"].any()
        assert waits.sum() == 0 or book["queues"]["outbound"][queue] == 2 or back

    # Nobody talks to two at once, but in chats.
    chats = book["queues"]["slots"][np.maximum(legs["queue"], 0)] > 1
    busy = legs[(legs["agent"] >= 0) & ~chats]
    order = np.lexsort((busy["ended"], busy["answered"], busy["agent"]))
    busy = busy[order]
    together = busy["agent"][1:] == busy["agent"][:-1]
    assert (busy["answered"][1:][together] >= busy["ended"][:-1][together]).all()


def test_what_is_asked_written_and_dialled_is_conserved() -> None:
    """On 250 drawn scenarios, and on so many more until each kind of contact has been there."""
    seen: Counter[str] = Counter()
    wanted = ("turn", "outbound", "consult", "replied", "consulted", "unreached")
    tried = 0

    @settings(DRAWN, max_examples=800)
    @given(scenarios())
    def keep(tree: dict[str, Any]) -> None:
        nonlocal tried
        if tried < 250 or not all(seen[what] for what in wanted):
            tried += 1
            hold(tree, seen)

    keep()
    assert all(seen[what] for what in wanted)


def test_who_writes_again_where_an_overflow_led_is_counted_there() -> None:
    model = model_of(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-03-02", "open": "08:00-10:00"},
            "reasons": {"r": {"volume": {"per_hour": 30}, "queue": "a", "talk": "1 min"}},
            "queues": {
                "a": {"overflow": [{"after": "30s", "to_queue": "b"}]},
                "b": {"turns": {"share": "50%", "think": "1 min"}},
            },
            "groups": {"none": {"agents": 0, "serves": ["a"]}, "g": {"agents": 4, "serves": ["b"]}},
        }
    )
    made = written(model, "clock")
    counted = figures(model, made).contacts[CONTACT_COLUMNS.index("turns_answered")]
    queues = model.layout.streams[:, 0]
    turns = made.legs[(made.legs["cause"] == ledger.TURN) & (made.legs["outcome"] != ledger.HANDED_ON)]
    assert len(turns) > 20 and (turns["entry"] == 1).all()
    answered = [counted[queues == queue].sum() for queue in (0, 1)]
    assert answered == [0, (turns["agent"] >= 0).sum()]

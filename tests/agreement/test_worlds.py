"""Tiny worlds without chance, whose every event was worked out by hand; both engines must tell the same.

Times are minutes and seconds after eight, when all of them open. A line says: whose contact, when it came (or came to
this queue), the queue, from when to when which agent was with it, and how it ended if not answered.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from agreement.running import in_order, model_of, written

from cxsim.model.prepare import Model
from cxsim.rules import absences
from cxsim.schema import ledger
from cxsim.simulation.replications import inputs

EIGHT = 8 * 3600.0
G1, G2, G3 = "g 1", "g 2", "g 3"


def at(time: float) -> str:
    assert time == int(time)
    minutes, seconds = divmod(int(time - EIGHT), 60)
    return f"{minutes}:{seconds:02d}"


def told(model: Model, made: ledger.Ledger) -> list[str]:
    """The legs in words."""
    out = []
    reasons, queues = list(model.scenario.reasons), list(model.scenario.queues)
    nodes = list(model.scenario.flow)
    numbers: dict[int, int] = {}
    for leg in made.legs:
        numbers.setdefault(int(leg["issue"]), 1 + sum(k >> 50 == leg["reason"] for k in numbers))
        came = leg["arrived"] if leg["leg"] == 1 else leg["queued"]
        came = leg["ended"] if np.isnan(came) else came  # turned away as it came
        where = queues[leg["queue"]] if leg["queue"] >= 0 else nodes[-1 - leg["queue"]]
        words = [f"{reasons[leg['reason']]}{numbers[int(leg['issue'])]}", at(came), where]
        if leg["agent"] >= 0:
            words += [f"{at(leg['answered'])}-{at(leg['ended'])}", model.plan.seats[leg["agent"]]]
        if leg["outcome"] != ledger.ANSWERED:
            words.append(ledger.OUTCOMES[leg["outcome"]])
            if leg["agent"] < 0:
                words.append(at(leg["ended"]))
        out.append(" ".join(words))
    return out


def spells(model: Model, made: ledger.Ledger) -> list[str]:
    """The spells in words."""
    return [
        f"{model.plan.seats[s['agent']]} {at(s['start'])}-{at(s['end'])} {ledger.STATES[s['state']]}"
        for s in made.spells
    ]


def world(engine: str, **parts: Any) -> tuple[list[str], list[str]]:
    """Legs and spells of an hour (or so) from eight; reasons are given as (arrival times, talk, other settings)."""
    reasons = {}
    for name, (times, talk, *more) in parts.pop("reasons").items():
        stamps = [f"08:{t}:00" if ":" not in t else f"08:{t}" for t in times]
        settings = {"volume": {"arrivals": {"times": stamps}}, "talk": {"deterministic": talk}}
        more_said = more[0] if more else {}
        reasons[name] = settings | ({} if "flow" in more_said else {"queue": "q"}) | more_said
    horizon = {"open": "08:00-09:00", "interval": "15 min", "before": "0 days", "after": "0 days"}
    model = model_of({"cxsim": 1, "horizon": horizon, "reasons": reasons, "queues": {"q": {}}, **parts})
    made = in_order(written(model, engine))
    return told(model, made), spells(model, made)


@pytest.fixture(params=["clock", "story"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def one(agents: int | list[int] = 1) -> dict[str, Any]:
    return {"g": {"agents": agents, "serves": ["q"]}}


# --- simultaneous events -----------------------------------------------------------------------------------------


def test_talk_ends_before_patience(engine: str) -> None:
    """Both at 1:00: the second caller is still answered, the third has nobody."""
    patience = {"patience": {"deterministic": "60s"}}
    legs, _ = world(engine, reasons={"r": (["00", "00", "00"], "60s", patience)}, groups=one())
    assert legs == [f"r1 0:00 q 0:00-1:00 {G1}", f"r2 0:00 q 1:00-2:00 {G1}", "r3 0:00 q abandoned 1:00"]


def test_who_comes_back_goes_before_who_is_new(engine: str) -> None:
    """At 1:00 the agent hangs up, a redialler and a new caller come, and there is no place to wait."""
    again = {"redial": "100%", "delay": {"deterministic": "60s"}, "at_most": 2}
    legs, _ = world(
        engine,
        reasons={"r": (["00", "00", "01"], "60s", {"after_contact": {"blocked": again}})},
        queues={"q": {"capacity": 0}},
        groups=one(),
    )
    assert legs == [
        f"r1 0:00 q 0:00-1:00 {G1}",
        "r2 0:00 q blocked 0:00",
        f"r2 1:00 q 1:00-2:00 {G1}",
        "r3 1:00 q blocked 1:00",
        f"r3 2:00 q 2:00-3:00 {G1}",
    ]


def test_an_agent_comes_before_patience_ends(engine: str) -> None:
    """Staff leave and come before deadlines: a shift that begins at 5:00 still saves who gives up at 5:00."""
    legs, _ = world(
        engine,
        reasons={"r": (["00"], "60s", {"patience": {"deterministic": "5 min"}})},
        groups={"g": {"serves": ["q"]}},
        staff={"shifts": [{"group": "g", "start": "08:05", "end": "09:00"}]},
    )
    assert legs == [f"r1 0:00 q 5:00-6:00 {G1}"]


def test_queue_overflows_before_patience_ends(engine: str) -> None:
    legs, _ = world(
        engine,
        reasons={"r": (["00", "00"], "10 min", {"patience": {"deterministic": "60s"}})},
        queues={"q": {"overflow": {"after": "60s", "to": ["h"]}}, "p": {}},
        groups={**one(), "h": {"agents": 1, "serves": ["p"]}},
    )
    assert legs == [f"r1 0:00 q 0:00-10:00 {G1}", "r2 0:00 q 1:00-11:00 h 1"]


# --- ends of shifts, breaks, headcounts --------------------------------------------------------------------------

TWO_SHIFTS = [
    {"group": "g", "start": "08:00", "end": "08:05"},
    {"group": "g", "start": "08:10", "end": "09:00"},
]


def test_a_contact_handed_back_is_first_again(engine: str) -> None:
    """Its work begins anew with the next agent, before whoever came later."""
    legs, there = world(
        engine,
        reasons={"r": (["00", "04"], "10 min")},
        groups={"g": {"serves": ["q"]}},
        staff={"shifts": TWO_SHIFTS, "at_shift_end": "hand_back"},
    )
    assert legs == [
        f"r1 0:00 q 0:00-5:00 {G1} handed on",
        f"r1 5:00 q 10:00-20:00 {G2}",
        f"r2 4:00 q 20:00-30:00 {G2}",
    ]
    assert there == [f"{G1} 0:00-5:00 on duty", f"{G2} 10:00-60:00 on duty"]


def test_whoever_finishes_a_contact_overruns(engine: str) -> None:
    legs, there = world(
        engine,
        reasons={"r": (["00", "04"], "10 min")},
        groups={"g": {"serves": ["q"]}},
        staff={"shifts": TWO_SHIFTS, "at_shift_end": "finish"},
    )
    assert legs == [f"r1 0:00 q 0:00-10:00 {G1}", f"r2 4:00 q 10:00-20:00 {G2}"]
    assert there == [f"{G1} 0:00-5:00 on duty", f"{G1} 5:00-10:00 overrun", f"{G2} 10:00-60:00 on duty"]


def test_a_break_begins_when_the_contact_ends_and_ends_on_time(engine: str) -> None:
    legs, there = world(
        engine,
        reasons={"r": (["00", "06"], "8 min")},
        groups={"g": {"serves": ["q"]}},
        staff={"shifts": [{"group": "g", "start": "08:00", "end": "09:00", "breaks": ["08:05-08:15"]}]},
    )
    assert legs == [f"r1 0:00 q 0:00-8:00 {G1}", f"r2 6:00 q 15:00-23:00 {G1}"]
    assert there == [f"{G1} 0:00-8:00 on duty", f"{G1} 8:00-15:00 break", f"{G1} 15:00-60:00 on duty"]


def test_a_break_that_passes_during_a_contact_is_lost(engine: str) -> None:
    legs, there = world(
        engine,
        reasons={"r": (["00", "06"], "8 min")},
        groups={"g": {"serves": ["q"]}},
        staff={"shifts": [{"group": "g", "start": "08:00", "end": "09:00", "breaks": ["08:02-08:06"]}]},
    )
    assert legs == [f"r1 0:00 q 0:00-8:00 {G1}", f"r2 6:00 q 8:00-16:00 {G1}"]
    assert there == [f"{G1} 0:00-60:00 on duty"]


def test_idle_agents_of_the_highest_seat_leave_first(engine: str) -> None:
    _, there = world(engine, reasons={"r": (["50"], "60s")}, groups=one([3, 1, 2, 1]))
    assert there == [
        f"{G1} 0:00-60:00 on duty",
        f"{G2} 0:00-15:00 on duty",
        f"{G2} 30:00-45:00 on duty",
        f"{G3} 0:00-15:00 on duty",
    ]


def test_when_all_are_busy_the_next_to_finish_leaves(engine: str) -> None:
    """Two busy when one should go at 15:00: the first to hang up, at 25:00, is gone until the headcount rises."""
    legs, there = world(
        engine,
        reasons={"r": (["05", "06"], "20 min"), "s": (["24"], "60s")},
        groups=one([2, 1, 2, 1]),
    )
    assert legs == [f"r1 5:00 q 5:00-25:00 {G1}", f"r2 6:00 q 6:00-26:00 {G2}", f"s1 24:00 q 26:00-27:00 {G2}"]
    assert there == [
        f"{G1} 0:00-15:00 on duty",
        f"{G1} 15:00-25:00 overrun",
        f"{G1} 30:00-60:00 on duty",
        f"{G2} 0:00-45:00 on duty",
    ]


def test_leavers_still_busy_stay_when_the_headcount_rises(engine: str) -> None:
    """Nobody new is called at 30:00: both of 10:00 are still there, one of them in overrun till then."""
    _, there = world(engine, reasons={"r": (["10", "10"], "25 min")}, groups=one([2, 1, 2, 1]))
    assert there == [
        f"{G1} 0:00-60:00 on duty",
        f"{G2} 0:00-15:00 on duty",
        f"{G2} 15:00-30:00 overrun",
        f"{G2} 30:00-45:00 on duty",
    ]


def test_a_shift_that_begins_while_the_last_one_overruns(engine: str) -> None:
    shifts = [{**shift, "name": "ann"} for shift in TWO_SHIFTS]
    _, there = world(
        engine, reasons={"r": (["00"], "20 min")}, groups={"g": {"serves": ["q"]}}, staff={"shifts": shifts}
    )
    assert there == ["ann 0:00-5:00 on duty", "ann 5:00-10:00 overrun", "ann 10:00-60:00 on duty"]


def test_a_falling_headcount_hands_back_of_the_highest_seat(engine: str) -> None:
    legs, there = world(
        engine,
        reasons={"r": (["05", "05"], "20 min")},
        groups=one([2, 1, 2, 1]),
        staff={"at_shift_end": "hand_back"},
    )
    assert legs == [
        f"r1 5:00 q 5:00-25:00 {G1}",
        f"r2 5:00 q 5:00-15:00 {G2} handed on",
        f"r2 15:00 q 25:00-45:00 {G1}",
    ]
    assert there == [f"{G1} 0:00-60:00 on duty", f"{G2} 0:00-15:00 on duty", f"{G2} 30:00-45:00 on duty"]


def test_going_away_waits_until_the_agent_is_idle(engine: str) -> None:
    """Away for a minute, due at some moment drawn within the first contact, taken at its end."""
    tree = {
        "cxsim": 1,
        "horizon": {"open": "08:00-10:00", "before": "0 days", "after": "0 days"},
        "reasons": {
            "r": {
                "volume": {"arrivals": {"times": ["08:00", "08:39"]}},
                "talk": {"deterministic": "40 min"},
                "queue": "q",
            }
        },
        "queues": {"q": {}},
        "groups": {"g": {"agents": 1, "serves": ["q"], "availability": "50%", "away": {"deterministic": "60s"}}},
    }
    model = model_of(tree)
    gaps = [absences.away_gap(model.network.record, inputs(model, 0).run_key, 0, n, 0.0) for n in range(2)]
    assert all(0 < gap < 2400 for gap in gaps)
    made = in_order(written(model, engine))
    assert told(model, made) == [f"r1 0:00 q 0:00-40:00 {G1}", f"r2 39:00 q 41:00-81:00 {G1}"]
    assert spells(model, made._replace(spells=made.spells[:4])) == [
        f"{G1} 0:00-40:00 on duty",
        f"{G1} 40:00-41:00 away",
        f"{G1} 41:00-81:00 on duty",
        f"{G1} 81:00-82:00 away",
    ]


# --- overflow ----------------------------------------------------------------------------------------------------


def test_stages_open_the_queue_to_more_groups(engine: str) -> None:
    """After a minute h may help, after two i; whoever came later waits for a stage of their own."""
    legs, _ = world(
        engine,
        reasons={"r": (["00", "00", "00:30", "04"], "5 min")},
        queues={"q": {"overflow": [{"after": "1 min", "to": ["h"]}, {"after": "2 min", "to": ["i"]}]}, "p": {}},
        groups={**one(), "h": {"agents": 1, "serves": ["p"]}, "i": {"agents": 1, "serves": ["p"]}},
    )
    assert legs == [
        f"r1 0:00 q 0:00-5:00 {G1}",
        "r2 0:00 q 1:00-6:00 h 1",
        "r3 0:30 q 2:30-7:30 i 1",
        f"r4 4:00 q 5:00-10:00 {G1}",
    ]


def test_who_moves_to_another_queue_keeps_the_place(engine: str) -> None:
    """a2 has waited since 0:00, so it goes before b2, who has been in that queue for longer."""
    legs, _ = world(
        engine,
        reasons={"a": (["00", "00"], "10 min", {"queue": "a"}), "b": (["00", "01"], "5 min", {"queue": "b"})},
        queues={"a": {"overflow": {"after": "2 min", "to_queue": "b"}}, "b": {}},
        groups={"g": {"agents": 1, "serves": ["a"]}, "h": {"agents": 1, "serves": ["b"]}},
    )
    assert legs == [
        f"a1 0:00 a 0:00-10:00 {G1}",
        "a2 0:00 a handed on 2:00",
        "a2 2:00 b 5:00-15:00 h 1",
        "b1 0:00 b 0:00-5:00 h 1",
        "b2 1:00 b 15:00-20:00 h 1",
    ]


def chain(second: str, capacity: int | None = None) -> dict[str, Any]:
    queues: dict[str, Any] = {
        "a": {"overflow": {"after": "1 min", "to_queue": "b"}},
        "b": {"overflow": {"after": second, "to_queue": "c"}},
        "c": {},
    }
    if capacity is not None:
        queues["b"]["capacity"] = capacity
    return {
        "reasons": {"a": (["00", "00"], "10 min", {"queue": "a"}), "b": (["00"], "10 min", {"queue": "b"})},
        "queues": queues,
        "groups": {
            "g": {"agents": 1, "serves": ["a"]},
            "h": {"agents": 1, "serves": ["b"]},
            "i": {"agents": 1, "serves": ["c"]},
        },
    }


def test_a_stage_counts_from_when_the_contact_began_to_wait(engine: str) -> None:
    """At 1:00 a2 moves to b; there contacts move on after 30 s, or 90 s, of waiting in all."""
    others = [f"a1 0:00 a 0:00-10:00 {G1}", "b1 0:00 b 0:00-10:00 h 1"]
    early, _ = world(engine, **chain("30s"))
    assert [x for x in early if x not in others] == [
        "a2 0:00 a handed on 1:00",
        "a2 1:00 b handed on 1:00",
        "a2 1:00 c 1:00-11:00 i 1",
    ]
    late, _ = world(engine, **chain("90s"))
    assert [x for x in late if x not in others] == [
        "a2 0:00 a handed on 1:00",
        "a2 1:00 b handed on 1:30",
        "a2 1:30 c 1:30-11:30 i 1",
    ]


def test_a_queue_without_room_takes_nobody_over(engine: str) -> None:
    legs, _ = world(engine, **chain("30s", capacity=0))
    assert legs == [f"a1 0:00 a 0:00-10:00 {G1}", f"a2 0:00 a 10:00-20:00 {G1}", "b1 0:00 b 0:00-10:00 h 1"]


def test_overflow_after_no_time_moves_on_at_once(engine: str) -> None:
    legs, _ = world(
        engine,
        reasons={"a": (["00", "00"], "10 min", {"queue": "a"})},
        queues={"a": {"overflow": {"after": "0s", "to_queue": "b"}}, "b": {}},
        groups={"g": {"agents": 1, "serves": ["a"]}, "h": {"agents": 1, "serves": ["b"]}},
    )
    assert legs == [f"a1 0:00 a 0:00-10:00 {G1}", "a2 0:00 a handed on 0:00", "a2 0:00 b 0:00-10:00 h 1"]


# --- closing -----------------------------------------------------------------------------------------------------


def test_the_queue_is_served_after_closing(engine: str) -> None:
    legs, there = world(engine, reasons={"r": (["45", "50", "50"], "10 min")}, groups=one(), at_close="serve_queue")
    assert legs == [f"r1 45:00 q 45:00-55:00 {G1}", f"r2 50:00 q 55:00-65:00 {G1}", f"r3 50:00 q 65:00-75:00 {G1}"]
    assert there == [f"{G1} 0:00-60:00 on duty", f"{G1} 60:00-75:00 overrun"]


def test_whoever_waits_at_closing_is_turned_away(engine: str) -> None:
    legs, there = world(engine, reasons={"r": (["45", "50", "50"], "10 min")}, groups=one(), at_close="turn_away")
    assert legs == [f"r1 45:00 q 45:00-55:00 {G1}", f"r2 50:00 q 55:00-65:00 {G1}", "r3 50:00 q closed 60:00"]
    assert there == [f"{G1} 0:00-60:00 on duty", f"{G1} 60:00-65:00 overrun"]


def test_an_agent_idle_after_closing_stays_for_the_overflow(engine: str) -> None:
    """h is idle at nine and would go, but r2 may be its own at 60:30; then it goes."""
    legs, there = world(
        engine,
        reasons={"r": (["59", "59:30"], "10 min")},
        queues={"q": {"overflow": {"after": "60s", "to": ["h"]}}, "p": {}},
        groups={**one(), "h": {"agents": 1, "serves": ["p"]}},
    )
    assert legs == [f"r1 59:00 q 59:00-69:00 {G1}", "r2 59:30 q 60:30-70:30 h 1"]
    assert there[2:] == ["h 1 0:00-60:00 on duty", "h 1 60:00-70:30 overrun"]


# --- who serves whom ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "second", "third"),
    [("first_come", "x1", "y2"), ("rank_then_longest_wait", "y2", "x1"), ("priority", "x1", "y2")],
)
def test_which_contact_is_next(engine: str, rule: str, second: str, third: str) -> None:
    """x1 has waited longer, in a queue of higher priority; y2 is what the agent is best at."""
    legs, _ = world(
        engine,
        reasons={"x": (["01"], "5 min", {"queue": "x"}), "y": (["00", "02"], "5 min", {"queue": "y"})},
        queues={"x": {"priority": 1}, "y": {"priority": 2}},
        groups={"g": {"agents": 1, "skills": {"x": {"rank": 2}, "y": {"rank": 1}}}},
        routing={"contact": rule},
    )
    order = sorted(legs, key=lambda line: int(line.split()[3].split(":")[0]))
    assert [line.split()[0] for line in order] == ["y1", second, third]


def test_first_come_over_all_queues_even_after_overflow(engine: str) -> None:
    """h takes y2 of its own queue at 3:00, not x2 from elsewhere, who may come to it only after ten minutes."""
    legs, _ = world(
        engine,
        reasons={"x": (["00", "01"], "20 min", {"queue": "x"}), "y": (["00", "02", "12"], "3 min", {"queue": "y"})},
        queues={"x": {"overflow": {"after": "3 min", "to": ["h"]}}, "y": {}},
        groups={"g": {"agents": 1, "serves": ["x"]}, "h": {"agents": 1, "serves": ["y"]}},
        routing={"contact": "first_come"},
    )
    assert legs == [
        f"x1 0:00 x 0:00-20:00 {G1}",
        "x2 1:00 x 6:00-26:00 h 1",
        "y1 0:00 y 0:00-3:00 h 1",
        "y2 2:00 y 3:00-6:00 h 1",
        "y3 12:00 y 26:00-29:00 h 1",
    ]


def test_the_longest_idle_is_next_and_seats_break_ties(engine: str) -> None:
    """All idle since 0:00: seats in turn; then whoever has been idle longest, the group before the other."""
    legs, _ = world(
        engine,
        reasons={"r": (["00", "01", "02", "03", "03"], "30s")},
        groups={"g": {"agents": 2, "serves": ["q"]}, "h": {"agents": 1, "serves": ["q"]}},
        routing={"agent": "longest_idle"},
    )
    assert [" ".join(line.split()[-2:]) for line in legs] == [G1, G2, "h 1", G1, G2]


def test_of_agents_idle_since_the_same_moment_the_lower_seat_is_chosen(engine: str) -> None:
    """Both hang up at 1:00, the higher seat first, in the order of contacts; at 2:00 the lower seat is chosen."""
    legs, _ = world(engine, reasons={"r": (["00:30", "02"], "30s"), "s": (["00"], "60s")}, groups=one(2))
    assert legs == [f"r1 0:30 q 0:30-1:00 {G2}", f"r2 2:00 q 2:00-2:30 {G1}", f"s1 0:00 q 0:00-1:00 {G1}"]


@pytest.mark.parametrize(
    ("rule", "last"), [("rank_then_longest_idle", G1), ("longest_idle", "h 1"), ("fewest_contacts", "h 1")]
)
def test_which_agent_is_chosen(engine: str, rule: str, last: str) -> None:
    """g is first in order and has talked once; h is second and has never talked."""
    legs, _ = world(
        engine,
        reasons={"r": (["00", "02"], "1 min")},
        groups={"g": {"agents": 1, "skills": {"q": {"rank": 1}}}, "h": {"agents": 1, "skills": {"q": {"rank": 2}}}},
        routing={"agent": rule},
    )
    assert legs == [f"r1 0:00 q 0:00-1:00 {G1}", f"r2 2:00 q 2:00-3:00 {last}"]


def test_lines_are_held_while_waiting_and_talking_but_not_during_wrap(engine: str) -> None:
    """Two lines: r3 finds none; at 1:00 r1 hangs up and frees one while the agent wraps up."""
    legs, _ = world(
        engine,
        reasons={"r": (["00", "00", "00:30", "01"], "1 min", {"wrap": {"deterministic": "2 min"}})},
        channels={"phone": {"lines": 2}},
        groups=one(),
    )
    assert legs == [
        f"r1 0:00 q 0:00-3:00 {G1}",
        f"r2 0:00 q 3:00-6:00 {G1}",
        "r3 0:30 q blocked 0:30",
        f"r4 1:00 q 6:00-9:00 {G1}",
    ]


# --- the flow ----------------------------------------------------------------------------------------------------


def fixed(seconds: int) -> dict[str, Any]:
    return {"deterministic": f"{seconds}s"}


def test_a_menu_takes_its_time_and_a_wrong_input_another(engine: str) -> None:
    """Who is never understood leaves after two tries of 20 s; the other is asked once, and served at 0:30."""
    menu = {"time": fixed(20), "chooses": {"r": {"desk": "100%"}, "s": {"desk": "100%"}}}
    never = {"time": fixed(20), "invalid": "99.9999999%", "tries": 2, "chooses": {"others": {"desk": "100%"}}}
    legs, _ = world(
        engine,
        reasons={"r": (["00"], "60s", {"flow": "hello"}), "s": (["00"], "60s", {"flow": "deaf"})},
        flow={
            "hello": {"announcement": {"time": fixed(10)}, "then": "ask"},
            "ask": {"menu": menu, "to": {"desk": "q"}},
            "deaf": {"menu": never, "to": {"desk": "q"}, "otherwise": "q"},
        },
        groups=one(),
    )
    assert legs == [
        "r1 0:00 hello handed on 0:10",
        "r1 0:10 ask handed on 0:30",
        f"r1 0:30 q 0:30-1:30 {G1}",
        "s1 0:00 deaf handed on 0:20",
        "s1 0:20 deaf handed on 0:40",
        f"s1 0:40 q 1:30-2:30 {G1}",
    ]


def test_in_the_queue_who_came_to_it_first_goes_first(engine: str) -> None:
    """s2, who called after r1 but without a menu, began to wait first; r1's patience counts from the queue on."""
    legs, _ = world(
        engine,
        reasons={
            "r": (["00"], "60s", {"flow": "hello", "patience": {"deterministic": "70s"}}),
            "s": (["00", "00:30"], "60s"),
        },
        flow={"hello": {"announcement": {"time": fixed(60)}, "then": "q"}},
        groups=one(),
    )
    assert legs == [
        "r1 0:00 hello handed on 1:00",
        f"r1 1:00 q 2:00-3:00 {G1}",
        f"s1 0:00 q 0:00-1:00 {G1}",
        f"s2 0:30 q 1:00-2:00 {G1}",
    ]


def test_lines_are_held_in_the_flow_and_closing_time_is_kept(engine: str) -> None:
    """One line: the second caller finds it taken. The third is led to the queue when it has closed."""
    legs, _ = world(
        engine,
        reasons={"r": (["00", "01", "59:30"], "60s", {"flow": "hello"})},
        flow={"hello": {"announcement": {"time": fixed(90)}, "then": "q"}},
        channels={"phone": {"lines": 1}},
        groups=one(),
    )
    assert legs == [
        "r1 0:00 hello handed on 1:30",
        f"r1 1:30 q 1:30-2:30 {G1}",
        "r2 1:00 hello blocked 1:00",
        "r3 59:30 hello handed on 61:00",
        "r3 61:00 q closed 61:00",
    ]


def test_the_falsely_contained_come_back_and_the_rest_do_not(engine: str) -> None:
    """A bot that helps nobody ends both contacts of an issue; one that helps ends it for good."""
    after = {"unresolved": {"repeat": "100%", "delay": fixed(600), "at_most": 2}}
    legs, _ = world(
        engine,
        reasons={
            "r": (["00"], "60s", {"flow": "idle", "after_contact": after}),
            "s": (["00"], "60s", {"flow": "good"}),
        },
        flow={
            "idle": {"self_service": {"time": fixed(30), "contained": "100%", "of_which_false": "100%"}, "then": "q"},
            "good": {"self_service": {"time": fixed(30), "contained": "100%"}, "then": "q"},
        },
        groups=one(),
    )
    assert legs == ["r1 0:00 idle contained 0:30", "r1 10:30 idle contained 11:00", "s1 0:00 good contained 0:30"]


def test_the_flow_may_turn_away(engine: str) -> None:
    legs, _ = world(
        engine,
        reasons={"r": (["00"], "60s", {"flow": "sorry"}), "s": (["00"], "60s")},
        flow={"sorry": {"announcement": {"time": fixed(5)}, "then": "closed"}},
        groups=one(),
    )
    assert legs == ["r1 0:00 sorry closed 0:05", f"s1 0:00 q 0:00-1:00 {G1}"]


# --- calls and letters ---------------------------------------------------------------------------------------------


def letters(engine: str, calls: list[str], agents: int, reserve: int = 0, **mail: Any) -> tuple[list[str], list[str]]:
    """Two letters from eight o'clock, of ten minutes each, and calls of two."""
    return world(
        engine,
        reasons={"a": (calls, "2 min"), "m": (["00", "01"], "10 min", {"queue": "l"})},
        channels={"phone": {}, "mail": mail},
        queues={"q": {}, "l": {"channel": "mail"}},
        groups={"g": {"agents": agents, "skills": {"q": {}, "l": {"rank": 2, "reserve": reserve}}}},
    )


def test_a_letter_is_put_aside_for_a_call_and_taken_up_again(engine: str) -> None:
    """Six of its ten minutes are done; the rest comes after the call, before the letter that waits."""
    legs, _ = letters(engine, ["06"], 1, interruptible=True)
    assert legs == [
        "a1 6:00 q 6:00-8:00 g 1",
        "m1 0:00 l 0:00-6:00 g 1 handed on",
        "m1 6:00 l 8:00-12:00 g 1",
        "m2 1:00 l 12:00-22:00 g 1",
    ]


def test_of_two_letters_the_one_begun_last_is_put_aside(engine: str) -> None:
    legs, _ = letters(engine, ["06"], 2, interruptible=True)
    assert legs[0] == "a1 6:00 q 6:00-8:00 g 2"
    assert legs[2:] == ["m2 1:00 l 1:00-6:00 g 2 handed on", "m2 6:00 l 8:00-13:00 g 2"]


def test_letters_wait_for_agents_beyond_the_reserve(engine: str) -> None:
    """One of two agents is kept for calls: the second letter begins when the first is done, the call at once."""
    legs, _ = letters(engine, ["06"], 2, reserve=1)
    assert legs == [
        "a1 6:00 q 6:00-8:00 g 2",
        "m1 0:00 l 0:00-10:00 g 1",
        "m2 1:00 l 10:00-20:00 g 1",
    ]


def test_work_that_may_wait_lies_over_night(engine: str) -> None:
    """The agent goes at nine, though a letter waits, and takes it up when the center opens again."""
    horizon = {"open": "08:00-09:00", "days": 2, "interval": "15 min", "before": "0 days", "after": "0 days"}
    model = model_of(
        {
            "cxsim": 1,
            "horizon": horizon,
            "channels": {"mail": {"deferrable": True}},
            "reasons": {
                "m": {
                    "volume": {"arrivals": {"times": ["2026-01-05T08:55:00", "2026-01-05T21:00:00"]}},
                    "talk": {"deterministic": "10 min"},
                }
            },
            "groups": {"g": {"agents": 1, "serves": ["m"]}},
        }
    )
    made = in_order(written(model, engine))
    day = 86400.0
    assert made.legs["answered"].tolist() == [EIGHT + 55 * 60, day + EIGHT]
    assert made.legs["arrived"].tolist() == [EIGHT + 55 * 60, 21 * 3600.0]
    assert spells(model, made)[0].startswith("g 1 0:00-60:00 on duty")


# --- transfers -----------------------------------------------------------------------------------------------------


def two_tiers(engine: str, calls: list[str], front: int, back: int, **rule: Any) -> tuple[list[str], list[str]]:
    """Calls of four minutes and a minute's wrap, all handed on to the next queue, where they take as long again."""
    more: dict[str, Any] = rule.pop("reason", {})
    return world(
        engine,
        reasons={"a": (calls, "4 min", {"wrap": {"deterministic": "1 min"}} | more)},
        queues={"q": {"transfers": {"to": "q 2", "share": "100%", **rule}}, "q 2": {}},
        groups={"g": {"agents": front, "serves": ["q"]}, "h": {"agents": back, "serves": ["q 2"]}},
    )


def test_a_cold_transfer_frees_the_agent_at_once(engine: str) -> None:
    legs, _ = two_tiers(engine, ["00", "01"], 1, 1)
    assert legs == [
        "a1 0:00 q 0:00-5:00 g 1 transferred",
        "a1 4:00 q 2 4:00-9:00 h 1",
        "a2 1:00 q 5:00-10:00 g 1 transferred",
        "a2 9:00 q 2 9:00-14:00 h 1",
    ]


def test_in_a_warm_transfer_both_agents_are_held(engine: str) -> None:
    """The first waits with the customer for the next one, and half a minute more; both then have their wrap."""
    legs, _ = two_tiers(engine, ["00", "04"], 2, 1, kind="warm", handover={"deterministic": "30s"})
    assert legs == [
        "a1 0:00 q 0:00-5:30 g 1 transferred",
        "a1 4:00 q 2 4:00-9:30 h 1",
        "a2 4:00 q 4:00-11:00 g 2 transferred",  # holds from 8:00 to 10:00
        "a2 8:00 q 2 9:30-15:00 h 1",
    ]


def test_a_conference_holds_both_to_the_end(engine: str) -> None:
    legs, _ = two_tiers(engine, ["00"], 1, 1, kind="conference", talk="50%", retold="30s")
    assert legs == ["a1 0:00 q 0:00-7:30 g 1 transferred", "a1 2:00 q 2 2:00-7:30 h 1"]


def test_who_gives_up_in_a_warm_transfer_sets_the_agent_free(engine: str) -> None:
    reason = {"patience": {"deterministic": "90s"}}
    legs, _ = two_tiers(engine, ["00", "00"], 2, 1, kind="warm", reason=reason)
    assert legs == [
        "a1 0:00 q 0:00-5:00 g 1 transferred",
        "a1 4:00 q 2 4:00-9:00 h 1",
        "a2 0:00 q 0:00-6:30 g 2 transferred",
        "a2 4:00 q 2 abandoned 5:30",
    ]


def test_a_transferred_contact_may_keep_its_place(engine: str) -> None:
    """The second call of the queue behind has waited since 0:30; the one handed on to it first waited at 0:00."""
    legs, _ = world(
        engine,
        reasons={"a": (["00"], "4 min"), "b": (["00", "00:30"], "5 min", {"queue": "q 2"})},
        queues={"q": {"transfers": {"to": "q 2", "share": {"a": "100%"}, "keeps_place": True}}, "q 2": {}},
        groups={"g": {"agents": 1, "serves": ["q"]}, "h": {"agents": 1, "serves": ["q 2"]}},
    )
    assert legs == [
        "a1 0:00 q 0:00-4:00 g 1 transferred",
        "a1 4:00 q 2 5:00-9:00 h 1",
        "b1 0:00 q 2 0:00-5:00 h 1",
        "b2 0:30 q 2 9:00-14:00 h 1",
    ]


def test_after_closing_nobody_is_handed_on(engine: str) -> None:
    legs, _ = two_tiers(engine, ["58"], 1, 1)
    assert legs == ["a1 58:00 q 58:00-63:00 g 1 transferred", "a1 62:00 q 2 closed 62:00"]


# --- calls back ----------------------------------------------------------------------------------------------------


def called(engine: str, calls: list[str], **more: Any) -> list[str]:
    """One agent, calls of four minutes, and a call back for whoever must wait; a try takes half a minute."""
    callback = {"over": "0s", "accepted": "100%", "dial": {"deterministic": "30s"}} | more
    legs, _ = world(
        engine,
        reasons={"a": (calls, "4 min")},
        groups=one(),
        queues={"q": {"callback": callback, "announces": {"estimator": "queue_length"}}},
    )
    return legs


def test_who_is_called_back_keeps_the_place(engine: str) -> None:
    """The agent dials when it would have been the customer's turn."""
    assert called(engine, ["00", "01"]) == [
        "a1 0:00 q 0:00-4:00 g 1",
        "a2 1:00 q callback 1:00",
        "a2 1:00 q 4:00-4:30 g 1 handed on",
        "a2 4:30 q 4:30-8:30 g 1",
    ]


def test_who_is_promised_a_time_waits_behind_those_who_wait_then(engine: str) -> None:
    assert called(engine, ["00", "01"], after={"deterministic": "10 min"})[2:] == [
        "a2 11:00 q 11:00-11:30 g 1 handed on",
        "a2 11:30 q 11:30-15:30 g 1",
    ]


def test_who_is_not_reached_is_tried_again_and_given_up(engine: str) -> None:
    legs = called(engine, ["00", "01"], reached="0.0001%", tries=2, retry={"deterministic": "5 min"})
    assert legs[1:] == [
        "a2 1:00 q callback 1:00",
        "a2 1:00 q 4:00-4:30 g 1 handed on",
        "a2 9:30 q 9:30-10:00 g 1 unreached",
    ]


def test_who_is_called_back_is_not_turned_away_at_closing(engine: str) -> None:
    """Nor does it ever lose patience: the agent, free at the very end of the shift, dials after closing time."""
    parts = {"at_close": "turn_away", "channels": {"phone": {"patience": {"deterministic": "1 min"}}}}
    legs, _ = world(
        engine,
        reasons={"a": (["56", "57"], "4 min")},
        groups=one(),
        queues={"q": {"callback": {"over": "0s", "accepted": "100%", "dial": {"deterministic": "30s"}}}},
        **parts,
    )
    assert legs[1] == "a2 57:00 q callback 57:00"
    assert legs[2:] == ["a2 57:00 q 60:00-60:30 g 1 handed on", "a2 60:30 q 60:30-64:30 g 1"]


# --- chats ---------------------------------------------------------------------------------------------------------


def chats(engine: str, times: list[str], agents: int = 1, calls: list[str] | None = None, **more: Any) -> list[str]:
    """Chats of four minutes' work, two at a time at two thirds of the speed; calls of two minutes come first."""
    wrap: dict[str, Any] = more.pop("reason", {})
    reasons: dict[str, Any] = {"c": (times, "4 min", {"queue": "chat"} | wrap)}
    if calls:
        reasons["a"] = (calls, "2 min")
    legs, seen = world(
        engine,
        reasons=reasons,
        channels={"phone": {}, "chat": {"concurrent": 2, "slowdown": [1, 1.5]}},
        queues={"q": {}, "chat": {"channel": "chat"}},
        groups={"g": {"agents": agents, "skills": {"q": {}, "chat": {"rank": 2}}}},
        **more,
    )
    return [*legs, *(spell for spell in seen if "engaged" in spell)]


def test_two_chats_at_a_time_take_longer_each(engine: str) -> None:
    """Half of the first is done when the second comes: it takes three minutes more, and the second then one of two."""
    assert chats(engine, ["00", "02"]) == [
        "c1 0:00 chat 0:00-5:00 g 1",
        "c2 2:00 chat 2:00-7:00 g 1",
        "g 1 0:00-7:00 engaged",
    ]


def test_chats_go_to_whoever_has_fewest_and_a_third_waits(engine: str) -> None:
    """Both slots of both agents are taken at 3:00; the fifth takes the slot that is free first."""
    legs = chats(engine, ["00", "00", "02", "02", "03"], agents=2)
    assert legs[:5] == [
        "c1 0:00 chat 0:00-5:00 g 1",
        "c2 0:00 chat 0:00-5:00 g 2",
        "c3 2:00 chat 2:00-8:00 g 1",
        "c4 2:00 chat 2:00-7:00 g 2",
        "c5 3:00 chat 5:00-10:00 g 1",
    ]


def test_a_call_waits_for_an_agent_without_chats(engine: str) -> None:
    """While it waits, the agent takes no other chat, as calls come first."""
    legs = chats(engine, ["00", "02"], calls=["01"])
    assert legs[:3] == [
        "c1 0:00 chat 0:00-4:00 g 1",
        "c2 2:00 chat 6:00-10:00 g 1",
        "a1 1:00 q 4:00-6:00 g 1",
    ]


def test_a_chat_is_written_up_in_its_slot(engine: str) -> None:
    """A minute of wrap at the pace of two; the second chat meanwhile goes on, and its own wrap is at full speed."""
    legs = chats(engine, ["00", "02"], reason={"wrap": {"deterministic": "1 min"}})
    assert legs == [
        "c1 0:00 chat 0:00-6:30 g 1",
        "c2 2:00 chat 2:00-8:30 g 1",
        "g 1 0:00-8:30 engaged",
    ]


# --- messages, questions, lists ------------------------------------------------------------------------------------


def test_who_writes_again_comes_back_after_thinking_and_not_after_closing(engine: str) -> None:
    turns = {"share": "99.9999999%", "think": {"deterministic": "29 min"}}
    legs, _ = world(engine, reasons={"r": (["00", "29"], "1 min")}, queues={"q": {"turns": turns}}, groups=one())
    assert legs == [
        f"r1 0:00 q 0:00-1:00 {G1} replied",
        f"r1 30:00 q 30:00-31:00 {G1} replied",
        "r1 60:00 q closed 60:00",
        f"r2 29:00 q 29:00-30:00 {G1} replied",
        f"r2 59:00 q 59:00-60:00 {G1} replied",
        "r2 89:00 q closed 89:00",
    ]


def test_two_who_ask_one_expert_wait_for_each_other(engine: str) -> None:
    """Both ask at 4:00, each for a minute; who has asked talks no longer and wraps up for a minute."""
    legs, _ = two_tiers(engine, ["00", "00"], 2, 1, kind="consult", handover={"deterministic": "1 min"})
    assert legs == [
        "a1 0:00 q 0:00-6:00 g 1",
        "a1 4:00 q 2 4:00-5:00 h 1 consulted",
        "a2 0:00 q 0:00-7:00 g 2",
        "a2 4:00 q 2 5:00-6:00 h 1 consulted",
    ]


def test_who_asks_when_it_closes_is_not_answered(engine: str) -> None:
    """The expert is with the first until 61:00; at 60:00 what the second asks is turned away."""
    two = {"deterministic": "2 min"}
    legs, _ = world(
        engine,
        reasons={"a": (["55", "55"], "4 min")},
        queues={
            "q": {"transfers": {"to": "q 2", "share": "100%", "kind": "consult", "handover": two}},
            "q 2": {},
        },
        groups={"g": {"agents": 2, "serves": ["q"]}, "h": {"agents": 1, "serves": ["q 2"]}},
        at_close="turn_away",
    )
    assert legs == [
        "a1 55:00 q 55:00-61:00 g 1",
        "a1 59:00 q 2 59:00-61:00 h 1 consulted",
        "a2 55:00 q 55:00-60:00 g 2",
        "a2 59:00 q 2 closed 60:00",
    ]


def dialled(engine: str, **outbound: Any) -> list[str]:
    """Two records at eight, calls of two minutes, half a minute until somebody answers, who waits for three seconds."""
    return world(
        engine,
        reasons={"r": (["00", "00"], "2 min")},
        channels={"out": {"patience": {"deterministic": "3s"}}},
        queues={"q": {"channel": "out", "outbound": {"reached": "100%", "dial": {"deterministic": "30s"}, **outbound}}},
        groups=one(),
    )[0]


def test_an_agent_dials_one_after_the_other(engine: str) -> None:
    assert dialled(engine) == [
        f"r1 0:00 q 0:00-0:30 {G1} handed on",
        f"r1 0:30 q 0:30-2:30 {G1}",
        f"r2 0:00 q 2:30-3:00 {G1} handed on",
        f"r2 3:00 q 3:00-5:00 {G1}",
    ]


def test_an_agent_looks_before_dialling(engine: str) -> None:
    assert dialled(engine, mode="preview", preview={"deterministic": "15s"})[:2] == [
        f"r1 0:00 q 0:00-0:45 {G1} handed on",
        f"r1 0:45 q 0:45-2:45 {G1}",
    ]


def test_a_dialler_calls_for_the_agent_and_one_line_too_many(engine: str) -> None:
    assert dialled(engine, mode="predictive") == [
        "r1 0:00 q handed on 0:30",
        f"r1 0:30 q 0:30-2:30 {G1}",
        "r2 0:00 q handed on 3:00",
        f"r2 3:00 q 3:00-5:00 {G1}",
    ]
    assert dialled(engine, mode="predictive", ahead=2) == [
        "r1 0:00 q handed on 0:30",
        f"r1 0:30 q 0:30-2:30 {G1}",
        "r2 0:00 q handed on 0:30",
        "r2 0:30 q abandoned 0:33",
    ]


def test_a_chat_may_be_handed_to_the_same_agent_with_nothing_to_write_up(engine: str) -> None:
    """At 4:00 the agent still has the old chat when the new one comes, and is done with it at the same instant."""
    legs, _ = world(
        engine,
        reasons={"a": (["00", "01"], "4 min")},
        channels={"chat": {"concurrent": 3, "slowdown": [1]}},
        queues={
            "q": {"channel": "chat", "transfers": {"to": "q 2", "share": "100%"}},
            "q 2": {"channel": "chat"},
        },
        groups={"g": {"agents": 1, "serves": ["q", "q 2"]}},
    )
    assert legs == [
        "a1 0:00 q 0:00-4:00 g 1 transferred",
        "a1 4:00 q 2 4:00-8:00 g 1",
        "a2 1:00 q 1:00-5:00 g 1 transferred",
        "a2 5:00 q 2 5:00-9:00 g 1",
    ]

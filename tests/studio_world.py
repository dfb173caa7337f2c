"""A small scenario, and what the service over it is called and opened with."""

import random
from datetime import datetime, timedelta

SMALL = """\
# A morning of one desk.
cxsim: 1
horizon: {start: 2026-03-02, open: 08:00-11:00, interval: 30 min}

reasons:
  help: {volume: 40/h, handle_time: 3 min, patience: 2 min}   # as measured in February

queues:
  help: {target: {sl: {share: 80%, within: 20s}}}

groups:
  desk:
    agents: 3          # three desks
    serves: [help]
    wage: 20
  back:
    agents: [0, 1, 1, 1, 0, 0]
    serves: [help]
    wage: 25
"""
TIMES = [f"2026-03-02T{hour:02}:{minute:02}" for hour in (8, 9, 10) for minute in (0, 30)]
HOST, TOKEN, KEY, BEARER = "127.0.0.1:8765", "once", "k" * 43, "program"


def calls(days=5, dates="%d/%m/%Y %H:%M:%S"):
    """A small log of one queue, with dates that may be day and month, or month and day."""
    chance = random.Random(1)
    lines = ["Start,Queue,Result,Wait time,Agent,Talk"]
    for day in range(2, 2 + days):
        at, until, free = datetime(2026, 3, day, 9), datetime(2026, 3, day, 17), [datetime(2026, 3, day, 9)] * 3
        while (at := at + timedelta(seconds=round(chance.expovariate(1 / 150)))) < until:
            agent = min(range(3), key=lambda k: free[k])
            wait, patience = max(0, round((free[agent] - at).total_seconds())), round(chance.expovariate(1 / 120))
            talk = round(chance.gammavariate(2, 150))
            if wait <= patience:
                free[agent] = at + timedelta(seconds=wait + talk)
            known = ("answered", wait, f"Ann {agent}", talk) if wait <= patience else ("abandoned", patience, "", "")
            lines.append(",".join(map(str, (at.strftime(dates), "help", *known))))
    return "\n".join(lines) + "\n"


# Two days of shifts, and the rules for them.
HEAD = """\
# Two days of a desk.
cxsim: 1
horizon: {start: 2026-03-02, days: 2, open: 08:00-18:00, interval: 30 min}
reasons: {help: {volume: 30/h, handle_time: 3 min, patience: 2 min}}
queues: {help: {target: {sl: {share: 80%, within: 20s}}}}
groups:
  desk: {serves: [help], wage: 20}
  back: {serves: [help], wage: 25, agents: 1}
"""
LISTED = """\
staff:
  shifts:                                    # as agreed in February
    - {group: desk, weekday: mon-fri, start: 08:00, end: 14:00, breaks: 11:00-11:30, agents: 2}   # early
    - {group: desk, start: 12:00, end: 18:00, agents: 2}
"""
RULES = """\
optimize:
  shifts:
    lengths: [4 h, 6 h]
    starts_every: 30 min
    break: {length: 30 min, after: 2 h, before: 4 h, for: 6 h}
"""

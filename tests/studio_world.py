"""A small scenario, and what the service over it is called and opened with."""

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

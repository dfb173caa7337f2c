"""`cxsim trace` at the command line."""

from __future__ import annotations

import json

SCENARIO = """
cxsim: 1
reasons: {quick: {volume: 60/h, talk: 2 min}}
groups: {team: {agents: 3, serves: [quick]}}
"""


def test_it_tells_a_few_minutes_and_an_issue(cxsim, center):
    (center / "s.yaml").write_text(SCENARIO, encoding="utf-8")
    done = cxsim("trace", "s.yaml", "--from", "10:00", "--to", "10:10")
    assert done.exit_code == 0 and "answers at once. Idle for this queue" in done.stdout, done.stderr
    rows = json.loads(cxsim("trace", "s.yaml", "--from", "10:00", "--to", "10:10", "--json").stdout)["lines"]
    one = cxsim("trace", "s.yaml", "--issue", rows[0]["issue"])
    assert one.exit_code == 0 and "contact 1" in one.stdout


def test_what_is_wrong_is_said(cxsim, center):
    (center / "s.yaml").write_text(SCENARIO, encoding="utf-8")
    for words, told in (
        (("--from", "10:00"), "--issue NUMBER"),
        (("--issue", "7"), "it does not exist in replication 0"),
        (("--from", "10:61", "--to", "11:00"), "time of day"),
        (("--from", "10:00", "--to", "11:00", "--day", "9"), "days 0 to"),
    ):
        done = cxsim("trace", "s.yaml", *words)
        assert done.exit_code == 2 and told in done.stderr, done.stderr

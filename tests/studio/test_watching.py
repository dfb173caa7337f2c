"""The Watch screen: at any time of a day, who waits, talks and is on duty is what the ledger says."""

import numpy as np
import pytest
from studio_world import SMALL

DAY = {"path": "desk.yaml", "replication": 1}
PLACES = [8.25 * 3600, 9.1 * 3600, 10.5 * 3600, 10.99 * 3600]


@pytest.fixture
def told(client):
    return client.get("/api/watch", params=DAY).json()


def column(told, name):
    return np.array([np.nan if x is None else x for x in told["contacts"][name]])


def test_a_day_has_its_hours_and_its_dates(told):
    assert (told["opens"], told["closes"]) == (8 * 3600, 11 * 3600)
    assert told["date"] == "2026-03-02" and told["dates"] == ["2026-03-02"]
    assert told["queues"] == ["help"] and told["groups"] == ["desk", "back"] and told["left_out"] == 0


def test_what_is_played_is_what_the_list_of_contacts_says(told, client):
    queued, answered, talked = (column(told, name) for name in ("queued", "answered", "talked"))
    served = np.isfinite(answered)
    assert (answered[served] >= queued[served] - 0.11).all() and (talked[served] > answered[served]).all()
    listed = client.get("/api/contacts", params={**DAY, "order": "wait"}).json()
    longest = listed["contacts"][0]
    k = told["contacts"]["issue"].index(longest["issue"])
    left = answered[k] if np.isfinite(answered[k]) else column(told, "ended")[k]
    assert left - queued[k] == pytest.approx(longest["wait"], abs=0.2)


@pytest.mark.parametrize("at", PLACES)
def test_no_agent_talks_to_two_customers_or_while_nobody_is_there(told, at):
    answered, ended = column(told, "answered"), column(told, "ended")
    busy = [a for a, x, y in zip(told["contacts"]["agent"], answered, ended, strict=True) if x <= at < y]
    assert len(busy) == len(set(busy)) and -1 not in busy
    spells = told["spells"]
    on_duty = {
        a for a, s, x, y in zip(spells["agent"], spells["state"], spells["start"], spells["end"], strict=True)
        if told["states"][s] in ("on duty", "overrun") and x <= at < y
    }  # fmt: skip
    assert set(busy) <= on_duty
    assert len(on_duty) == 3 + [0, 1, 1, 1, 0, 0][int((at - 8 * 3600) // 1800)] + stayed(told, at)


def stayed(told, at):
    """Agents who finish a contact after their time on duty."""
    spells = told["spells"]
    return sum(
        told["states"][s] == "overrun" and x <= at < y
        for s, x, y in zip(spells["state"], spells["start"], spells["end"], strict=True)
    )


def test_a_day_that_is_not_there_is_refused(client):
    assert "choose from 2026-03-02" in client.get("/api/watch", params={**DAY, "date": "2026-03-03"}).text


def test_the_second_day_of_a_week_is_its_own(client, folder):
    text = SMALL.replace("horizon: {start: 2026-03-02, open", "horizon: {start: 2026-03-02, days: 2, open")
    (folder / "two.yaml").write_text(text)
    first, second = (
        client.get("/api/watch", params={"path": "two.yaml", "date": date}).json()
        for date in ("2026-03-02", "2026-03-03")
    )
    assert not set(first["contacts"]["issue"]) & set(second["contacts"]["issue"])
    assert min(column(second, "queued")) >= 8 * 3600 - 1

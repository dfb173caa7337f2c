"""Journeys: issues from their first contact to their end, against closed forms and by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import cxsim
from cxsim.studies.journeys import journeys


def center(**changes: Any) -> dict[str, Any]:
    """Enough agents for everybody; who is not helped comes back five minutes later."""
    return {
        "cxsim": 1,
        "horizon": {"open": "08:00-12:00", "days": 3, "before": 0, "after": "1 days"},
        "segments": {"gold": {"share": "20%", "value": 500}, "others": {"value": 100}},
        "reasons": {"card": {"volume": {"per_hour": 120}, "talk": {"deterministic": "2 min"}, "resolution": "70%"}},
        "groups": {"team": {"agents": 60, "serves": ["card"], "wage": 20}},
        "after_contact": {"unresolved": {"repeat": "100%", "delay": {"deterministic": "5 min"}, "at_most": 100}},
        **changes,
    }


def value(found: Any, figure: str) -> float:
    return float(found.customer.set_index("figure")["value"][figure])


def test_contacts_are_geometric_where_attempts_are_independent() -> None:
    """1 / FCR contacts an issue; (1 / FCR - 1) times seven minutes more until it is solved; seed 1, 4 errors."""
    tree = center(horizon={"open": "00:00-24:00", "days": 2, "before": 0, "after": "1 days"})
    found = journeys(cxsim.parse(tree), seed=1, replications=20)
    board = found.customer.set_index("figure")
    for figure, right in (("contacts", 1 / 0.7), ("first", 0.7), ("time", 120.0 + (1 / 0.7 - 1) * 420.0)):
        error = (board["high"][figure] - board["low"][figure]) / 2.0 / 2.09  # Student's t of 19 degrees
        assert abs(board["value"][figure] - right) < 4.0 * error, figure
    assert value(found, "solved") == 1.0
    assert value(found, "retellings") == pytest.approx(value(found, "contacts") - 1.0)
    # Shares of the journeys: p (1 - p)^(k - 1).
    share = found.paths.set_index("path")["share"]
    assert share["card: solved"] == pytest.approx(0.7, abs=0.02)
    assert share["card: not solved | card: solved"] == pytest.approx(0.21, abs=0.02)


def test_churn_and_money_add_up() -> None:
    after = {"unresolved": {"repeat": "50%", "delay": {"deterministic": "5 min"}}}
    found = journeys(cxsim.parse(center(after_contact=after)), replications=5)
    first, solved, failed = value(found, "first"), value(found, "solved"), value(found, "failed")
    assert value(found, "churn") == pytest.approx(0.05 * first + 0.09 * (solved - first) + 0.25 * failed)
    assert solved + failed == pytest.approx(1.0)
    assert value(found, "value_lost") == pytest.approx(found.paths["value_lost"].sum())
    assert found.paths["share"].sum() == pytest.approx(1.0)
    mean = (found.paths["share"] * found.paths["contacts"]).sum()
    assert mean == pytest.approx(value(found, "contacts"))
    assert (found.paths["share"] * found.paths["effort"]).sum() == pytest.approx(value(found, "effort"))


def test_both_engines_tell_the_same_journeys() -> None:
    tree = center(groups={"team": {"agents": 3, "serves": ["card"]}}, channels={"phone": {"patience": "1 min"}})
    tree["after_contact"]["abandoned"] = {"redial": "50%", "delay": "10 min"}
    one, other = (journeys(cxsim.parse(tree), replications=2, engine=engine) for engine in ("clock", "story"))  # type: ignore[arg-type]
    assert one.paths.equals(other.paths) and one.customer.equals(other.customer)
    assert "card: gave up" in set(one.paths["path"])


def test_what_effort_is_changes_nothing_but_effort() -> None:
    scenario = cxsim.parse(center())
    heavy = scenario.vary({"experience.effort.contact": 50, "experience.churn.first": "50%"})
    one, other = (journeys(each, replications=2) for each in (scenario, heavy))
    ours = ("effort", "churn", "value_lost", "cost_and_churn")
    mine, theirs = (made.result.figures for made in (one, other))
    same = ~mine["figure"].isin(ours)
    assert mine[same].equals(theirs[same]) and len(mine[~same]) > 0
    assert (mine.loc[mine["figure"] == "effort", "value"] < theirs.loc[mine["figure"] == "effort", "value"]).any()
    assert value(other, "effort") > 40.0 > value(one, "effort")
    assert other.assumptions[0]["kind"] == "given" and one.assumptions[0]["kind"] == "assumption"


def test_a_journey_over_channels_by_hand() -> None:
    """The portal does not help; on the phone a misroute is handed on and told again; then it is solved."""
    tree = center(
        segments={},
        channels={"web": {"always_open": True}, "phone": {}},
        reasons={
            "card": {
                "volume": {"arrivals": {"times": ["08:10"]}},
                "talk": {"deterministic": "2 min"},
                "flow": "portal",
                "after_contact": {
                    "contained": {"repeat": "100%", "delay": {"deterministic": "10 min"}, "next": "front", "at_most": 2}
                },
            }
        },
        flow={
            "portal": {
                "self_service": {"time": {"deterministic": "1 min"}, "contained": "100%", "of_which_false": "100%"},
                "channel": "web",
                "then": "front",
            }
        },
        queues={
            "front": {"channel": "phone", "transfers": {"to": "back", "share": "100%", "retold": "30s"}},
            "back": {"channel": "phone"},
        },
        groups={"a": {"agents": 1, "serves": ["front"]}, "b": {"agents": 1, "serves": ["back"]}},
        experience={"effort": {"contact": 1, "menu": 10, "transfer": 100, "retelling": 1000, "again": 0, "switch": 0}},
    )
    tree["horizon"]["days"] = 1
    found = journeys(cxsim.parse(tree), replications=1)
    (row,) = found.paths.to_dict("records")
    assert row["path"] == "portal: not solved | front: handed on → back: solved"
    # One minute in the portal, ten until the call, two with each agent and half a minute to tell it again.
    assert row["time"] == pytest.approx(60.0 + 600.0 + 120.0 + 150.0)
    told = {figure: value(found, figure) for figure in ("contacts", "menus", "transfers", "retellings", "switches")}
    # The call is a repeat of what the portal said it had solved, and told twice.
    assert told == {"contacts": 2.0, "menus": 1.0, "transfers": 1.0, "retellings": 2.0, "switches": 1.0}
    assert row["effort"] == pytest.approx(2.0 + 10.0 + 100.0 + 2000.0)


def test_a_long_journey_keeps_its_end() -> None:
    found = journeys(cxsim.parse(center()), replications=20)
    long = found.paths[found.paths["path"].str.contains("…")]
    assert len(long) and (long["contacts"] > 6.0).all()
    assert (long["solved"] == 1).all() and long["time"].notna().all()
    assert found.paths.loc[found.paths["solved"] == 1, "share"].sum() == pytest.approx(value(found, "solved"))


def test_records_that_are_dialled_are_no_journeys() -> None:
    tree = center(queues={"card": {"outbound": {"reached": "80%", "dial": "20s"}}})
    with_calls = center()["reasons"]["card"]
    tree["reasons"]["call"] = {**with_calls, "queue": "calls"}
    tree["queues"]["calls"] = {}
    tree["groups"]["team"]["serves"] = ["card", "calls"]
    found = journeys(cxsim.parse(tree), replications=2)
    assert set(found.paths["path"].str.split(":").str[0]) == {"calls"}


def test_issues_that_are_still_open_count_in_nothing() -> None:
    tree = center(after_contact={"unresolved": {"repeat": "100%", "delay": {"deterministic": "30 days"}}})
    found = journeys(cxsim.parse(tree), replications=2)
    assert value(found, "solved") == 1.0 and value(found, "contacts") == 1.0


def test_the_gap_names_intervals_that_only_look_good() -> None:
    tree = center(reasons={"card": {"volume": {"per_hour": 200}, "talk": "2 min", "resolution": "50%"}})
    found = journeys(cxsim.parse(tree), replications=5)
    assert found.intervals == 24 and len(found.gap) == 24
    assert (found.gap["sl"] >= 0.8).all() and (found.gap["settled"] < 0.75).all()
    assert (np.diff(found.gap["settled"]) >= 0.0).all()


def test_why_issues_were_not_solved_at_once_adds_up() -> None:
    """Of each interval: those solved at the first contact, and the others by how that contact ended."""
    from cxsim.simulation.issue_histories import CAUSES

    found = journeys(cxsim.read("scenarios/experience/bank-service.yaml"), replications=3)
    assert len(found.gap) > 10 and (found.gap[list(CAUSES)].sum(axis=0) > 0.0).all()
    unsolved = found.gap[list(CAUSES)].sum(axis=1)
    np.testing.assert_allclose(unsolved, found.gap["issues"] * (1.0 - found.gap["settled"]))
    red = found.levels[(found.levels["sl"] >= 0.8) & (found.levels["settled"] < 0.75)]
    assert set(red["interval"]) == set(found.gap["interval"])


def test_a_time_without_any_contact_has_no_journeys() -> None:
    still = cxsim.parse(
        {
            "cxsim": 1,
            "reasons": {"card": {"volume": "0/h", "talk": "2 min"}},
            "groups": {"team": {"agents": 2, "serves": ["card"]}},
        }
    )
    found = journeys(still, replications=2)
    assert not len(found.paths) and not len(found.gap)


@pytest.mark.parametrize(
    "name", ["experience/bank-service", "outbound", "messages", "callbacks", "two-tiers", "chat", "phone-menu"]
)
def test_the_measures_count_what_the_issues_tell(name) -> None:
    """The fold sees legs, `issues` whole issues: the same effort, ends and money, those of dialled records left out."""
    from cxsim.metrics import figure_values
    from cxsim.model.prepare import prepare
    from cxsim.simulation.issue_histories import OPEN, issues
    from cxsim.simulation.replications import replicate

    scenario = cxsim.read(f"scenarios/{name}.yaml")
    scenario = scenario.vary({f"segments.{kind}.value": 100 + 7 * k for k, kind in enumerate(scenario.segments)})
    model = prepare(scenario, 1)
    samples, found = replicate(model, 2, keep=lambda made, number, _: issues(model, made, number))
    same = {"solved_at_once": "first", "effort": "effort", "churn": "churn", "value_lost": "value_lost"}
    for figure, each in same.items():
        above, _ = figure_values(samples, model.layout, figure, staffing=model.staffing)
        # Effort is that of all issues, the others of those that are over, which the rest of them are nothing of.
        told = np.array([one.each[each].sum() for one in found])
        # The fold adds up the effort of legs as multiples of 2^-20: each is off by at most half of that.
        rounded = 2.0**-21 * max(len(one.legs) for one in found) if figure == "effort" else 0.0
        np.testing.assert_allclose(above, told, rtol=1e-9, atol=rounded, err_msg=figure)
    _, below = figure_values(samples, model.layout, "churn", staffing=model.staffing)
    assert below.tolist() == [float((one.how != OPEN).sum()) for one in found]

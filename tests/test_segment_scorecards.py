"""Scorecards by segment and visits to touchpoints, against the ledger and by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

import cxsim
from cxsim.cli import cli

SCENARIO: dict[str, Any] = {
    "cxsim": 1,
    "horizon": {"start": "2026-01-05", "days": 1, "open": "08:00-12:00", "before": 0, "after": 0},
    "closed_hours": {"then": "lost"},
    "segments": {"gold": {"share": "30%", "priority": 1, "value": 500}, "rest": {"priority": 2, "value": 100}},
    "channels": {"phone": {"patience": {"exponential": {"mean": "5 min"}}}},
    "reasons": {"bill": {"volume": {"per_hour": 60}, "talk": "3 min", "resolution": "70%", "flow": "portal"}},
    "flow": {"portal": {"self_service": {"contained": "30%", "time": "1 min"}, "then": "bill"}},
    "queues": {"bill": {"transfers": [{"to": "expert", "share": "30%", "when": "unresolved"}]}, "expert": {}},
    "groups": {"people": {"agents": 3, "serves": ["bill"]}, "experts": {"agents": 1, "serves": ["expert"]}},
    "after_contact": {"unresolved": {"repeat": "50%", "delay": "20 min"}},
}


@pytest.fixture(scope="module")
def found() -> cxsim.Journeys:
    return cxsim.journeys(cxsim.parse(SCENARIO), replications=3, keep=["legs"])


def value(frame: Any, *where: tuple[str, str]) -> float:
    for column, wanted in where:
        frame = frame[frame[column] == wanted]
    assert len(frame) == 1
    return float(frame["value"].iloc[0])


def test_segments_add_up_to_all_customers(found: cxsim.Journeys) -> None:
    """Value lost adds up; a share of all is that of the segments, weighted by their finished issues."""
    own = [("segment", name) for name in ("gold", "rest")]
    lost = [value(found.segments, one, ("figure", "value_lost")) for one in own]
    assert sum(lost) == pytest.approx(value(found.customer, ("figure", "value_lost")))
    weights = []
    for figure in ("first", "wait", "effort", "satisfied"):
        gold, rest = (value(found.segments, one, ("figure", figure)) for one in own)
        weights.append((value(found.customer, ("figure", figure)) - rest) / (gold - rest))
    assert weights == pytest.approx([weights[0]] * 4) and 0.2 < weights[0] < 0.4
    assert value(found.segments, own[0], ("figure", "wait")) < value(found.segments, own[1], ("figure", "wait"))


def test_the_companys_scorecard_of_a_segment_is_that_of_its_metrics(found: cxsim.Journeys) -> None:
    for name in ("gold", "rest"):
        for figure in ("sl", "asa", "abandoned_share"):
            told = found.result.estimate(figure, "segment", name)
            where = (("segment", name), ("view", "company"), ("figure", figure))
            assert value(found.segments, *where) == told.value
    legs = found.result.legs
    mine = legs[(legs["segment"] == "gold") & legs["answered"].notna() & (legs["queue"] == "bill")]
    assert len(mine) > 20


def test_one_kind_of_customers_has_no_scorecards_of_segments() -> None:
    tree = {key: part for key, part in SCENARIO.items() if key != "segments"}
    assert not len(cxsim.journeys(cxsim.parse(tree), replications=1).segments)


def test_visits_to_touchpoints_are_those_of_the_ledger(found: cxsim.Journeys) -> None:
    """Every issue is over here at the end of the day, so each stay in a place counts."""
    legs, points = found.result.legs, found.touchpoints.set_index(["touchpoint", "kind"])
    portal = legs[legs["queue"] == "portal"]
    row = points.loc[("portal", "self service")]
    assert row["visits"] == pytest.approx(len(portal) / 3)
    assert row["solved"] == pytest.approx((portal["resolved"] == 1).mean())
    assert row["onward"] == pytest.approx((portal["outcome"] == "handed on").mean())
    assert row["success"] == pytest.approx(row["solved"] + 0.5 * row["onward"])
    phone, expert = points.loc[("bill", "phone")], points.loc[("expert", "phone, after a transfer")]
    talks = legs[legs["queue"] == "bill"]
    assert phone["onward"] == pytest.approx((talks["outcome"] == "transferred").mean())
    assert expert["visits"] == pytest.approx((talks["outcome"] == "transferred").sum() / 3)
    # A transfer costs 2 points where it is made, a minute of waiting 0.2.
    waits = legs.loc[legs["queue"] == "expert"]
    line = np.where(waits["answered"].notna(), waits["answered"], waits["ended"]) - waits["queued"]
    assert expert["effort"] == pytest.approx(line.fillna(0.0).mean() / 60 * 0.2)  # none for who came after closing
    issues = len(legs.groupby(["replication", "issue"]).size())
    spent = float((found.touchpoints["visits"] * found.touchpoints["effort"]).sum())
    assert spent * 3 == pytest.approx(value(found.customer, ("figure", "effort")) * issues)


def test_felt_success_halves_with_effort_as_said() -> None:
    """Nobody waits, a contact is 2 points: with a half at 1 point a solving visit counts for a quarter."""
    tree = {
        "cxsim": 1,
        "horizon": {"open": "08:00-10:00"},
        "experience": {"effort": {"contact": 2}, "success": {"solved": "80%", "effort_halves": 1}},
        "reasons": {"bill": {"volume": {"count": 20}, "talk": "1 min"}},
        "groups": {"people": {"agents": 20, "serves": ["bill"]}},
    }
    point = cxsim.journeys(cxsim.parse(tree), replications=1).touchpoints.iloc[0]
    assert (point["visits"], point["solved"], point["effort"], point["success"]) == (20, 1, 2, pytest.approx(0.2))


def test_the_command_shows_segments_side_by_side_and_refuses_others(tmp_path: Path) -> None:
    file = tmp_path / "two.yaml"
    with file.open("w") as stream:
        YAML(typ="safe").dump(SCENARIO, stream)
    run = ["journeys", str(file), "--replications", "1", "--out", str(tmp_path / "chart.svg")]
    page = tmp_path / "page.html"
    shown = CliRunner().invoke(cli, [*run, "--segment", "all", "--page", str(page)])
    assert shown.exit_code == 0, shown.output
    for text in ("metric", "gold", "rest", "Touchpoints, by visit", "felt success"):
        assert text in shown.output
    html = page.read_text(encoding="utf-8")
    assert "whole issues, by segment" in html and "Touchpoints, by visit" in html
    told = json.loads(CliRunner().invoke(cli, [*run, "--quiet", "--json", "--segment", "gold"]).stdout)
    assert {row["segment"] for row in told["segments"]} == {"gold"}
    assert {row["touchpoint"] for row in told["touchpoints"]} == {"portal", "bill", "expert"}
    wrong = CliRunner().invoke(cli, [*run, "--segment", "golden"])
    assert wrong.exit_code == 2 and "gold" in wrong.output and "Traceback" not in wrong.output

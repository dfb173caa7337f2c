"""Every assumption about customers that acts on money is varied by `sensitivity`, or it is said why not."""

from __future__ import annotations

import re

import pytest
from test_experience_map import ROWS, named

from cxsim.report.studies.sensitivity import plot, summary
from cxsim.scenario import assumptions as outside
from cxsim.scenario import parse
from cxsim.studies.sensitivity import _variations, parts, sensitivity

EVERYTHING = {
    "cxsim": 1,
    "horizon": {"start": "2026-01-05", "days": 2, "open": "08:00-10:00", "after": "2 days"},
    "segments": {"all": {"value": 200, "customers": 5000}},
    "channels": {"phone": {"patience": "4 min"}},
    "reasons": {
        "calls": {
            "volume": "30/h",
            "talk": "4 min",
            "resolution": "70%",
            "flow": "assistant",
            "hold": "20%",
            "learning": {
                "halves": 40,
                "fed_back": "60%",
                "delay": "1 h",
                "prevents": "10%",
                "resolution": "9 points",
                "spreads": "5 h",
            },
            "community": {"helps": "4%", "helps_most": "30%", "halves": 90},
        }
    },
    "flow": {
        "assistant": {
            "ai_agent": {"time": "60s", "accepted": "70%", "resolves": "30%", "hands_over": "80%", "hang_up": "4%"},
            "then": "calls",
        }
    },
    "queues": {"calls": {}},
    "groups": {
        "team": {
            "agents": 4,
            "serves": ["calls"],
            "courtesy": "90%",
            "empowerment": {"budget": 50, "given": 5, "decides": "20%", "misuse": "2%"},
        }
    },
    "after_contact": {"unresolved": {"repeat": "60%", "delay": "2 h"}},
    "experience": {
        "spend": {"unsolved": "10%"},
        "effort": {"hold": 0.5},
        "memory": {"fades": "60 days", "patience_halves": 30, "churn_doubles": 20, "restored": "10%"},
        "word_of_mouth": {"brings": "1%", "warns": "2%"},
        "posts": {"praises": "1%", "complains": "2%", "reach": 20, "wins": "1%", "loses": "1%"},
        "loyalty": {"discourtesy": 1.5, "hold": 1.2, "broken": 1.3, "kept": 0.9, "compensated": 0.7},
        "expectations": {"wait": "60s", "tolerance": "20s"},
        "lifetime": {"leaves": "12%", "discount": "8%"},
    },
    "levers": {"courteous": {}},
    "overrides": {"courteous": {"groups.team.courtesy": "99%"}},
}
MEASURED = "measured in the center's own data, or a decision: what `compare` and sweeps vary"
SHOWN = "only reported: it changes neither cost nor who leaves"
CHOSEN = "a rule or a place, not a number"
PRICE = "a price"
NOT_VARIED = {
    MEASURED: """after_contact.unresolved.repeat channels.NAME.balk channels.NAME.patience flow.NAME.menu.hang_up
        flow.NAME.menu.invalid flow.NAME.menu.chooses flow.NAME.self_service.availability
        flow.NAME.self_service.contained flow.NAME.self_service.retold flow.NAME.self_service.time
        flow.NAME.ai_agent.offered flow.NAME.ai_agent.longer flow.NAME.ai_agent.concurrent flow.NAME.ai_agent.retold
        flow.NAME.ai_agent.saves groups.NAME.spread.resolution groups.NAME.tenure groups.NAME.skills notices
        queues.NAME.transfers queues.NAME.turns queues.NAME.callback queues.NAME.announces reasons.NAME.resolution
        reasons.NAME.talk reasons.NAME.wrap reasons.NAME.volume.factor segments.NAME.customers""",
    SHOWN: """experience.csat experience.survey experience.survey.asked experience.settled experience.success
        reasons.NAME.offer sl""",
    CHOSEN: """after_contact.abandoned.next routing.last_agent routing.preferred_agent segments.NAME.begins
        segments.NAME.next segments.NAME.priority""",
    PRICE: "flow.NAME.ai_agent.cost reasons.NAME.learning.cost segments.NAME.value",
    "a factor on experience.churn, which is varied": "segments.NAME.churn",
}


def varied() -> set[str]:
    """The paths that are varied where everything is declared, with NAME for what a user has named."""
    scenario = parse(EVERYTHING)
    out = set()
    for path, value, ends in _variations(scenario, parts(scenario), 0.5, 2.0):
        at = path if hasattr(scenario, path.partition(".")[0]) else f"experience.{path}"
        assert ends[0][0] < value < ends[1][0] or "helps" in at, path
        out.add(re.sub(r"^(reasons|groups|flow)\.\w+", r"\1.NAME", at))
    return out


def test_every_key_of_the_page_on_experience_is_varied_or_it_is_said_why_not() -> None:
    paths, left = varied(), {key for keys in NOT_VARIED.values() for key in keys.split()}
    keys = {key for row in ROWS for key in named(row[2])}
    covered = {
        key for key in keys if any(path == key or path.startswith(f"{key}.") for path in paths)
    }  # `flow`: its AI agents
    assert keys - covered == left & keys and not left - keys
    assert not left & covered


def test_every_number_of_a_curve_is_varied() -> None:
    """Each field of the parts that hold curves: a new one is missed here until it is varied."""
    scenario, paths = parse(EVERYTHING), varied()
    said = scenario.experience
    for part in ("churn", "effort", "memory", "loyalty", "lifetime", "word_of_mouth", "posts", "expectations"):
        for name in type(getattr(said, part)).model_fields:
            assert f"experience.{part}.{name}" in paths or name in ("years", "reach"), (part, name)
    held = (
        scenario.reasons["calls"].learning,
        scenario.reasons["calls"].community,
        scenario.groups["team"].empowerment,
    )
    for part, place, one in zip(
        ("learning", "community", "empowerment"), ("reasons", "reasons", "groups"), held, strict=True
    ):
        for name in set(type(one).model_fields) - {"cost", "budget", "given"}:
            assert f"{place}.NAME.{part}.{name}" in paths, name


@pytest.mark.parametrize("part", outside.KEYS)
def test_what_is_not_declared_is_not_varied(part: str) -> None:
    plain = {key: EVERYTHING[key] for key in ("cxsim", "horizon", "segments", "queues")}
    plain |= {"reasons": {"calls": {"volume": "30/h", "talk": "4 min"}}, "groups": {"team": {"serves": ["calls"]}}}
    plain["groups"]["team"]["agents"] = 4  # type: ignore[index]
    assert outside.assumptions(parse(EVERYTHING), part) and not outside.assumptions(parse(plain), part)


def test_values_are_written_as_a_user_would_write_them() -> None:
    scenario = parse(EVERYTHING)
    rows = {path: ends for path, _, ends in _variations(scenario, ["learning", "courtesy", "community"], 0.5, 2.0)}
    learning, team = "reasons.calls.learning", "groups.team.courtesy"
    assert [outside.written(scenario, f"{learning}.halves", value) for value, _ in rows[f"{learning}.halves"]] == [
        "20",
        "80",
    ]
    assert outside.written(scenario, f"{learning}.spreads", rows[f"{learning}.spreads"][0][0]) == "150 min"
    assert [outside.written(scenario, team, value) for value, _ in rows[team]] == ["80%", "95%"]
    assert rows["reasons.calls.community.helps_most"][1][1].reasons["calls"].community.helps_most == 0.6
    assert rows[team][1][1].groups["team"].courtesy == pytest.approx(0.95)


def test_a_lever_on_courtesy_depends_on_how_courteous_agents_are_now() -> None:
    """By the draws: the lever makes the same talks courteous, so the fewer are now, the more it keeps."""
    found = sensitivity(parse(EVERYTHING), only=["courtesy"], replications=2)
    (row,) = found.table.to_dict("records")
    assert row["assumption"] == "groups.team.courtesy" and row["net_low"] >= row["net"] >= row["net_high"]
    assert row["net_low"] > row["net_high"]
    assert summary(found) and plot(found)

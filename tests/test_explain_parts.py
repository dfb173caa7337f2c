"""From one scenario to another, part by part: the ends are those of both, and the parts are those that differ."""

from __future__ import annotations

import copy
import math
from pathlib import Path
from typing import Any

import pytest

import cxsim
from cxsim.studies.explain_parts import Between, part_of

BASE: dict[str, Any] = {
    "cxsim": 1,
    "name": "base",
    "horizon": {"open": "08:00-12:00"},
    "channels": {"phone": {"patience": "2 min"}},
    "reasons": {"sales": {"volume": "60/h", "talk": "4 min", "resolution": "80%"}},
    "groups": {"team": {"agents": 5, "skills": {"sales": {}}, "wage": 20}},
    "after_contact": {"unresolved": {"repeat": "50%", "delay": "20 min"}},
}


def changed(**paths: Any) -> cxsim.Scenario:
    return cxsim.parse(BASE).vary({path.replace("__", "."): value for path, value in paths.items()})


def explained(other: cxsim.Scenario, **more: Any) -> cxsim.Explanation:
    found = cxsim.explain(cxsim.parse(BASE), other, replications=4, **more)
    assert math.fsum([found.start, *found.steps["change"]]) == pytest.approx(found.end, abs=1e-12)
    for value, scenario in ((found.start, cxsim.parse(BASE)), (found.end, other)):
        assert value == pytest.approx(cxsim.simulate(scenario, replications=4).estimate(found.figure).value, abs=1e-12)
    return found


@pytest.mark.parametrize(
    ("path", "value", "part"),
    [
        ("reasons.sales.volume.factor", 1.2, "volume"),
        ("horizon.days", 2, "volume"),
        ("reasons.sales.talk", {"lognormal": {"mean": "5 min", "cv": "70%"}}, "handle_time"),
        ("groups.team.skills.sales.handle_time", "110%", "handle_time"),
        ("groups.team.agents", 6, "staffing"),
        ("groups.team.availability", "90%", "staffing"),
        ("groups.team.skills.sales.resolution", "90%", "routing"),
        ("routing.agent", "random", "routing"),
        ("channels.phone.patience", "4 min", "other"),
        ("after_contact.unresolved.repeat", "60%", "other"),
    ],
)
def test_one_change_is_one_step_of_its_part(path: str, value: Any, part: str) -> None:
    other = cxsim.parse(BASE).vary({path: value})
    found = explained(other)
    assert list(found.steps["step"]) == [part]
    (said,) = found.steps["sentence"]
    assert path.rpartition(".")[2] in said
    if not path.startswith("horizon"):
        two = cxsim.compare({"a": cxsim.parse(BASE), "b": other}, replications=4).table("sl").iloc[0]
        row = found.steps.iloc[0]
        assert (row["change"], row["low"], row["high"]) == pytest.approx((two["difference"], two["low"], two["high"]))


def test_parts_go_in_one_after_another_in_a_fixed_order() -> None:
    other = changed(
        after_contact__unresolved__repeat="70%",
        groups__team__agents=6,
        reasons__sales__volume="70/h",
        reasons__sales__talk="5 min",
    )
    assert list(explained(other).steps["title"]) == ["Volume", "Handle time", "Staffing", "Everything else"]
    by_shapley = explained(other, shapley=True, figure="abandoned_share")
    assert by_shapley.orders == "all 24 orders of the steps" and len(by_shapley.steps) == 4


def test_new_contacts_come_with_their_queue_and_with_who_may_serve_them() -> None:
    tree = copy.deepcopy(BASE)
    tree["reasons"]["help"] = {"volume": "20/h", "talk": "6 min"}
    tree["groups"]["team"] |= {"skills": {"sales": {}, "help": {"rank": 2}}, "agents": 7}
    found = explained(cxsim.parse(tree))
    assert list(found.steps["step"]) == ["volume", "staffing"]


def test_what_cannot_stand_alone_goes_in_with_what_follows() -> None:
    """A new queue that a new group alone serves: contacts without agents would be refused."""
    tree = copy.deepcopy(BASE)
    tree["reasons"]["help"] = {"volume": "20/h", "talk": "6 min"}
    tree["groups"]["desk"] = {"agents": 2, "serves": ["help"]}
    found = explained(cxsim.parse(tree))
    assert list(found.steps["title"]) == ["Volume and staffing"]


def test_equal_scenarios_have_no_steps() -> None:
    found = explained(cxsim.parse({**BASE, "name": "another name", "notes": "and a note"}))
    assert not len(found.steps) and found.start == found.end


def test_tables_of_equal_content_are_no_difference_and_others_are(tmp_path: Path) -> None:
    text = "time,sales\n" + "".join(f"{8 + i // 2:02d}:{30 * (i % 2):02d},{20 + i}\n" for i in range(8))
    scenarios = []
    for name, rows in (("a", text), ("b", text), ("c", text.replace(",20\n", ",40\n"))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "v.csv").write_text(rows)
        tree = copy.deepcopy(BASE)
        tree["reasons"]["sales"]["volume"] = {"file": "v.csv"}
        scenarios.append(cxsim.parse(tree, folder=tmp_path / name))
    first, same, other = scenarios
    assert Between(first, same).differences == []
    (difference,) = Between(first, other).differences
    assert difference.part == "volume" and str(difference) == "reasons.sales.volume.file: v.csv with other contents"
    found = cxsim.explain(first, other, replications=2)
    assert found.end == cxsim.simulate(other, replications=2).estimate("sl").value
    assert list(found.steps["step"]) == ["volume"] and found.steps["change"].iloc[0] < 0.0


def test_every_path_of_a_scenario_has_one_part() -> None:
    for path, part in {
        ("groups", "x", "skills", "q", "rank"): "routing",
        ("groups", "x", "skills", "q", "wrap"): "handle_time",
        ("groups", "x", "wage"): "staffing",
        ("queues", "q", "overflow"): "routing",
        ("queues", "q", "target", "sl"): "other",
        ("segments", "s", "share"): "volume",
        ("flow", "menu", "to"): "other",
        ("sl",): "other",
    }.items():
        assert part_of(path) == part, path
    assert part_of(("groups", "x", "skills", "q"), {("queues", "q")}) == "volume"
    assert part_of(("reasons", "r"), {("reasons", "r")}) == "volume"


def test_shapley_values_are_refused_where_the_parts_do_not_go_in_every_order() -> None:
    """Contacts of a new queue come first; a rule that weighs this queue cannot stand without it."""
    tree = copy.deepcopy(BASE)
    tree["reasons"]["help"] = {"volume": "20/h", "talk": "6 min"}
    tree["groups"]["team"] |= {"skills": {"sales": {}, "help": {}}, "agents": 7}
    tree["routing"] = {"contact": "cmu", "weights": {"help": 3}}
    other = cxsim.parse(tree)
    assert list(explained(other).steps["step"]) == ["volume", "staffing", "routing"]
    with pytest.raises(ValueError, match=r"cannot go with the rest of base.*leave out --shapley"):
        cxsim.explain(cxsim.parse(BASE), other, replications=2, shapley=True)

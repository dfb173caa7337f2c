"""Reading a scenario: defaults that follow other values, overrides, files, and what is written back."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

import cxsim
from cxsim.randomness.distributions import law
from cxsim.scenario import ScenarioError, document, dump, parse, read
from cxsim.scenario.model.readers import HandleTime, Resolve
from cxsim.scenario.templates import KINDS, template

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def small(**more):
    """The smallest scenario, with more."""
    base = {
        "cxsim": 1,
        "reasons": {"sales": {"volume": "120/h", "handle_time": "4 min"}},
        "groups": {"team": {"agents": 10, "serves": ["sales"]}},
    }
    return {**base, **more}


def faults(mapping, **options):
    with pytest.raises(ScenarioError) as error:
        parse(mapping, **options)
    return [str(fault) for fault in error.value.faults]


def test_the_smallest_scenario_is_complete():
    scenario = parse(small())
    reason = scenario.reasons["sales"]
    assert reason.talk == law("exponential", mean=240.0)
    assert reason.wrap is None
    assert reason.queue == "sales"
    assert list(scenario.queues) == ["sales"]
    assert list(scenario.groups["team"].skills) == ["sales"]
    assert {name: s.share for name, s in scenario.segments.items()} == {"all": 1.0}
    assert list(scenario.channels) == ["phone"]
    assert scenario.horizon.slots(3600.0) == tuple(3600.0 * h for h in range(8, 18))


def test_quickstart_is_under_twenty_lines():
    assert len((SCENARIOS / "quickstart.yaml").read_text(encoding="utf-8").splitlines()) < 20


def test_segments_without_a_share_split_the_rest():
    scenario = parse(small(segments={"a": {"share": "70%"}, "b": {}, "c": {}}))
    assert [s.share for s in scenario.segments.values()] == [0.7, 0.15, 0.15]


def test_skills():
    skills = {"sales": {"rank": 2, "handle_time": "120%", "resolution": "-12 points"}}
    one = parse(small(groups={"g": {"agents": 1, "skills": skills}})).groups["g"].skills["sales"]
    assert (one.rank, one.handle_time, one.resolution) == (2, HandleTime(1.2), Resolve(points=-0.12))
    skills = {"sales": {"handle_time": "3 min", "resolution": "70%"}}
    two = parse(small(groups={"g": {"agents": 1, "skills": skills}})).groups["g"].skills["sales"]
    assert (two.handle_time, two.resolution) == (HandleTime(mean=180.0), Resolve(share=0.7))


def test_shrinkage_combines():
    group = {"agents": 10, "serves": "sales", "shrinkage": {"planned": "18%", "unplanned": "9%"}, "scheduled": True}
    assert parse(small(groups={"g": group})).groups["g"].shrinkage == pytest.approx(1 - 0.82 * 0.91, abs=1e-12)


def test_after_contact_of_a_reason_goes_over_that_of_the_scenario():
    reason = {"volume": "9/h", "handle_time": "4 min", "after_contact": {"abandoned": {"redial": "50%"}}}
    rules = {"abandoned": {"redial": "20%", "at_most": 3}, "blocked": {"redial": "60%", "delay": "3 min"}}
    scenario = parse(small(reasons={"sales": reason}, after_contact=rules))
    general, own = scenario.after_contact, scenario.reasons["sales"].after_contact
    assert general.balked == general.abandoned
    assert general.closed == general.blocked
    assert (own.abandoned.redial, own.abandoned.at_most) == (0.5, 3)
    assert own.balked == own.abandoned
    assert own.blocked == general.blocked


def test_a_night_shift_ends_on_the_next_day():
    shift = {"group": "team", "start": "22:00", "end": "06:00", "breaks": ["23:30-00:30", "03:00-03:15"]}
    scenario = parse(
        small(
            groups={"team": {"serves": ["sales"]}},
            horizon={"open": "00:00-24:00"},
            staff={"shifts": [shift]},
        )
    )
    night = scenario.staff.shifts[0]
    assert (night.start, night.end) == (79200.0, 108000.0)
    assert night.breaks == ((84600.0, 88200.0), (97200.0, 98100.0))


def test_overrides_by_name_then_by_path_later_ones_winning():
    overrides = {"many": {"groups.*.agents": 20}, "few": {"groups.team.agents": 5, "reasons.sales.volume.factor": 2}}
    mapping = small(overrides=overrides)
    agents = lambda *names, **o: parse(mapping, names, **o).groups["team"].agents  # noqa: E731
    assert agents() == 10
    assert agents("few", "many") == 20
    assert agents("many", "few") == 5
    assert agents("many", set_=["groups.team.agents=7", "groups.team.agents=8"]) == 8
    assert parse(mapping, ["few"]).reasons["sales"].volume.factor == 2.0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("reasons.sales.volume.per_day=500", lambda s: s.reasons["sales"].volume.per_day == 500.0),
        ("reasons.*.talk={gamma: {mean: 3 min, cv: 1}}", lambda s: s.reasons["sales"].talk.name == "gamma"),
        ("reasons.sales.talk.deterministic=3 min", lambda s: s.reasons["sales"].talk.name == "deterministic"),
        ("queues.*.capacity=3", lambda s: s.queues["sales"].capacity == 3),
        ("channels.phone.lines=12", lambda s: s.channels["phone"].lines == 12),
        ("segments.all.patience=3 min", lambda s: s.segments["all"].patience == law("exponential", mean=180.0)),
        ("after_contact.*.delay=3 min", lambda s: s.after_contact.closed.delay.mean == 180.0),
        ("groups.new={agents: 2, serves: sales}", lambda s: s.groups["new"].agents == 2),
        ("horizon.open=09:00-17:00", lambda s: len(s.horizon.slots(3600.0)) == 8),
        ("reasons.sales.volume.weekdays.mon=1.5", lambda s: s.reasons["sales"].volume.weekdays == {0: 1.5}),
    ],
)
def test_setting_a_path(text, value):
    assert value(parse(small(), set_=[text]))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (
            "groups.tem.agents=3",
            "'groups.tem.agents' is not a path of this scenario; did you mean 'groups.team.agents'?",
        ),
        ("groups.team.agnets=3", "did you mean 'groups.team.agents'?"),
        ("reasons.*.volum.factor=3", "did you mean 'reasons.sales.volume.factor'?"),
        ("groups.team.agents", "is not a path=value"),
        ("groups.team.agents=many", "groups.team.agents: 'many' is not a whole number"),
        ("groups.team.agents=[1", "is not valid YAML"),
        ("events.0.factor=2", "remove the path: there are no entries"),
        ("staff.shifts.*.agents=2", "matches nothing here"),
    ],
)
def test_setting_what_is_not_there(text, answer):
    told = faults(small(), set_=[text])
    assert len(told) == 1
    assert told[0].startswith("--set  ")
    assert answer in told[0]


def test_an_unknown_override_is_told_with_the_nearest():
    told = faults(small(overrides={"storm": {}}), with_=["strom"])
    assert told == ["--with  'strom' is not an override of this scenario; did you mean 'storm'?"]


def test_nothing_in_place_of_an_entry_removes_it():
    groups = {"team": {"agents": 10, "serves": ["sales"]}, "extra": {"agents": 5, "serves": ["sales"]}}
    scenario = parse(small(groups=groups, overrides={"lean": {"groups.extra": None}}), ["lean"])
    assert list(scenario.groups) == ["team"]


def test_tables_are_read_hashed_and_kept(tmp_path):
    (tmp_path / "volumes.csv").write_text("time,sales\n08:00,10\n", encoding="utf-8")
    mapping = small(reasons={"sales": {"volume": {"file": "volumes.csv"}, "handle_time": "4 min"}})
    scenario = parse(mapping, folder=tmp_path)
    assert scenario.table("volumes.csv").column("sales") == ("10",)
    assert list(scenario.files) == ["volumes.csv"]
    assert len(scenario.files["volumes.csv"]) == 64
    assert "inputs/volumes.csv" in dump(scenario, {"volumes.csv": "inputs/volumes.csv"})
    again = pickle.loads(pickle.dumps(scenario))
    assert again == scenario
    assert again.table("volumes.csv").columns == ("time", "sales")


def test_laws_take_their_lists_from_tables(tmp_path):
    (tmp_path / "talk.csv").write_text("seconds\n60\n120\n", encoding="utf-8")
    (tmp_path / "patience.csv").write_text("times,shares\n60,0.5\n120,0.25\n", encoding="utf-8")
    reason = {
        "volume": "9/h",
        "talk": {"values": {"file": "talk.csv", "column": "seconds"}},
        "patience": {"survival": {"file": "patience.csv", "beyond": "never"}},
    }
    scenario = parse(small(reasons={"sales": reason}), folder=tmp_path)
    assert scenario.reasons["sales"].talk == law("values", values=[60.0, 120.0])
    assert scenario.reasons["sales"].patience == law("survival", times=[60, 120], shares=[0.5, 0.25], beyond="never")
    assert parse(YAML(typ="safe").load(dump(scenario))) == scenario


def test_scenarios_are_frozen_and_take_numbers_of_numpy():
    scenario = parse(small(groups={"team": {"agents": np.int64(4), "serves": ["sales"], "wage": np.float64(2.5)}}))
    assert (scenario.groups["team"].agents, scenario.groups["team"].wage) == (4, 2.5)
    with pytest.raises(ValueError, match="frozen"):
        scenario.name = "other"


@pytest.mark.parametrize("kind", KINDS)
def test_templates_read_without_faults_and_are_written_back_the_same(kind, tmp_path):
    path = tmp_path / f"{kind}.yaml"
    path.write_text(template(kind), encoding="utf-8")
    scenario = read(path)
    again = tmp_path / "again.yaml"
    again.write_text(dump(scenario), encoding="utf-8")
    assert read(again) == scenario
    assert dump(read(again)) == dump(scenario)
    for name in scenario.overrides:
        assert read(again, [name]) == read(path, [name]) != scenario


def test_an_override_does_to_the_written_scenario_what_it_does_to_the_original():
    reason = {"volume": "9/h", "handle_time": "4 min", "after_contact": {"unresolved": {"repeat": "50%"}}}
    mapping = small(
        reasons={"sales": reason, "care": {"volume": "9/h", "handle_time": "1 min", "queue": "sales"}},
        segments={"a": {"share": "70%"}, "b": {}},
    )
    written = document(parse(mapping))
    for text in ("after_contact.abandoned.redial=40%", "segments.a.share=60%", "after_contact.unresolved.at_most=2"):
        assert parse(written, set_=[text]) == parse(mapping, set_=[text])


SHIPPED = sorted([*SCENARIOS.glob("*.yaml"), *SCENARIOS.glob("experience/*.yaml")])


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_scenarios_of_the_project_are_written_back_the_same(path):
    scenario = read(path)
    assert parse(YAML(typ="safe").load(dump(scenario)), folder=path.parent) == scenario


def test_files_that_are_none(tmp_path):
    with pytest.raises(ScenarioError, match="the file does not exist; did you mean"):
        read(SCENARIOS / "quickstrat.yaml")
    with pytest.raises(ScenarioError, match="is a folder"):
        read(tmp_path)
    huge = tmp_path / "huge.yaml"
    with huge.open("wb") as file:
        file.truncate(60 * 2**20)
    with pytest.raises(ScenarioError, match="is 60 MiB; move large tables to a CSV"):
        read(huge)


def test_the_public_door_is_the_same():
    assert cxsim.read is read
    assert cxsim.ScenarioError is ScenarioError

"""What a file gives by time takes the place of the plain value: an override of that value is refused, or acts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import cxsim
from cxsim.cli import cli
from cxsim.model.calendar import timeline
from cxsim.model.shares_by_time import Shrinkage, resolution_factors
from cxsim.scenario import ScenarioError, read
from cxsim.scenario.lever_catalogue import REMEDIES, changed
from cxsim.studies.week_plan import what_ifs
from cxsim.studio.variants import Variant, values

SCENARIO = """cxsim: 1
horizon: {start: 2026-03-02, days: 2, open: 08:00-09:00}
reasons:
  call:
    volume: 30/h
    talk: 3 min
    wrap: 1 min
    handle_times: {file: t.csv}
    resolution: 100%
    resolution_by_time: {file: r.csv}
groups:
  team:
    serves: call
    agents: 10
    wage: 20
    scheduled: true
    availability: 90%
    availability_by_time: {file: a.csv}
    shrinkage: 20%
    shrinkage_by_time: {file: s.csv}
after_contact: {unresolved: {repeat: 50%, delay: 10 min}}
overrides:
  better: {reasons.call.resolution: 90%}
  meant: {reasons.call.resolution: 90%, reasons.call.resolution_by_time: null}
levers:
  better: {}
"""
TABLES = {
    "t.csv": "time,call\n08:00,200\n08:30,280\n",
    "r.csv": "time,call\n08:00,80%\n08:30,40%\n",
    "a.csv": "time,team\n08:00,90%\n08:30,45%\n",
    "s.csv": "time,team\n08:00,20%\n08:30,40%\n",
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name, table in TABLES.items():
        (tmp_path / name).write_text(table, encoding="utf-8")
    (tmp_path / "s.yaml").write_text(SCENARIO, encoding="utf-8")
    return tmp_path / "s.yaml"


NO_EFFECT = {
    "reasons.call.resolution=90%": "reasons.call.resolution_by_time.factor=1.5",
    "reasons.*.resolution=90%": "reasons.call.resolution_by_time.factor=1.5",
    "groups.team.availability=54%": "groups.team.availability_by_time.factor=0.8",
    "groups.team.shrinkage=15%": "groups.team.shrinkage_by_time.factor=0.5",
    "reasons.call.talk=5 min": "reasons.call.handle_times.factor=1.5",
    "reasons.call.wrap=2 min": "reasons.call.handle_times.factor=1.25",
}


@pytest.mark.parametrize("given", NO_EFFECT)
def test_an_override_without_effect_is_refused_with_the_line_that_has_one(place: Path, given: str) -> None:
    with pytest.raises(ScenarioError) as error:
        read(place, set_=[given])
    (fault,) = error.value.faults
    assert fault.rule.startswith("has no effect: ")
    line = NO_EFFECT[given]
    assert line in fault.fix
    read(place, set_=[line])
    read(place, set_=[given, f"{line.partition('.factor')[0]}=null"])


HAS_ONE = (
    "reasons.call.talk={lognormal: {mean: 5 min, cv: 80%}}",  # varies otherwise
    "reasons.call.handle_time=4 min",  # the same time, all of it talk
    "reasons.call.talk=3 min",
    "reasons.call.volume.factor=2",
    "groups.team.agents=12",
)


@pytest.mark.parametrize("given", HAS_ONE)
def test_an_override_with_an_effect_is_not(place: Path, given: str) -> None:
    read(place, set_=[given])


COMMANDS = (
    ("run", "--set", "reasons.call.resolution=90%"),
    ("check", "--with", "better"),
    ("compare", "--with", "better"),
    ("compare", "--variant", "more: groups.team.shrinkage=15%"),
    ("levers",),
    ("plan", "--variant", "more: groups.team.shrinkage=15%"),
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_says_so(place: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    monkeypatch.chdir(place.parent)
    said = CliRunner().invoke(cli, [words[0], "s.yaml", *words[1:]])
    assert said.exit_code == 2, said.output
    assert "has no effect: " in said.output
    assert "_by_time.factor=" in said.output
    assert not (place.parent / "results").exists()


def test_an_override_that_leaves_the_file_out_is_read(place: Path) -> None:
    scenario = read(place, with_=["meant"])
    assert scenario.reasons["call"].resolution == 0.9
    assert scenario.reasons["call"].resolution_by_time is None


def shares(scenario: cxsim.Scenario) -> list[float]:
    """Resolution at 08:00 and at 08:30, as the engines have it."""
    usual = scenario.reasons["call"].resolution
    return [usual * factor for _, factor in resolution_factors(scenario, timeline(scenario))[0][:2]]


def test_points_of_the_studio_act_on_the_mean_of_a_file(place: Path) -> None:
    """The file resolves 80 % and 40 %, 60 % on average; six points more are a tenth of it, 88 % and 44 %."""
    scenario = read(place)
    more = scenario.vary(values(scenario, Variant(name="more", resolution=6.0, shrinkage=6.0)))
    assert shares(more) == pytest.approx([0.88, 0.44])
    found = Shrinkage(more, timeline(more)).means(timeline(more))
    assert found[0, 16:18].tolist() == pytest.approx([0.24, 0.48])
    least = scenario.vary(values(scenario, Variant(name="less", resolution=-100.0, shrinkage=-100.0)))
    assert shares(least) == pytest.approx([0.0, 0.0], abs=1e-6)
    assert Shrinkage(least, timeline(least)).means(timeline(least)).max() < 1e-6
    most = scenario.vary(values(scenario, Variant(name="most", shrinkage=90.0)))
    assert Shrinkage(most, timeline(most)).means(timeline(most)).max() == pytest.approx(0.95)


def test_points_of_the_studio_act_on_skills_with_a_share_of_their_own(place: Path) -> None:
    text = re.sub(r"    resolution_by_time.*\n|  (meant|better): .*\n|overrides:\n|levers:\n", "", SCENARIO)
    text = text.replace("serves: call", "skills: {call: {resolution: 70%}}")
    place.write_text(text, encoding="utf-8")
    scenario = read(place)
    changes = values(scenario, Variant(name="more", resolution=5.0))
    assert changes["groups.team.skills.call.resolution"] == "75%"


def test_levers_and_the_plan_act_on_the_mean_of_a_file(place: Path) -> None:
    """Half of the gap from 60 % is 20 points, a third more of each row."""
    scenario = read(place)
    changes = REMEDIES["knowledge_base"].changes(scenario, {"closes": 0.5, "alike": 0.0})
    assert shares(scenario.vary(changes)) == pytest.approx([0.8 * 4 / 3, 0.4 * 4 / 3])
    assert shares(changed(scenario, ["untimed_calls"], {}))[1] > 0.4
    asked, _ = what_ifs(scenario)
    assert shares(scenario.vary(asked["FCR +5 points"])) == pytest.approx([0.8 * 65 / 60, 0.4 * 65 / 60])


def test_a_sweep_refuses_a_factor_without_effect(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place.parent)
    design = "cxsim: 1\nsweep: {scenario: s.yaml}\nreplications: 1\nfactors:\n  x: {path: %s, values: %s}\n"
    Path("d.yaml").write_text(design % ("reasons.call.resolution", "[80%, 90%]"), encoding="utf-8")
    said = CliRunner().invoke(cli, ["sweep", "d.yaml"])
    assert said.exit_code == 2, said.output
    assert "reasons.call.resolution_by_time.factor=" in said.output
    Path("d.yaml").write_text(design % ("reasons.call.resolution_by_time.factor", "[0.9, 1]"), encoding="utf-8")
    assert CliRunner().invoke(cli, ["sweep", "d.yaml", "--dry-run"]).exit_code == 0

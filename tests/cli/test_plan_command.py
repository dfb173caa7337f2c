"""`cxsim plan`: one workbook of numbers, and each of them is what the optimizer, `simulate` and `compare` say."""

from __future__ import annotations

import json
import math

import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook

import cxsim
from cxsim.cli import cli
from cxsim.model.prepare import facts
from cxsim.optimizer.problem.requirements import requirements
from cxsim.studies.week_plan import what_ifs

SMALL = """\
cxsim: 1
name: Two days
horizon: {start: 2026-11-02, days: 2, open: 08:00-10:00, interval: 1 h, before: 0 days, after: 0 days}
channels: {phone: {patience: 3 min}}
reasons:
  orders: {volume: 24/h, handle_time: 4 min, resolution: 90%}
  billing: {volume: 6/h, handle_time: 5 min}
queues:
  orders: {target: {sl: {share: 60%, within: 60s}}}
  billing: {target: {sl: {share: 50%, within: 60s}}}
groups:
  Orders: {serves: [orders], wage: 20, shrinkage: 10%}
  Float: {skills: {orders: {rank: 2}, billing: {rank: 1}}, wage: 22, shrinkage: 10%}
staff:
  scheduled: true
  shifts:
    - {group: Orders, start: 08:00, end: 10:00, agents: 3}
    - {group: Float, start: 08:00, end: 10:00, agents: 3}
after_contact: {unresolved: {repeat: 80%, delay: 10 min}}
absences: [{share: 20%, date: 2026-11-03}]
optimize: {shifts: {lengths: [2 h], starts_every: 1 h}, within_team: false, subject_to: [{figure: sl, min: 60%}]}
"""
FEW = ("--replications", "3")


def run(*words):
    return CliRunner().invoke(cli, list(words))


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """The document, the workbook's sheets as {title: rows}, and the scenario with the plan."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("plan")
        patch.chdir(folder)
        (folder / "small.yaml").write_text(SMALL)
        mailing = "mailing: reasons.orders.volume.factor=1.5"
        said = run("plan", "small.yaml", *FEW, "--json", "--variant", mailing)
        assert said.exit_code == 0, said.output
        book = CalamineWorkbook.from_path("results/plan-small.xlsx")
        sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
        yield json.loads(said.stdout), sheets, cxsim.read("results/plan-small/scenario.yaml"), folder


def test_the_workbook_has_every_answer_on_a_sheet(planned):
    _, sheets, _, _ = planned
    assert list(sheets) == [
        "Summary", "SL by queue", "What if", "By half-hour and team", "By day and team", "By half-hour and queue",
        "Shifts", "Roster", "Costs", "Definitions",
    ]  # fmt: skip


def test_cells_are_numbers_so_that_a_lookup_works(planned):
    document, sheets, _, _ = planned
    heads, *rows = sheets["By half-hour and team"]
    assert heads[0] == "Key"
    found = {row[0]: row for row in rows}
    wanted = {row["key"]: row for row in document["teams"]}
    assert set(found) == set(wanted)
    for key, row in wanted.items():
        numbers = [row[name] for name in list(row)[5:]]
        assert found[key][5:] == pytest.approx(numbers, rel=1e-14)
        assert all(isinstance(x, float) for x in found[key][5:])


def test_required_scheduled_and_present_are_those_of_the_plan(planned):
    document, _, scenario, _ = planned
    timeline, plan, _ = facts(scenario)
    need = requirements(scenario)
    for row in document["teams"]:
        i = [f"{label:%Y-%m-%d %H:%M}" for label in timeline.labels].index(row["key"][:16])
        g = list(scenario.groups).index(row["team"])
        assert row["present"] == plan.present[g, i]
        assert row["scheduled_fte"] == plan.scheduled[g, i]
        assert row["required_people"] == math.ceil(round(row["required"], 6))
        assert row["over_under_people"] == row["present"] - row["required_people"]
        here = 0.9 * (0.8 if row["date"] == "2026-11-03" else 1.0)
        assert row["required_fte"] == pytest.approx(row["required"] / here)
    # Shared out to the teams, and nothing lost.
    assert sum(row["required"] for row in document["teams"]) == pytest.approx(float(need["agents"].sum()))


def test_figures_are_those_of_simulate_and_compare(planned):
    document, _, scenario, _ = planned
    base = cxsim.simulate(scenario, replications=3)
    for row in document["totals"]:
        found = base.estimate("sl", "queue", row["queue"])
        assert (row["sl"], row["sl_low"], row["sl_high"]) == (found.value, found.low, found.high)
    asked, _ = what_ifs(scenario)
    asked["mailing"] = {"reasons.orders.volume.factor": 1.5}
    names = list(dict.fromkeys(row["what_if"] for row in document["what_if"]))
    assert names == ["this plan", "volume +15 %", "10 % sick", "FCR +5 points", "mailing"]
    for name in names[1:]:
        result = cxsim.simulate(scenario.vary(asked[name]), replications=3)
        for row in document["what_if"]:
            if row["what_if"] == name:
                assert row["sl"] == result.estimate("sl", "queue", row["queue"]).value
                here = base.estimate("sl", "queue", row["queue"]).value
                assert row["difference"] == pytest.approx(row["sl"] - here)


def test_the_usual_questions_change_what_they_say():
    scenario = cxsim.parse(
        {
            "cxsim": 1,
            "reasons": {
                "a": {"volume": {"per_hour": 20, "factor": 2}, "handle_time": "4 min", "resolution": "98%"},
                "b": {"volume": "20/h", "handle_time": "4 min", "resolution": "70%"},
            },
            "groups": {
                "g": {"agents": 10, "serves": ["a", "b"]},
                "h": {"agents": 2, "skills": {"a": {"resolution": "60%"}, "b": {"resolution": "+9 points"}}},
            },
            "absences": [{"name": "flu", "share": "20%"}],
            "after_contact": {"unresolved": {"repeat": "50%", "delay": "1 day"}},
        }
    )
    asked, said = what_ifs(scenario)
    made = {name: scenario.vary(values) for name, values in asked.items()}
    assert [one.volume.factor for one in made["volume +15 %"].reasons.values()] == pytest.approx([2.3, 1.15])
    assert made["10 % sick"].absent("g", scenario.horizon.start) == pytest.approx(1 - 0.8 * 0.9)
    assert [one.resolution for one in made["FCR +5 points"].reasons.values()] == pytest.approx([1.0, 0.75])
    skills = made["FCR +5 points"].groups["h"].skills
    assert [skill.resolution.share for skill in skills.values()] == [pytest.approx(0.65), None]
    assert skills["b"].resolution.points == pytest.approx(0.09)  # on top of the reason's
    assert said == []
    solved = scenario.vary({"reasons.*.resolution": "100%", "groups.h.skills.*.resolution": None})
    assert "FCR +5 points" not in what_ifs(solved)[0]
    alone = scenario.vary({"after_contact.unresolved.repeat": "0%"})
    asked, (told,) = what_ifs(alone)
    assert "FCR +5 points" not in asked
    assert told.startswith("FCR +5 points is left out: in this scenario, customers who were not helped do not contact")


def test_the_roster_has_a_shift_for_each_person_of_the_plan(planned):
    document, _, _, _ = planned
    cells = [text for row in document["roster"] for key, text in row.items() if key not in ("agent", "team")]
    assert sum(text != "off" for text in cells) == sum(row["agents"] for row in document["shifts"])
    assert set(cells) <= {"08:00-10:00", "off"}


def test_the_folder_can_be_run_and_exported(planned, monkeypatch):
    monkeypatch.chdir(planned[3])
    assert run("run", "results/plan-small", *FEW, "--no-save", "--json").exit_code == 0
    said = run("export", "results/plan-small", "--format", "roster_csv", "--out", "week.csv")
    assert said.exit_code == 0, said.output


def test_a_workbook_that_somebody_changed_is_kept(planned, monkeypatch):
    monkeypatch.chdir(planned[3])
    file = planned[3] / "results" / "plan-small.xlsx"
    whole = file.read_bytes()
    file.write_bytes(whole[:-100] + b"x" + whole[-99:])
    said = run("plan", "small.yaml", *FEW)
    assert said.exit_code == 2
    assert "not a file that cxsim wrote" in said.stderr
    file.write_bytes(whole)
    monkeypatch.setattr("cxsim.optimizer.optimize.optimize", lambda *_, **__: pytest.fail("got as far as the search"))
    with pytest.raises(BaseException, match="as far as the search"):
        CliRunner().invoke(cli, ["plan", "small.yaml", *FEW], catch_exceptions=False)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--volumes", "none.csv"), "does not exist"),
        (("--volumes", "other.csv"), "has none of the reasons orders, billing; its names are time, sales"),
        (("--variant", "more: reasons.order.volume.factor=2"), "did you mean 'reasons.orders.volume.factor'"),
        (("--out", "week.pdf"), "write week.xlsx"),
        (("--time-limit", "soon"), "'soon' is not a time"),
    ],
)
def test_bad_input_is_told_before_anything_is_simulated(tmp_path, monkeypatch, words, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL)
    (tmp_path / "other.csv").write_text("time,sales\n08:00,3\n09:00,3\n")
    said = run("plan", "small.yaml", *words)
    assert said.exit_code == 2
    assert says in said.stderr
    assert not list(tmp_path.glob("results/*"))


def test_volumes_of_a_forecast_take_the_place_of_the_scenario(tmp_path):
    from cxsim.studies.week_plan import with_volumes

    (tmp_path / "wide.csv").write_text("time,ORDERS\n08:00,30\n09:00,40\n")
    (tmp_path / "long.csv").write_text(
        "queue,time,volume\norders,08:00,30\norders,09:00,40\nbilling,08:00,7\nbilling,09:00,8\n"
    )
    (tmp_path / "small.yaml").write_text(SMALL)
    scenario = cxsim.read(
        tmp_path / "small.yaml", set_=["reasons.orders.volume={per_day: 9, factor: 2, weekdays: {mon: 3}}"]
    )
    wide, said = with_volumes(scenario, tmp_path / "wide.csv")
    assert said == ["billing: not in wide.csv, so the volume of the scenario is used."]
    long, none = with_volumes(scenario, tmp_path / "long.csv")
    assert none == []
    assert facts(wide)[2].totals.tolist() == [140, 140, 12, 12]
    assert facts(long)[2].totals.tolist() == [140, 140, 15, 15]

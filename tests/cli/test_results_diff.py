"""`cxsim results diff` of two plans: cost, goals, and who works when; anything else is refused in words."""

import json
from dataclasses import replace

import pytest
from example_optimum import example_optimum


@pytest.fixture
def plans(center):
    one = example_optimum()
    plan = one.plan.copy()
    plan.loc[0, "agents"] = plan.loc[0, "agents"] + 2
    text = one.scenario_text + "# more\n"
    other = replace(one, cost=one.cost + 120.0, plan=plan, certified=False, scenario_text=text)
    one.save(center / "one", pictures=False)
    other.save(center / "other", pictures=False)
    return center


def test_two_plans_are_compared_by_cost_goals_and_people(cxsim, plans):
    done = cxsim("results", "diff", "one", "other")
    assert done.exit_code == 0, done.stderr
    assert "+# more" in done.stdout
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["cost", "11,847", "EUR", "11,967", "EUR", "+120.00", "EUR"] in lines
    assert ["certified", "yes", "no"] in lines
    changed = [line for line in done.stdout.splitlines() if line[:1] in "+-" and "front" in line]
    before, after = (int(line.rsplit(", ", 1)[1]) for line in sorted(changed, key=lambda line: line[0] == "+"))
    assert after == before + 2
    document = json.loads(cxsim("results", "diff", "one", "other", "--json").stdout)
    assert {row["what"] for row in document["figures"]} == {"cost", "certified"}
    assert len(document["plan"]) == 2


def test_the_same_plan_twice(cxsim, plans):
    done = cxsim("results", "diff", "one", "one")
    assert done.exit_code == 0
    assert done.stdout.split("\n")[:2] == ["The metrics are the same.", "The plan is the same."]


def test_all_shows_what_is_the_same_too(cxsim, plans):
    document = json.loads(cxsim("results", "diff", "one", "one", "--all", "--json").stdout)
    assert len(document["figures"]) > 3


def test_a_plan_and_a_run_are_told_apart(cxsim, plans):
    assert cxsim("run", "small.yaml", "--replications", "2", "--out", "run", "--quiet").exit_code == 0
    done = cxsim("results", "diff", "one", "run")
    assert done.exit_code == 2
    assert "one: is a plan and the other a run; simulate the plan first: cxsim run one --out one-run" in done.stderr


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("optimum.json", "{}", "the plan is damaged (optimum.json: it does not describe a plan"),
        ("optimum.json", '{"kind": "cxsim optimum", "cost": "much"}', "optimum.json: cost is not a number"),
        ("tables/goals.csv", "a,b\n1,2\n", "tables/goals.csv: it needs the columns goal, value and unit"),
        ("tables/goals.csv", "goal,value,unit\nSL,high,share\n", "tables/goals.csv: could not convert"),
        ("plan.csv", None, "plan.csv: No such file"),
        ("plan.csv", "", "plan.csv: No columns"),
    ],
)
def test_a_damaged_folder_is_refused_with_its_file(cxsim, plans, file, text, said):
    path = plans / "other" / file
    if text is None:
        path.unlink()
    else:
        path.write_text(text)
    done = cxsim("results", "diff", "one", "other")
    assert done.exit_code == 2
    assert said in done.stderr and "Traceback" not in done.stderr

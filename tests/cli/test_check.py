"""`cxsim check`: all faults of a scenario, or what it comes to."""

import json
import subprocess
import sys


def test_a_good_scenario_has_no_faults_and_is_told_what_it_comes_to(cxsim):
    done = cxsim("check", "small.yaml")
    assert done.exit_code == 0, done.stderr
    assert "small.yaml: no faults" in done.stdout
    assert "1 day counted" in done.stdout and "1 day after the horizon" in done.stdout
    assert "sales: 150 fresh contacts expected" in done.stdout
    assert "sales and help" in done.stdout and "tightest" in done.stdout


def test_work_beyond_the_agents_is_said(cxsim):
    done = cxsim("check", "small.yaml", "--set", "reasons.sales.volume.factor=5")
    assert done.exit_code == 0 and "only abandonment keeps the queue from growing" in done.stdout


def test_explain_prints_every_value_with_its_origin(cxsim):
    done = cxsim("check", "small.yaml", "--explain", "--with", "lean")
    lines = done.stdout.splitlines()
    (wage,) = (line for line in lines if line.startswith("groups.team.wage"))
    assert "20" in wage and "lean" in wage
    assert any(line.startswith("at_close") and line.endswith("default") for line in lines)


def test_json_holds_facts_pools_and_values(cxsim):
    done = cxsim("check", "small.yaml", "--json", "--explain")
    document = json.loads(done.stdout)
    assert document["faults"] == [] and document["facts"]
    (pool,) = document["pools"]
    assert pool["queues"] == ["sales", "help"] and pool["groups"] == ["team"]
    # 150 × 4 min × (1 + 0.2 × 0.5) contacts an issue at most, and 87 × 5.5 min, over 3 hours.
    issues = sum(0.1**n for n in range(10))
    assert abs(pool["load"] - (150 * 240 * issues + 87 * 330) / 10800) < 1e-6
    assert pool["agents"] == 6.0
    assert any(value["path"] == "groups.team.wage" for value in document["values"])


def test_faults_are_counted_and_end_with_2(cxsim, center):
    text = (center / "small.yaml").read_text()
    (center / "small.yaml").write_text(text.replace("patience: 2 min", "patience: 2").replace("80%,", "180%,"))
    done = cxsim("check", "small.yaml")
    assert done.exit_code == 2 and done.stdout == ""
    assert done.stderr.splitlines()[-1] == "2 faults"
    document = json.loads(cxsim("check", "small.yaml", "--json").stdout)
    assert {"place", "path", "value", "rule", "fix"} == set(document["faults"][0])


def test_faults_of_plan_and_volume_are_told_together(cxsim, center):
    (center / "shifts.csv").write_text("group,date,start,end\nteam,2031-01-06,09:00,12:00\n")
    done = cxsim("check", "small.yaml", "--set", "staff={file: shifts.csv, kind: shifts}")
    assert done.exit_code == 2 and "team" in done.stderr and "Traceback" not in done.stderr


def test_thousands_empty_cells_and_gaps_of_tables_are_told(cxsim, center):
    volumes = (center / "volumes.csv").read_text()
    for wrong, said in (
        ('09:00,"1,200",12', "has a comma in a file whose columns are separated by commas (line 2 of volumes.csv)"),
        ("09:00,1.200,12", "may mean 1200 or 1.2 (line 2 of volumes.csv)"),
        ("09:00,,12", "has an empty cell (line 2 of volumes.csv, column 'sales')"),
        ("08:30,20,12", "has no row for open time on Mon 2026-01-05 from"),
    ):
        (center / "volumes.csv").write_text(volumes.replace("09:00,20,12", wrong))
        done = cxsim("check", "small.yaml")
        assert done.exit_code == 2 and said in done.stderr, done.stderr
    (center / "volumes.csv").write_text(volumes)
    (center / "plan.csv").write_text("time,group,agents\n09:00,team,1.000\n")
    assert "may mean 1000 or 1" in cxsim("check", "small.yaml").stderr


def test_hours_paid_while_closed_are_told(cxsim, center):
    (center / "shifts.csv").write_text("group,start,end\nteam,09:00,09:00\n")
    done = cxsim("check", "small.yaml", "--set", "staff={file: shifts.csv, kind: shifts}")
    assert "of the paid hours are outside opening hours" in " ".join(done.stdout.split()), done.stderr
    assert "shifts.csv: 1 row; 'start' from 09:00 to 09:00, every day." in done.stdout.splitlines()
    assert "outside the opening hours" not in cxsim("check", "small.yaml").stdout


def test_names_have_no_equals_sign(cxsim, center):
    text = (center / "small.yaml").read_text()
    (center / "small.yaml").write_text(text.replace("  help:", "  he=lp:").replace("[sales, help]", "[sales, he=lp]"))
    assert "contains '=', which is not allowed in names" in cxsim("check", "small.yaml").stderr


def test_a_reader_that_leaves_early_is_no_fault(center):
    words = [sys.executable, "-m", "cxsim", "check", "small.yaml", "--explain"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait() == 141
    assert said == b""

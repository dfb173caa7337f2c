"""`cxsim optimize`: a proved plan in a folder, one document for --json, and clear words for what cannot be had."""

import json

import pytest

FAST = ("--no-advice", "--no-pictures")


@pytest.fixture
def tiny(center):
    text = (center / "small.yaml").read_text().replace("staff: {file: plan.csv, kind: headcounts}\n", "")
    text = text.replace("09:00-12:00", "09:00-10:00").replace("groups:\n  team: {", "groups:\n  team: {agents: 8, ")
    (center / "tiny.yaml").write_text(text)
    return center


@pytest.mark.slow
def test_a_plan_is_found_proved_stored_and_run_again(cxsim, tiny):
    done = cxsim("optimize", "tiny.yaml", *FAST, "--json")
    assert done.exit_code == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["certified"] is True and document["cost"] > 0 and document["plan"]
    assert document["inputs"]["file"] == "tiny.yaml" and document["folder"]
    folder = tiny / document["folder"]
    assert (folder / "plan.csv").exists()
    again = cxsim("run", folder, "--no-save", "--json")
    assert again.exit_code == 0, again.stderr
    assert json.loads(again.stdout)["inputs"]["scenario"]["staff"]["file"].endswith("plan.csv")


@pytest.mark.parametrize("layer", ["requirements", "fluid", "cover"])
def test_a_layer_alone(cxsim, tiny, layer):
    done = cxsim("optimize", "tiny.yaml", "--layer", layer, "--set", "optimize.within_team=false", "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["layer"] == layer


def test_a_need_above_the_team_is_refused_with_its_limit_but_what_is_needed_can_be_asked(cxsim, tiny):
    done = cxsim("optimize", "tiny.yaml", "--layer", "cover")
    assert done.exit_code == 2 and "today's roster at once: team 9." in done.stderr
    nobody = ("--set", "groups.*.agents=0")
    assert cxsim("optimize", "tiny.yaml", "--layer", "requirements", *nobody, "--json").exit_code == 0


def test_what_needs_no_money_works_without_wages(cxsim, tiny):
    done = cxsim("optimize", "tiny.yaml", "--layer", "requirements", "--set", "groups.*.wage=0", "--json")
    assert done.exit_code == 0, done.stderr
    paid = cxsim("optimize", "tiny.yaml", "--layer", "requirements", "--json")
    free, paid = (json.loads(one.stdout) for one in (done, paid))
    assert free["message"] == paid["message"] and free["layer"] == "requirements"


def test_the_best_service_for_a_budget(cxsim, tiny):
    """More money buys more service, none of it is overspent, and goals out of its reach are said to be missed."""
    sl = []
    for budget, met in ((150, False), (250, True)):
        done = cxsim(
            "optimize",
            "tiny.yaml",
            "--set",
            f"optimize={{maximise: sl, budget: {budget}, within_team: false}}",
            *FAST,
            "--json",
        )
        assert done.exit_code == 0, done.stderr
        document = json.loads(done.stdout)
        assert 0.9 * budget < next(row["money"] for row in document["costs"] if row["term"] == "wages") <= budget
        assert document["certified"] is met
        sl.append(document["cost"])  # the objective
    assert 0.6 < sl[0] < 0.8 < sl[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--layer", "certify"), "give it with --plan"),
        (("--need", "plan.csv"), "only with --layer cover"),
        (("--time-limit", "soon"), "--time-limit"),
        (("--resume", "--no-save"), "remove --no-save"),
        (
            ("--set", "optimize.subject_to=[targets, {figure: fcr_true, min: 99.9%}]"),
            "cannot hold at the same time: goal, ",
        ),
        (("--layer", "cover", "--solver", "nosuch"), "nosuch"),
        (("--set", "groups.*.wage=0"), "--set groups.*.wage=1"),
        (("--set", "queues.*.target=null"), "there are no goals"),
        (("--set", "groups.*.wage=0", "--set", "optimize={maximise: sl, budget: 100}"), "--set groups.*.wage=1"),
    ],
)
def test_what_is_wrong_ends_with_2_and_clear_words(cxsim, tiny, words, said):
    done = cxsim("optimize", "tiny.yaml", *words)
    assert done.exit_code == 2, done.stdout
    assert said in done.stderr and "Traceback" not in done.stderr
    assert not (tiny / "results").exists() or not any((tiny / "results").iterdir())


COVER = """\
cxsim: 1
horizon: {start: 2026-03-02, days: 1, open: 08:00-16:00, interval: 1 h}
reasons:
  a: {volume: 10/h, handle_time: 4 min, patience: 3 min}
  b: {volume: 10/h, handle_time: 4 min, patience: 3 min}
queues: {a: {target: {sl: {share: 80%, within: 20s}}}}
groups: {one: {agents: 2, serves: [a], wage: 10}, two: {agents: 2, serves: [b], wage: 10}}
optimize: {shifts: {lengths: [8 h], starts_every: 1 h}}
"""


@pytest.fixture
def two(center):
    (center / "two.yaml").write_text(COVER)
    return center


def test_a_cover_rounds_up_each_group_that_nobody_can_stand_in_for(cxsim, two):
    rows = "".join(f"one,{hour:02d}:00,1.4\ntwo,{hour:02d}:00,0.4\n" for hour in range(8, 16))
    (two / "need.csv").write_text("group,start,agents\n" + rows)
    done = cxsim("optimize", "two.yaml", "--layer", "cover", "--need", "need.csv", "--no-save", "--json")
    assert done.exit_code == 0, done.stderr
    assert {row["group"]: row["agents"] for row in json.loads(done.stdout)["plan"]} == {"one": 2, "two": 1}


def test_a_cover_that_cannot_be_ends_with_2_and_the_hours(cxsim, two):
    (two / "need.csv").write_text("group,start,agents\none,08:00,1\none,09:00,1\n")
    late = ("--set", "optimize.shifts.lengths=[6 h]", "--set", "optimize.shifts.starts_every=2 h")
    asked = ("--set", "horizon.open=08:00-15:00", "--need", "need.csv")
    done = cxsim("optimize", "two.yaml", "--layer", "cover", *late, *asked, "--no-save")
    assert done.exit_code == 0, done.stderr
    (two / "need.csv").write_text("group,start,agents\none,13:00,1\none,14:00,1\n")
    done = cxsim("optimize", "two.yaml", "--layer", "cover", *late, *asked)
    assert done.exit_code == 2
    assert "no shift reaches 14:00-15:00, where one needs 1" in done.stderr
    assert not (two / "results").exists() or not any((two / "results").iterdir())


def test_a_cover_reads_what_requirements_and_run_write(cxsim, two):
    for words in (("optimize", "two.yaml", "--layer", "requirements"), ("run", "two.yaml", "--replications", "2")):
        done = cxsim(*words, "--out", words[0])
        assert done.exit_code == 0, done.stderr
    for need in ("optimize/requirements.csv", "run/plan.csv", "run/erlang.csv"):
        done = cxsim("optimize", "two.yaml", "--layer", "cover", "--need", need, "--no-save", "--json")
        assert done.exit_code == 0, done.stderr
        assert all(row["agents"] >= 2 for row in json.loads(done.stdout)["plan"])

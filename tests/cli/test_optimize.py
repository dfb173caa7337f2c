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
    done = cxsim("optimize", "tiny.yaml", "--layer", layer, "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["layer"] == layer


def test_what_needs_no_money_works_without_wages(cxsim, tiny):
    done = cxsim("optimize", "tiny.yaml", "--layer", "requirements", "--set", "groups.*.wage=0", "--json")
    assert done.exit_code == 0, done.stderr


def test_the_best_service_for_a_budget(cxsim, tiny):
    """More money buys more service, none of it is overspent, and goals out of its reach are said to be missed."""
    sl = []
    for budget, met in ((150, False), (250, True)):
        done = cxsim("optimize", "tiny.yaml", "--set", f"optimize={{maximise: sl, budget: {budget}}}", *FAST, "--json")
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
        (("--need", "plan.csv"), "for --layer cover"),
        (("--time-limit", "soon"), "--time-limit"),
        (("--resume", "--no-save"), "leave out --no-save"),
        (("--set", "optimize.subject_to=[targets, {figure: fcr_true, min: 99.9%}]"), "cannot hold together: goal, "),
        (("--layer", "cover", "--solver", "nosuch"), "nosuch"),
        (("--set", "groups.*.wage=0"), "--set groups.*.wage=1"),
        (("--set", "queues.*.target=null"), "nothing is promised"),
        (("--set", "groups.*.wage=0", "--set", "optimize={maximise: sl, budget: 100}"), "--set groups.*.wage=1"),
    ],
)
def test_what_is_wrong_ends_with_2_and_clear_words(cxsim, tiny, words, said):
    done = cxsim("optimize", "tiny.yaml", *words)
    assert done.exit_code == 2, done.stdout
    assert said in done.stderr and "Traceback" not in done.stderr
    assert not (tiny / "results").exists() or not any((tiny / "results").iterdir())

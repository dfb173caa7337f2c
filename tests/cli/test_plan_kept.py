"""A plan that was found is never lost: it is stored before anything else can fail, and what failed is said."""

import json

import pytest

from cxsim import parse
from cxsim.scenario.io.overrides import find

SHORT = """\
cxsim: 1
horizon: {start: 2026-03-02, days: 1, open: 09:00-11:00, interval: 1 h}
reasons:
  a: {volume: 20/h, handle_time: 4 min, patience: 3 min}
  b: {volume: 20/h, handle_time: 4 min, patience: 3 min}
queues:
  a: {target: {sl: {share: 50%, within: 20s}}}
  b: {target: {sl: {share: 50%, within: 20s}}}
groups:
  one: {agents: 3, serves: [a, b], wage: 10}
  two: {agents: 3, serves: [b, a], wage: 9}
  three: {agents: 2, serves: a, wage: 12}
"""
PLAN = "group,start,agents\n" + "".join(
    f"{group},{start},2\n" for group in ("one", "two", "three") for start in ("09:00", "10:00")
)
CERTIFY = ("--layer", "certify", "--plan", "given.csv", "--out", "kept")


@pytest.fixture
def short(center):
    (center / "short.yaml").write_text(SHORT)
    (center / "given.csv").write_text(PLAN)
    return center


def broken(*args, **more):
    raise RuntimeError("out of order")


def test_ranks_can_be_changed_below_the_short_form_serves():
    import ruamel.yaml

    tree = ruamel.yaml.YAML(typ="safe", pure=True).load(SHORT)
    changed = parse(tree).vary({"groups.*.skills.a.order": 2, "groups.one.skills.b.resolution": "70%"})
    assert [group.skills["a"].order for group in changed.groups.values()] == [2, 2, 2]
    assert list(changed.groups["two"].skills) == ["b", "a"]
    assert changed.groups["one"].skills["b"].resolution.share == 0.7
    assert len(find(tree, "groups.*.skills.*.rank")) == 5


def test_a_plan_of_groups_in_the_short_form_gets_its_advice(cxsim, short):
    """The advice tries other ranks, which groups with `serves` do not write."""
    from cxsim import read
    from cxsim.optimizer.advice.advice import COMPARED, Adviser, allocation, ranks_tried
    from cxsim.optimizer.advice.rivals import rival
    from cxsim.optimizer.fluid.fluid import fluid
    from cxsim.optimizer.problem.problem import problem
    from cxsim.schema.plan_tables import THIS

    found = problem(read(short / "short.yaml"), threads=1)
    adviser = Adviser(found)
    base = adviser.tried(rival(found, THIS, found.model.plan), COMPARED, 4)
    said = ranks_tried(adviser, base, allocation(found, found.model.plan, fluid(found), replications=2))
    assert said.startswith("Ranks from the fluid program's shares instead of the current ones: SL ")


@pytest.mark.parametrize(
    ("broken_step", "there", "missing"),
    [
        ("cxsim.optimizer.advice.advice.comparison", (), "the comparison with other plans"),
        ("cxsim.optimizer.advice.changes.effects", ("comparison", "need", "allocation"), "one agent more or less"),
        ("cxsim.optimizer.advice.changes.points", ("comparison", "moves"), "the price of a point"),
    ],
)
def test_advice_that_fails_is_said_and_the_plan_stands(cxsim, short, monkeypatch, broken_step, there, missing):
    monkeypatch.setattr(broken_step, broken)
    done = cxsim("optimize", "short.yaml", *CERTIFY, "--no-pictures", "--json")
    assert done.exit_code == 0, done.stderr
    document = json.loads(done.stdout)
    assert any("The advice failed (out of order). The plan stands; missing: " in one for one in document["messages"])
    assert missing in " ".join(document["messages"])
    for name in there:
        assert document[name]
    assert (short / "kept" / "plan.csv").exists()
    assert missing in (short / "kept" / "optimum.json").read_text()
    assert cxsim("run", "kept", "--no-save", "--quiet").exit_code == 0


def test_the_plan_is_on_disk_before_the_advice_begins(cxsim, short, monkeypatch):
    seen = []

    def looking(*args, **more):
        seen.append((short / "kept" / "plan.csv").exists())
        seen.append("before this plan was compared" in (short / "kept" / "optimum.json").read_text())
        raise KeyboardInterrupt  # as good as a kill: nothing after it runs

    monkeypatch.setattr("cxsim.optimizer.advising._advise", looking)
    done = cxsim("optimize", "short.yaml", *CERTIFY)
    assert done.exit_code == 130
    assert seen == [True, True]
    assert (short / "kept" / "plan.csv").exists()
    assert not [one for one in short.iterdir() if one.name.endswith((".partial", ".old"))]


def test_a_page_that_cannot_be_drawn_is_said_and_the_plan_stands(cxsim, short, monkeypatch):
    monkeypatch.setattr("cxsim.report.plan.folder.page", broken)
    done = cxsim("optimize", "short.yaml", *CERTIFY, "--no-advice")
    assert done.exit_code == 0, done.stderr
    assert "Drawing the page and pictures failed (out of order); the tables are saved" in done.stderr
    assert (short / "kept" / "plan.csv").exists()
    assert "report.html" not in done.stdout


@pytest.mark.parametrize(
    ("broken_step", "said"),
    [
        ("cxsim.optimizer.proving.certify", "The proof failed (out of order): the plan is not certified."),
        ("cxsim.optimizer.search.trust.Search.topped_up", ""),
        (
            "cxsim.optimizer.searching.enumerate_plans",
            "The search failed (out of order): this is the best plan",
        ),
    ],
)
def test_a_search_or_proof_that_fails_leaves_its_best_plan(cxsim, short, monkeypatch, broken_step, said):
    monkeypatch.setattr(broken_step, broken)
    more = ("--time-limit", "2min", "--no-advice", "--no-pictures", "--out", "kept", "--json")
    done = cxsim("optimize", "short.yaml", *more)
    assert done.exit_code == 0, done.stderr
    assert said in " ".join(json.loads(done.stdout)["messages"])
    assert (short / "kept" / "plan.csv").exists()


def test_the_plan_is_on_disk_before_the_proof_begins_but_replaces_no_proved_one(cxsim, short, monkeypatch):
    def stopped(*args, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr("cxsim.optimizer.proving.certify", stopped)
    more = ("--time-limit", "2min", "--no-advice", "--no-pictures", "--out", "kept")
    assert cxsim("optimize", "short.yaml", *more).exit_code == 130
    facts = json.loads((short / "kept" / "optimum.json").read_text())
    assert facts["certified"] is False and "The run ended before this plan was certified." in facts["messages"]
    before = (short / "kept" / "optimum.json").read_bytes()
    assert cxsim("optimize", "short.yaml", "--seed", "2", *more).exit_code == 130
    assert (short / "kept" / "optimum.json").read_bytes() == before


def test_a_point_of_a_frontier_that_fails_leaves_the_others(short, monkeypatch):
    from cxsim import frontier, read
    from cxsim.optimizer.search import trust

    whole, asked = trust.search, []

    def once(*args, **more):
        asked.append(1)
        if len(asked) > 4:  # the base takes two searches, each point up to three
            raise RuntimeError("out of order")
        return whole(*args, **more)

    monkeypatch.setattr("cxsim.optimizer.frontier_points.search", once)
    found = frontier(read(short / "short.yaml"), figures=("sl",), targets={"sl": [0.6]}, threads=1)
    assert len(found.points) == 1
    assert found.messages == ("The search for SL 60% failed (out of order): that point is missing.",)


def test_a_long_search_stores_its_best_plan_as_it_goes(cxsim, short, monkeypatch):
    from cxsim.optimizer.search.trust import Search
    from cxsim.optimizer.search_params import SearchParams

    whole = Search.run

    def killed(self, *args, **more):
        whole(self, *args, **more)
        raise KeyboardInterrupt

    often = SearchParams(keep_share=1.0)
    monkeypatch.setattr("cxsim.optimizer.problem.problem.SearchParams", lambda: often)
    monkeypatch.setattr(Search, "run", killed)
    assert cxsim("optimize", "short.yaml", "--no-pictures", "--out", "kept").exit_code == 130
    facts = json.loads((short / "kept" / "optimum.json").read_text())
    assert facts["certified"] is False and "The run ended before its search was over." in facts["messages"]
    assert cxsim("run", "kept", "--no-save", "--quiet").exit_code == 0


def test_a_solver_that_is_not_there_is_refused_before_the_search(cxsim, short):
    done = cxsim("optimize", "short.yaml", "--solver", "nosuch", "--out", "kept")
    assert done.exit_code == 2 and "nosuch" in done.stderr
    assert not (short / "kept").exists()

"""The fluid program: flows, who serves what, bounds, and what cannot be reached."""

import os
import re
from pathlib import Path

import numpy as np
import pytest
from staffing.programs import lp_text

import cxsim
from cxsim.erlang.formulas import steady
from cxsim.erlang.vectorised import figures
from cxsim.model.prepare import prepare
from cxsim.optimizer.fluid.blocks import Reference
from cxsim.optimizer.fluid.contact_flows import flows, lag_shares
from cxsim.optimizer.fluid.erlang_curves import erlang_pieces
from cxsim.optimizer.fluid.fluid import fluid, reachable
from cxsim.optimizer.fluid.rows import program_of
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.problem.stage import Impossible
from cxsim.randomness.distributions import law

GOLDEN = Path(__file__).parent.parent / "golden"
DATA = Path(__file__).parent / "data"


def tiny(**optimize):
    """Two half-hours, two reasons, a specialist and a generalist who resolves less."""
    return {
        "cxsim": 1,
        "horizon": {"days": 1, "open": "08:00-09:00", "interval": "30 min", "before": 0, "after": 0},
        "closed_hours": {"then": "lost"},
        "reasons": {
            "cards": {"volume": {"per_interval": [40, 60]}, "handle_time": "240s", "patience": "2 min"},
            "bills": {"volume": {"per_interval": [20, 10]}, "handle_time": "300s", "patience": "3 min"},
        },
        "queues": {
            "cards": {"target": {"sl": {"share": "80%", "within": "20s"}}},
            "bills": {"target": {"sl": {"share": "70%", "within": "20s"}}},
        },
        "groups": {
            "front": {"agents": 8, "wage": 20, "skills": {"cards": {"resolution": "90%"}}},
            "both": {
                "agents": 5,
                "wage": 24,
                "skills": {"cards": {"resolution": "80%", "handle_time": 1.1}, "bills": {"resolution": "70%"}},
            },
        },
        "after_contact": {
            "abandoned": {"redial": "30%", "delay": {"exponential": "10 min"}},
            "unresolved": {"repeat": "50%", "delay": {"exponential": "15 min"}},
        },
        "optimize": {"within_team": False, "floor": "0%"} | optimize,
    }


def long_run(**changes):
    """One queue and group in steady state: 60 contacts an hour of 4 min, patience 3 min."""
    return {
        "cxsim": 1,
        "horizon": {"steady": {"warm_up": "1 h", "length": "10 h"}, "interval": "1 h"},
        "reasons": {"cards": {"volume": {"per_hour": 60}, "talk": {"exponential": "4 min"}, "patience": "3 min"}},
        "queues": {"cards": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
        "groups": {"front": {"agents": 6, "wage": 30, "skills": {"cards": {}}}},
        **changes,
    }


def of(given):
    return problem(cxsim.parse(given))


def test_the_lags_of_an_exponential_delay_are_the_closed_form():
    """With delay mean d and interval L: within the same interval 1 - d/L (1 - exp(-L/d))."""
    shares = lag_shares(law("exponential", mean=900.0), 1800.0, 40)
    assert shares[0] == pytest.approx(1 - 0.5 * (1 - np.exp(-2.0)), rel=1e-3)
    assert shares[1:5] == pytest.approx(0.5 * (1 - np.exp(-2.0)) ** 2 * np.exp(-2.0 * np.arange(4)), rel=2e-2)
    assert shares.sum() == pytest.approx(1.0, abs=1e-3)


def test_returns_in_closed_hours_come_at_the_next_opening_or_are_lost():
    week = tiny()
    edges = {"before": 0, "after": 0}
    week["horizon"] = {"start": "2024-01-01", "days": 2, "open": "08:00-10:00", "interval": "1 h", **edges}
    week["reasons"] = {"cards": {"volume": {"per_hour": 10}, "handle_time": "60s", "resolution": "50%"}}
    week["queues"], week["groups"] = {}, {"front": {"agents": 3, "serves": ["cards"]}}
    week["after_contact"] = {"unresolved": {"repeat": "100%", "delay": {"exponential": "3 h"}}}
    del week["optimize"]
    week["closed_hours"] = {"then": "next_opening"}
    opened = [8, 9, 32, 33]
    kernel = flows(prepare(cxsim.parse(week))).repeat[0].toarray()
    assert kernel[9].sum() == pytest.approx(1.0, abs=2e-3)
    assert kernel[:, [i for i in range(48) if i not in opened]].sum() == 0.0
    assert kernel[8, 32] > 0.4
    week["closed_hours"] = {"then": "lost"}
    kernel = flows(prepare(cxsim.parse(week))).repeat[0].toarray()
    assert kernel[8, 32] < 0.01
    assert kernel[8].sum() < 0.5


def test_the_lines_lie_above_the_sl_and_below_the_abandonment_and_touch_them():
    rate, handle, patience, within = (np.array([x]) for x in (0.02, 300.0, 120.0, 20.0))
    agents = np.linspace(0.0, 15.0, 61)
    sl, _, gone = figures(
        *(np.repeat(x, 61) for x in (rate, handle, patience)), agents, np.repeat(within, 61), "answered_of_offered", 5.0
    )
    above = erlang_pieces("in_time", rate, handle, patience, within, "answered_of_offered", 5.0)
    below = erlang_pieces("abandoned", rate, handle, patience, within, "answered_of_offered", 5.0)
    upper = (above.level[:, None] + above.slope[:, None] * agents).min(axis=0)
    lower = (below.level[:, None] + below.slope[:, None] * agents).max(axis=0)
    assert (upper - sl).min() > -0.0015
    assert (gone - lower).min() > -0.0015
    assert (upper - sl)[agents > 6].max() < 0.02
    assert (gone - lower).max() < 0.03
    assert above.level.size <= 15


def test_one_queue_by_itself_needs_the_agents_of_erlang_a():
    found = fluid(of(long_run()), erlang="own")
    assert steady(60 / 3600, 240.0, found.levels[0, 0], patience=180.0).sl(20.0) == pytest.approx(0.8, abs=0.01)
    assert found.cost == pytest.approx(found.levels[0, 0] * 30 * 10)


def test_the_fluid_bound_of_a_steady_queue_is_rigorous_and_below_erlang():
    """80 % of 4 erlangs must be answered: 3.2 agents, 30 an hour, 10 hours."""
    found = fluid(of(long_run()))
    assert found.rigorous
    assert found.bound == pytest.approx(3.2 * 300, rel=1e-6)
    pooled = fluid(of(long_run()), erlang="pooled")
    assert not pooled.rigorous
    assert pooled.bound > found.bound
    fcr = long_run(optimize={"subject_to": ["targets", {"figure": "fcr_true", "min": "10%"}]})
    assert not fluid(of(fcr)).rigorous  # first answers are not told from later ones
    assert not fluid(of(tiny())).rigorous  # a day that changes
    assert pooled.bound == pytest.approx(fluid(of(long_run()), erlang="own").cost, rel=1e-4)


def test_flows_that_come_back_are_offered_again():
    again = {"repeat": "100%", "delay": {"exponential": "20 min"}, "at_most": 1000}
    given = long_run(after_contact={"unresolved": again})
    given["reasons"]["cards"]["resolution"] = "80%"
    found = fluid(of(given), goals=[])
    assert found.cost == 0.0  # without goals nobody need be there
    found = fluid(of(given))
    # 80 % answered, a fifth of them back: offered = 60 / (1 - 0.8 · 0.2) an hour.
    assert found.offered[0].sum() == pytest.approx(600 / (1 - 0.16), rel=1e-6)
    assert found.repeats[0].sum() == pytest.approx(0.16 * found.offered[0].sum(), rel=1e-6)
    blind = fluid(of(given), returns=(np.zeros((1, 10)), np.zeros((1, 10))))
    assert blind.offered[0].sum() == pytest.approx(600.0)
    assert not blind.rigorous


def test_contacts_are_conserved():
    found = fluid(of(tiny()), erlang="own")
    served = found.allocation.sum(axis=1) / 2  # contacts an hour to half an hour
    assert served + found.lost == pytest.approx(found.offered, abs=1e-6)
    fresh = np.zeros((2, 48))
    fresh[:, 16:18] = [[40, 60], [20, 10]]
    assert found.offered == pytest.approx(fresh + found.redials + found.repeats, abs=1e-6)
    assert (found.redials[:, 17] > 0).all()
    work = np.einsum("rgi,rg->gi", found.allocation, np.where(found.flows.able, found.flows.handle, 0.0)) / 3600
    assert (work <= found.levels + 1e-6).all()


def test_offsets_and_bonus_move_the_targets():
    asked = of(tiny())
    plain = fluid(asked, erlang="own").cost
    assert fluid(asked, erlang="own", offsets=0.05).cost > plain
    assert fluid(asked, erlang="own", bonus=np.full((2, 48), 0.05)).cost < plain


def test_duals_are_explained_in_sentences_not_prices():
    found = fluid(of(tiny()), erlang="own")
    assert set(found.duals.columns) == {"row", "dual", "sentence"}
    assert "SL of cards" in found.duals["row"].tolist()
    assert found.duals["sentence"].str.contains("simulate to know").all()
    dual = found.duals.set_index("row").loc["SL of cards", "dual"]
    shift = np.array([0.001 * (goal.name == "cards") for goal in of(tiny()).goals.goals])
    costs = [fluid(of(tiny()), erlang="own", offsets=part * shift, rounds=1).cost for part in (0, 1)]
    more = costs[1] - costs[0]
    assert more == pytest.approx(0.1 * dual, rel=0.15)


def test_a_goal_that_the_program_does_not_know_is_told():
    rules = ["targets", {"figure": "issues_resolved", "min": "50%"}]
    assert fluid(of(tiny(subject_to=rules))).left_out == ("issues resolved",)


def test_goals_that_no_staff_can_meet_are_refused_with_their_names():
    rules = [{"figure": "fcr_true", "min": "95%"}, {"figure": "sl", "min": "80%"}]
    with pytest.raises(Impossible, match="FCR, true"):
        fluid(of(tiny(subject_to=rules)))


def test_an_fcr_out_of_reach_is_proved_with_the_best_in_reach():
    """Bills are resolved at 70 % by the only group that serves them; cards at 90 % at best."""
    rules = [{"figure": "fcr_true", "scope": "queue", "min": "88%"}, {"figure": "sl", "min": "80%"}]
    best = reachable(of(tiny(subject_to=rules)))
    assert list(best) == ["FCR, true of bills"]
    value, proof = best["FCR, true of bills"]
    assert value == pytest.approx(0.7)
    assert "88.0% is out of reach" in proof


def test_an_sl_out_of_reach_of_the_staff_allowed_is_proved():
    given = tiny(groups={"front": {"max": 2}, "both": {"max": 2}}, subject_to=["targets"])
    best = reachable(of(given))
    assert "SL of cards" in best
    assert 0.3 < best["SL of cards"][0] < 0.8
    assert reachable(of(tiny())) == {}


@pytest.mark.parametrize("junior", ["50%", "35%"])
def test_returns_in_the_program_send_tech_to_the_experts_and_billing_to_the_juniors(junior):
    """Before any simulation; with the returns taken as given it sends tech to whoever is cheapest."""
    scenario = cxsim.read(DATA / "juniors-experts.yaml").vary({"groups.both.skills.tech.resolution": junior})
    asked = problem(scenario)
    seeing = fluid(asked, erlang="own")
    shares = seeing.served_by().set_index(["reason", "group"])["share"]
    assert shares["tech", "experts"] > 0.8
    assert shares["billing", "billers"] + shares["billing", "both"] > 0.99
    blind = fluid(asked, erlang="own", returns=(seeing.redials, seeing.repeats))
    shares = blind.served_by().set_index(["reason", "group"])["share"]
    assert shares["tech", "both"] > 0.99
    assert ("tech", "experts") not in shares.index


RULES = {
    "sl": {"figure": "sl", "scope": "queue:cards", "min": "80%"},
    "sl-interval": {"figure": "sl", "each": "interval", "min": "70%"},
    "sl-on-days": {"figure": "sl", "scope": "queue:cards", "min": "80%", "on_days": "90%"},
    "wait-quantile": {"figure": "wait", "quantile": "95%", "max": "3 min"},
    "abandoned": {"figure": "abandoned_share", "max": "5%"},
    "fcr": {"figure": "fcr_true", "min": "80%"},
    "contacts-per-issue": {"figure": "contacts_per_issue", "max": 1.3},
    "occupancy": {"figure": "occupancy", "scope": "group:front", "max": "85%"},
    "asa": {"figure": "asa", "scope": "queue:cards", "max": "15s"},
}


def text_of(given, erlang, sets=()):
    asked = of(given)
    stream = flows(asked.model)
    now = Reference.of(stream, None)
    return lp_text(program_of(stream, asked, asked.goals.goals, erlang=erlang, now=now, sets=sets)[0])


def check(name, text):
    """Compare with the stored program, numbers to six digits; CXSIM_GOLDEN=write stores it anew."""
    text = re.sub(r"\d+\.\d+(e[+-]?\d+)?", lambda found: f"{float(found[0]):.6g}", text)
    path = GOLDEN / f"{name}.lp"
    if os.environ.get("CXSIM_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", RULES)
def test_each_kind_of_goal_is_the_row_it_should_be(name):
    """Golden programs: only what the goal adds to the program without goals."""
    erlang = "own" if name == "asa" else "none"
    without, given = (
        text_of(tiny(subject_to=[rule]), erlang) for rule in ({"figure": "issues_resolved", "min": "1%"}, RULES[name])
    )
    kept = set(re.findall(r"^\w+:", without, re.MULTILINE))
    rows = re.findall(r"^(\w+:)((?:.*\n(?: .*\n)*))", given[given.index("Subject To") :], re.MULTILINE)
    check(f"fluid-{name}", "".join(row + rest for row, rest in rows if row not in kept))


def test_the_flows_are_the_rows_they_should_be():
    check("fluid-flows", text_of(tiny(subject_to=[{"figure": "issues_resolved", "min": "1%"}]), "none"))


def test_the_budget_is_the_row_it_should_be():
    text = text_of(tiny(maximise="sl", budget=500, subject_to=[RULES["abandoned"]]), "none")
    rows = re.findall(r"^(budget:.*\n(?: .*\n)*)", text, re.MULTILINE)
    check("fluid-budget", "".join(rows))


def test_the_curves_of_pooled_sets_are_the_rows_they_should_be():
    text = text_of(tiny(subject_to=[RULES["sl"]]), "pooled", sets=(((0, 1), 16), ((0,), 17)))
    check("fluid-pooled", "".join(re.findall(r"^(pooled.*\n(?: .*\n)*)", text, re.MULTILINE)))


def test_the_curves_of_queues_by_themselves_are_the_rows_they_should_be():
    text = text_of(tiny(subject_to=[RULES["sl"]]), "own")
    check("fluid-own", "".join(re.findall(r"^((?:in_time|lost)_\w*line\w*:.*\n(?: .*\n)*)", text, re.MULTILINE)))

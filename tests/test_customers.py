"""Customers who are told apart: accounts that must balance, and what must not change."""

from __future__ import annotations

import numpy as np
import pytest
from agreement.running import differences

from cxsim import journeys, simulate
from cxsim.model.prepare import prepare
from cxsim.scenario import ScenarioError, parse, read
from cxsim.simulation.issue_histories import MOVED, OPEN, issues, summary
from cxsim.simulation.replications import replicate

BANK = "scenarios/experience/bank-service.yaml"
KEPT = {"churn": {"first": "0%", "later": "0%", "unsolved": "0%"}}


def bank(**changed):
    tree = {"segments.retail.customers": 6000, "segments.premium.customers": 1500, **changed}
    return read(BANK).vary(tree)


def shop(segment=None, experience=None, **horizon):
    """Two agents, some who give up, some who come back; all issues are over long before the simulated time ends."""
    return parse(
        {
            "cxsim": 1,
            "horizon": {
                "start": "2026-01-05",
                "days": 3,
                "open": "08:00-20:00",
                "before": "0 days",
                "after": "20 days",
                **horizon,
            },
            "segments": {"all": {"value": 123, **(segment or {})}},
            "experience": experience or {},
            "channels": {"phone": {"patience": "3 min"}},
            "reasons": {"calls": {"volume": {"per_hour": 20}, "talk": "5 min", "resolution": "60%"}},
            "groups": {"team": {"agents": 2, "serves": ["calls"]}},
            "after_contact": {
                "abandoned": {"redial": "60%", "delay": "10 min"},
                "unresolved": {"repeat": "70%", "delay": "2 h"},
            },
        }
    )


def test_customers_who_do_nothing_change_not_one_row() -> None:
    """Told apart, but neither leaving nor remembering: legs and spells are those of nobody in particular."""
    kept = bank(**{f"experience.churn.{how}": "0%" for how in KEPT["churn"]})
    for scenario, other in ((shop(), shop({"customers": 5000}, KEPT)), (read(BANK), kept)):
        (one,), (two,) = (replicate(prepare(each, 4), 1, keep=True)[1] for each in (scenario, other))
        assert not differences(one, two)
        assert two.customers is not None and not len(two.customers.moves)


def test_the_company_sees_the_same_without_identities() -> None:
    told_apart = shop({"customers": 4000}, KEPT)
    plain, named = (simulate(scenario, replications=4, seed=3) for scenario in (shop(), told_apart))
    for figure in ("sl", "asa", "aht", "occupancy", "fcr_measured", "fcr_true", "abandoned_share", "cost"):
        one, other = plain.estimate(figure), named.estimate(figure)
        assert (one.value, one.low) == (other.value, other.low), figure


@pytest.mark.parametrize("scenario", [bank(), shop({"customers": 300, "heavy_users": "60%"})])
def test_the_effort_that_is_remembered_is_that_of_the_issues(scenario) -> None:
    """Seat by seat: what the engine added up while it ran is what the ledger says of the issues that are over."""
    still = {f"experience.churn.{how}": "0%" for how in KEPT["churn"]}
    steady = scenario.vary({"horizon.before": "0 days", "horizon.after": "0 days", **still})
    model = prepare(steady, 2)
    _, (made,) = replicate(model, 1, keep=True)
    found = issues(model, made, 0)
    over = found.how != OPEN
    sums = np.bincount(found.seats[over], found.each["effort"][over], len(made.customers.members))
    assert np.count_nonzero(sums) > 200
    np.testing.assert_allclose(made.customers.members["burden"], sums, rtol=1e-9, atol=1e-9)


def test_heavy_users_have_the_share_of_the_issues_that_was_said() -> None:
    model = prepare(shop({"customers": 10_000, "heavy_users": "70%"}, KEPT, days=20), 1)
    _, found = replicate(model, 4, keep=lambda made, n, _: issues(model, made, n).seats)
    seats = np.concatenate(found)
    share = float((seats < 2000).mean())
    assert abs(share - 0.7) < 3.9 * np.sqrt(0.21 / len(seats))  # fails by mistake once in ten thousand seeds


def test_the_account_of_customers_and_of_money_balances_to_the_cent() -> None:
    word = {"brings": "30%", "warns": "20%"}
    scenario = shop({"customers": 900, "market": 1400, "replaced_after": "30 days"}, {"word_of_mouth": word})
    found = journeys(scenario, replications=6, seed=2)
    row = found.people.iloc[0]
    left = row["left_first"] + row["left_later"] + row["left_unsolved"]
    assert row["start"] - left - row["warned"] + row["brought"] + row["replaced"] == pytest.approx(row["end"], abs=1e-9)
    assert min(row["left_first"], row["left_later"], row["left_unsolved"], row["warned"], row["brought"]) > 0.0
    board = found.customer.set_index("figure")["value"]
    # Money by cause. Issues that began in counted time and end after it are lost money, not yet lost customers.
    later = scenario.vary({"horizon.days": 23, "horizon.after": "0 days", "after_contact.unresolved.delay": "5 min"})
    whole = journeys(later, replications=6, seed=2)
    row = whole.people.iloc[0]
    causes = row[["left_first", "left_later", "left_unsolved", "warned"]].sum() - row["brought"]
    lost = float(whole.customer.set_index("figure")["value"]["value_lost"])
    assert lost == pytest.approx(123.0 * causes, abs=0.005)
    assert lost == pytest.approx(whole.paths["value_lost"].sum(), abs=0.005)
    paths = found.paths
    assert board["churn"] == pytest.approx((paths["issues"] * paths["churn"]).sum() / paths["issues"].sum())


def test_the_members_at_the_end_are_those_the_moves_say() -> None:
    word = {"word_of_mouth": {"brings": "50%", "warns": "50%"}}
    model = prepare(shop({"customers": 900, "market": 1400, "replaced_after": "30 days"}, word, after="0 days"), 2)
    _, found = replicate(model, 5, keep=lambda made, n, _: (summary(model, made, n), made))
    for one, made in found:
        assert one.people[0, MOVED.index("end")] == (made.customers.members["joins"] <= model.timeline.counted_to).sum()
        assert one.people[0, 0] >= 900


def test_load_falls_with_the_customers() -> None:
    """All leave after their first issue: no more issues arise than there are customers."""
    scenario = shop({"customers": 800}, {"churn": {"first": "100%", "later": "100%", "unsolved": "100%"}}, days=20)
    model = prepare(scenario, 1)
    _, (made,) = replicate(model, 1, keep=True)
    found = issues(model, made, 0)
    assert len(found.how) + made.customers.missed[0] == pytest.approx(40 * 12 * 20, rel=0.04)
    moves = made.customers.moves
    assert len(np.unique(moves["seat"])) == len(moves)  # nobody leaves twice
    # An issue that begins while another of the same customer is open is the only way to have two.
    assert len(moves) <= len(found.how) <= len(moves) + 60


@pytest.mark.parametrize("of", ["answered", "resolved", "all"])
def test_the_bias_of_a_survey_is_that_of_its_formula(of) -> None:
    """measured = s a / (s a + (1 − s) b), s the satisfied share of those asked, a and b the shares who answer."""
    survey = {"asked": "60%", "of": of, "satisfied": "30%", "dissatisfied": "10%"}
    found = journeys(shop(None, {"survey": survey}, days=40), replications=10, seed=1)
    (row,) = found.surveys.to_dict("records")
    model = prepare(found.scenario, 1)
    _, all_of = replicate(model, 10, keep=lambda made, n, _: issues(model, made, n))
    said = found.scenario.experience.csat
    asked, happy = 0.0, 0.0
    for one in all_of:
        legs = one.legs  # one leg a contact here
        helped = legs["resolved"] == 1
        kind = {"answered": legs["outcome"] == 0, "resolved": helped, "all": np.ones(len(legs), bool)}[of]
        level = np.where(helped, np.where(legs["attempt"] == 1, said.first, said.later), said.unsolved)
        asked, happy = asked + kind.sum(), happy + level[kind].sum()
    share = happy / asked
    meant = share * 0.3 / (share * 0.3 + (1.0 - share) * 0.1)
    answers = row["answered"] * 10
    error = np.sqrt(meant * (1.0 - meant) / answers)
    assert abs(row["measured"] - meant) < 3.9 * error  # fails by mistake once in ten thousand seeds
    assert row["bias"] == pytest.approx(row["measured"] - row["true"]) and row["bias"] > 0.05
    assert row["sent"] * 10 == pytest.approx(0.6 * asked, rel=0.03)


def test_satisfaction_and_loyalty_follow_the_declared_shares() -> None:
    found = journeys(shop(), replications=4)
    board, said = found.customer.set_index("figure")["value"], found.scenario.experience
    first, failed = board["first"], board["failed"]
    later = board["solved"] - first
    happy = first * said.csat.first + later * said.csat.later + failed * said.csat.unsolved
    assert board["satisfied"] == pytest.approx(happy)
    net = [getattr(said.promoters, how) - getattr(said.detractors, how) for how in ("first", "later", "unsolved")]
    assert board["nps"] == pytest.approx(first * net[0] + later * net[1] + failed * net[2])
    assert said.disloyal.low_effort < board["disloyal"] < said.disloyal.high_effort
    without = float(board["value_lost"])
    spend = journeys(found.scenario.vary({"experience.spend.unsolved": "20%"}), replications=4)
    n = spend.paths["issues"].sum() * failed
    more = float(spend.customer.set_index("figure")["value"]["value_lost"]) - without
    assert more == pytest.approx(n * 0.2 * (1 - said.churn.unsolved) * 123)


def test_both_engines_tell_the_same_of_customers() -> None:
    scenario = bank(
        **{
            "experience.memory.patience_halves": 8,
            "experience.memory.churn_doubles": 8,
            "horizon.days": 1,
            "experience.word_of_mouth.warns": "30%",
            "horizon.before": "1 day",
            "horizon.after": "1 day",
        }
    )
    one, other = (journeys(scenario, replications=2, engine=engine) for engine in ("clock", "story"))
    assert one.people.equals(other.people) and one.customer.equals(other.customer) and one.paths.equals(other.paths)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"segments.all.customers": 20}, "too few for this volume"),
        ({"segments.all.customers": 500, "segments.all.market": 400}, "is less than the segment's 500 customers"),
        ({"segments.all.customers": 500, "segments.all.heavy_users": "10%"}, "is outside the range for heavy_users"),
        ({"segments.all.market": 400}, "requires individually modelled customers"),
        ({"experience.memory.fades": "3 days"}, "no segment has any"),
        ({"experience.word_of_mouth.warns": "3%"}, "no segment has any"),
        ({"segments.all.customers": 500, "experience.memory.fades": "0s"}, "must be above 0"),
        ({"experience.promoters.first": "90%"}, "promoters \\(105%"),
        ({"experience.churn.first": "120%"}, "120%"),
    ],
)
def test_what_cannot_be_is_refused(changed, told) -> None:
    with pytest.raises(ScenarioError, match=told):
        shop().vary(changed)


def test_a_loyal_segment_leaves_less_often() -> None:
    """A factor on churn: in what is expected, in what the measures say, and in who leaves."""
    half = shop({"churn": 0.5})
    one, other = (journeys(scenario, replications=3) for scenario in (shop(), half))
    for figure in ("churn", "value_lost"):
        both = [made.customer.set_index("figure")["value"][figure] for made in (one, other)]
        assert both[1] == pytest.approx(0.5 * both[0])
        assert other.result.estimate(figure).value == pytest.approx(0.5 * one.result.estimate(figure).value)
    many = shop({"customers": 5000}, {"churn": {"first": "40%", "later": "40%", "unsolved": "40%"}}, days=10)
    left = [journeys(each, replications=4).people.iloc[0] for each in (many, many.vary({"segments.all.churn": "50%"}))]
    gone = [float(row[["left_first", "left_later", "left_unsolved"]].sum()) for row in left]
    assert 0.45 < gone[1] / gone[0] < 0.62  # half as likely, of customers who are there longer


@pytest.mark.parametrize(
    "segment",
    [
        {"customers": 20_000, "market": 20_001, "heavy_users": "95%"},
        {"customers": 2000, "market": 9000},
        {"customers": 20_000, "market": 30_000, "heavy_users": "99%"},
    ],
)
def test_the_volume_is_that_of_the_customers_at_the_start(segment) -> None:
    """Whatever part of the market is empty: 40 contacts an hour, within 3.9 errors of a Poisson number."""
    scenario = shop(segment, KEPT, days=20).vary({"reasons.calls.volume.per_hour": 40, "groups.team.agents": 6})
    fresh = simulate(scenario, replications=4).estimate("fresh").value
    meant = 20 * 12 * 40
    assert abs(fresh - meant) < 3.9 * np.sqrt(meant / 4)


def test_a_check_says_how_many_issues_a_customer_has() -> None:
    from cxsim.model.calendar import timeline
    from cxsim.model.demand import explain

    scenario = shop({"customers": 600, "market": 1000})
    told = explain(scenario, timeline(scenario))[-1]
    each = 20 * 12 * 365 / 600
    assert told == f"all: 600 customers at the start of a market of 1,000, each with {each:.2g} issues a year."


def test_nobody_leaves_where_nobody_does_whatever_is_remembered() -> None:
    memory = {"churn_doubles": 1e-300, "patience_halves": 1e-300}
    model = prepare(shop({"customers": 400}, {**KEPT, "memory": memory}), 1)
    one, other = (replicate(model, 1, engine=engine, keep=True)[1][0] for engine in ("clock", "story"))
    assert not len(one.customers.moves) and not differences(one, other)
    assert np.isfinite(one.customers.members["burden"]).all() and one.customers.members["burden"].max() > 2.0

"""compare: paired differences on the same draws."""

import math

import numpy as np
import pytest

import cxsim
from cxsim.model.prepare import prepare
from cxsim.report.studies.comparison import sentence
from cxsim.scenario import ScenarioError, parse
from cxsim.simulation.replications import replicate
from cxsim.simulation.stored import load
from cxsim.studies.compare import COLUMNS, compare

SMALL = {
    "cxsim": 1,
    "name": "Small",
    "horizon": {"open": "09:00-12:00"},
    "reasons": {"sales": {"volume": "90/h", "handle_time": "4 min", "patience": "2 min"}},
    "queues": {"sales": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
    "groups": {"team": {"agents": 6, "serves": ["sales"], "wage": 24}},
}
MORE = {**SMALL, "groups": {"team": {"agents": 7, "serves": ["sales"], "wage": 24}}}


@pytest.fixture(scope="module")
def comparison():
    return compare({"base": parse(SMALL), "one more": parse(MORE)}, replications=10, seed=2)


def test_a_difference_is_that_of_the_values_with_a_sign(comparison):
    frame = comparison.differences
    assert tuple(frame.columns) == COLUMNS
    known = frame[frame["base"].notna() & frame["value"].notna() & frame["difference"].notna()]
    assert len(known) > 500
    assert np.allclose(known["value"] - known["base"], known["difference"], atol=1e-9)
    sl = comparison.table("sl").iloc[0]
    assert sl["difference"] > 0 and sl["low"] > 0 and sl["verdict"] == "better"
    assert comparison.table("cost").iloc[0]["verdict"] == "worse"
    assert comparison.table("occupancy").iloc[0]["verdict"] == "changed"


def test_fresh_contacts_are_the_same_in_both(comparison):
    fresh = comparison.differences[comparison.differences["figure"] == "fresh"]
    assert (fresh["difference"] == 0).all() and (fresh["low"] == 0).all() and (fresh["high"] == 0).all()


def test_pairs_are_narrower_than_independent_runs(comparison):
    sl = comparison.table("sl").iloc[0]
    widths = [one.high - one.low for one in (result.estimate("sl") for result in comparison.results.values())]
    assert sl["high"] - sl["low"] < math.hypot(*widths)


def test_a_scenario_does_not_differ_from_itself():
    same = compare([parse(SMALL), parse(SMALL)], replications=3)
    assert same.names == ("Small 1", "Small 2")
    known = same.differences["difference"].dropna()
    assert (known == 0).all()
    assert set(same.differences["verdict"]) == {"no clear difference"}


def test_an_interval_is_the_t_interval_of_paired_replications(comparison):
    pairs = [replicate(prepare(parse(one), 2), 10)[0] for one in (SMALL, MORE)]
    from cxsim.metrics.confidence_intervals import paired_difference
    from cxsim.metrics.sums import CONTACT_COLUMNS

    column = CONTACT_COLUMNS.index("abandoned")
    base, other = (np.array([sample.contacts[column].sum() for sample in samples]) for samples in pairs)
    value, low, high = paired_difference(base, other)
    row = comparison.table("abandoned").iloc[0]
    assert (row["difference"], row["low"], row["high"]) == pytest.approx((float(value), float(low), float(high)))


def test_it_is_saved_all_or_nothing_and_its_runs_load(comparison, tmp_path):
    folder = comparison.save(tmp_path / "out", pictures=False)
    first = {path.name: path.read_bytes() for path in folder.glob("*.csv")}
    assert set(first) == {"differences.csv", "main_figures.csv"}
    assert load(folder / "runs" / "one-more").estimate("sl").n == 10
    comparison.save(folder)
    assert {path.name: path.read_bytes() for path in folder.glob("*.csv")} == first
    assert (folder / "figures" / "one-more.png").stat().st_size > 5000
    assert "one more" in (folder / "report.html").read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(FileExistsError, match="no cxsim comparison"):
        comparison.save(tmp_path / "mine")


def test_it_shows_itself(comparison):
    from rich.console import Console

    console = Console(width=80)
    with console.capture() as shown:
        console.print(comparison.summary(80))
    text = shown.get()
    assert "Against base, one more is better in SL" in text and "Targets met: base 0 of 1; one more" in text
    assert max(map(len, text.splitlines())) <= 80
    assert "one more" in comparison._repr_html_() and "base | one more" in repr(comparison)
    assert comparison.document()["inputs"]["base"] == "base"
    with pytest.raises(ValueError, match="one more"):
        comparison.pair("two more")


def test_one_replication_has_no_intervals():
    one = compare([parse(SMALL), parse(MORE)], names=["a", "b"], replications=1)
    assert one.table("sl")["low"].isna().all()
    assert "no confidence intervals" in one._caution


def test_a_queue_that_only_one_has_is_left_out():
    wide = {
        **SMALL,
        "reasons": {**SMALL["reasons"], "help": {"volume": "5/h", "handle_time": "4 min"}},
        "groups": {"team": {"agents": 7, "serves": ["sales", "help"]}},
    }
    found = compare({"a": parse(SMALL), "b": parse(wide)}, replications=3).differences
    assert set(found.loc[found["scope"] == "queue", "name"]) == {"sales"}


@pytest.mark.parametrize(
    ("scenarios", "named", "said"),
    [
        ([SMALL], {}, "two scenarios or more"),
        ([SMALL, MORE], {"names": ["a"]}, "names: 1 names"),
        ([SMALL, MORE], {"names": ["a", "a"]}, "more than one scenario"),
        ([SMALL, {**MORE, "horizon": {"open": "09:00-13:00", "interval": "1h"}}], {}, "different intervals"),
        ([SMALL, MORE], {"replications": 0}, "not between 1"),
        ([SMALL, MORE], {"engine": "x"}, "clock and story"),
    ],
)
def test_what_cannot_be_compared_is_refused(scenarios, named, said):
    with pytest.raises(ValueError, match=said):
        compare([parse(one) for one in scenarios], **named)


def test_precision_narrows_the_difference_not_the_figures():
    few = compare([parse(SMALL), parse(MORE)], precision={"sl": "2 points"}, seed=2)
    (sl,) = few.table("sl").to_dict("records")
    assert (sl["high"] - sl["low"]) / 2 <= 0.02 and not few.imprecise()
    assert few.replications == sl["n"] < 100
    alone = few.results["Small 1"].estimate("sl")
    assert (alone.high - alone.low) / 2 > 0.02


def test_a_width_that_is_relative_is_one_of_the_base_and_what_never_occurs_is_said():
    made = compare({"base": parse(SMALL), "more": parse(MORE)}, precision={"asa": 0.5, "repeats": 0.1, "ata": 0.6})
    (asa,) = made.table("asa").to_dict("records")
    assert (asa["high"] - asa["low"]) / 2 <= 0.5 * asa["base"]
    assert made.imprecise() == []  # nobody repeats in either: a difference of exactly 0
    never = compare({"base": parse(SMALL), "more": parse(MORE)}, precision={"fcr_measured": 0.01})
    assert never.replications < 200 and "could not be measured" in never.imprecise()[0]


def test_other_volumes_are_said_first():
    storm = {**SMALL, "reasons": {"sales": {**SMALL["reasons"]["sales"], "volume": "100/h"}}}
    pair = compare({"base": parse(SMALL), "storm": parse(storm)}, replications=3)
    assert sentence(pair.pair("storm"), pair.names, "EUR").startswith("storm has 1")
    back = compare({"storm": parse(storm), "base": parse(SMALL)}, replications=3)
    assert "fewer fresh contacts (" in sentence(back.pair("base"), back.names, "EUR").split(". ")[0]


def test_the_day_that_changes_most_is_named_where_the_others_hardly_change():
    """A third of the team away on Tuesday of three days, and a busier week, whose days all change alike."""
    days = {**SMALL, "horizon": {"start": "2026-11-02", "days": 3, "open": "09:00-10:00"}}
    away = {**days, "absences": [{"name": "flu", "share": "34%", "date": "2026-11-03"}]}
    busy = {**days, "reasons": {"sales": {**SMALL["reasons"]["sales"], "volume": {"per_hour": 90, "factor": 1.3}}}}
    made = compare({"base": parse(days), "flu": parse(away), "busy": parse(busy)}, replications=8)
    said = sentence(made.pair("flu"), ("base", "flu"))
    tuesday = made.table("sl", interval="2026-11-03").iloc[0]
    assert f"SL changes most on Tue 3 Nov: {tuesday['base']:.1%} \u2192 {tuesday['value']:.1%} (" in said
    assert "changes most" not in sentence(made.pair("busy"), ("base", "busy"))


def test_a_panel_is_as_high_as_its_own_rows():
    two = {**SMALL, "reasons": {"a": SMALL["reasons"]["sales"], "b": SMALL["reasons"]["sales"]}, "queues": {}}
    center = {"team": {"agents": 12, "serves": ["a", "b"], "wage": 24}}
    one = parse({**two, "groups": center})
    other = parse({**two, "groups": {"team": {**center["team"], "agents": 14}}})
    axes = compare({"base": one, "more": other}, replications=3).plot().axes
    heights = {len(ax.get_yticks()): round(ax.get_position().height, 4) for ax in axes}
    assert len(heights) == 2 and heights[1] < heights[3]


def test_progress_is_over_all_scenarios():
    seen = []
    compare([parse(SMALL), parse(MORE)], replications=2, progress=lambda done, expected: seen.append((done, expected)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_faulty_scenario_is_told_as_one(tmp_path):
    (tmp_path / "shifts.csv").write_text("group,date,start,end\nteam,2031-01-06,09:00,12:00\n")
    groups = {"team": {"serves": ["sales"]}}
    with pytest.raises(ScenarioError):
        far = {**SMALL, "groups": groups, "staff": {"file": "shifts.csv", "kind": "shifts"}}
        compare([parse(SMALL), parse(far, folder=tmp_path)])


def test_it_is_a_public_word():
    assert callable(cxsim.compare)


def test_intervals_that_hold_together_are_as_much_wider_as_bonferroni_says() -> None:
    """Three variants: each at 1 - 0.05 / 3, so that their half-widths are those of t at that level."""
    from cxsim.metrics.confidence_intervals import t_quantile

    base = parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-01-05", "days": 1, "open": "08:00-12:00"},
            "reasons": {"calls": {"volume": "100/h", "talk": "4 min"}},
            "groups": {"team": {"agents": 8, "serves": ["calls"]}},
        }
    )
    plans = {str(n): base.vary({"groups.team.agents": n}) for n in (8, 7, 9, 10)}
    alone, together = (compare(plans, replications=10, simultaneous=each) for each in (False, True))
    a, b = (one.table("sl", "asa") for one in (alone, together))
    ratio = (b["high"] - b["low"]) / (a["high"] - a["low"])
    assert ratio.to_numpy() == pytest.approx(t_quantile(1 - 0.05 / 3, 9) / t_quantile(0.95, 9), rel=1e-9)
    assert (b["difference"] == a["difference"]).all()
    assert "hold jointly" in together._caution and "hold together" not in alone._caution
    assert together.document()["inputs"]["simultaneous"] is True

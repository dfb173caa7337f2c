"""What a run makes, and when: nothing that nobody reads, and the same whenever it is read."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import cxsim
from cxsim import metrics
from cxsim.scenario import parse
from cxsim.simulation import build_result
from cxsim.studies import compare as comparing

MAKERS = (
    (build_result, "dump"),
    (build_result, "erlang_table"),
    (build_result, "required_agents"),
    (build_result, "plan_table"),
    (build_result, "legs_table"),
    (build_result, "provenance"),
    (metrics, "figures"),
    (metrics, "targets"),
    (metrics, "wait_histogram"),
    (metrics, "differences"),
)
TABLES = ("figures", "targets", "plan", "erlang", "wait_histogram", "legs", "spells")
TREE: dict[str, Any] = {
    "cxsim": 1,
    "horizon": {"days": 1, "open": "08:00-12:00", "before": 0, "after": 0},
    "channels": {"phone": {}, "chat": {"concurrent": 2}},
    "segments": {"new": {"share": "30%"}, "old": {"share": "70%"}},
    "reasons": {
        "bill": {"volume": {"per_hour": 40}, "handle_time": "4 min", "patience": "2 min", "resolution": "80%"},
        "move": {"volume": {"per_hour": 20}, "handle_time": "5 min", "queue": "chats"},
    },
    "queues": {"bill": {"target": {"sl": "80%/20s"}}, "chats": {"channel": "chat"}},
    "groups": {"a": {"agents": 3, "serves": ["bill", "chats"]}, "b": {"agents": 1, "serves": ["chats"]}},
    "after_contact": {"abandoned": {"redial": "50%", "delay": "10 min"}},
}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the makers that were called, in order."""
    called: list[str] = []

    def counted(name: str, make: Any) -> Any:
        def one(*given: Any, **named: Any) -> Any:
            called.append(name)
            return make(*given, **named)

        return one

    for module, name in MAKERS:
        monkeypatch.setattr(module, name, counted(name, getattr(module, name)))
    return called


def run(**given: Any) -> cxsim.Result:
    return cxsim.simulate(parse(TREE), replications=3, threads=1, **given)


def test_a_run_makes_no_text_and_no_table_that_nobody_reads(made: list[str]) -> None:
    run(keep=["legs"])
    assert made == []


def test_one_figure_makes_one_figure_once_and_not_the_scenario_s_text(made: list[str]) -> None:
    result = run()
    assert result.estimate("sl") == result.estimate("sl")
    result.series("sl")
    assert set(made) == {"figures"}
    assert len(made) == 2  # that of names, and the one


def test_many_figures_one_by_one_make_the_whole_table_once(made: list[str]) -> None:
    result = run()
    for figure in metrics.REGISTRY:
        result.estimate(figure)
    assert made.count("figures") <= 10


def test_what_is_read_twice_is_made_once(made: list[str]) -> None:
    result = run(keep=["legs"])
    for name in (*TABLES, "scenario_text", "provenance"):
        assert getattr(result, name) is getattr(result, name)
    assert made.count("dump") == made.count("legs_table") == made.count("provenance") == 1


def test_a_figure_alone_is_that_of_the_whole_table() -> None:
    first = run()
    whole = first.figures
    for figure in metrics.REGISTRY:
        alone = run()._of(figure)
        rows = whole[whole["figure"] == figure].reset_index(drop=True)
        frame = alone._frame[alone._frame["figure"] == figure].reset_index(drop=True)
        texts = dict.fromkeys(("figure", "scope", "name", "interval", "unit"), str)
        pd.testing.assert_frame_equal(frame.astype(texts), rows.astype(texts), check_exact=True)


def test_names_are_those_of_the_whole_table() -> None:
    early, late = run(), run()
    assert len(late.figures) > 0
    for scope in (*metrics.SCOPES, "kind", "nothing"):
        assert early.names(scope) == late.names(scope)
    assert early.names("kind") == ("live", "chat")


def test_a_result_that_is_read_late_says_what_one_read_at_once_says(tmp_path: Path) -> None:
    for name in ("volume.csv", "day.yaml"):
        (tmp_path / name).write_text(
            "start,call\n08:00,20\n" if name.endswith("csv") else FILED, encoding="utf-8", newline="\n"
        )
    scenario = cxsim.read(tmp_path / "day.yaml")
    early, late = (cxsim.simulate(scenario, replications=2) for _ in range(2))
    early.make_all()
    (tmp_path / "volume.csv").write_text("start,call\n08:00,9000\n", encoding="utf-8")
    (tmp_path / "day.yaml").unlink()
    assert late.scenario_text == early.scenario_text
    assert late.inputs == early.inputs
    assert late.provenance == early.provenance
    pd.testing.assert_frame_equal(late.figures, early.figures)


FILED = """cxsim: 1
horizon: {days: 1, open: 08:00-09:00, interval: 1 h, before: 0, after: 0}
reasons:
  call: {volume: {file: volume.csv}, handle_time: 4 min}
groups: {a: {agents: 2, serves: [call]}}
"""


def test_a_result_travels_whole() -> None:
    before = run(keep=["legs", "spells"])
    after = pickle.loads(pickle.dumps(before))
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(after, name), getattr(before, name))
    assert after.scenario_text == before.scenario_text
    with pytest.raises(AttributeError, match="no attribute 'figure'"):
        _ = after.figure


def test_sums_that_take_much_memory_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_result, "MOST_HELD", 1000)
    assert run().__dict__["_held"] == {}
    monkeypatch.setattr(comparing, "MOST_HELD", 1000)
    pair = comparing.compare([parse(TREE), parse(TREE)], names=["a", "b"], replications=2)
    assert pair.__dict__["_held"] == {}


def test_a_comparison_makes_the_figures_that_are_read(made: list[str]) -> None:
    base = parse(TREE)
    pair = comparing.compare({"a": base, "b": base.vary({"groups.a.agents": 2})}, replications=3)
    assert made == []
    few = pair.table("asa")
    for result in pair.results.values():
        assert "figures" in result.__dict__["_held"]
    whole = pair.differences
    rows = whole[(whole["figure"] == "asa") & (whole["scope"] == "total") & (whole["interval"] == "total")]
    pd.testing.assert_frame_equal(few.astype({"unit": str}), rows.reset_index(drop=True).astype({"unit": str}))
    assert pair.table("asa")["verdict"].tolist() == few["verdict"].tolist()

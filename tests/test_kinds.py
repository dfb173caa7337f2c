"""Totals by kind of channel: live contacts, chats and deferred work are never averaged into one wait."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from cxsim.report.run import tables, words
from cxsim.report.run.page import page
from cxsim.report.studies import comparison as drawn
from cxsim.scenario import parse
from cxsim.simulation.result import Result
from cxsim.simulation.simulate import simulate
from cxsim.simulation.stored import load
from cxsim.studies.compare import compare
from cxsim.studies.comparison import Comparison

TREE: dict[str, Any] = {
    "cxsim": 1,
    "name": "Mixed",
    "horizon": {"start": "2026-03-02", "days": 2, "open": "08:00-16:00"},
    "channels": {
        "phone": {"patience": "2 min"},
        "chat": {"concurrent": 2, "patience": "3 min"},
        "mail": {"deferrable": True, "interruptible": True},
    },
    "reasons": {
        "calls": {"volume": "60/h", "handle_time": "4 min"},
        "help": {"volume": "30/h", "handle_time": "4 min", "queue": "help"},
        "chats": {"volume": "20/h", "handle_time": "6 min"},
        "mails": {"volume": "30/h", "handle_time": "5 min"},
    },
    "queues": {
        "calls": {"target": {"sl": {"share": "80%", "within": "20s"}}},
        "help": {},
        "chats": {"channel": "chat"},
        "mails": {"channel": "mail"},
    },
    "groups": {
        "team": {
            "agents": 12,
            "wage": 20,
            "scheduled": True,
            "skills": {"calls": {"rank": 1}, "help": {"rank": 1}, "chats": {"rank": 2}, "mails": {"rank": 3}},
        }
    },
}


@pytest.fixture(scope="module")
def result() -> Result:
    return simulate(parse(TREE), replications=4)


def shown(result: Result, width: int = 100) -> str:
    console = Console(width=width)
    with console.capture() as out:
        console.print(result.summary(width))
    return out.get()


def test_figures_of_a_kind_are_those_of_its_queues_together(result: Result) -> None:
    """Exact: counts add up, and a ratio is the sum over the sum."""
    assert result.kinds == {"live": ("calls", "help"), "chat": ("chats",), "deferred": ("mails",)}
    for figure in ("offered", "answered", "abandoned"):
        by_queue = {queue: result.estimate(figure, "queue", queue).value for queue in result.names("queue")}
        for kind, queues in result.kinds.items():
            assert result.estimate(figure, "kind", kind).value == pytest.approx(sum(by_queue[q] for q in queues))
    weighted = sum(
        result.estimate("asa", "queue", q).value * result.estimate("answered", "queue", q).value
        for q in ("calls", "help")
    )
    answered = result.estimate("answered", "kind", "live").value
    assert result.estimate("asa", "kind", "live").value == pytest.approx(weighted / answered)
    for figure in ("asa", "wait_p95", "sl", "aht"):
        assert result.estimate(figure, "kind", "deferred")[:3] == result.estimate(figure, "queue", "mails")[:3]


def test_a_center_of_one_kind_has_no_such_rows() -> None:
    only = {
        **TREE,
        "channels": {"phone": {"patience": "2 min"}},
        "queues": {"calls": {}},
        "reasons": {"calls": TREE["reasons"]["calls"]},
        "groups": {"team": {"agents": 6, "serves": ["calls"]}},
    }
    alone = simulate(parse(only), replications=2)
    assert not alone.names("kind")
    assert "kind" not in set(alone.figures["scope"])
    assert "all live" not in shown(alone)


def test_the_terminal_sums_up_by_kind_and_leaves_mixed_waits_out(result: Result) -> None:
    text = shown(result)
    rows = {line.split("  ")[0].strip(): line for line in text.splitlines()}
    assert "all live" in rows
    assert "all chat" not in rows  # the one queue of its kind says it already
    total = rows["total"].split()
    assert len(total) == 4  # total, offered, redials, repeats: nothing else adds up
    assert "%" not in rows["total"]


def test_headlines_and_sentences_name_the_kind_for_every_wait(result: Result) -> None:
    bare = simulate(parse({**TREE, "queues": {**TREE["queues"], "calls": {}}}), replications=2)
    mean = bare.estimate("asa").value
    for text in (words.headline(bare), words.wait(bare), words.wait_distribution(bare)):
        assert "ive contacts" in text
        assert "eferred contacts" in text
        assert words.seconds(mean) not in text


def test_page_and_tables_have_no_wait_over_all_channels(result: Result) -> None:
    text = page(result, [])
    assert "ASA, live" in text
    assert "ASA, deferred" in text
    assert ">ASA<" not in text.split("<table>")[0]
    for by in ("total", "interval"):
        assert not set(tables.planner(result, "total", by).columns) & set(tables.MIXING)
        assert {"kind", "asa"} <= set(tables.planner(result, "kind", by).columns)


def test_kinds_are_kept_in_the_results_folder(result: Result, tmp_path: Any) -> None:
    folder = result.save(tmp_path / "out", pictures=False, report=False)
    again = load(folder)
    assert again.kinds == result.kinds
    assert again.estimate("asa", "kind", "live").value == pytest.approx(result.estimate("asa", "kind", "live").value)
    assert (folder / "tables" / "kind_total.csv").exists()


@pytest.fixture(scope="module")
def sick() -> Comparison:
    ill = {**TREE, "groups": {"team": {**TREE["groups"]["team"], "shrinkage": "40%"}}}
    return compare({"base": parse(TREE), "sick": parse(ill)}, replications=6)


def test_a_comparison_begins_with_the_targets_that_got_worse(sick: Comparison) -> None:
    console = Console(width=2000)
    with console.capture() as out:
        console.print(sick.summary(2000))
    head = out.get().splitlines()[2]
    assert head.startswith("sick misses 1 target that base does not miss: SL of calls ")
    assert "(target 80% within 20 s)" in head
    assert "better in ASA" not in out.get()
    assert head.index("worse in") < (head + "better in").index("better in")


def test_a_comparison_has_waits_by_kind_only(sick: Comparison) -> None:
    rows = drawn.shown(sick.pair("sick"))
    for figure in ("asa", "sl", "abandoned_share"):
        mine = rows[rows["figure"] == figure]
        assert "total" not in set(mine["scope"])
        assert "all live" in set(mine["name"])
    assert "total" in set(rows.loc[rows["figure"] == "cost", "scope"])
    said = drawn.sentence(sick.pair("sick"), ("base", "sick"), "EUR")
    assert "of live contacts" in said


def frame(*rows: tuple[str, float, float, float]) -> pd.DataFrame:
    """Differences at scope total: figure, difference, low, high."""
    return pd.DataFrame(
        [
            (figure, "total", "total", "total", 1.0, 1.0 + by, by, low, high, "s" if figure == "asa" else "share")
            for figure, by, low, high in rows
        ],
        columns=list(drawn.COLUMNS),
    )


@pytest.mark.parametrize(
    ("other", "word"),
    [
        (("abandoned_share", 0.1, 0.05, 0.15), "changed"),
        (("sl", -0.1, -0.15, -0.05), "changed"),
        (("answered_share", -0.1, -0.15, -0.05), "changed"),
        (("abandoned_share", 0.0, -0.05, 0.05), "better"),
        (("sl", 0.1, 0.05, 0.15), "better"),
    ],
)
def test_a_shorter_wait_of_fewer_who_are_served_is_not_called_better(
    other: tuple[str, float, float, float], word: str
) -> None:
    found = frame(("asa", -5.0, -6.0, -4.0), other)
    assert drawn.verdicts(found)[0] == word
    assert ("ASA \N{MINUS SIGN}5 s" in drawn.sentence(found)) == (word == "better")


def test_nothing_of_a_kind_that_never_comes_is_invented(result: Result) -> None:
    assert math.isnan(result.estimate("asa", "kind", "live", "2026-03-02T23:00").value)

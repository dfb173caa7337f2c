"""Numbers that can mean two things are asked about, and every fix keeps the value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cxsim.scenario import ScenarioError, parse, read
from cxsim.scenario.io.writing import dump
from cxsim.scenario.model import units
from cxsim.tables.reader import readings


def center(volume: str = "24/h", **more: str) -> str:
    """A scenario as text, block style, so that commas stand as they are written."""
    keys = {"handle_time": "4 min", "patience": "3 min", **more}
    lines = [f"    {key}: {value}" for key, value in keys.items()]
    return (
        "cxsim: 1\nreasons:\n  call:\n    volume:\n      "
        + volume
        + "\n"
        + "\n".join(lines)
        + "\ngroups: {team: {agents: 3, serves: [call]}}\n"
    )


def said(folder: Path, text: str) -> str:
    path = folder / "s.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        read(path)
    return str(caught.value)


def got(folder: Path, text: str) -> Any:
    path = folder / "s.yaml"
    path.write_text(text, encoding="utf-8")
    return read(path).reasons["call"].volume


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1200", ("1200",)),
        ("12.5", ("12.5",)),
        ("8 000", ("8000",)),
        ("8\u202f000", ("8000",)),
        ("1'200", ("1200",)),
        ("1,200", ("1200", "1.2")),
        ("2,000", ("2000", "2")),
        ("8.000", ("8000", "8")),
        ("12.345", ("12345", "12.345")),
        ("1,200.5", ("1200.5",)),
        ("1.200,5", ("1200.5",)),
        ("1,234,567", ("1234567",)),
        ("1.234.567", ("1234567",)),
        ("0.125", ("0.125",)),
        ("1200.125", ("1200.125",)),
        ("12,5", ("12.5",)),
        ("-1,200", ("-1200", "-1.2")),
        ("twelve", ()),
        ("1,20,5", ()),
        ("80 00", ()),
        ("1e3", ("1e3",)),
    ],
)
def test_what_a_number_may_be(text: str, found: tuple[str, ...]) -> None:
    assert readings(text) == found


@pytest.mark.parametrize(
    ("volume", "fix"),
    [
        ("per_day: 1,200", "'1,200' may mean 1200 or 1.2; write 1200, or 1.2"),
        ("per_day: 2,000", "'2,000' may mean 2000 or 2; write 2000, or 2"),
        ("per_day: 8.000", "'8.000' may mean 8000 or 8; write 8000, or 8"),
        ("per_hour: 1.200", "'1.200' may mean 1200 or 1.2; write 1200, or 1.2"),
        ("count: 1.200", "'1.200' may mean 1200 or 1.2; write 1200, or 1.2"),
        ("per_interval: 12.345", "'12.345' may mean 12345 or 12.345; write 12345, or 12.3450"),
        ("per_day: 1,2", "'1,2' is not a number; write 1.2"),
        ("per_day: 1,200.5", "'1,200.5' is not a number; write 1200.5"),
    ],
)
def test_a_count_with_a_mark_before_three_digits_is_asked_about(tmp_path: Path, volume: str, fix: str) -> None:
    assert fix in said(tmp_path, center(volume))
    for one in fix.rpartition("write ")[2].split(", or "):
        if "count" not in volume or "." not in one:
            got(tmp_path, center(f"{volume.split(':')[0]}: {one}"))  # what is advised is not asked about again


@pytest.mark.parametrize("text", ["1.200/day", "1,200/day", "1.200 per day", "1.200 per 30 min"])
def test_a_rate_with_a_mark_before_three_digits_is_asked_about(tmp_path: Path, text: str) -> None:
    unit = text.replace("1.200", "").replace("1,200", "")
    unit = unit.replace(" per day", "/day")
    found = said(tmp_path, center().replace("volume:\n      24/h", f"volume: {text}"))
    assert f"'{text}' may mean 1200{unit} or 1.2{unit}; write 1200{unit}, or 1.2{unit}" in found


def test_agents_customers_and_seats_are_counts_too() -> None:
    tree = {
        "cxsim": 1,
        "reasons": {"call": {"volume": "24/h", "handle_time": "4 min"}},
        "groups": {"team": {"agents": "1,200", "serves": ["call"]}},
        "queues": {"call": {"capacity": "1.200"}},
    }
    with pytest.raises(ScenarioError) as caught:
        parse(tree)
    assert str(caught.value).count("may mean 1200 or 1.2") == 2


def test_blanks_and_apostrophes_between_thousands_are_read(tmp_path: Path) -> None:
    for text in ("8 000", "8'000", "8\u00a0000"):
        assert got(tmp_path, center(f"per_day: {text}")).per_day == 8000.0
        assert got(tmp_path, center().replace("volume:\n      24/h", f"volume: {text}/day")).per_day == 8000.0


def test_a_comma_inside_braces_does_not_cut_a_number_in_silence(tmp_path: Path) -> None:
    """YAML reads {per_day: 1,200} as 1 and a key 200 with nothing."""
    for inside, fix in (
        ("{per_day: 1,200}", "'1,200' may mean 1200 or 1.2, and is cut off at the comma here; write 1200, or 1.2"),
        ("{per_day: 1,234,567}", "'1,234,567' is cut off at the comma here; write 1234567"),
        ("{per_day: 12,5}", "'12,5' is cut off at the comma here; write 12.5"),
    ):
        found = said(tmp_path, center().replace("volume:\n      24/h", f"volume: {inside}"))
        assert fix in found and found.count("\n") == 0
    text = "cxsim: 1\nreasons: {call: {volume: 24/h, handle_time: 1,200 s}}\ngroups: {g: {agents: 3, serves: [call]}}\n"
    assert "'1,200 s' may mean 1200 s or 1.2 s" in said(tmp_path, text)


def test_factors_money_and_times_may_have_three_decimals(tmp_path: Path) -> None:
    volume = got(tmp_path, center("per_day: 100\n      factor: 1.250", cost="1.125"))
    assert (volume.per_day, volume.factor, type(float(volume.factor))) == (100.0, 1.25, float)


def test_a_scenario_with_three_decimals_is_written_so_that_it_reads_back(tmp_path: Path) -> None:
    s = parse(
        {
            "cxsim": 1,
            "reasons": {"call": {"volume": {"per_hour": 12.345}, "handle_time": "4 min"}},
            "groups": {"team": {"agents": 3, "serves": ["call"]}},
            "overrides": {"more": {"reasons.call.volume.factor": 1.125}},
        }
    )
    (tmp_path / "s.yaml").write_text(dump(s), encoding="utf-8")
    assert read(tmp_path / "s.yaml").reasons["call"].volume.per_hour == 12.345
    text = center("per_day: 100") + "overrides: {more: {reasons.call.volume.factor: 1.250}}\n"
    (tmp_path / "t.yaml").write_text(text, encoding="utf-8")
    assert "1.25}" in dump(read(tmp_path / "t.yaml"))


def test_a_bare_handle_time_is_offered_in_seconds_first(tmp_path: Path) -> None:
    assert "write '240s' or '240 min'" in said(tmp_path, center("per_hour: 24", handle_time="240"))
    assert "write '4m12s'" in said(tmp_path, center("per_hour: 24", handle_time="0:04:12"))


@pytest.mark.parametrize(
    "text", ["240/h", "200 per 30 min", "2/min", "500/day", "20 in 15 min", "7 per 2 h", "60 an hour"]
)
def test_a_scenario_and_erlang_read_the_same_rates(text: str) -> None:
    from cxsim.cli.erlang import read_volume

    volume = (
        parse(
            {
                "cxsim": 1,
                "reasons": {"call": {"volume": text, "handle_time": "4 min"}},
                "groups": {"team": {"agents": 3, "serves": ["call"]}},
            }
        )
        .reasons["call"]
        .volume
    )
    a_second = volume.per_hour / 3600 if volume.per_day is None else volume.per_day / 86400
    assert a_second == pytest.approx(read_volume(text), rel=1e-15)


def test_a_level_is_written_as_in_erlang_wherever_a_share_has_a_time() -> None:
    tree = {
        "cxsim": 1,
        "sl": "85%/30s",
        "reasons": {name: {"volume": "24/h", "handle_time": "4 min"} for name in ("a", "b")},
        "queues": {"a": {"target": "80%/20s"}, "b": {"target": {"sl": "90%/1 min", "asa": {"max": "30s"}}}},
        "groups": {"team": {"agents": 3, "serves": ["a", "b"]}},
    }
    s = parse(tree)
    a, b = (s.queues[name].target for name in "ab")
    assert a is not None and b is not None and a.sl is not None and b.sl is not None
    assert (s.sl.share, s.sl.within) == (0.85, 30.0)
    assert (a.sl.share, a.sl.within, b.sl.share, b.sl.within) == (0.8, 20.0, 0.9, 60.0)
    varied = s.vary({"queues.a.target.sl.share": "95%"}).queues["a"].target
    assert varied is not None and varied.sl is not None and (varied.sl.share, varied.sl.within) == (0.95, 20.0)
    with pytest.raises(ScenarioError, match=r"queues.a.target: '80/20' has no units; write 80%/20s"):
        parse({**tree, "queues": {"a": {"target": "80/20"}}})


@pytest.mark.parametrize("text", ["1,5%", "12,25%"])
def test_a_decimal_comma_of_a_share_is_answered_with_its_value(text: str) -> None:
    with pytest.raises(units.Refusal) as caught:
        units.percent(text)
    assert caught.value.parts[0][2] == f"write {text.replace(',', '.')}"

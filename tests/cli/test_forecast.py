"""`cxsim forecast`: from a table of history to a folder that a scenario can read."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pandas as pd
import pytest

import cxsim as library

HOURS = {"08:00": 12, "08:30": 30, "09:00": 24}


@pytest.fixture
def past(center):
    rows = ["queue,date,time,offered,answered,aht"]
    for k in range(84):
        on = date(2026, 1, 5) + timedelta(days=k)
        if on.weekday() < 5:
            for queue, factor in (("sales", 1.0), ("after sales", 0.5)):
                for time, mean in HOURS.items():
                    count = round(mean * factor * (1.5 if on.weekday() == 0 else 1.0) + (k * 7 + mean) % 5 - 2)
                    rows.append(f"{queue},{on},{time},{count},{count},{240 + 60 * (time == '09:00')}")
    (center / "history.csv").write_text("\n".join(rows) + "\n")
    return center


def test_a_scenario_reads_what_is_written(cxsim, past):
    done = cxsim("forecast", "history.csv", "--weeks", "2", "--out", "out")
    assert done.exit_code == 0, done.stderr
    assert "sales: contacts a day" in done.stdout and "(used)" in done.stdout
    assert "`volume` means fresh contacts" in done.stderr
    out = past / "out"
    volumes = pd.read_csv(out / "volumes.csv")
    table = pd.read_csv(out / "forecast.csv")
    assert list(volumes.columns) == ["date", "time", "sales", "after sales"]
    assert volumes["sales"].sum() == pytest.approx(table.loc[table.queue == "sales", "volume"].sum(), abs=0.01)
    assert table.loc[table.time == "09:00", "aht"].mean() > table.loc[table.time == "08:00", "aht"].mean() + 40
    assert pd.read_csv(out / "days.csv").groupby("queue").size().to_dict() == {"sales": 10, "after sales": 10}
    rest = "groups: {team: {agents: 20, serves: ['sales', 'after sales']}}\n"
    (out / "mine.yaml").write_text("cxsim: 1\n" + (out / "scenario-part.yaml").read_text() + rest)
    scenario = library.read(out / "mine.yaml", set_=("reasons.*.handle_times=null", "reasons.*.talk=4 min"))
    result = library.simulate(scenario, replications=40)
    offered = result.figures.query("figure == 'offered' and scope == 'total' and interval == 'all'")
    if not len(offered):
        offered = result.figures.query("figure == 'offered' and scope == 'total'").head(1)
    expected = volumes[["sales", "after sales"]].to_numpy().sum()
    assert float(offered["value"].iloc[0]) == pytest.approx(expected, rel=0.05)


def test_a_holiday_ahead_has_rows_of_zero(cxsim, past):
    done = cxsim("forecast", "history.csv", "--weeks", "2", "--closed", "2026-03-31", "--out", "out")
    assert done.exit_code == 0, done.stderr
    volumes = pd.read_csv(past / "out" / "volumes.csv")
    assert volumes.loc[volumes.date == "2026-03-31", "sales"].tolist() == [0.0, 0.0, 0.0]
    assert "2026-03-31" not in set(pd.read_csv(past / "out" / "days.csv")["date"])


def test_the_document_has_what_the_files_have(cxsim, past):
    done = cxsim("forecast", "history.csv", "--weeks", "1", "--json", "--out", "out")
    document = json.loads(done.stdout)
    assert [one["queue"] for one in document["queues"]] == ["sales", "after sales"]
    days = pd.read_csv(past / "out" / "days.csv")
    assert [row["volume"] for row in document["days"]] == pytest.approx(days["volume"].tolist(), abs=1e-3)
    assert {row["model"] for row in document["backtest"]} >= {"calendar regression", "weekday mean"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--holidays", "XX"), "'XX' is not a country code that is known; write for example US"),
        (("--holidays", "US-XX"), "'US-XX' is not a known part of US"),
        (("--start", "2026-02-01"), "cannot begin on 2026-02-01, before the history ends"),
        (("--start", "1.4.2026"), "'1.4.2026' is not a date; write it as 2026-03-02"),
        (("--interval", "30"), "'30'"),
        (("--volume", "calls"), "there is no column 'calls'"),
        (("--events", "absent.csv"), "absent.csv"),
    ],
)
def test_a_wrong_option_ends_with_2_and_writes_nothing(cxsim, past, options, said):
    done = cxsim("forecast", "history.csv", "--out", "out", *options)
    assert done.exit_code == 2 and said in done.stderr and "Traceback" not in done.stderr
    assert not (past / "out").exists()

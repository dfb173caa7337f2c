"""No CSV holds a cell that a spreadsheet takes for a formula, and what cxsim writes it reads back the same."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cxsim
from cxsim.report.run.folder import csv_text
from cxsim.simulation.stored import _table, load
from cxsim.tables.reader import neutral, read_table, restored

BAD = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)")
STARTS = ("=", "+", "-", "@", "\t", "\r")


def scenario() -> cxsim.Scenario:
    names = [name.replace(".", "").replace("=", "+").replace("*", "") for name in BAD]
    return cxsim.parse(
        {
            "cxsim": 1,
            "name": "=Center",
            "horizon": {"open": "08:00-09:00"},
            "segments": {"-gold": {"share": "50%"}, "rest": {"share": "50%"}},
            "reasons": {name: {"volume": "20/h", "talk": "3 min"} for name in names},
            "queues": {name: {"target": {"sl": {"share": "80%", "within": "20s"}}} for name in names},
            "groups": {"-team": {"agents": 6, "serves": names, "wage": 20}},
        }
    )


def cells(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [cell for row in csv.reader(file) for cell in row]


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def formulas(folder: Path) -> list[tuple[str, str]]:
    files = sorted(folder.rglob("*.csv"))
    assert files
    return [
        (file.name, cell) for file in files for cell in cells(file) if cell.startswith(STARTS) and not is_number(cell)
    ]


@given(st.text(alphabet="'=+-@\t\rab", max_size=6))
def test_every_text_comes_back(text: str) -> None:
    assert restored(neutral(text)) == text
    assert not neutral(text).startswith(STARTS)


def test_a_result_with_such_names_is_safe_and_comes_back(tmp_path: Path) -> None:
    result = cxsim.simulate(scenario(), replications=2, keep=("legs", "spells"))
    folder = result.save(tmp_path / "run", pictures=False, report=False)
    for name in ("legs", "spells"):
        (folder / f"{name}.csv").write_text(csv_text(getattr(result, name)), encoding="utf-8", newline="\n")
        (folder / f"{name}.parquet").unlink(missing_ok=True)
    assert not formulas(folder)
    back = load(folder, ledger=True)
    assert back.names("queue") == result.names("queue") and back.names("group") == ("-team",)
    assert list(back.targets["queue"]) == list(result.targets["queue"])
    assert set(back.legs["queue"]) == set(result.legs["queue"].astype(str))
    assert read_table(folder / "plan.csv").columns == tuple(map(str, result.plan.columns))


def test_a_comparison_and_a_sweep_are_safe(tmp_path: Path) -> None:
    one = scenario()
    made = cxsim.compare({"-base": one, "+more": one.vary({"groups.-team.agents": 7})}, replications=2)
    made.save(tmp_path / "compared", pictures=False)
    assert not formulas(tmp_path / "compared")
    design = {"factors": {"staff": {"path": "groups.-team.agents", "values": [5, 6]}}, "replications": 2}
    cxsim.sweep(design, scenario=one, folder=tmp_path / "swept", csv=True)
    assert not formulas(tmp_path / "swept")
    found = _table(tmp_path / "swept" / "table.csv")
    assert found is not None and set(one.queues) <= set(found["name"])


def test_a_plan_is_read_back_by_the_names_of_its_groups(tmp_path: Path) -> None:
    (tmp_path / "plan.csv").write_text(csv_text(pd.DataFrame({"time": ["08:00", "08:30"], "-team": [5, 6]})))
    assert (tmp_path / "plan.csv").read_text().startswith("time,'-team\n")
    values = {"staff": {"file": "plan.csv", "kind": "headcounts"}, "groups.-team.agents": None}
    (tmp_path / "s.yaml").write_text(
        "cxsim: 1\nhorizon: {open: 08:00-09:00}\nreasons: {a: {volume: 20/h, talk: 3 min}}\n"
        "groups: {-team: {agents: 3, serves: [a]}}\n"
    )
    staffed = cxsim.read(tmp_path / "s.yaml").vary(values)
    assert staffed.source.tables["plan.csv", None].column("-team") == ("5", "6")


@pytest.mark.parametrize("number", ["-5", "+3", "-0.25"])
def test_numbers_stay_numbers(number: str) -> None:
    assert csv_text(pd.DataFrame({"x": [float(number)]})).splitlines()[1] == str(float(number))

"""What is read out of a sweep: checked against functions whose effects and indices are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sweeping.small import DESIGN, scenario

from cxsim.metrics.confidence_intervals import ratio_interval
from cxsim.studies.sweep.effects import Unread, _indices, _regressed, elementary_effects, read
from cxsim.studies.sweep.folder import made
from cxsim.studies.sweep.sweep import Sweep, sweep

FACTORS = {
    "volume": {"path": "reasons.sales.volume.factor", "from": 0.5, "to": 1.5},
    "patience": {"path": "reasons.sales.patience", "from": "1 min", "to": "5 min"},
    "share": {"path": "reasons.sales.resolution", "from": "50%", "to": "100%"},
}


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return sweep(DESIGN, scenario=scenario(), folder=tmp_path_factory.mktemp("read") / "x")


def design_of(kind: str, points: int) -> tuple[list[Any], pd.DataFrame]:
    plan = made({"design": kind, "points": points, "factors": FACTORS, "replications": 1}, scenario())
    frame = pd.DataFrame({factor.name: column for factor, column in zip(plan.factors, plan.columns, strict=True)})
    frame = frame.assign(point=np.arange(len(plan)), block=plan.block, role=plan.role)
    return [factor.facts() for factor in plan.factors], frame


def on_unit(frame: pd.DataFrame) -> tuple[Any, Any, Any]:
    return frame["volume"] - 0.5, (frame["patience"] - 1.0) / 4.0, (frame["share"] - 0.5) / 0.5


def test_a_point_has_the_ratio_of_its_sums_and_their_interval(swept: Sweep) -> None:
    found = read(swept, "sl", "queue", "sales")
    table = swept.table().query("figure == 'sl' and scope == 'queue' and point == 4")
    wanted = ratio_interval(table["numerator"].to_numpy(), table["denominator"].to_numpy())
    row = found.points.query("point == 4").iloc[0]
    assert (row["value"], row["low"], row["high"], row["n"]) == (*map(pytest.approx, wanted), 3)


def test_a_level_takes_all_its_points_together(swept: Sweep) -> None:
    found = read(swept, "sl")
    mine = swept.table().query("figure == 'sl' and scope == 'total' and agents == 5")
    row = found.levels.query("factor == 'agents' and x == 5").iloc[0]
    assert row["points"] == 3
    assert row["value"] == pytest.approx(mine["numerator"].sum() / mine["denominator"].sum())


def test_swings_are_largest_first_and_have_the_sign_of_the_change(swept: Sweep) -> None:
    swings = read(swept, "sl").swings
    assert swings["change"].abs().is_monotonic_decreasing
    change = swings.set_index("factor")["change"]
    assert change["agents"] > 0.1 and change["volume"] < -0.1


def test_morris_finds_slopes_and_curvature_exactly() -> None:
    factors, frame = design_of("morris", 20)
    x, y, z = on_unit(frame)
    effects = elementary_effects(["volume", "patience", "share"], frame, (3 * x - 2 * y + 0 * z).to_numpy())
    for name, slope in (("volume", 3.0), ("patience", -2.0), ("share", 0.0)):
        assert effects[name] == pytest.approx(np.full(20, slope), abs=1e-9)
    found = _indices("morris", factors, frame, (3 * x - 2 * y + 0 * z).to_numpy()).set_index(["factor", "index"])
    assert found["value"]["volume", "mu_star"] == pytest.approx(3.0)
    assert found["value"]["patience", "mu_star"] == pytest.approx(2.0)
    assert found["value"]["volume", "sigma"] == pytest.approx(0.0, abs=1e-9)
    bent = _indices("morris", factors, frame, (x * y).to_numpy()).set_index(["factor", "index"])
    assert bent["value"]["volume", "sigma"] > 0.1


def test_sobol_indices_of_a_known_function() -> None:
    """f = 4x + 2y + 6 (x - 1/2)(z - 1/2): variance 16/12 + 4/12 + 36/144, so the shares are 64, 16, 0 and 12 : 92."""
    factors, frame = design_of("sobol_indices", 4096)
    x, y, z = on_unit(frame)
    values = (4 * x + 2 * y + 6 * (x - 0.5) * (z - 0.5)).to_numpy()
    found = _indices("sobol_indices", factors, frame, values).set_index(["factor", "index"])
    first = {"volume": 64 / 92, "patience": 16 / 92, "share": 0.0}
    total = {"volume": 76 / 92, "patience": 16 / 92, "share": 12 / 92}
    for name in first:
        for index, wanted in (("first", first[name]), ("total", total[name])):
            row = found.loc[(name, index)]
            assert row["value"] == pytest.approx(wanted, abs=0.02), (name, index)
            assert row["low"] - 0.02 <= wanted <= row["high"] + 0.02


def test_the_effect_in_a_latin_hypercube_is_that_of_the_factor_alone() -> None:
    """300 points of a curved function, noise of 0.1: each 95 % interval holds the true change, fixed seed."""
    factors, frame = design_of("latin_hypercube", 300)
    x, y, z = on_unit(frame)
    noise = 0.1 * np.cos(12345.0 * np.arange(300) ** 1.5)
    swings = _regressed(factors, frame, (3 * x + x**2 - 2 * y + 0 * z + noise).to_numpy()).set_index("factor")
    for name, f in (("volume", lambda u: 3 * u + u * u), ("patience", lambda u: -2 * u), ("share", lambda u: 0 * u)):
        row = swings.loc[name]
        units = {
            "volume": lambda t: float(t) - 0.5,
            "patience": lambda t: (float(t[:-4]) - 1.0) / 4.0,
            "share": lambda t: (float(t[:-1]) - 50.0) / 50.0,
        }[name]
        wanted = f(units(row["to_level"])) - f(units(row["from_level"]))
        assert row["low"] - 0.01 <= wanted <= row["high"] + 0.01, name
        assert row["high"] - row["low"] < 0.12


def test_the_effect_of_two_levels_is_a_line_and_a_factor_of_one_level_has_none() -> None:
    rng = np.random.default_rng(7)
    x = rng.choice([1.0, 2.0], 40)
    frame = pd.DataFrame({"x": x, "fixed": np.full(40, 5.0), "word": ["a"] * 40, "z": rng.random(40)})
    factors = [
        {"name": n, "column": c, "unit": "", "values": ["a"]}
        for n, c in (("x", "float"), ("fixed", "float"), ("word", "str"), ("z", "float"))
    ]
    values = (3 * x + frame["z"]).to_numpy(copy=True)
    values[3] = np.nan  # a point in which nobody called
    swings = _regressed(factors, frame, values).set_index("factor")
    assert list(swings.index) == ["x", "z"]
    assert swings["change"]["x"] == pytest.approx(3.0)


@pytest.mark.parametrize("points", [1, 6, 7])
def test_too_few_points_give_no_effects(points: int) -> None:
    """Three curved factors and a mean are seven numbers to fit; with no point to spare nothing is known."""
    factors, frame = design_of("latin_hypercube", points)
    assert _regressed(factors, frame, np.arange(float(points)) ** 2).empty


def test_a_sweep_of_three_points_is_read_and_printed_without_effects(tmp_path: Path) -> None:
    factors = {
        "volume": {"path": "reasons.sales.volume.factor", "from": 0.5, "to": 1.5},
        "agents": {"path": "groups.team.agents", "from": 4, "to": 8, "whole": True},
    }
    plan = {"design": "latin_hypercube", "points": 3, "factors": factors, "replications": 2}
    found = sweep(plan, scenario=scenario(), folder=tmp_path / "x")
    assert read(found, "sl").swings.empty
    found.report()
    assert not list((tmp_path / "x" / "figures").glob("*tornado*"))


def test_what_a_sweep_does_not_hold_is_refused_with_what_it_has(swept: Sweep) -> None:
    with pytest.raises(Unread, match="sl, asa, cost"):
        read(swept, "fcr_true")
    with pytest.raises(Unread, match="queue:sales"):
        read(swept, "sl", "queue", "salse")


def test_points_that_failed_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cxsim.studies.sweep.worker import Worker

    whole = Worker.point

    def poisoned(self: Worker, values: Any) -> Any:
        if tuple(values) == (1.0, 5):
            raise FloatingPointError("poison")
        return whole(self, values)

    monkeypatch.setattr(Worker, "point", poisoned)
    found = read(sweep(DESIGN, scenario=scenario(), folder=tmp_path / "x"), "sl")
    assert len(found.points) == 11
    assert found.levels.query("factor == 'agents' and x == 5")["points"].tolist() == [2]

"""Every scenario that is shipped runs, and each of its contacts is accounted for."""

from __future__ import annotations

from pathlib import Path

import pytest
from agreement.running import differences, in_order, written

import cxsim
from cxsim.model.prepare import prepare

FOLDER = Path(__file__).parents[1] / "scenarios"
SHIPPED = sorted([*FOLDER.glob("*.yaml"), *FOLDER.glob("experience/*.yaml")])
ENDS = (
    "answered",
    "abandoned",
    "balked",
    "blocked",
    "closed",
    "contained",
    "hung_up",
    "unfinished",
    "callbacks",
    "callbacks_reached",
    "callbacks_unreached",
)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_whoever_comes_ends_in_one_way(path: Path) -> None:
    """Contacts that come, by themselves, from another queue or called back, are those that end, each once."""
    found = cxsim.simulate(cxsim.read(path), replications=1)
    told = found.figures[(found.figures["interval"] == "total") & (found.figures["scope"] == "total")]
    value = told.set_index("figure")["value"]
    came = float(value["offered"] + value["transferred_in"])
    # Who accepts a call back ends once as such, and once more when called; the second coming has no figure of its own.
    again = float(value["callbacks"])
    ended = sum(float(value[figure]) for figure in ENDS)
    # A call back that was accepted in counted time may be made after it, or before.
    late = 0.02 * again + 3.0 if again else 1e-6
    assert abs(came + again - ended) <= late
    assert float(value["offered"]) > 0.0


def test_the_omnichannel_week_is_the_same_in_both_engines() -> None:
    model = prepare(cxsim.read(FOLDER / "omnichannel-retailer.yaml"))
    fast, slow = in_order(written(model, "clock")), in_order(written(model, "story"))
    assert not differences(fast, slow)
    assert len(fast.legs) > 50_000

"""What the tests of staff that can be had have in common: small scenarios, prices, and plans read back."""

from types import SimpleNamespace

import numpy as np

from cxsim import parse
from cxsim.model.calendar import timeline
from cxsim.model.plan import plan
from cxsim.optimizer.shifts.staff import structure


def tree(optimize=None, horizon=None, **groups):
    """Two groups on one queue, 08:00-20:00, with this block."""
    given = groups or {"front": {"wage": 20, "shrinkage": "20%", "scheduled": False}, "back": {"wage": 15}}
    out = {
        "cxsim": 1,
        "horizon": {"start": "2026-03-02", "open": "08:00-20:00", **(horizon or {})},
        "reasons": {"sales": {"volume": "60/h", "handle_time": "4 min"}},
        "queues": {"sales": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
        "groups": {name: {"agents": 3, "serves": ["sales"], **more} for name, more in given.items()},
    }
    return out if optimize is None else {**out, "optimize": optimize}


def prices(scenario, times, leaver=0.0):
    """Wages of agents present, and the price of a leaver."""
    keep = [group.wage / (1.0 - group.shrinkage) for group in scenario.groups.values()]
    present = np.outer(keep, times.open_seconds / 3600.0)
    return SimpleNamespace(present=present, leaver=np.full(len(keep), leaver))


def staff(given, leaver=0.0):
    """The scenario of a tree, its timeline and its structure."""
    scenario = parse(given)
    times = timeline(scenario)
    return scenario, times, structure(scenario, times, prices(scenario, times, leaver))


def read_back(scenario, times, table, path, **more):
    """The plan that `cxsim run --set staff.file=…` has of a table, and its cost."""
    table.to_csv(path, index=False)
    values = {"staff.file": str(path), **{f"groups.{name}.agents": None for name in scenario.groups}, **more}
    found = plan(scenario.vary(values), times)
    return found, float((found.paid.sum(axis=1) * found.wage).sum()) / 3600.0


def same(one, other):
    """Whether two plans are the same in every array."""
    arrays = ("first_seat", "by_count", "events", "scheduled", "present", "paid", "wage")
    for name in arrays:
        a, b = getattr(one, name), getattr(other, name)
        if a.dtype.names:
            for key in a.dtype.names:
                np.testing.assert_array_equal(a[key], b[key], err_msg=f"{name}.{key}")
        else:
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12, err_msg=name)
    return one.groups == other.groups

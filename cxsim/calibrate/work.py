"""After-call work by reason, and how talk and after-call work differ between intervals and groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from cxsim.calibrate import agents, durations
from cxsim.calibrate.basis import Basis
from cxsim.calibrate.durations import FEW, Durations
from cxsim.calibrate.estimates import Estimated, mean_interval
from cxsim.calibrate.groups import Factors, by_group
from cxsim.calibrate.scenario_file import ReasonPart

Wraps = Mapping[str, Durations | None]


def wraps(basis: Basis, names: Sequence[str]) -> dict[str, Durations | None]:
    """After-call work by reason: as recorded, or from pauses while customers wait, or none."""
    contacts, told, acw = basis.contacts, basis.told, basis.contacts.acw
    if np.isfinite(acw).sum() >= FEW:
        every = durations.durations(acw, basis.longest)
        told.rows.extend(durations.estimates("all", "after-call work", every))
        out: dict[str, Durations | None] = {}
        for one in names:
            own = durations.durations(acw[contacts.reason == one], basis.longest)
            out[one] = own if len(own.values) >= FEW else every
            if out[one] is own:
                told.rows.extend(durations.estimates(one, "after-call work", own))
        return out
    found, rows = agents.wrap_of(contacts)
    if found is None:
        told.assumptions.append(
            "After-call work is zero, or talk times include it: it is not recorded, and customers waited too "
            "rarely to see how long agents pause between two of them."
        )
        return dict.fromkeys(names)
    mean = _mean(found)
    method = f"pauses up to {agents.LONGEST_PAUSE:g} s while customers wait, Kaplan–Meier"
    low, high = mean_interval(found.values)
    shift = mean - found.mean
    told.rows.append(Estimated("all", "after-call work: mean", mean, low + shift, high + shift, "s", method, rows))
    told.assumptions.append(
        "After-call work is not recorded: it is the pause that agents take between two contacts while customers "
        f"wait, up to {agents.LONGEST_PAUSE:g} s ({mean:.0f} s on average), alike for all reasons."
    )
    return dict.fromkeys(names, found)


def timed(
    basis: Basis,
    reasons: Sequence[ReasonPart],
    talks: Mapping[str, Durations],
    wrap: Wraps,
    group_of: Mapping[str, str],
) -> tuple[list[ReasonPart], dict[str, Factors]]:
    """Reasons with handle times by interval, where they differ by more than chance, and factors of groups.

    All reasons have the same factors of an interval. Those of groups are on `talk` and on `wrap`.
    """
    contacts, told = basis.contacts, basis.told
    mean = {one.name: talks[one.name].mean for one in reasons}
    expected = np.array([mean[r] for r in contacts.reason.tolist()])
    talk = np.where(contacts.talk <= basis.longest, contacts.talk, np.nan)
    began = np.where(np.isfinite(contacts.began), contacts.began, contacts.at)
    factor = durations.by_interval(began, talk, expected, basis.days.types(), basis.weekday, basis.width)
    at = factor[basis.weekday, basis.slots(began)]
    by_day, rows = durations.by_weekday(talk, expected * at, basis.weekday, "talk")
    told.rows.extend(rows)
    factor, at = factor * by_day[:, None], at * by_day[basis.weekday]
    of_groups = {}
    after = {name: law.mean if law else 0.0 for name, law in wrap.items()}
    expected_after = np.array([after[r] for r in contacts.reason.tolist()])
    acw = np.where(contacts.acw <= basis.longest, contacts.acw, np.nan)
    for key, what, seconds, usual in (
        ("talk", "talk", talk, expected),
        ("wrap", "after-call work", acw, expected_after),
    ):
        of_groups[key], rows = by_group(contacts, group_of, seconds, usual * at, what)
        told.rows.extend(rows)
    out = list(reasons)
    for k, one in enumerate(reasons):
        own = wrap[one.name]
        total = mean[one.name] + (_mean(own) if own is not None else 0.0)
        if np.ptp(factor) > 0.01:
            out[k] = replace(one, handle_time=total * factor)
    inside = factor[basis.days.mask()]
    method = "talk ⁄ mean of the same reasons, drawn towards 1 by as much as chance explains"
    rows_ = int(np.isfinite(talk).sum())
    for word, x in (("shortest", inside.min()), ("longest", inside.max())):
        parameter = f"handle-time factor: {word} interval"
        told.rows.append(Estimated("all", parameter, float(x), np.nan, np.nan, "ratio", method, rows_))
    return out, of_groups


def _mean(found: Durations) -> float:
    """The mean of the law that a scenario gets."""
    if found.fit is not None:
        return found.fit.mean
    return float(np.sum(np.diff(found.shares) * (found.knots[1:] + found.knots[:-1]) / 2))

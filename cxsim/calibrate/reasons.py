"""The reasons of a scenario: volume, talk, after-call work and patience of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cxsim.calibrate import arrivals, durations, patience
from cxsim.calibrate.basis import Basis
from cxsim.calibrate.durations import FEW, Durations
from cxsim.calibrate.groups import Factors
from cxsim.calibrate.hold import holds
from cxsim.calibrate.patience import Patience
from cxsim.calibrate.redials import Returns, fresh_arrivals
from cxsim.calibrate.repeats import Repeats
from cxsim.calibrate.scenario_file import ReasonPart, duration_law, file_name, patience_law
from cxsim.calibrate.together import Together, together
from cxsim.calibrate.work import timed, wraps


@dataclass(frozen=True, eq=False)
class Reasons:
    """The reasons, and the curves behind them."""

    parts: list[ReasonPart]
    talk: dict[str, Durations]
    curves: dict[str, Patience]
    of_groups: Mapping[str, Factors]  # factors on `talk` and `wrap`


def reasons(basis: Basis, redials: Returns | None, repeats: Repeats | None, group_of: Mapping[str, str]) -> Reasons:
    """Estimate each reason from its contacts; one with few of them is like all."""
    contacts, told = basis.contacts, basis.told
    names = [str(r) for r in np.unique(contacts.reason.astype(str))]
    every = durations.durations(contacts.talk, basis.longest)
    all_patience = patience.patience(contacts.wait[contacts.queued], contacts.abandoned[contacts.queued])
    told.rows.extend(durations.estimates("all", "talk", every))
    told.rows.extend(patience.estimates("all", all_patience))
    curves, talk = {"all": all_patience}, {}
    if all_patience.fits and all_patience.fit is None:
        told.notes.append(
            f"no distribution follows the curve of patience; the exponential one misses it by "
            f"{100 * max(f.off for f in all_patience.fits if f.name == 'exponential'):.0f} points beyond chance"
        )
    wrap = wraps(basis, names)
    hold = holds(basis, names, group_of)
    tables = {
        one: arrivals.counts(contacts.at[contacts.reason == one], basis.records.days, basis.width) for one in names
    }
    vary = together(tables, basis.days)
    told.rows.extend(vary.rows)
    told.assumptions.extend(vary.said)
    out = []
    for one in names:
        mine = contacts.reason == one
        found = durations.durations(contacts.talk[mine], basis.longest)
        few = len(found.values) < FEW
        talk[one] = every if few else found
        if few:
            told.assumptions.append(f"Talk of {one} is like that of all: it has only {len(found.values)} talks.")
        else:
            told.rows.extend(durations.estimates(one, "talk", found))
        waited = mine & contacts.queued
        curve = patience.patience(contacts.wait[waited], contacts.abandoned[waited])
        if curve.events < FEW:
            told.assumptions.append(
                f"Patience of {one} is like that of all: only {curve.events} of its contacts abandoned."
            )
            curve = all_patience
        else:
            told.rows.extend(patience.estimates(one, curve))
        curves[one] = curve
        volume = _volume(basis, one, mine, redials, repeats)
        out.append(_reason(basis, one, few, volume, vary, talk[one], wrap[one], curve, curve is all_patience))
    out = [replace(part, hold=hold.get(part.name, 0.0)) for part in out]
    parts, of_groups = timed(basis, out, talk, wrap, group_of)
    return Reasons(parts, talk, curves, of_groups)


def _volume(basis: Basis, one: str, mine: Any, redials: Returns | None, repeats: Repeats | None) -> Any:
    """The fresh contacts by weekday and interval: those observed less redials and repeats."""
    contacts, days = basis.contacts, basis.days
    table = arrivals.counts(contacts.at[mine], basis.records.days, basis.width)
    basis.told.rows.extend(arrivals.estimates(one, table, days))
    volume = arrivals.profile(table, days)
    if redials is not None and redials.excess > 0:
        left = arrivals.counts(contacts.at[mine & contacts.abandoned], basis.records.days, basis.width)
        gone = arrivals.profile(left, days)
        for w in range(7):
            fresh = fresh_arrivals(volume[w], gone[w], redials.excess, redials.delays, basis.width)
            volume[w] = np.where(volume[w] > 0, fresh, 0.0)
    if repeats is not None:
        again = arrivals.profile(basis.counts(mine & repeats.again), days) * repeats.part
        volume = np.where(volume > 0, np.maximum(volume - again, 0.0), 0.0)
    return volume


def _reason(
    basis: Basis,
    one: str,
    few: bool,
    volume: Any,
    vary: Together,
    talk: Durations,
    wrap: Durations | None,
    curve: Patience,
    shared: bool,
) -> ReasonPart:
    wrap_of = one if np.isfinite(basis.contacts.acw[basis.contacts.reason == one]).sum() >= FEW else "all"
    return ReasonPart(
        name=one,
        volume=volume,
        busyness=vary.busyness[one],
        intraday=vary.intraday[one],
        shared=vary.shared,
        talk=duration_law(talk, file_name("talk", "all" if few else one), "of all reasons" if few else ""),
        wrap=None if wrap is None else duration_law(wrap, file_name("wrap", wrap_of)),
        patience=patience_law(
            curve, file_name("patience", "all" if shared else one), "of all reasons" if shared else ""
        ),
        handle_time=None,
    )

"""How long each group works on a reason, against all groups."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from cxsim.calibrate.durations import FEW
from cxsim.calibrate.estimates import Estimated, Z, drawn_together
from cxsim.calibrate.records import Contacts
from cxsim.calibrate.redials import Floats

Factors = dict[tuple[str, str], float]  # by group and reason
LEAST = 0.01  # a factor nearer to 1 is left out


def by_group(
    contacts: Contacts, group_of: Mapping[str, str], seconds: Floats, expected: Floats, what: str
) -> tuple[Factors, list[Estimated]]:
    """Factors on the talk or the after-call work of a group's skills, where groups differ by more than chance.

    `expected` is the mean of each contact's reason and interval. A chi-squared test (1 %) for each reason asks whether
    groups differ; if so, each ratio is drawn towards 1 by as much as chance explains (empirical Bayes).
    """
    group = np.array([group_of.get(agent, "") for agent in contacts.agent.tolist()], dtype=object)
    known = np.isfinite(seconds) & np.isfinite(expected) & (group != "")
    out: Factors = {}
    rows: list[Estimated] = []
    for reason in sorted(set(contacts.reason[known].tolist())):
        mine = known & (contacts.reason == reason)
        names = [name for name in sorted(set(group[mine].tolist())) if (mine & (group == name)).sum() >= FEW]
        if len(names) < 2:
            continue
        count = np.array([(mine & (group == name)).sum() for name in names])
        usual = np.array([expected[mine & (group == name)].sum() for name in names])
        if not (usual > 0.0).all():
            continue
        ratio = np.array([seconds[mine & (group == name)].sum() for name in names]) / usual
        noise = [
            ((seconds - r * expected)[mine & (group == name)] ** 2).sum() for name, r in zip(names, ratio, strict=True)
        ]
        error = np.array(noise) / usual**2
        level, drawn = drawn_together(ratio, error, usual)
        if drawn is None or level <= 0.0:
            continue
        method = f"{what} ⁄ mean of the same reason and interval, drawn towards 1 by as much as chance explains"
        for k, name in enumerate(names):
            half = Z * math.sqrt(float(error[k])) / level
            low, high = ratio[k] / level - half, ratio[k] / level + half
            factor = float(drawn[k] / level)
            rows.append(
                Estimated(reason, f"{what} factor of {name}", factor, low, high, "ratio", method, int(count[k]))
            )
            if abs(factor - 1.0) >= LEAST:
                out[name, reason] = factor
    return out, rows

"""How long each group talks about a reason, against all groups."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from cxsim.calibrate.durations import DIFFER, FEW
from cxsim.calibrate.estimates import Estimated, Z
from cxsim.calibrate.records import Contacts
from cxsim.calibrate.redials import Floats

Factors = dict[tuple[str, str], float]  # by group and reason
LEAST = 0.01  # a factor nearer to 1 is left out


def talk_by_group(
    contacts: Contacts, group_of: Mapping[str, str], talk: Floats, expected: Floats
) -> tuple[Factors, list[Estimated]]:
    """Factors on the talk time of a group's skills, where its groups differ by more than chance.

    `expected` is the mean of each contact's reason and interval. A chi-squared test (1 %) for each reason asks whether
    groups differ; if so, each ratio is drawn towards 1 by as much as chance explains (empirical Bayes).
    """
    from scipy.special import chdtrc

    group = np.array([group_of.get(agent, "") for agent in contacts.agent.tolist()], dtype=object)
    known = np.isfinite(talk) & np.isfinite(expected) & (group != "")
    out: Factors = {}
    rows: list[Estimated] = []
    for reason in sorted(set(contacts.reason[known].tolist())):
        mine = known & (contacts.reason == reason)
        names = [name for name in sorted(set(group[mine].tolist())) if (mine & (group == name)).sum() >= FEW]
        if len(names) < 2:
            continue
        count = np.array([(mine & (group == name)).sum() for name in names])
        usual = np.array([expected[mine & (group == name)].sum() for name in names])
        ratio = np.array([talk[mine & (group == name)].sum() for name in names]) / usual
        noise = [
            ((talk - r * expected)[mine & (group == name)] ** 2).sum() for name, r in zip(names, ratio, strict=True)
        ]
        error = np.array(noise) / usual**2
        level = float(np.average(ratio, weights=usual))
        if chdtrc(len(names) - 1, float(((ratio - level) ** 2 / error).sum())) > DIFFER:
            continue
        true = max(0.0, float(np.average((ratio - level) ** 2 - error, weights=usual)))
        drawn = 1.0 + true / (true + error) * (ratio / level - 1.0) if true > 0.0 else np.ones(len(names))
        method = "talk ⁄ mean of the same reason and interval, drawn towards 1 by as much as chance explains"
        for k, name in enumerate(names):
            half = Z * math.sqrt(float(error[k])) / level
            low, high = ratio[k] / level - half, ratio[k] / level + half
            rows.append(
                Estimated(reason, f"talk factor of {name}", float(drawn[k]), low, high, "ratio", method, int(count[k]))
            )
            if abs(drawn[k] - 1.0) >= LEAST:
                out[name, reason] = float(drawn[k])
    return out, rows

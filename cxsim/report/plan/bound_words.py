"""How far a plan can be from the best one: the lower bound, and what changes near the plan do."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cxsim.report.common import formats
from cxsim.report.common.formats import share
from cxsim.report.plan.words import money
from cxsim.schema.plan_tables import WORTH_PRINTING

if TYPE_CHECKING:
    from cxsim.optimizer.optimization_result import Optimum


def bound(optimum: Optimum) -> str:
    """The lower bound with its status, and what changes near the plan do; first what says more."""
    near, below = nearby(optimum), _below(optimum)
    return " ".join(part for part in ((below, near) if worth_printing(optimum) else (near, below)) if part)


def worth_printing(optimum: Optimum) -> bool:
    """Whether the bound is close enough to judge the plan by."""
    return has_bound(optimum) and optimum.gap <= WORTH_PRINTING


def has_bound(optimum: Optimum) -> bool:
    """Whether there is a bound."""
    return optimum.bound_status != "none" and math.isfinite(optimum.bound)


def value(optimum: Optimum) -> str:
    """The bound in its unit."""
    return money(optimum, optimum.bound) if optimum.objective == "cost" else f"{optimum.bound:,.4g}"


def _below(optimum: Optimum) -> str:
    if not has_bound(optimum):
        return "No lower bound is known."
    if optimum.objective == "cost" and not optimum.certified:
        return f"Plans that meet the goals cost {value(optimum)} or more ({optimum.bound_status} bound)."
    if optimum.bound_status == "rigorous":
        left = f"at most {share(optimum.gap)} of the cost could still be saved"
        return f"No plan that meets the goals costs less than {value(optimum)} (rigorous bound): {left}."
    why = f": {optimum.bound_note}" if optimum.bound_note else ""
    text = f"Lower bound {value(optimum)}, {share(optimum.gap)} below the plan (heuristic{why})."
    if worth_printing(optimum):
        return f"{text} The best plan lies in between."
    return f"{text} That is too far away to judge the plan by."


def nearby(optimum: Optimum) -> str:
    """Whether a change of one or two agents or shifts makes the plan cheaper, and how sure that is; '' if not known."""
    near = optimum.nearby
    if near is None or (near.cheaper and not near.simulated):
        return ""
    what = "agents" if optimum.kind == "headcounts" else "shifts"
    if near.kept:
        return (
            f"A small change makes the plan cheaper and keeps every goal proved: {near.best} saves "
            f"{money(optimum, near.saving)}."
        )
    sure = near.simulated == near.cheaper and not near.unclear
    claim = f"No change of up to two {what} " + (
        "makes the plan cheaper and keeps every goal proved"
        if sure
        else "was found to make the plan cheaper and keep every goal proved"
    )
    if not near.cheaper:
        return f"{claim}: every one of them costs more."
    days = formats.plural(near.n, "replication")
    if near.simulated == near.cheaper:
        tried = f"all {near.cheaper:,} cheaper changes" if near.cheaper > 1 else "the only cheaper change"
        tried = f"{tried} were simulated" if near.cheaper > 1 else f"{tried} was simulated"
    else:
        tried = (
            f"of {near.cheaper:,} cheaper changes, the {near.simulated} most promising by their slopes were simulated"
        )
    if not near.unclear:
        found = f"each leaves a goal unproved ({near.confidence * 100:g} % confidence)"
    else:
        found = (
            f"{near.worse} leave a goal unproved ({near.confidence * 100:g} % confidence), {near.unclear} probably do"
        )
    return f"{claim}: {tried} on {days}, and {found}."

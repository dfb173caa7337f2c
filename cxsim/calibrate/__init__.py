"""From what a contact center recorded to what a scenario needs."""

from cxsim.calibrate.call_log import (
    Returns,
    Spells,
    Survival,
    fit_lognormal,
    fresh_arrivals,
    group_by_skills,
    on_duty,
    pauses,
    presence,
    quantile_table,
    returns,
    survival,
    tail_mean,
    whole_agents,
)

__all__ = [
    "Returns",
    "Spells",
    "Survival",
    "fit_lognormal",
    "fresh_arrivals",
    "group_by_skills",
    "on_duty",
    "pauses",
    "presence",
    "quantile_table",
    "returns",
    "survival",
    "tail_mean",
    "whole_agents",
]

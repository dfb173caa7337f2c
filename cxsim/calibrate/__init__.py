"""From what a contact center recorded to what a scenario needs."""

from cxsim.calibrate.calibrate import calibrate
from cxsim.calibrate.calibration import Calibration
from cxsim.calibrate.distributions import Survival, fit_lognormal, quantile_table, survival, tail_mean
from cxsim.calibrate.joint import Joint, fresh_and_redials
from cxsim.calibrate.redials import Returns, fresh_arrivals, returns
from cxsim.calibrate.staffing import Spells, group_by_skills, on_duty, pauses, presence, whole_agents
from cxsim.calibrate.validate import Validation, validate

__all__ = [
    "Calibration",
    "Joint",
    "Returns",
    "Spells",
    "Survival",
    "Validation",
    "calibrate",
    "fit_lognormal",
    "fresh_and_redials",
    "fresh_arrivals",
    "group_by_skills",
    "on_duty",
    "pauses",
    "presence",
    "quantile_table",
    "returns",
    "survival",
    "tail_mean",
    "validate",
    "whole_agents",
]

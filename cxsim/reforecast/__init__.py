"""The rest of a day that has begun: what it will be, given what was seen of it, and what can still be done."""

from __future__ import annotations

from cxsim.reforecast.explain_day import explain_actuals
from cxsim.reforecast.outcome import Reforecast
from cxsim.reforecast.reforecast import reforecast

__all__ = ["Reforecast", "explain_actuals", "reforecast"]

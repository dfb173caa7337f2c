"""The rest of a day that has begun: what it will be, given what was seen of it, and what can still be done.

The package has the name of its function, so Python may put either under `cxsim.reforecast`: the package can be called.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from cxsim.reforecast.explain_day import explain_actuals
from cxsim.reforecast.outcome import Reforecast
from cxsim.reforecast.reforecast import reforecast

__all__ = ["Reforecast", "explain_actuals", "reforecast"]


class _Package(ModuleType):
    def __call__(self, *args: Any, **more: Any) -> Reforecast:
        return reforecast(*args, **more)


sys.modules[__name__].__class__ = _Package

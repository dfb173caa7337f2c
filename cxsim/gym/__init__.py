"""Learning to route, to move staff and to offer callbacks: Gymnasium environments (`pip install cxsim[gym]`).

>>> import cxsim, cxsim.gym
>>> env = cxsim.gym.Routing(cxsim.read("center.yaml"))
>>> shown, info = env.reset(seed=1)
"""

from __future__ import annotations

try:
    import gymnasium as _gymnasium
except ImportError:
    raise ImportError("cxsim.gym needs Gymnasium; install it with: pip install 'cxsim[gym]'") from None

from cxsim.gym.callbacks import Callbacks
from cxsim.gym.linear import LinearRouter, export
from cxsim.gym.routing import Routing
from cxsim.gym.staffing import Staffing
from cxsim.gym.vector import vectorised

for _name in ("Callbacks", "Routing", "Staffing"):
    if f"cxsim/{_name}-v0" not in _gymnasium.registry:
        _gymnasium.register(f"cxsim/{_name}-v0", entry_point=f"cxsim.gym.{_name.lower()}:{_name}")

__all__ = ["Callbacks", "LinearRouter", "Routing", "Staffing", "export", "vectorised"]

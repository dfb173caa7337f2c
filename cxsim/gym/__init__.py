"""Learning to route: a Gymnasium environment over the engine `story` (`pip install cxsim[gym]`).

>>> import cxsim, cxsim.gym
>>> env = cxsim.gym.Routing(cxsim.read("center.yaml"))
>>> shown, info = env.reset(seed=1)
"""

from __future__ import annotations

try:
    import gymnasium as _gymnasium
except ImportError:
    raise ImportError("cxsim.gym needs Gymnasium; install it with: pip install 'cxsim[gym]'") from None

from cxsim.gym.linear import LinearRouter, export
from cxsim.gym.routing import Routing, vectorised

if "cxsim/Routing-v0" not in _gymnasium.registry:
    _gymnasium.register("cxsim/Routing-v0", entry_point="cxsim.gym.routing:Routing")

__all__ = ["LinearRouter", "Routing", "export", "vectorised"]

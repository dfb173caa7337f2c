"""The user's own policy of a scenario, whichever form it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from cxsim.scenario.io.policy_file import parameters

if TYPE_CHECKING:
    from cxsim.model.class_policy import ClassPolicy
    from cxsim.model.custom_policy import OwnPolicy
    from cxsim.model.plan import Plan
    from cxsim.scenario import Scenario

AnyPolicy: TypeAlias = "OwnPolicy | ClassPolicy"


def own_policy(scenario: Scenario, who: Plan) -> AnyPolicy | None:
    """The policy of a scenario's own file; None where it names none. Raises PolicyFault or OSError."""
    file = scenario.own_policy
    if file is None:
        return None
    from cxsim.model.class_policy import ClassPolicy  # numba's parts that few scenarios need
    from cxsim.model.custom_policy import OwnPolicy

    given = parameters(scenario, file)
    if file.hooks is None:
        values = [given[name] for choice in (file.agent, file.contact) if choice for name in choice.parameters]
        return OwnPolicy(file, np.array(values), tuple(scenario.queues), tuple(scenario.groups))
    sizes = {
        "queues": len(scenario.queues),
        "groups": len(scenario.groups),
        "agents": int(who.first_seat[-1]),
        "reasons": len(scenario.reasons),
        "segments": len(scenario.segments),
    }
    worth = np.array([segment.value for segment in scenario.segments.values()], np.float64)
    return ClassPolicy(file, file.hooks, np.array([given[name] for name in file.hooks.numbers], float), sizes, worth)

"""What to say before the first run of a version, which compiles the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxsim.jit.decorators import is_cold, on_disk
from cxsim.rules.ivr_steps import loop
from cxsim.schema.names import LOOPS

if TYPE_CHECKING:
    from cxsim.scenario import Scenario


def first_run(*scenarios: Scenario) -> str:
    """What is compiled before scenarios of this kind run, and how long it takes; empty if nothing is."""
    needed = {LOOPS[loop(scenario)] for scenario in scenarios} or {LOOPS[0]}
    cold = [name for name in needed if is_cold(on_disk(name))]
    if any(name.endswith("rich") for name in cold):
        return "compiling the engine for contacts with more than one step, once per version: about 20 seconds"
    return "compiling the engine, once per version: about 10 seconds" if cold else ""

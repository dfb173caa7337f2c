"""Numbers with a name: why the loop returns, what a contact that comes to a queue was, what a step of no flow means."""

from __future__ import annotations

AHEAD = 64  # fresh arrivals of which more is known before they come, a power of 2
DONE, LEGS_FULL, SPELLS_FULL, CONTACTS_FULL = range(4)
# How a contact comes to a queue: by itself, or led by the flow or an agent, behind all others or keeping its place.
ARRIVES, LED, LED_IN_PLACE = range(3)
AGENT_FREE = -1  # in place of these: nobody comes to a queue, and the agent is free
CALL_DUE, WRITES, RINGS = -2, -3, -4  # in place of a way out of a step

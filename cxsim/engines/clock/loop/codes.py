"""Numbers with a name: why the loop returns, kinds of transfer, what a step of no flow means."""

from __future__ import annotations

from cxsim.schema.names import TRANSFERS

AHEAD = 64  # fresh arrivals of which more is known before they come, a power of 2
DONE, LEGS_FULL, SPELLS_FULL, CONTACTS_FULL = range(4)
COLD, WARM, CONFERENCE, CONSULT = range(len(TRANSFERS))
TURN = len(TRANSFERS)  # the customer will write again
CALL_DUE, WRITES, RINGS = -2, -3, -4  # in place of a way out of a step

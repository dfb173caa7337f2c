"""Names of rules that what a user writes, the formulas and the engines share; their order numbers them."""

from __future__ import annotations

import re
from typing import Final

# What moves the cursor, colours, rings or turns the direction of text around; line breaks and tabs do no harm.
_CONTROLS = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]")


def printable(text: str) -> str:
    """A text with its control characters as Python writes them, so that a terminal shows them."""
    return _CONTROLS.sub(lambda found: ascii(found[0])[1:-1], text)


# The loops into which the compiled engine's source is made; of the first three each knows what those before it know.
# The last two are `plain` and `rich` with policies that are classes.
LOOPS: Final = ("basic", "plain", "rich", "own", "own_rich")
OWN: Final = -1  # the number of a routing rule that is a function of the user's; others as in `routing.catalogue`
# How an agent hands a contact on: alone, or staying until the next agent has taken over, or to the end; or asks one.
TRANSFERS: Final = ("cold", "warm", "conference", "consult")
COLD, WARM, CONFERENCE, CONSULT = range(len(TRANSFERS))
TURN: Final = len(TRANSFERS)  # one more kind: the customer will write again
# Of which contacts: all, those not resolved, or those for which another such rule came to nothing.
HANDING: Final = ("always", "unresolved", "in_vain")
ALWAYS, UNRESOLVED, IN_VAIN = range(len(HANDING))
# Who dials what is on a list: an agent after a look at it, an agent, or a machine ahead of the agents.
DIALLING: Final = ("preview", "progressive", "predictive")
NOT_DIALLED, AGENTS_DIAL, DIALS_AHEAD = range(3)  # what that means for a queue
# How the wait of who has just come is estimated, from what the center can see.
ESTIMATORS: Final = ("queue_length", "queue_length_abandoning", "last_to_enter", "head_of_line")
QUEUE_LENGTH, QUEUE_LENGTH_ABANDONING, LAST_TO_ENTER, HEAD_OF_LINE = range(len(ESTIMATORS))
OTHERS: Final = "others"  # the reasons that are not named
# How an issue ends: solved at the first contact, at a later one, or not; the keys of shares in `experience`.
ENDINGS: Final = ("first", "later", "unsolved")
# What ends an attempt and may bring another: the keys of `after_contact`, the rows of `Network.returns`.
CAUSES: Final = ("abandoned", "balked", "blocked", "closed", "hung_up", "unresolved", "contained")
REPEATS: Final = ("unresolved", "contained")  # those after which it is a repeat, not a redial

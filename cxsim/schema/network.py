"""The network as engines and rules read it: one record type per table, and where each lies."""

from __future__ import annotations

import numpy as np

from cxsim.jit.struct_arrays import Shelf
from cxsim.randomness.distributions import LAW_DTYPE
from cxsim.schema.names import (
    CAUSES,
)
from cxsim.schema.scores import CANDIDATE_DTYPE, HEAD_DTYPE, SCORE_DTYPE

UNLIMITED = 1 << 60
AFTERS = len(CAUSES)  # rows of `returns` of a reason

REASON_DTYPE = np.dtype(
    [("hash", "u8"), ("queue", "i8"), ("talk", "i8"), ("step", "i8"), ("day_and_night", "i8")], align=True
)
STEP_DTYPE = np.dtype(
    [
        ("hang_up", "f8"),
        ("law", "i8"),
        ("node", "i8"),
        ("channel", "i8"),
        ("inside", "i8"),  # the step in its place while its gate holds; -1 for none
        ("capacity", "i8"),  # conversations of an AI agent at a time
        ("full", "i8"),  # the way out where these are taken, a row of `exits`; -1 for none
        ("estimator", "i8"),  # of the waits by which the exit is chosen; -1 where it is drawn
        ("random", "i8"),  # whether that is by chance
        ("first_span", "i8"),
        ("last_span", "i8"),
        ("gap", "f8"),  # mean time between outages; infinite for none
        ("down", "f8"),  # share of the time that is out of order
        ("outage", "i8"),
        ("hash", "u8"),
    ],
    align=True,
)
CHANNEL_DTYPE = np.dtype([("lines", "i8"), ("slots", "i8"), ("first_pace", "i8")], align=True)
WAY_DTYPE = np.dtype([("first", "i8"), ("last", "i8")], align=True)
EXIT_DTYPE = np.dtype(
    [
        ("upto", "f8"),
        ("saves", "f8"),
        ("pace", "f8"),  # factor on the step's time
        ("kind", "i8"),
        ("to", "i8"),
        ("holds", "i8"),  # the step of whose conversations it takes one; -1 for none
        ("flags", "i4"),  # of the leg in the ledger
        ("retold", "i4"),  # whether an agent has to be told again what was told here
    ],
    align=True,
)
PATIENCE_DTYPE = np.dtype([("factor", "f8"), ("balk", "f8"), ("law", "i8")], align=True)
SKILL_DTYPE = np.dtype(
    [("talking", "f8"), ("wrapping", "f8"), ("resolution", "f8"), ("talk", "i4"), ("wrap", "i4")], align=True
)  # factors on talk and wrap; their laws, -1 for no wrap
MEETING_DTYPE = np.dtype([("first", "i8")], align=True)  # `NEVER_MET` where no contact of the reason can be
NEVER_MET = 1 << 60
PIECE_DTYPE = np.dtype([("start", "f8"), ("value", "f8")], align=True)  # a value from an instant on
RETURN_DTYPE = np.dtype(
    [
        ("share", "f8"),
        ("delay", "i8"),
        ("at_most", "i8"),
        ("keep_patience", "i8"),
        ("keep_work", "i8"),
        ("first", "i8"),
        ("last", "i8"),
    ],
    align=True,
)
OWN_PATIENCE, NEVER_GIVES_UP = -1, -2  # in place of the number of a law, for who was told the wait
REST = np.uint64(1 << 63)  # the bit of all queues, or groups, from the 64th on: always set
QUEUE_DTYPE = np.dtype(
    [
        ("capacity", "i8"),
        ("first_stage", "i8"),
        ("last_stage", "i8"),
        ("first_match", "i8"),
        ("last_match", "i8"),
        ("channel", "i2"),
        ("day_and_night", "i2"),  # keeps to no opening hours
        ("interruptible", "i2"),
        ("deferrable", "i2"),
        ("handle_time", "f8"),  # mean, of the contacts expected here
        ("giving_up", "f8"),  # 1 / mean patience of those
        ("told_factor", "f8"),  # on the patience of who was told the wait
        ("told_law", "i4"),  # in place of it; or OWN_PATIENCE, NEVER_GIVES_UP
        ("announces", "i2"),
        ("estimator", "i2"),
        ("first_leaving", "i4"),
        ("last_leaving", "i4"),
        ("callback", "i4"),  # its row; -1 for none
        ("slots", "i4"),  # contacts that an agent serves at a time
        ("hands_on", "i4"),  # whether agents transfer from here
        ("open_ended", "i4"),  # what follows a talk here is only known at its end
        ("within", "f8"),  # the wait that its service level allows
        ("outbound", "i4"),  # NOT_DIALLED, AGENTS_DIAL, DIALS_AHEAD
        ("mark", "u8"),  # its bit on the board, see `_mark`
        ("groups", "u8"),  # the bits of the groups that serve it
    ],
    align=True,
)
TRANSFER_DTYPE = np.dtype(
    [
        ("upto", "f8"),
        ("talk", "f8"),
        ("after", "f8"),
        ("retold", "f8"),
        ("handover", "i8"),
        ("to", "i4"),
        ("kind", "i2"),
        ("keeps", "i2"),
        ("if_idle", "i2"),
    ],
    align=True,
)
LEAVING_DTYPE = np.dtype([("over", "f8"), ("share", "f8")], align=True)
CALLBACK_DTYPE = np.dtype(
    [
        ("over", "f8"),
        ("accepted", "f8"),
        ("reached", "f8"),
        ("after", "i8"),
        ("dial", "i8"),
        ("retry", "i8"),
        ("preview", "i8"),
        ("ahead", "f8"),
        ("dropped", "f8"),
        ("tries", "i4"),
        ("estimator", "i4"),
    ],
    align=True,
)
STAGE_DTYPE = np.dtype([("after", "f8"), ("to_queue", "i8")], align=True)
GROUP_DTYPE = np.dtype(
    [
        ("gap", "f8"),  # mean time between away spells, the shortest one; infinite when always available
        ("away", "i8"),
        ("by_count", "i8"),
        ("hand_back", "i8"),
        ("first_match", "i8"),
        ("last_match", "i8"),
        ("first_seat", "i8"),
        ("last_seat", "i8"),
        ("mark", "u8"),  # its bit on the board
        ("queues", "u8"),  # the bits of the queues it serves
    ],
    align=True,
)
MATCH_DTYPE = np.dtype(
    [
        ("after", "f8"),
        ("queue", "i4"),
        ("group", "i4"),
        ("order", "i4"),
        ("rank", "i4"),
        ("priority", "i4"),
        ("reserve", "i4"),
    ],
    align=True,
)
WORK_DTYPE = np.dtype([("time", "f8"), ("lasting", "f8")], align=True)
OPENING_DTYPE = np.dtype([("start", "f8"), ("end", "f8")], align=True)
MARKET_DTYPE = np.dtype(
    [
        ("first", "i8"),
        ("seats", "i8"),
        ("customers", "i8"),
        ("unevenness", "f8"),
        ("empty", "f8"),
        ("leaves", "f8"),
        ("priority", "i8"),
        ("value", "f8"),
        ("hash", "u8"),
        ("preferred", "i8"),
        ("preferred_key", "u8"),
    ],
    align=True,
)
# Of a reason: the share of talks with a hold; the share of resolved issues that become lessons, what all lessons would
# prevent and add to resolution, the rate at which they do, and after how long; the share of fresh issues that a
# community helps at first and at most, and the rate at which that grows with those it has helped; the rate at which a
# lesson of one agent reaches another, 0 where lessons reach all at once.
CARE_DTYPE = np.dtype(
    [
        (name, "f8")
        for name in ("hold", "fed_back", "prevents", "gain", "rate", "delay", "helps", "helps_most", "grows", "spreads")
    ],
    align=True,
)
# Of a group: the share of talks that are courteous; what an agent may give away a day and a case, and when.
CONDUCT_DTYPE = np.dtype([(name, "f8") for name in ("courtesy", "budget", "given", "decides", "misuse")], align=True)
FEELING_DTYPE = np.dtype([("leaves", "f8"), ("promotes", "f8"), ("detracts", "f8")], align=True)
# Points of effort: of a contact, of a second's wait, of a step of the flow, of a transfer, of telling it again, of an
# attempt that is not the first, of a change of channel, of being put on hold.
EFFORT_DTYPE = np.dtype(
    [(name, "f8") for name in ("contact", "wait", "menu", "transfer", "retelling", "again", "switch", "hold")],
    align=True,
)
LOYALTY_DTYPE = np.dtype(
    [
        *((name, "f8") for name in EFFORT_DTYPE.names or ()),
        ("fading", "f8"),  # rate at which effort is forgotten
        ("hurry", "f8"),  # by which the log of patience falls with a point
        ("doubt", "f8"),  # by which the log of the chance to leave rises with a point
        ("restored", "f8"),
        ("brings", "f8"),
        ("warns", "f8"),
        ("praises", "f8"),
        ("complains", "f8"),
        ("reach", "f8"),  # how many see a post
        ("wins", "f8"),
        ("loses", "f8"),
        ("expected", "f8"),  # the wait that customers expect where none is announced; NaN where waits are not judged
        ("tolerance", "f8"),
        # Logs of the factors on the chance to leave, by flag of a leg.
        ("rude", "f8"),
        ("held", "f8"),
        ("broken", "f8"),
        ("kept", "f8"),
        ("compensated", "f8"),
    ],
    align=True,
)
SETTINGS_DTYPE = np.dtype(
    [
        ("reopening_spread", "f8"),
        ("end", "f8"),  # of simulated time
        ("counted_from", "f8"),
        ("interval", "f8"),
        ("per_second", "f8"),  # intervals
        ("intervals", "i8"),
        ("counted", "f8"),  # counted time in intervals, of which the last may be a part
        ("segments", "i8"),
        ("queue_count", "i8"),
        ("agent_rule", "i8"),
        ("contact_rule", "i8"),
        ("notes", "i8"),  # whether a policy looks back on contacts that are over
        ("last_agent", "i8"),  # whether who talked to a customer last takes the contact again
        ("known", "i8"),  # whether some agent comes first, as one who knows the customer
        ("lost_when_closed", "i8"),
        ("turn_away", "i8"),
        ("individual", "i8"),  # whether agents differ from the others of their group
        ("paced", "i8"),  # whether they do, or handle times change by interval
        ("achieves", "i8"),  # whether they do, or resolution changes by interval
        ("loop", "i8"),  # the place in `names.LOOPS` of the one that it needs
        ("interrupts", "i8"),
        ("urgent", "i8"),  # whether some segments are served before others
        ("dialler", "i8"),  # whether one calls ahead of the agents somewhere
        ("people", "i8"),  # whether customers are told apart
        ("judges", "i8"),  # whether a talk may have holds or discourtesy, or a wait is judged
        ("decides", "i8"),  # whether agents compensate, lessons are learned, or a community helps
        ("community", "i8"),  # whether one helps
        ("chats", "u8"),  # the bits of queues whose contacts agents serve several of at a time
    ],
    align=True,
)
TEAM_DTYPE = np.dtype(
    [("handle", "f8"), ("resolution", "f8"), ("key", "u8"), ("group", "i4"), ("seat", "i4")], align=True
)

STAFF_DTYPE = np.dtype(
    [("time", "f8"), ("kind", "i8"), ("group", "i8"), ("agent", "i8"), ("count", "i8")], align=True
)  # rows of the plan

# R reasons, S segments, Q queues, G groups; ranges end before `last_…`.
NETWORK = Shelf(
    reasons=REASON_DTYPE,  # (R,); queue -1 where the flow comes first
    channels=CHANNEL_DTYPE,
    paces="f8",  # by channel, for 1, 2, … contacts at a time: how much longer the work of each takes
    patience=PATIENCE_DTYPE,  # (channels × R × S,); law -1 means never
    meetings=MEETING_DTYPE,  # (R × Q,): where in `skills` those of a reason's contacts in a queue begin
    skills=SKILL_DTYPE,  # by meeting of a reason with a queue that its contacts can come to, and group
    pieces=PIECE_DTYPE,  # what changes with time, those of one place together, in order
    handling=WAY_DTYPE,  # (R,): factors on talk and wrap, rows of pieces; none where they are always alike
    solving=WAY_DTYPE,  # (R,): factors on resolution, likewise
    attending=WAY_DTYPE,  # (G,): mean time between away spells, likewise
    hops=WAY_DTYPE,  # (segments × R × AFTERS,) in place of what returns say; none where no segment differs
    returns=RETURN_DTYPE,  # (R × AFTERS,) by what ended the attempt
    segments="f8",  # (S,) cumulative shares
    markets=MARKET_DTYPE,  # (S,) seats for customers; none where they are not told apart
    begins=WAY_DTYPE,  # (S,) where first attempts begin in place of what reasons say; none where no segment differs
    care=CARE_DTYPE,  # (R,)
    conduct=CONDUCT_DTYPE,  # (G,)
    feelings=FEELING_DTYPE,  # by how an issue ended
    loyalty=LOYALTY_DTYPE,  # one row
    queues=QUEUE_DTYPE,
    handing=WAY_DTYPE,  # (Q × R × HANDING,): the transfers of a reason from a queue
    transfers=TRANSFER_DTYPE,  # by cumulative chance
    leavings=LEAVING_DTYPE,  # who leaves on hearing the wait, those of one queue together, by wait
    callbacks=CALLBACK_DTYPE,
    stages=STAGE_DTYPE,  # overflow stages, those of one queue together, by delay
    groups=GROUP_DTYPE,
    by_queue=MATCH_DTYPE,  # who may serve a queue, by order, then group
    by_group=MATCH_DTYPE,  # what a group may serve, by rank, then queue
    agent_scores=SCORE_DTYPE,  # by row of by_queue, or none: of agents for a contact
    contact_scores=SCORE_DTYPE,  # by row of by_group, or none: of contacts for an agent
    candidates=CANDIDATE_DTYPE,  # by row of by_queue what does not change, or none
    heads=HEAD_DTYPE,  # by row of by_group what does not change, or none
    load="f8",  # fresh contacts by queue, where a rule goes by prices
    work=WORK_DTYPE,  # (Q × G): likewise
    openings=OPENING_DTYPE,
    steps=STEP_DTYPE,  # of the flow; law -1 takes no time
    spans=OPENING_DTYPE,  # while the gate of a step holds, those of one step together, in order
    ways=WAY_DTYPE,  # (steps × R,): the exits of a reason from a step
    exits=EXIT_DTYPE,  # by cumulative chance
    settings=SETTINGS_DTYPE,  # one row
    laws=LAW_DTYPE,
    knots="f8",
    team=TEAM_DTYPE,  # one row a seat
)

at = NETWORK.at()
reasons = NETWORK.rows("reasons")
channels = NETWORK.rows("channels")
paces = NETWORK.array("paces")
patience = NETWORK.rows("patience")
meetings = NETWORK.rows("meetings")
skills = NETWORK.rows("skills")
pieces = NETWORK.rows("pieces")
handling = NETWORK.rows("handling")
solving = NETWORK.rows("solving")
attending = NETWORK.rows("attending")
hops = NETWORK.rows("hops")
returns = NETWORK.rows("returns")
segments = NETWORK.array("segments")
markets = NETWORK.rows("markets")
begins = NETWORK.rows("begins")
care = NETWORK.rows("care")
conduct = NETWORK.rows("conduct")
feelings = NETWORK.rows("feelings")
loyalty = NETWORK.rows("loyalty")
queues = NETWORK.rows("queues")
handing = NETWORK.rows("handing")
transfers = NETWORK.rows("transfers")
leavings = NETWORK.rows("leavings")
callbacks = NETWORK.rows("callbacks")
stages = NETWORK.rows("stages")
groups = NETWORK.rows("groups")
by_queue = NETWORK.rows("by_queue")
by_group = NETWORK.rows("by_group")
agent_scores = NETWORK.rows("agent_scores")
contact_scores = NETWORK.rows("contact_scores")
candidates = NETWORK.rows("candidates")
heads = NETWORK.rows("heads")
openings = NETWORK.rows("openings")
steps = NETWORK.rows("steps")
spans = NETWORK.rows("spans")
ways = NETWORK.rows("ways")
exits = NETWORK.rows("exits")
settings = NETWORK.rows("settings")
laws = NETWORK.rows("laws")
knots = NETWORK.array("knots")
team = NETWORK.rows("team")

"""The routing rules: the name of each, what it prefers, where it is from, when it is good, and how it scores.

A rule that scores stands here as a whole: the highest base + slope · time + count · number − ratio · all is chosen. Of
contacts, time is how long the head of a queue has waited, number how many wait there, all how many wait; of agents, how
long the longest idle of a group has been, how many are idle there, how many are. A rule that does not score has its
choice in `choices`. The order of the rules numbers them: those that score come last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple


class Pairs(NamedTuple):
    """What scores are made of: arrays with a value for each pair of a queue and a group that serves it."""

    rate: Any  # contacts an agent of the group handles in a second
    solves: Any  # the share that such an agent resolves
    serves: Any  # how many queues the group serves
    weight: Any  # what the scenario gives: of contacts by queue, `weights`; of agents by group, `idleness`
    part: Any  # the weight in parts of all of them
    credit: Any  # of contacts by queue: `credit`, in seconds; of agents 0


Score = Callable[[Pairs], Mapping[str, Any]]  # columns of SCORE_DTYPE; those left out are 0


class Policy(NamedTuple):
    """One rule: what it prefers, its source, when it is good or fails; and, if it scores, its score."""

    prefers: str
    source: str = ""
    when: str = ""
    score: Score | None = None
    by_work: bool = False  # whether it looks at rates or resolution, for which volumes have to be known
    by_count: bool = False  # whether it counts contacts that are over


PRICED: Final = "marginal_cost"  # whose scores are set for each plan, see `model.scores.by_prices`


CONTACTS: Final[dict[str, Policy]] = {
    "rank_then_longest_wait": Policy("smallest rank, then priority, then who has waited longest", "", "the usual one"),
    "first_come": Policy("who has waited longest, whatever the queue", "", "fair; blind to cost and speed"),
    "priority": Policy("smallest priority of the queue, then rank", "Cobham 1954", "starves low priorities in a peak"),
    "random": Policy("any queue in which somebody waits, at random", "", "a floor to compare with"),
    "longest_queue": Policy(
        "the most who wait, times weights", "", "evens lengths, not waits", score=lambda of: {"count": of.weight}
    ),
    "weighted_wait": Policy(
        "the longest wait of a head, times weights",
        "Kleinrock 1964",
        "waits stand in proportion",
        score=lambda of: {"slope": of.weight},
    ),
    "ageing": Policy(
        "the longest wait, with a credit for some queues",
        "Kleinrock 1964",
        "priority without starving",
        score=lambda of: {"slope": 1.0, "base": of.credit},
    ),
    "cmu": Policy(
        "cost of waiting × speed of the agent",
        "Cox and Smith 1961",
        "least cost, if it grows evenly",
        score=lambda of: {"base": of.weight * of.rate},
        by_work=True,
    ),
    "generalised_cmu": Policy(
        "cost × wait × speed",
        "Van Mieghem 1995; Mandelbaum and Stolyar 2004",
        "least cost if it grows with the square",
        score=lambda of: {"slope": of.weight * of.rate},
        by_work=True,
    ),
    "queue_ratio": Policy(
        "who is furthest above its share of all who wait",
        "Gurvich and Whitt 2009",
        "large centers",
        score=lambda of: {"count": 1.0, "ratio": of.part},
    ),
    "resolve_first": Policy(
        "what this agent resolves best",
        "",
        "few come back; speed is ignored",
        score=lambda of: {"base": of.solves},
        by_work=True,
    ),
    "p_mu": Policy(
        "resolution × speed: most resolved in a while",
        "Zhan and Ward 2014",
        "large loads of one cost",
        score=lambda of: {"base": of.solves * of.rate},
        by_work=True,
    ),
    PRICED: Policy(
        "worth of a contact less cost of its time, by fluid prices",
        "Harrison and López 1999",
        "groups good at different things, under load",
        score=lambda of: {},
        by_work=True,
    ),
}


AGENTS: Final[dict[str, Policy]] = {
    "rank_then_longest_idle": Policy("smallest order, then idle longest", "", "the usual one"),
    "longest_idle": Policy("idle longest, whatever the order", "Atar 2008", "fair among agents"),
    "rank_then_random": Policy("smallest order, then at random"),
    "random": Policy("at random", "", "a floor to compare with"),
    "rank_then_fewest_contacts": Policy("smallest order, then fewest contacts so far", by_count=True),
    "fewest_contacts": Policy("fewest contacts so far", "", "even loads by number, not by work", by_count=True),
    "fastest": Policy(
        "the fastest with this queue",
        "Armony 2005",
        "shortest waits; the fast work most",
        score=lambda of: {"base": of.rate},
        by_work=True,
    ),
    "resolve_first": Policy(
        "who resolves it best",
        "Mehrotra, Ross, Ryder and Zhou 2012",
        "few come back",
        score=lambda of: {"base": of.solves},
        by_work=True,
    ),
    "p_mu": Policy(
        "resolution × speed",
        "Zhan and Ward 2014",
        "most resolved in a while",
        score=lambda of: {"base": of.solves * of.rate},
        by_work=True,
    ),
    "specialist_first": Policy(
        "who serves the fewest queues", "", "keeps generalists for others", score=lambda of: {"base": -of.serves}
    ),
    "idleness_ratio": Policy(
        "the group furthest above its part of all who are idle",
        "Gurvich and Whitt 2009",
        "large centers",
        score=lambda of: {"count": 1.0, "ratio": of.part},
    ),
    PRICED: Policy(
        "worth of the contact less cost of its time, by fluid prices",
        "Harrison and López 1999",
        "groups good at different things, under load",
        score=lambda of: {},
        by_work=True,
    ),
}


def _first_scored(rules: Mapping[str, Policy]) -> int:
    """The number of the first rule that scores; all after it do."""
    scored = [rule.score is not None for rule in rules.values()]
    assert scored == sorted(scored), "rules that score come last"
    return scored.index(True)


AGENT_RULES: Final = tuple(AGENTS)  # which agent for this contact
CONTACT_RULES: Final = tuple(CONTACTS)  # which contact for this agent
# Numbers of the rules that are choices of their own, for compiled code.
RANK_THEN_LONGEST_IDLE: Final = AGENT_RULES.index("rank_then_longest_idle")
LONGEST_IDLE: Final = AGENT_RULES.index("longest_idle")
RANK_THEN_RANDOM_AGENT: Final = AGENT_RULES.index("rank_then_random")
RANDOM_AGENT: Final = AGENT_RULES.index("random")
RANK_THEN_FEWEST_CONTACTS: Final = AGENT_RULES.index("rank_then_fewest_contacts")
FEWEST_CONTACTS: Final = AGENT_RULES.index("fewest_contacts")
RANK_THEN_LONGEST_WAIT: Final = CONTACT_RULES.index("rank_then_longest_wait")
FIRST_COME: Final = CONTACT_RULES.index("first_come")
PRIORITY: Final = CONTACT_RULES.index("priority")
RANDOM_CONTACT: Final = CONTACT_RULES.index("random")
# From these numbers on, a rule is a table of scores.
SCORED_AGENTS: Final = _first_scored(AGENTS)
SCORED_CONTACTS: Final = _first_scored(CONTACTS)
# What every loop of the compiled engine can do; the others need rules (`ivr_steps.loop`).
BASIC_AGENT_RULES: Final = (AGENT_RULES[RANK_THEN_LONGEST_IDLE], AGENT_RULES[LONGEST_IDLE])
BASIC_CONTACT_RULES: Final = tuple(CONTACT_RULES[rule] for rule in (RANK_THEN_LONGEST_WAIT, FIRST_COME, PRIORITY))

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
    "rank_then_longest_wait": Policy("smallest rank, then priority, then longest wait", "", "the usual one"),
    "first_come": Policy("longest wait in any queue", "", "fair; ignores cost and speed"),
    "priority": Policy("smallest priority of the queue, then rank", "Cobham 1954", "starves low priorities in a peak"),
    "random": Policy("a random queue with waiting contacts", "", "a floor to compare with"),
    "longest_queue": Policy(
        "longest queue, times weights", "", "balances queue lengths, not waits", score=lambda of: {"count": of.weight}
    ),
    "weighted_wait": Policy(
        "longest wait at the head of a queue, times weights",
        "Kleinrock 1964",
        "keeps waits in proportion",
        score=lambda of: {"slope": of.weight},
    ),
    "ageing": Policy(
        "longest wait, with a head start for some queues",
        "Kleinrock 1964",
        "priority without starvation",
        score=lambda of: {"slope": 1.0, "base": of.credit},
    ),
    "cmu": Policy(
        "cost of waiting × speed of the agent",
        "Cox and Smith 1961",
        "least cost, if cost grows linearly with the wait",
        score=lambda of: {"base": of.weight * of.rate},
        by_work=True,
    ),
    "generalised_cmu": Policy(
        "cost × wait × speed",
        "Van Mieghem 1995; Mandelbaum and Stolyar 2004",
        "least cost, if cost grows with the square of the wait",
        score=lambda of: {"slope": of.weight * of.rate},
        by_work=True,
    ),
    "queue_ratio": Policy(
        "queue furthest above its share of all waiting contacts",
        "Gurvich and Whitt 2009",
        "large centers",
        score=lambda of: {"count": 1.0, "ratio": of.part},
    ),
    "resolve_first": Policy(
        "contact that this agent resolves best",
        "",
        "few repeats; ignores speed",
        score=lambda of: {"base": of.solves},
        by_work=True,
    ),
    "p_mu": Policy(
        "resolution × speed: most issues resolved per hour",
        "Zhan and Ward 2014",
        "large loads of one cost",
        score=lambda of: {"base": of.solves * of.rate},
        by_work=True,
    ),
    PRICED: Policy(
        "value of the contact minus the cost of its time, by fluid prices",
        "Harrison and López 1999",
        "groups with different strengths, under load",
        score=lambda of: {},
        by_work=True,
    ),
}


AGENTS: Final[dict[str, Policy]] = {
    "rank_then_longest_idle": Policy("smallest order, then longest idle", "", "the usual one"),
    "longest_idle": Policy("longest idle, in any order", "Atar 2008", "fair among agents"),
    "rank_then_random": Policy("smallest order, then at random"),
    "random": Policy("at random", "", "a baseline to compare with"),
    "rank_then_fewest_contacts": Policy("smallest order, then fewest contacts so far", by_count=True),
    "fewest_contacts": Policy("fewest contacts so far", "", "equal numbers of contacts, not equal work", by_count=True),
    "fastest": Policy(
        "fastest agent for this queue",
        "Armony 2005",
        "shortest waits; fast agents work most",
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
        "most issues resolved per hour",
        score=lambda of: {"base": of.solves * of.rate},
        by_work=True,
    ),
    "specialist_first": Policy(
        "agent who serves the fewest queues",
        "",
        "keeps generalists free for other queues",
        score=lambda of: {"base": -of.serves},
    ),
    "idleness_ratio": Policy(
        "group furthest above its share of all idle agents",
        "Gurvich and Whitt 2009",
        "large centers",
        score=lambda of: {"count": 1.0, "ratio": of.part},
    ),
    PRICED: Policy(
        "value of the contact minus the cost of its time, by fluid prices",
        "Harrison and López 1999",
        "groups with different strengths, under load",
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

"""Routing policies by name: what each rule does, where it is from, when it is good; a scenario with one in effect."""

from __future__ import annotations

from typing import Final, NamedTuple


class Policy(NamedTuple):
    """One rule: what it prefers, its source, and when it is good or fails."""

    prefers: str
    source: str = ""
    when: str = ""


CONTACTS: Final[dict[str, Policy]] = {
    "rank_then_longest_wait": Policy("smallest rank, then priority, then longest wait", "", "the usual one"),
    "first_come": Policy("longest wait in any queue", "", "fair; ignores cost and speed"),
    "priority": Policy("smallest priority of the queue, then rank", "Cobham 1954", "starves low priorities in a peak"),
    "random": Policy("a random queue with waiting contacts", "", "a baseline to compare with"),
    "longest_queue": Policy("longest queue, times weights", "", "balances queue lengths, not waits"),
    "weighted_wait": Policy(
        "longest wait at the head of a queue, times weights", "Kleinrock 1964", "keeps waits in proportion"
    ),
    "ageing": Policy(
        "longest wait, with a head start for some queues", "Kleinrock 1964", "priority without starvation"
    ),
    "cmu": Policy(
        "cost of waiting × speed of the agent", "Cox and Smith 1961", "least cost, if cost grows linearly with the wait"
    ),
    "generalised_cmu": Policy(
        "cost × wait × speed",
        "Van Mieghem 1995; Mandelbaum and Stolyar 2004",
        "least cost, if cost grows with the square of the wait",
    ),
    "queue_ratio": Policy(
        "queue furthest above its share of all waiting contacts", "Gurvich and Whitt 2009", "large centers"
    ),
    "resolve_first": Policy("contact that this agent resolves best", "", "few repeats; ignores speed"),
    "p_mu": Policy(
        "resolution × speed: most issues resolved per hour", "Zhan and Ward 2014", "large loads of one cost"
    ),
    "marginal_cost": Policy(
        "value of the contact minus the cost of its time, by fluid prices",
        "Harrison and López 1999",
        "groups with different strengths, under load",
    ),
}


AGENTS: Final[dict[str, Policy]] = {
    "rank_then_longest_idle": Policy("smallest order, then longest idle", "", "the usual one"),
    "longest_idle": Policy("longest idle, in any order", "Atar 2008", "fair among agents"),
    "rank_then_random": Policy("smallest order, then at random"),
    "random": Policy("at random", "", "a baseline to compare with"),
    "rank_then_fewest_contacts": Policy("smallest order, then fewest contacts so far"),
    "fewest_contacts": Policy("fewest contacts so far", "", "equal numbers of contacts, not equal work"),
    "fastest": Policy("fastest agent for this queue", "Armony 2005", "shortest waits; fast agents work most"),
    "resolve_first": Policy("agent who resolves it best", "Mehrotra, Ross, Ryder and Zhou 2012", "few repeats"),
    "p_mu": Policy("resolution × speed", "Zhan and Ward 2014", "most issues resolved per hour"),
    "specialist_first": Policy("agent who serves the fewest queues", "", "keeps generalists free for other queues"),
    "idleness_ratio": Policy(
        "group furthest above its share of all idle agents", "Gurvich and Whitt 2009", "large centers"
    ),
    "marginal_cost": Policy(
        "value of the contact minus the cost of its time, by fluid prices",
        "Harrison and López 1999",
        "groups with different strengths, under load",
    ),
}

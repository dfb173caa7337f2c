"""Routing policies by name: what each rule does, where it is from, when it is good; a scenario with one in effect."""

from __future__ import annotations

from typing import Final, NamedTuple


class Policy(NamedTuple):
    """One rule: what it prefers, its source, and when it is good or fails."""

    prefers: str
    source: str = ""
    when: str = ""


CONTACTS: Final[dict[str, Policy]] = {
    "rank_then_longest_wait": Policy("smallest rank, then priority, then who has waited longest", "", "the usual one"),
    "first_come": Policy("who has waited longest, whatever the queue", "", "fair; blind to cost and speed"),
    "priority": Policy("smallest priority of the queue, then rank", "Cobham 1954", "starves low priorities in a peak"),
    "random": Policy("any queue in which somebody waits, at random", "", "a floor to compare with"),
    "longest_queue": Policy("the most who wait, times weights", "", "evens lengths, not waits"),
    "weighted_wait": Policy("the longest wait of a head, times weights", "Kleinrock 1964", "waits stand in proportion"),
    "ageing": Policy("the longest wait, with a credit for some queues", "Kleinrock 1964", "priority without starving"),
    "cmu": Policy("cost of waiting × speed of the agent", "Cox and Smith 1961", "least cost, if it grows evenly"),
    "generalised_cmu": Policy(
        "cost × wait × speed", "Van Mieghem 1995; Mandelbaum and Stolyar 2004", "least cost if it grows with the square"
    ),
    "queue_ratio": Policy("who is furthest above its share of all who wait", "Gurvich and Whitt 2009", "large centers"),
    "resolve_first": Policy("what this agent resolves best", "", "few come back; speed is ignored"),
    "p_mu": Policy("resolution × speed: most resolved in a while", "Zhan and Ward 2014", "large loads of one cost"),
    "marginal_cost": Policy(
        "worth of a contact less cost of its time, by fluid prices",
        "Harrison and López 1999",
        "groups good at different things, under load",
    ),
}


AGENTS: Final[dict[str, Policy]] = {
    "rank_then_longest_idle": Policy("smallest order, then idle longest", "", "the usual one"),
    "longest_idle": Policy("idle longest, whatever the order", "Atar 2008", "fair among agents"),
    "rank_then_random": Policy("smallest order, then at random"),
    "random": Policy("at random", "", "a floor to compare with"),
    "rank_then_fewest_contacts": Policy("smallest order, then fewest contacts so far"),
    "fewest_contacts": Policy("fewest contacts so far", "", "even loads by number, not by work"),
    "fastest": Policy("the fastest with this queue", "Armony 2005", "shortest waits; the fast work most"),
    "resolve_first": Policy("who resolves it best", "Mehrotra, Ross, Ryder and Zhou 2012", "few come back"),
    "p_mu": Policy("resolution × speed", "Zhan and Ward 2014", "most resolved in a while"),
    "specialist_first": Policy("who serves the fewest queues", "", "keeps generalists for others"),
    "idleness_ratio": Policy(
        "the group furthest above its part of all who are idle", "Gurvich and Whitt 2009", "large centers"
    ),
    "marginal_cost": Policy(
        "worth of the contact less cost of its time, by fluid prices",
        "Harrison and López 1999",
        "groups good at different things, under load",
    ),
}

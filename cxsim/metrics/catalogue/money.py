"""Costs."""

from __future__ import annotations

from cxsim.metrics.figure import AGENTS, COST, LOWER, SEEN_THROUGH, Figure, money, ratio

# fmt: off
ROWS: tuple[Figure, ...] = (
    money("cost", "cost", scopes=AGENTS, better=LOWER,
          formula="wages of the paid hours + cost of answered contacts + cost of conversations with AI agents "
                  "(groups: wages only)", above=COST),
    money("contact_cost", "cost of contacts", better=LOWER,
          formula="contacts that an agent talked to (a transferred one counts once) × the reason's cost per contact",
          above="contact_cost"),
    ratio("cost_per_contact", "cost per contact", "money", scopes=AGENTS, better=LOWER, short="Cost/contact",
          formula="cost ÷ contacts that an agent completed (answered or called back; a transferred one counts once)",
          above=COST, below=SEEN_THROUGH),
    ratio("cost_per_resolution", "cost per resolution", "money", scopes=AGENTS, better=LOWER, short="Cost/resolution",
          formula="cost ÷ answered contacts that resolved their issue", above=COST, below="resolved"),
)

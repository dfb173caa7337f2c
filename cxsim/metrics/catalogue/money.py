"""Costs."""

from __future__ import annotations

from cxsim.metrics.figure import AGENTS, COST, HIGHER, LOWER, SEEN_THROUGH, Figure, money, ratio

# fmt: off
ROWS: tuple[Figure, ...] = (
    money("cost", "cost", scopes=AGENTS, better=LOWER,
          formula="wages of the paid hours + cost of answered contacts, of conversations with AI agents, of "
                  "compensation and of lessons (groups: wages only)", above=COST),
    money("contact_cost", "cost of contacts", better=LOWER,
          formula="contacts that an agent talked to (a transferred one counts once) × the reason's cost per contact",
          above="contact_cost"),
    money("revenue", "revenue of offers", better=HIGHER,
          formula="talks that resolved the issue × share offered × share accepted × revenue of the reason's offer",
          above="revenue"),
    ratio("revenue_per_contact", "revenue per contact", "money", better=HIGHER,
          formula="revenue of offers ÷ answered contacts", above="revenue", below="answered"),
    money("compensation", "compensation", better=LOWER,
          formula="what agents gave away, deserved or not", above="compensation"),
    money("lesson_cost", "cost of lessons", better=LOWER,
          formula="resolved issues that began in the interval × share fed back × the reason's cost of a lesson",
          above="lesson_cost"),
    ratio("cost_per_contact", "cost per contact", "money", scopes=AGENTS, better=LOWER, short="Cost/contact",
          formula="cost ÷ contacts that an agent completed (answered or called back; a transferred one counts once)",
          above=COST, below=SEEN_THROUGH),
    ratio("cost_per_resolution", "cost per resolution", "money", scopes=AGENTS, better=LOWER, short="Cost/resolution",
          formula="cost ÷ answered contacts that resolved their issue", above=COST, below="resolved"),
)
